"""Deployments of a service: begin, fail, roll back, complete; the circuit breaker and the start back-off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.lab import alarms, events, health
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.state import Deployment, Document, Service, Task

if TYPE_CHECKING:
    from runbook_lib.lab.region import Region

MOST = 5  # active deployments of a service
PENDING = 1.6  # seconds between createdAt and startedAt of a service deployment, as seen
IMPAIRED_AFTER = 3  # failed starts in a row
# Seconds from a failed start to the next one. AWS publishes neither steps nor count; these gaps were seen.
BACK_OFF = (40, 30, 300, 330)
NO_CANDIDATE = "No rollback candidate was found to run the rollback."
_STOPPABLE = ("PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")
_KEPT = ("launchType", "loadBalancers", "serviceRegistries")  # what a service revision keeps as it was


@dataclass(frozen=True)
class Verdict:
    """How a deployment ends before its time, in ECS's words: the event, and the reasons of both APIs."""

    by: str
    event: str
    rollout: str
    back: str
    reason: str


BREAKER = Verdict(
    by="breaker",
    event="tasks failed to start.",
    rollout="ECS deployment circuit breaker: tasks failed to start.",
    back="ECS deployment circuit breaker: rolling back to deploymentId {id}.",
    reason="Service deployment rolled back because the circuit breaker threshold was exceeded.",
)
ALARM = Verdict(
    by="alarm",
    event="alarm detected.",
    rollout="ECS deployment failed: alarm detected.",
    back="ECS deployment alarm detected: rolling back to deploymentId {id}.",
    reason="Service deployment rolled back because an alarm was detected.",
)
USER = Verdict(
    by="user",
    event="Service deployment rolled back by user.",
    rollout="ECS deployment {id} was stopped by the user.",
    back="ECS deployment stopped by the user: rolling back to deploymentId {id}.",
    reason="Service deployment rolled back by user.",
)


def begin(region: Region, service: Service, definition: Document) -> Deployment:
    """Start a deployment; the one before becomes ACTIVE. Raises `AwsError` for a sixth one."""
    if len(service.deployments) >= MOST:
        message = f"{MOST} active deployments exist, unable to create new deployment."
        raise AwsError("InvalidParameterException", message)
    now = region.now
    for older in service.deployments:
        _supersede(region, service, older)
    tail = f"{service.cluster}/{service.name}"
    deployment = Deployment(
        number=region.ids.number(),
        definition=definition,
        desired=service.desired,
        created_at=now,
        updated_at=now,
        arn=region.arn("service-deployment", f"{tail}/{region.ids.short()}"),
        sources=[revision_arn(region, service, older) for older in service.deployments],
        network=service.document.get("networkConfiguration"),
        settings={name: service.document[name] for name in _KEPT if name in service.document},
    )
    deployment.rollout_reason = f"ECS deployment {deployment.id} in progress."
    alarms.arm(region, service, deployment)
    service.deployments.insert(0, deployment)
    service.history.append(deployment)
    service.steady_since = None
    return deployment


def _supersede(region: Region, service: Service, older: Deployment) -> None:
    """Make a deployment ACTIVE; it keeps what runs, and what had not started is not awaited any more."""
    if older.status != "PRIMARY":
        return
    older.status, older.updated_at = "ACTIVE", region.now
    if older.rollout_state != "COMPLETED":
        running = sum(task.running for task in region.alive(service, older))
        older.desired = min(service.desired, running)
    if older.state == "IN_PROGRESS":
        older.state = "STOP_REQUESTED"


def started_at(deployment: Deployment) -> float:
    """Return when a service deployment went from PENDING to IN_PROGRESS (seconds since the epoch)."""
    return deployment.created_at + PENDING


def revision_arn(region: Region, service: Service, deployment: Deployment) -> str:
    """Return the ARN of a deployment's service revision; both have the same number."""
    return region.arn("service-revision", f"{service.cluster}/{service.name}/{deployment.number}")


