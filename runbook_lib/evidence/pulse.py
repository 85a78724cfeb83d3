"""What a quiet poll of a deployment reads, and whether it says anything new."""

from __future__ import annotations

from typing import Any

from runbook_lib.evidence.first_look import target_group_arns
from runbook_lib.evidence.model import Evidence, Request, request

_COUNTS = ("id", "status", "rolloutState", "desiredCount", "pendingCount", "runningCount", "failedTasks")
_MOST_TASKS = 100  # that one DescribeTasks takes
_EVENTS = 3


def asks(evidence: Evidence) -> tuple[Request, ...]:
    """The requests of one poll: the service, its first target group, and its tasks where a container check is set."""
    groups = target_group_arns(evidence.service)[:1]
    alive = [str(task.get("taskArn")) for task in evidence.tasks("RUNNING")][:_MOST_TASKS]
    checked = any(
        container.get("healthCheck")
        for definition in evidence.task_definitions().values()
        for container in definition.get("containerDefinitions") or []
    )
    return (
        request("service"),
        *(request("target_health", target_group_arn=arn) for arn in groups),
        *((request("tasks", arns=",".join(alive)),) if checked and alive else ()),
    )


def beat(evidence: Evidence) -> tuple[Any, ...]:
    """What changes when anything happens to a deployment; two polls that read the same say the same."""
    service = evidence.service
    return (
        service.get("taskDefinition"),
        service.get("desiredCount"),
        tuple(tuple(d.get(name) for name in _COUNTS) for d in service.get("deployments") or []),
        tuple(event.get("id") for event in (service.get("events") or [])[:_EVENTS]),
        tuple(sorted(_targets(evidence))),
        tuple(sorted(_tasks(evidence))),
        tuple(unread.request.kind for unread in evidence.unreads),
    )


def _targets(evidence: Evidence) -> list[tuple[str, str]]:
    found = (health for reading in evidence.all("target_health")[:1] for health in reading.data)
    return [(str(h.get("Target", {}).get("Id")), str(h.get("TargetHealth", {}).get("State"))) for h in found]


def _tasks(evidence: Evidence) -> list[tuple[str, str, str]]:
    """Only of tasks that are watched: a quiet poll does not list them anew."""
    return [(str(t.get("taskArn")), str(t.get("lastStatus")), str(t.get("healthStatus"))) for t in evidence.tasks()]
