"""The state of a service: healthy, deploying, stuck, failing, unknown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from runbook_lib.diagnosis import deployments, tasks
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.evidence.model import Evidence, at, once


class State(StrEnum):
    """How a service fares. Times count from AWS's own clock, never from the local one."""

    HEALTHY = "healthy"
    DEPLOYING = "deploying"
    STUCK = "stuck"
    FAILING = "failing"
    UNKNOWN = "unknown"


@once
def state_of(evidence: Evidence) -> State:
    """The state by the PRIMARY deployment's ``rolloutState``, its age, and what tasks and targets report."""
    rollout = deployments.primary(evidence).get("rolloutState")
    if rollout == "FAILED":
        return State.FAILING
    if rollout == "IN_PROGRESS":
        return _while_deploying(evidence)
    if not evidence.service:
        return State.UNKNOWN
    if deployments.undone(evidence):
        return State.FAILING  # it serves, and yet what was deployed last does not run
    return _by_counts(evidence, settled=rollout == "COMPLETED")


def deploying_since(evidence: Evidence) -> datetime | None:
    """When what is being deployed began: the PRIMARY where it comes along well, else the oldest IN_PROGRESS one.

    For a rollback it is the failed deployment's time. None where nothing is in progress.
    """
    if comes_along_well(evidence):
        return _began(evidence, deployments.primary(evidence))
    return oldest_since(evidence)


def oldest_since(evidence: Evidence) -> datetime | None:
    """When the oldest deployment that is IN_PROGRESS began, superseded or not; None where none is."""
    began = [moment for d in deployments.in_progress(evidence) if (moment := _began(evidence, d))]
    return min(began, default=None)


def comes_along_well(evidence: Evidence) -> bool:
    """Whether the PRIMARY is IN_PROGRESS, young, and none of its own tasks has failed.

    Then it decides, however old the deployments are that it supersedes: their tasks go as its own come up.
    """
    made = deployments.primary(evidence)
    if made.get("rolloutState") != "IN_PROGRESS" or made.get("failedTasks"):
        return False
    began = _began(evidence, made)
    young = began is not None and (evidence.collected_at - began).total_seconds() <= evidence.stuck_after_s
    mine = (task for task in tasks.of(evidence, made) if not tasks.in_grace(evidence, task))
    return young and not any(tasks.has_failed(task) for task in mine)


def seconds_since(evidence: Evidence, began: datetime | None) -> float:
    """Seconds from then to the time of the evidence; 0 where there is no such time."""
    return max(0.0, (evidence.collected_at - began).total_seconds()) if began else 0.0


def _while_deploying(evidence: Evidence) -> State:
    if comes_along_well(evidence):
        return State.DEPLOYING
    if seconds_since(evidence, oldest_since(evidence)) > evidence.stuck_after_s:
        return State.STUCK
    failures = any(d.get("failedTasks") for d in deployments.in_progress(evidence))
    return State.FAILING if failures or tasks.unhealthy(evidence) else State.DEPLOYING


def _by_counts(evidence: Evidence, *, settled: bool) -> State:
    """By counts and health. More tasks than desired (scale-in, AZ rebalancing) is no fault.

    ``settled`` is a COMPLETED rollout. Without any rolloutState (Classic Load Balancer) a lone deployment whose tasks
    all run is healthy, and nothing else can be told.
    """
    service = evidence.service
    desired, up = service.get("desiredCount", 0), service.get("runningCount", 0)
    if tasks.unhealthy(evidence) or _unhealthy_target(evidence):
        return State.FAILING
    if settled and up < desired:
        return State.FAILING
    if evidence.unread(*tasks.KINDS, "target_health"):
        return State.UNKNOWN
    lone = len(deployments.current(evidence)) == 1 and up >= desired > 0
    return State.HEALTHY if settled or lone else State.UNKNOWN


def _unhealthy_target(evidence: Evidence) -> bool:
    """Whether a target is unhealthy whose task's grace period is over."""
    spared = tasks.spared_addresses(evidence)
    found = (health for reading in evidence.all("target_health") for health in reading.data)
    bad = (health for health in found if health.get("TargetHealth", {}).get("State") == "unhealthy")
    return any(health.get("Target", {}).get("Id") not in spared for health in bad)


def _began(evidence: Evidence, deployment: Deployment) -> datetime | None:
    """A deployment that ECS rolls back to carries the ``createdAt`` of its first time, days ago (ECS facts)."""
    if deployment.get("status") == "PRIMARY" and _is_rollback(evidence, deployment):
        return _rollback_since(evidence, deployment)
    return at(deployment.get("createdAt"))


def _is_rollback(evidence: Evidence, deployment: Deployment) -> bool:
    newer = deployments.created(deployments.newest(evidence)) > deployments.created(deployment)
    return newer or "rolling back" in (deployment.get("rolloutStateReason") or "")


def _rollback_since(evidence: Evidence, back_to: Deployment) -> datetime | None:
    others = [d for d in deployments.current(evidence) if d is not back_to]
    failed = [d for d in others if d.get("rolloutState") == "FAILED"] or others
    briefs: list[dict[str, Any]] = evidence.data("service_deployments", [])
    rolling = [b for b in briefs if b.get("status") == "ROLLBACK_IN_PROGRESS"]
    events = [
        e for e in evidence.service.get("events") or [] if "rolling back to deployment" in (e.get("message") or "")
    ]
    times = (at(found.get("createdAt")) for found in (*failed, *rolling, *events))
    return next((moment for moment in times if moment), at(back_to.get("createdAt")))