def count_start_failure(region: Region, service: Service, deployment: Deployment) -> None:
    """Count a task that did not reach RUNNING, and hold the deployment's next start back."""
    deployment.start_failures += 1
    wait = BACK_OFF[min(deployment.start_failures, len(BACK_OFF)) - 1]
    deployment.launch_after = region.time + wait
    _count(region, deployment)
    if deployment.start_failures == IMPAIRED_AFTER:
        region.record(service, events.IMPAIRED)


def count_exit(region: Region, service: Service, deployment: Deployment, task: Task) -> None:
    """Count a task whose application exited, where a health check of any kind watches it."""
    if service.balancers or any(container.has_check for container in task.containers):
        _count(region, deployment)


def count_health_failure(region: Region, deployment: Deployment) -> None:
    """Count a task that failed its health checks."""
    _count(region, deployment)


def count_healthy(service: Service, deployment: Deployment) -> None:
    """Forget the failures once a task is healthy, unless the service counts them all."""
    if breaker(service).get("resetOnHealthyTask", True):
        deployment.failed_tasks = 0


def _count(region: Region, deployment: Deployment) -> None:
    if deployment.rollout_state == "IN_PROGRESS":
        deployment.failed_tasks += 1
        deployment.failed_at = deployment.updated_at = region.time


def breaker(service: Service) -> Document:
    """Return the circuit breaker's configuration."""
    found: Document = service.configuration["deploymentCircuitBreaker"]
    return found


def threshold(service: Service) -> int:
    """Return the number of failed tasks at which the circuit breaker trips.

    BOUNDED_PERCENT 50 where nothing else is set: ``min(200, max(3, ceil(desired / 2)))``.
    """
    given = breaker(service).get("thresholdConfiguration") or {}
    kind, value = given.get("type", "BOUNDED_PERCENT"), given.get("value", 50)
    if kind == "COUNT":
        return int(value)
    share = math.ceil(service.desired * int(value) / 100)
    return share if kind == "UNBOUNDED_PERCENT" else min(200, max(3, share))


def judge(region: Region, service: Service) -> None:
    """Let what a user asked for, an alarm or the circuit breaker end the newest deployment."""
    primary = service.primary
    if primary.state == "ROLLBACK_REQUESTED":
        _end(region, service, USER, rollback=True)
    if primary.rollout_state != "IN_PROGRESS":
        return
    primary.triggered = alarms.ringing(region, service, primary)
    if primary.triggered:
        _end(region, service, ALARM, alarms.configured(service)["rollback"])
    elif _breaks(service, primary):
        _end(region, service, BREAKER, breaker(service)["rollback"])


def _breaks(service: Service, primary: Deployment) -> bool:
    """Whether the circuit breaker trips. Its verdict waits for the start after the last failure, as seen on AWS."""
    enough = primary.failed_tasks >= threshold(service) and primary.launched_at >= primary.failed_at
    return enough and bool(breaker(service)["enable"])


def _end(region: Region, service: Service, verdict: Verdict, rollback: bool) -> None:
    """Fail the newest deployment, and go back where that is wanted and possible."""
    primary = service.primary
    primary.rollout_state, primary.rollout_reason = "FAILED", verdict.rollout.format(id=primary.id)
    primary.desired, primary.updated_at, primary.ended_by = 0, region.time, verdict.by
    region.record(service, events.failed(primary, verdict.event))
    candidate = service.completed
    if primary.undoes:
        primary.undoes.state, primary.undoes.finished_at = "ROLLBACK_FAILED", region.time
    elif not rollback:
        primary.state, primary.stopped_at = "STOPPED", region.time
    elif candidate is None:
        primary.state, primary.state_reason, primary.finished_at = "ROLLBACK_FAILED", NO_CANDIDATE, region.time
    else:
        primary.state_reason = verdict.reason
        _go_back(region, service, candidate, verdict)


