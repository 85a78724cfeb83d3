"""The service scheduler's turn: start what is missing, replace what fails, stop what is not wanted any more."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from runbook_lib.lab import capacity, deployments, events, health, preparation, protection, reasons, tasks
from runbook_lib.lab.state import Deployment, Service, Task

if TYPE_CHECKING:
    from runbook_lib.lab.region import Region

STEADY_AGAIN = 6 * 3600  # seconds after which an unchanged service says again that it is steady
MOST_STARTS = 125  # tasks that a service starts in a turn: 500 a minute (Fargate service quotas)
DEADLOCK_AFTER = 60  # seconds a rollout stands still before ECS says why
INACTIVE_KEPT = 3600  # seconds for which a deleted service can be described


def turn(region: Region, service: Service) -> None:
    """Let the scheduler look at a service once."""
    if service.status != "ACTIVE":
        _delete(region, service)
        return
    _note_health(region, service)
    deployments.judge(region, service)
    _start_missing(region, service)
    _replace_failing(region, service)
    _scale_in(region, service)
    _note_deadlock(region, service)
    protection.note(region, service)
    deployments.settle(region, service)
    deployments.finish(region, service)
    _note_steady(region, service)


def rests_until(service: Service) -> float:
    """Return until when (seconds since the epoch) no turn would change a service while nothing happens to its tasks.

    Only a service that is steady rests, until it says so again, and one that is INACTIVE, until it is forgotten.
    """
    if service.inactive_at is not None:
        return service.inactive_at + INACTIVE_KEPT
    steady = service.status == "ACTIVE" and service.steady_since is not None
    return (service.steady_since or 0.0) + STEADY_AGAIN if steady else 0.0


def bounds(service: Service) -> tuple[int, int]:
    """Return the fewest healthy tasks and the most tasks that a rollout may leave."""
    configuration = service.configuration
    fewest = math.ceil(service.desired * configuration["minimumHealthyPercent"] / 100)
    most = math.floor(service.desired * configuration["maximumPercent"] / 100)
    return fewest, most


def _room(region: Region, service: Service) -> int:
    return bounds(service)[1] - len(region.alive(service))


def _missing(region: Region, service: Service, deployment: Deployment) -> int:
    if deployment.rollout_state == "FAILED":
        return 0
    return deployment.desired - len(region.alive(service, deployment))


def _note_health(region: Region, service: Service) -> None:
    for task in region.alive(service):
        deployment = task.deployment
        if deployment and not task.was_healthy and health.is_healthy(task, region.time):
            task.was_healthy = True
            deployments.count_healthy(service, deployment)
        failure = health.failure(task, service, region.time)
        if deployment and failure and not task.failing:
            deployments.count_health_failure(region, deployment)
            region.record(service, _failure_event(task))
        task.failing = failure


def _failure_event(task: Task) -> str:
    if task.health == "UNHEALTHY":
        return events.container_unhealthy(task)
    target = next(target for target in task.targets.values() if target.state == "unhealthy")
    return events.target_unhealthy(task, target.port, target.group_arn, target.description or "")


def _start_missing(region: Region, service: Service) -> None:
    """Start what deployments lack, the newest first; a lost task comes back with its own revision."""
    for deployment in service.deployments:
        count = min(_missing(region, service, deployment), _room(region, service), MOST_STARTS)
        if count > 0 and region.time >= deployment.launch_after:
            _start(region, service, deployment, count)


def _start(region: Region, service: Service, deployment: Deployment, count: int, replaced: bool = False) -> None:
    deployment.launched_at = region.time
    role = preparation.unassumable(region, deployment.definition)
    if role:
        region.record(service, events.not_launched(reasons.role_not_assumable(role)))
        deployments.count_start_failure(region, service, deployment)
        return
    new = [_launch(region, service, deployment) for _ in range(count)]
    region.record(service, events.started(new, replaced))


def _launch(region: Region, service: Service, deployment: Deployment) -> Task:
    document = {
        "group": f"service:{service.name}",
        "startedBy": deployment.id,
        **capacity.chosen(service.document),
        "platformVersion": "1.4.0",
        "enableExecuteCommand": service.document.get("enableExecuteCommand", False),
        "network": (deployment.network or {}).get("awsvpcConfiguration"),
    }
    return tasks.launch(region, service.cluster, deployment.definition, document, (service, deployment))


def _replace_failing(region: Region, service: Service) -> None:
    """Start a replacement of an unhealthy task first, where the upper bound allows it.

    An older deployment gets one only while the newest lacks nothing: the room is the newest one's.
    """
    for deployment in list(service.deployments):
        if deployment is not service.primary and _missing(region, service, service.primary) > 0:
            return
        alive = region.alive(service, deployment)
        failing = [task for task in alive if task.failing]
        wanted = min(deployment.desired - (len(alive) - len(failing)), len(failing))
        count = min(wanted, _room(region, service))
        if deployment.rollout_state == "FAILED" or wanted <= 0:
            continue
        if count > 0:
            _start(region, service, deployment, count, replaced=True)
        elif deployment is service.primary and not _pending(region, service):
            _stop(region, service, failing[:1])


def _pending(region: Region, service: Service) -> bool:
    return any(not task.running for task in region.alive(service))


def _scale_in(region: Region, service: Service) -> None:
    primary, older = service.primary, service.deployments[1:]
    new = [task for task in region.alive(service, primary) if health.is_healthy(task, region.time)]
    doomed = _surplus(region, service, primary)
    if len(new) >= service.desired and primary.rollout_state != "FAILED":
        for deployment in older:
            deployment.desired = 0
        left = [task for deployment in older for task in region.alive(service, deployment)]
        doomed += protection.spared(left, region.time)
    else:
        for deployment in older:
            doomed += _surplus(region, service, deployment)
        doomed += _make_way(region, service, len(new), doomed)
    _stop(region, service, doomed)


def _surplus(region: Region, service: Service, deployment: Deployment) -> list[Task]:
    """Return the tasks of one deployment above what it wants.

    Unhealthy ones go first, but each stays until its replacement is known to be healthy or unhealthy itself.
    """
    alive = region.alive(service, deployment)
    fresh = [task for task in alive if not task.failing]
    failing = [task for task in alive if task.failing]
    undecided = [task for task in fresh if not health.is_healthy(task, region.time)]
    above = len(alive) - deployment.desired
    extra = max(0, len(fresh) - deployment.desired)
    release = max(0, above - (0 if deployment.desired == 0 else len(undecided)))
    settled = [task for task in fresh if task not in undecided]
    free = protection.spared([*reversed(undecided), *reversed(settled)], region.time)
    return failing[: max(release, 0)] + free[:extra]


def _make_way(region: Region, service: Service, new: int, doomed: Sequence[Task]) -> list[Task]:
    """Return the tasks of older deployments that may stop now: as new ones are healthy, or to make room for them."""
    primary = service.primary
    old = [task for older in service.deployments[1:] for task in region.alive(service, older) if task not in doomed]
    needs_room = _missing(region, service, primary) > 0 and _room(region, service) + len(doomed) <= 0
    if primary.rollout_state == "FAILED" or not (needs_room or new):
        return []
    failing = [task for task in old if task.failing]
    healthy = [task for task in old if health.is_healthy(task, region.time)]
    spare = max(0, len(healthy) + new - bounds(service)[0])
    chosen = failing[:1] if needs_room and region.time >= primary.launch_after else []
    if not chosen:
        chosen = protection.spared(healthy, region.time)[:spare]
    for older in service.deployments[1:]:
        left = [task for task in old if task.deployment is older and task not in chosen]
        older.desired = min(older.desired, len(left)) if any(t.deployment is older for t in chosen) else older.desired
    return chosen


def _stop(region: Region, service: Service, doomed: Sequence[Task]) -> None:
    """Stop tasks and say so in the service's events."""
    running = [task for task in doomed if task.running]
    pending = [task for task in doomed if task.alive and not task.running]
    if running:
        region.record(service, events.stopped(running))
    if pending:
        region.record(service, events.stopped_pending(len(pending)))
    for group, count in Counter(arn for task in running for arn in task.targets).items():
        region.record(service, events.deregistered(count, group))
    for deployment in service.deployments:
        draining = sum(bool(task.targets) for task in running if task.deployment is deployment)
        if draining:
            region.record(service, events.draining(draining), deployment)
    for task in doomed:
        reason = task.failing or reasons.scaling(service.primary.id)
        tasks.stop(region, task, reason, tasks.SCHEDULER)


