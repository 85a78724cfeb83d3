"""Evidence of a service whose newest revision has tasks that fail to start, for the rules about what a task needs."""

from __future__ import annotations

from typing import Any

from runbook_lib.evidence.model import Evidence, Reading, Unread
from tests.diagnosis.builder import definition, deployment, service, stopped, task, whole

REVISION = 3


def failing(*containers: dict[str, Any], more: tuple[Reading | Unread, ...] = (), **changes: Any) -> Evidence:
    """Revision 3 of these containers never starts, and ECS's words do not say why; revision 2 runs."""
    given: dict[str, Any] = {
        "described": service(
            deployment(REVISION, 10, failedTasks=3),
            deployment(2, 90, status="ACTIVE", rolloutState="COMPLETED", runningCount=1),
        ),
        "tasks": [task(1, 2, 80), *(never_started(number) for number in (2, 3, 4))],
        "definitions": [definition(REVISION, *containers), definition(2)],
    }
    found = whole(**given | changes, more=tuple(each for each in more if isinstance(each, Reading)))
    lost = tuple(each for each in more if isinstance(each, Unread))
    return Evidence(found.target, found.collected_at, found.readings, lost)


def never_started(number: int, revision: int = REVISION, **changes: Any) -> dict[str, Any]:
    """A task that ECS gave up so many minutes ago."""
    return stopped(number, revision, number, "", ran=False, health="UNKNOWN", **changes)


def got_over(*containers: dict[str, Any], **changes: Any) -> Evidence:
    """The same after an attempt that succeeded."""
    return failing(*containers, tasks=[task(9, REVISION, 1), never_started(4)], **changes)


def not_yet(*containers: dict[str, Any], **changes: Any) -> Evidence:
    """The same before any attempt has ended."""
    described = service(deployment(REVISION, 1, pendingCount=1))
    return failing(*containers, described=described, tasks=[task(9, REVISION, None, lastStatus="PENDING")], **changes)