def _go_back(region: Region, service: Service, candidate: Deployment, verdict: Verdict) -> None:
    """Make the last completed deployment PRIMARY again: it keeps its id and the time of its creation."""
    failed = service.primary
    failed.status, failed.state = "ACTIVE", "ROLLBACK_IN_PROGRESS"
    arn = revision_arn(region, service, candidate)
    failed.rollback = {"reason": verdict.reason, "startedAt": region.time, "serviceRevisionArn": arn}
    candidate.status, candidate.rollout_state, candidate.undoes = "PRIMARY", "IN_PROGRESS", failed
    candidate.rollout_reason = verdict.back.format(id=candidate.id)
    candidate.updated_at, candidate.desired = region.time, service.desired
    candidate.failed_tasks = candidate.start_failures = 0
    candidate.launch_after = candidate.failed_at = 0.0
    candidate.alarms, candidate.stable_since = [], None  # a deployment that goes back is not watched
    others = [deployment for deployment in service.deployments if deployment is not candidate]
    service.deployments = [candidate, *others]
    service.steady_since = None
    region.record(service, events.rolling_back(candidate))


def stop(service: Service, deployment: Deployment) -> None:
    """Take a user's wish to stop a service deployment and go back; the scheduler's next turn does it.

    What is on its way to an end already goes on. Raises `AwsError` where nothing is to be stopped.
    """
    if deployment.state not in _STOPPABLE:
        message = "The service deployment can't be stopped because it is not in a stoppable state."
        raise AwsError("ConflictException", message, resourceIds=[deployment.arn])
    if deployment.state != "IN_PROGRESS":
        return
    if service.completed is None:
        raise AwsError("ConflictException", NO_CANDIDATE, resourceIds=[deployment.arn])
    deployment.state = "ROLLBACK_REQUESTED"


def settle(region: Region, service: Service) -> None:
    """Let superseded service deployments come to rest, and superseded deployments without tasks vanish.

    While a deployment bakes, the ones before it stay listed, for it may have to go back to one of them.
    """
    for deployment in service.history:
        if deployment.state == "STOP_REQUESTED":
            deployment.state, deployment.stopped_at = "STOPPED", region.time
    if alarms.baking(region, service, service.primary):
        return
    for older in service.deployments[1:]:
        if older.desired == 0 and _is_gone(region, service, older):
            older.status = "INACTIVE"
            service.deployments.remove(older)


def _is_gone(region: Region, service: Service, older: Deployment) -> bool:
    return all(task.status == "STOPPED" for task in region.of_service(service, older))


def finish(region: Region, service: Service) -> None:
    """Complete the deployment once its revision is stable, the previous tasks are gone, and its alarms kept quiet."""
    primary = service.primary
    alone = all(_is_gone(region, service, older) for older in service.deployments[1:])
    if primary.rollout_state != "IN_PROGRESS" or not alone or not is_stable(region, service):
        return
    if primary.stable_since is None:
        primary.stable_since = region.time
    if not alarms.baking(region, service, primary) and len(service.deployments) == 1:
        _complete(region, service, primary)


def _complete(region: Region, service: Service, primary: Deployment) -> None:
    primary.rollout_state = "COMPLETED"
    primary.rollout_reason = f"ECS deployment {primary.id} completed."
    primary.updated_at = region.time
    if primary.undoes:
        primary.undoes.state, primary.undoes.finished_at = "ROLLBACK_SUCCESSFUL", region.time
        primary.undoes = None
    else:
        primary.state, primary.finished_at = "SUCCESSFUL", region.time
    service.completed = primary
    region.record(service, events.completed(primary))


def is_stable(region: Region, service: Service) -> bool:
    """Whether the newest deployment runs exactly the desired number of tasks, all healthy."""
    tasks = region.alive(service)
    healthy = [task for task in tasks if health.is_healthy(task, region.time)]
    return len(tasks) == len(healthy) == service.desired
