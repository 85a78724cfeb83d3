"""Whether changes take away what answers, told before they are approved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from runbook_lib.diagnosis.last_healthy import last_healthy
from runbook_lib.evidence.model import Evidence
from runbook_lib.plan.model import Change
from runbook_lib.report.blocks import Block, Status
from runbook_lib.report.context import Context
from runbook_lib.report.formats import short_id
from runbook_lib.text import say


def outage(changes: Sequence[Change], evidence: Evidence, context: Context) -> Iterator[Block]:
    """Names the last healthy targets that changes stop; where targets were not read, what that may be."""
    stopped = [str(change.about["task"]) for change in changes if change.kind == "stop-task"]
    for arn, last in last_healthy(evidence, stopped).items():
        yield _told("last", "risk", last, context, group=arn.split("/")[-2] if "/" in arn else arn)
    if stopped and evidence.unread("target_health", "target_groups"):
        yield _told("unseen", "unk", stopped, context)


def _told(key: str, tone: Literal["risk", "unk"], tasks: Sequence[str], context: Context, **facts: str) -> Status:
    named = ", ".join(f"`{short_id(task)}`" for task in tasks)
    title, text = f"fix.outage.{key}_title", f"fix.outage.{key}"
    return Status(tone, say(title, context.lang), say(text, context.lang, tasks=named, **facts))
