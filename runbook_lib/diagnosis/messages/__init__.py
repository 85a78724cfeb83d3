"""What ECS prints, told apart: the parts of a message, and the cause that they name. One catalogue for all."""

from runbook_lib.diagnosis.messages.causes import CAUSES, Cause
from runbook_lib.diagnosis.messages.judge import Judgement, judge
from runbook_lib.diagnosis.messages.log import Said, picked
from runbook_lib.diagnosis.messages.mentions import (
    HEALTH_LABELS,
    PULL_LABELS,
    HealthFailure,
    Mentions,
    duplicate_name,
    health_failure,
    is_out_of_memory,
    mentions,
    pull_failure,
)
from runbook_lib.diagnosis.messages.names import names
from runbook_lib.diagnosis.messages.parts import Parts, parse

__all__ = [
    "CAUSES",
    "HEALTH_LABELS",
    "PULL_LABELS",
    "Cause",
    "HealthFailure",
    "Judgement",
    "Mentions",
    "Parts",
    "Said",
    "duplicate_name",
    "health_failure",
    "is_out_of_memory",
    "judge",
    "mentions",
    "names",
    "parse",
    "picked",
    "pull_failure",
]
