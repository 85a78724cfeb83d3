"""The deployment that ECS has rolled back: DescribeServices no longer lists it, the service deployments do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from runbook_lib.evidence.model import Evidence, at

# After this the rollback is history: whoever looks now asks about the service as it is.
_FRESH = timedelta(hours=24)
_STATUSES = ("ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "ROLLBACK_IN_PROGRESS")


def rolled_back(evidence: Evidence) -> dict[str, Any]:
    """The last deployment, in the shape of DescribeServices, where it was rolled back in the last day and is gone.

    ``undone`` holds its status in the service deployments API, ``rolloutStateReason`` that API's reason.
    """
    brief = last_brief(evidence)
    moment = at(brief.get("finishedAt") or brief.get("createdAt"))
    if brief.get("status") not in _STATUSES or moment is None or evidence.collected_at - moment > _FRESH:
        return {}
    made = f"ecs-svc/{str(brief.get('targetServiceRevisionArn', '')).rpartition('/')[2]}"
    if any(listed.get("id") == made for listed in evidence.service.get("deployments") or []):
        return {}
    return {
        "id": made,
        "status": "INACTIVE",
        "taskDefinition": _task_definition(evidence, made),
        "createdAt": brief.get("createdAt"),
        "updatedAt": brief.get("finishedAt"),
        "rolloutState": "FAILED",
        "rolloutStateReason": brief.get("statusReason", ""),
        "undone": brief["status"],
    }


def last_brief(evidence: Evidence) -> dict[str, Any]:
    """The service deployment that was made last, or an empty one."""
    briefs: list[dict[str, Any]] = evidence.data("service_deployments", [])
    return max(briefs, key=lambda brief: str(at(brief.get("createdAt"))), default={})


def _task_definition(evidence: Evidence, made: str) -> str:
    mine = (task.get("taskDefinitionArn", "") for task in evidence.tasks() if task.get("startedBy") == made)
    return str(next(mine, ""))
