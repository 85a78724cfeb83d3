"""One remedy a rule: what to change about a fault. A rule that is not here is a person's to mend."""

from __future__ import annotations

from collections.abc import Callable

from runbook_lib.diagnosis.model import Verdict
from runbook_lib.evidence.redaction import MASK
from runbook_lib.plan.remedies import checks, definitions, images, services
from runbook_lib.plan.remedy import BY_HAND, Remedy
from runbook_lib.plan.situation import Situation

_REMEDIES: dict[str, Callable[[Verdict, Situation], Remedy]] = {
    "image_tag_absent": images.tag_absent,
    "image_platform_mismatch": images.platform,
    "secret_env_duplicate": definitions.duplicate,
    "log_group_absent": services.log_group,
    "network_path_absent": services.public_address,
    "deployment_deadlocked": services.room,
    "deployments_overlapping": services.leftovers,
    "nothing_desired": services.count,
    "health_check_path_mismatch": checks.path,
    "health_check_port": checks.port,
    "health_check_code": checks.code,
    "start_too_slow": checks.slow_start,
}

# Every question that a plan may ask.
CHOICES = ("way", images.IMAGE, images.ARCHITECTURE, checks.SIDE, checks.PATH, services.COUNT)


def remedy(verdict: Verdict, situation: Situation) -> Remedy:
    """What a verdict asks for. What would be made of a masked value is a person's: a mask is nothing to write."""
    make = _REMEDIES.get(verdict.rule)
    found = make(verdict, situation) if make else BY_HAND
    values = [*(edit.value for edit in found.edits), found.settings, found.groups]
    return BY_HAND if MASK in repr(values) else found
