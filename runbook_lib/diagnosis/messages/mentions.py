"""What the rules of the diagnosis ask of a text: the same judgement, and the ids, codes and names that it mentions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from runbook_lib.diagnosis.messages.causes import CAUSES
from runbook_lib.diagnosis.messages.judge import judge, subject

_LONGEST = 4_000
_DUPLICATE = re.compile(
    r"secret name must be unique and not shared with any new or existing environment variables"
    r"(?: set on the container)?(?:, such as ['‘’\"]([^'‘’\"]{1,255})['‘’\"])?"
)
_CODES = re.compile(r"with these codes: \[([0-9, ]{1,64})\]")
_TASK = re.compile(r"\(task ([^\s()]{1,80})\)|\btask ([0-9a-f]{32}|[0-9a-f-]{36})\b")
_GROUP = re.compile(r"\btarget-group (?!due )([\w:./-]{1,300})")
_PORT = re.compile(r"\(port (\d{1,5})\)")
_REASON = re.compile(r"due to \(reason ([^()]{1,600}(?:\([^()]{0,200}\)[^()]{0,200})?)\)")
HEALTH_LABELS = (
    "container-health-check-failed",
    "lb-health-check-code-mismatch",
    "lb-health-check-timeout",
    "load-balancer-health-check-failed",
)
PULL_LABELS = (*(label for label, cause in CAUSES.items() if cause.group == "image"), "disk-full", "unknown")


@dataclass(frozen=True)
class HealthFailure:
    """A health check that failed: its label, and the response codes a load balancer quotes (``"404"``)."""

    label: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mentions:
    """The ids that a service event names. Events have come with and without ``(task …)`` and ``(port …)``.

    A target group is named by its ARN, or as some events have it by its name alone.
    """

    tasks: tuple[str, ...]
    target_groups: tuple[str, ...]
    ports: tuple[int, ...]
    reason: str = ""

    def names_group(self, arn: str) -> bool:
        """Whether the target group of this ARN is among those named."""
        return any(named in (arn, *arn.split("/")[-2:-1]) for named in self.target_groups)


def pull_failure(text: str) -> str:
    """The label of a failed image pull, ``unknown`` where the text does not tell why, or ``""`` where it is none."""
    found = judge(text)
    if CAUSES[found.label].group == "image":
        return found.label if found.sign else "unknown"
    return found.label if found.label == "disk-full" and subject(text) == "pull" else ""


def health_failure(text: str) -> HealthFailure | None:
    """What a stopped reason, a service event or a target's description says of a failed health check."""
    label = judge(text).label
    if label not in HEALTH_LABELS:
        return None
    codes = _CODES.search(text[:_LONGEST])
    return HealthFailure(label, tuple(code.strip() for code in codes[1].split(",")) if codes else ())


def duplicate_name(text: str) -> str | None:
    """The name that RegisterTaskDefinition refused; ``""`` where it refused one unnamed; None where it did not."""
    found = _DUPLICATE.search(text[:_LONGEST])
    return (found[1] or "") if found else None


def mentions(text: str) -> Mentions:
    """The tasks, target groups, ports and the reason that a service event names."""
    part = text[:_LONGEST]
    reason = _REASON.search(part)
    return Mentions(
        _whole(bracketed or plain for bracketed, plain in _TASK.findall(part)),
        _whole(_GROUP.findall(part)),
        tuple(int(port) for port in _PORT.findall(part)),
        reason[1].strip() if reason else "",
    )


def _whole(names: Iterable[str]) -> tuple[str, ...]:
    """Without those that somebody has shortened: they may mean any."""
    return tuple(name for name in names if not name.endswith("...") and not name.startswith("..."))


def is_out_of_memory(text: str) -> bool:
    """Whether ECS says so itself: exit code 137 alone does not."""
    return judge(text).label == "out-of-memory"
