"""What has become of one deployment: completed, failed, rolled back, superseded, stopped, doomed, or not over yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from runbook_lib.diagnosis import deployments, tasks
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.evidence.model import Evidence

_ROLLED_BACK = ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL")
_FAILED = ("ROLLBACK_FAILED", "FAILED", "ERROR")
_STOPPED = ("STOP_REQUESTED", "STOPPED")
_DELETED = ("DRAINING", "INACTIVE")  # states of a service that somebody deletes
# What passes by itself, and what is about other deployments than the one that is watched.
_PASSING = (
    "fargate-capacity-unavailable",
    "api-throttled",
    "aws-internal-error",
    "eni-provisioning-failed",
    "image-pull-rate-limit",
    "deployments-overlapping",
    "secret-env-duplicate",
    "alarm-triggered-rollback",
)


class End(StrEnum):
    """How a deployment ended.

    ``doomed`` is still under way and cannot succeed without a change; ``empty`` completed with no task to run.
    """

    COMPLETED = "completed"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    SUPERSEDED = "superseded"
    STOPPED = "stopped"
    DOOMED = "doomed"
    EMPTY = "empty"


@dataclass(frozen=True)
class Ended:
    """The end, what tells it, and for a deployment that did not work out the causes that were seen."""

    end: End
    facts: Mapping[str, Any] = field(default_factory=dict)
    causes: tuple[Verdict, ...] = ()


def chosen(evidence: Evidence, asked: str) -> Deployment:
    """The deployment to watch; an empty one where there is none such.

    ``asked`` is an id (``ecs-svc/…``, or its number), a task definition (``family:42`` or an ARN) whose newest
    deployment is meant, or ``""`` for what was deployed last.
    """
    known = [deployments.newest(evidence), *deployments.current(evidence)]
    number = asked.rpartition("/")[2]
    return next((d for d in known if d and (not asked or _is(d, number))), {})


def _is(deployment: Deployment, asked: str) -> bool:
    name = deployments.revision(str(deployment.get("taskDefinition", "")))
    return asked in (str(deployment.get("id", "")).rpartition("/")[2], name)


def ended(evidence: Evidence, diagnosis: Diagnosis, last: Deployment) -> Ended | None:
    """How a deployment ended, or None while nothing tells that it has.

    ``last`` is the deployment as it was listed last: ECS lists one no more that it has rolled back or replaced.
    """
    watched = str(last.get("id", ""))
    own = next((d for d in deployments.current(evidence) if d.get("id") == watched), {})
    if _newer(evidence, last):
        return Ended(End.SUPERSEDED, {"by": str(deployments.newest(evidence).get("id", ""))})
    lost = _lost(evidence, last, own, diagnosis.failed("cause"))
    if lost:
        return lost
    if own.get("rolloutState") == "COMPLETED" and whole(evidence, own):
        return Ended(End.COMPLETED if evidence.service.get("desiredCount") else End.EMPTY)
    fatal = dooming(evidence, diagnosis, own)
    return Ended(End.DOOMED, {}, fatal) if fatal else None


def _lost(evidence: Evidence, last: Deployment, own: Deployment, causes: tuple[Verdict, ...]) -> Ended | None:
    """How ECS gave it up, where it did. ``own`` is empty where it is listed no more."""
    status = str(brief_of(evidence, str(last.get("id", ""))).get("status", ""))
    if status in _ROLLED_BACK or (not own and not status and _older_leads(evidence, last)):
        back = str(deployments.primary(evidence).get("taskDefinition", ""))
        return Ended(End.ROLLED_BACK, {"status": status, "to": deployments.revision(back)}, causes)
    if own.get("rolloutState") == "FAILED" or status in _FAILED:
        return Ended(End.FAILED, {"reason": str(own.get("rolloutStateReason", ""))}, causes)
    if status in _STOPPED or evidence.service.get("status") in _DELETED:
        deleted = evidence.service.get("status") in _DELETED
        return Ended(End.STOPPED, {"status": status or str(evidence.service.get("status")), "deleted": deleted}, causes)
    # Listed no more, and nothing says why.
    return None if own else Ended(End.SUPERSEDED, {"by": str(deployments.primary(evidence).get("id", ""))})


def _newer(evidence: Evidence, last: Deployment) -> bool:
    """Whether another deployment was made after it."""
    newest = deployments.newest(evidence)
    return newest.get("id") != last.get("id") and deployments.created(newest) > deployments.created(last)


def _older_leads(evidence: Evidence, last: Deployment) -> bool:
    """Whether the PRIMARY is older: ECS has gone back to it, whatever else may not be read."""
    leading = deployments.primary(evidence)
    return bool(leading) and deployments.created(leading) < deployments.created(last)


def brief_of(evidence: Evidence, watched: str) -> Mapping[str, Any]:
    """Its service deployment, by the number that both have."""
    number = watched.rpartition("/")[2]
    briefs: list[dict[str, Any]] = evidence.data("service_deployments", [])
    fits = (b for b in briefs if str(b.get("targetServiceRevisionArn", "")).rpartition("/")[2] == number)
    return next(fits, {})


def whole(evidence: Evidence, own: Deployment) -> bool:
    """Whether all is there: counts, no other deployment, healthy tasks of it alone, and healthy targets.

    Nothing that was not read counts as good.
    """
    service = evidence.service
    desired = int(service.get("desiredCount") or 0)
    counted = own.get("runningCount") == own.get("desiredCount") == desired == service.get("runningCount")
    alone = len(deployments.current(evidence)) == 1 and service.get("taskDefinition") == own.get("taskDefinition")
    if not counted or not alone or evidence.unread(*tasks.KINDS, "target_health"):
        return False
    mine = [task for task in tasks.of(evidence, own) if task.get("lastStatus") == "RUNNING"]
    unhealthy = any(task.get("healthStatus") == "UNHEALTHY" for task in mine)
    return not unhealthy and all(count >= desired for count in _healthy_targets(evidence))


def _healthy_targets(evidence: Evidence) -> Iterator[int]:
    for reading in evidence.all("target_health"):
        states = [health.get("TargetHealth", {}).get("State") for health in reading.data]
        yield sum(state == "healthy" for state in states)


def dooming(evidence: Evidence, diagnosis: Diagnosis, own: Deployment) -> tuple[Verdict, ...]:
    """The confirmed causes that keep this deployment from succeeding until somebody changes something."""
    mine = deployments.revision(str(own.get("taskDefinition", "")))
    return tuple(
        verdict
        for verdict in diagnosis.failed("cause")
        if verdict.confidence == "confirmed"
        and verdict.label not in _PASSING
        and verdict.facts.get("revision", mine) == mine
        and not verdict.facts.get("next")
    )
