"""A service whose newest deployment fails the load balancer's check, and what deeper looks read of it."""

from __future__ import annotations

from typing import Any

from runbook_lib.evidence.model import Evidence, Reading
from tests.diagnosis.builder import (
    BALANCER,
    ELB_CHECKED,
    GROUP,
    LOG_GROUP,
    NOW,
    REGION,
    container,
    definition,
    deployment,
    event,
    reading,
    service,
    stopped,
    target,
    task,
    whole,
)

CODE_503 = ("Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]")
REFUSED = ("Target.FailedHealthChecks", "Health checks failed")
TIMED_OUT = ("Target.Timeout", "Request timed out")
UNUSED = ("Target.NotInUse", "Target group is not configured to receive traffic from the load balancer")
UNCHECKED = container(healthCheck=None)
TASK_GROUP, BALANCER_GROUP = "sg-0a1b2c3d4e5f60001", "sg-0a1b2c3d4e5f60002"


def failing(reason: tuple[str, str] = REFUSED, state: str = "unhealthy", **changes: Any) -> Evidence:
    """Revision 2 runs, its target fails, and two of its tasks were stopped for it; keywords as of ``whole``."""
    given: dict[str, Any] = {
        "described": fails(),
        "tasks": [task(1, 2, 3), *(stopped(n, 2, n * 2, ELB_CHECKED, health="UNKNOWN") for n in (2, 3))],
        "definitions": [definition(2, UNCHECKED)],
        "targets": [target(1, state, reason)],
    }
    return whole(**given | changes)


def fails(**changes: Any) -> dict[str, Any]:
    """The service, with the security groups of its tasks."""
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": [TASK_GROUP]}}
    made = deployment(2, 18, runningCount=1, failedTasks=2)
    return service(made, **{"networkConfiguration": network} | changes)


def blank(found: Evidence) -> Evidence:
    """The same without a word of ECS or ELB: no stopped reason, no event, no reason of a target."""
    readings = tuple(Reading(r.request, r.operation, _blank(r.data), r.partial) for r in found.readings)
    return Evidence(found.target, found.collected_at, readings, found.unreads)


def _blank(data: Any) -> Any:
    silent = ("stoppedReason", "reason", "message", "rolloutStateReason", "Reason", "Description")
    if isinstance(data, dict):
        return {name: "" if name in silent else _blank(value) for name, value in data.items()}
    return [_blank(item) for item in data] if isinstance(data, list) else data


def unhealthy_event(number: int, minutes: float, reason: str) -> dict[str, Any]:
    """That a task is unhealthy, in the words of a service event."""
    text = f"(task {number:032x}) (port 8000) is unhealthy in (target-group {GROUP}) due to (reason {reason})"
    return event(minutes, text)


def tail(
    number: int,
    *answers: tuple[str, int, str],
    lines: int = 40,
    ready: float | None = None,
    asked: float = 3,
    **more: Any,
) -> Reading:
    """The log of a task: path, status and client of each request; ``ready`` minutes ago it said that it listens.

    The requests were ``asked`` minutes ago.
    """
    first = int((NOW.timestamp() - asked * 60) * 1000)
    requests = [
        {"at": first + n, "client": client, "method": "GET", "path": path, "status": status}
        for n, (path, status, client) in enumerate(answers)
    ]
    said = {"ready_at": int((NOW.timestamp() - ready * 60) * 1000) if ready is not None else None}
    data = {"requests": requests, "lines": lines, "cut": False, "ready_port": None, "ready_local": None}
    where = {"group": LOG_GROUP, "stream": f"ecs/app/{number:032x}", "region": REGION, "paths": "/"}
    return reading("log_tail", data | said | more, **where)


def balancers(*zones: str) -> Reading:
    """The load balancer, in these zones."""
    enabled = [{"ZoneName": zone, "SubnetId": f"subnet-{zone}"} for zone in zones]
    found = {"LoadBalancerArn": BALANCER, "AvailabilityZones": enabled, "SecurityGroups": [BALANCER_GROUP]}
    return reading("load_balancers", [found], arns=BALANCER)


def groups(*permissions: dict[str, Any]) -> Reading:
    """The security group of the tasks with these inbound rules."""
    return reading("security_groups", [{"GroupId": TASK_GROUP, "IpPermissions": list(permissions)}], ids=TASK_GROUP)


def rule(low: int = 8000, high: int = 8000, **sources: Any) -> dict[str, Any]:
    """One inbound rule for TCP."""
    return {"IpProtocol": "tcp", "FromPort": low, "ToPort": high, **sources}


def in_grace(found: dict[str, Any], seconds: int = 300) -> dict[str, Any]:
    """The service with a grace period."""
    return {**found, "healthCheckGracePeriodSeconds": seconds}
