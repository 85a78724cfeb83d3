"""What would show why a deployment failed, and has vanished: ECS lists a stopped task for about an hour."""

from __future__ import annotations

from datetime import timedelta

from runbook_lib.diagnosis import deployments, tasks
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.evidence.model import Evidence, once

LISTED = timedelta(hours=1)


@once
def deployment(evidence: Evidence) -> Deployment:
    """The newest deployment that failed more than an hour ago and whose stopped tasks are gone; else an empty one."""
    return next((d for d in deployments.judged(evidence) if _failed(d) and _gone(evidence, d)), {})


def _failed(found: Deployment) -> bool:
    """Whether ECS says so, or its tasks failed and it is short of some: one that has its full count got over it."""
    if found.get("rolloutState") == "IN_PROGRESS":
        return bool(found.get("failedTasks")) and found.get("runningCount", 0) < found.get("desiredCount", 0)
    return found.get("rolloutState") == "FAILED"


def _gone(evidence: Evidence, found: Deployment) -> bool:
    old = deployments.created(found) < evidence.collected_at - LISTED
    return old and tasks.seen(evidence) and not any(tasks.ended_at(task) for task in tasks.of(evidence, found))