def _note_deadlock(region: Region, service: Service) -> None:
    """Say once that the bounds let the rollout neither stop nor start a task."""
    primary = service.primary
    stuck = _missing(region, service, primary) > 0 and _room(region, service) <= 0
    if primary.blocked or not stuck or region.time < primary.created_at + DEADLOCK_AFTER:
        return
    if all(health.is_healthy(task, region.time) for task in region.alive(service)):
        primary.blocked = True
        region.record(service, events.DEADLOCK)


def _note_steady(region: Region, service: Service) -> None:
    done = service.primary.rollout_state == "COMPLETED" and len(service.deployments) == 1
    if not done or not deployments.is_stable(region, service):
        service.steady_since = None
    elif service.steady_since is None or region.time >= service.steady_since + STEADY_AGAIN:
        service.steady_since = region.time
        region.record(service, events.STEADY)


def _delete(region: Region, service: Service) -> None:
    """Let a deleted service drain, become INACTIVE and at last be forgotten."""
    left = [task for task in region.of_service(service) if task.status != "STOPPED"]
    if service.status == "DRAINING" and not left:
        service.status, service.inactive_at = "INACTIVE", region.time
        service.deployments = []
    elif service.inactive_at is not None and region.time > service.inactive_at + INACTIVE_KEPT:
        del region.services[service.cluster, service.name]
