"""The life of a task: PROVISIONING, PENDING, ACTIVATING, RUNNING, DEACTIVATING, STOPPING, DEPROVISIONING, STOPPED."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from runbook_lib.lab import deployments, events, preparation, reasons, running
from runbook_lib.lab.network import Placement
from runbook_lib.lab.state import Container, Deployment, Document, Service, Target, Task

if TYPE_CHECKING:
    from runbook_lib.lab.region import Region

# Seconds in each state, as seen on Fargate (PENDING holds the pull).
PROVISIONING, PENDING, ACTIVATING, DEACTIVATING, STOPPING, DEPROVISIONING = 15, 20, 10, 5, 20, 15
SCHEDULER = "ServiceSchedulerInitiated"
CAPACITY_REFUSED = 1  # seconds until Fargate says that it has no room
FIRST_TARGET_CHECK = 10
KEPT = 3600.0  # seconds for which a stopped task can be described
_KILLED = 128 + 9  # exit code after SIGKILL


def launch(
    region: Region,
    cluster: str,
    definition: Document,
    document: Document,
    owner: tuple[Service, Deployment] | None = None,
) -> Task:
    """Create a task in PROVISIONING; `owner` are the service and the deployment that it is for.

    `document` holds the members of the API's Task that the caller decides: group, startedBy, launchType, tags ...; its
    `network` is the awsvpcConfiguration.
    """
    service, deployment = owner or (None, None)
    task_id = region.ids.hexadecimal()
    arn = region.arn("task", f"{cluster}/{task_id}")
    place, zone = _placement(region, document.pop("network", None) or {})
    task = Task(
        id=task_id,
        arn=arn,
        cluster=cluster,
        definition=definition,
        containers=[_container(region, cluster, task_id, item) for item in definition["containerDefinitions"]],
        group=document.pop("group"),
        started_by=document.pop("startedBy", ""),
        created_at=region.time if service else region.now,
        place=place,
        attachment=_attachment(region, place),
        zone=zone,
        document=document,
        service=service,
        deployment=deployment,
    )
    task.due = task.created_at + (PROVISIONING if region.has_capacity(zone) else CAPACITY_REFUSED)
    region.tasks[arn] = task
    if service:
        service.tasks.append(task)
    return task


def _container(region: Region, cluster: str, task_id: str, definition: Document) -> Container:
    return Container(region.arn("container", f"{cluster}/{task_id}/{region.ids.uuid()}"), definition)


def _placement(region: Region, network: Document) -> tuple[Placement, str]:
    """Choose a subnet and an address in it; return them with the subnet's availability zone."""
    subnets = network.get("subnets") or ["subnet-00000000"]
    subnet = subnets[region.ids.below(len(subnets))]
    zone, block = region.world.zone(subnet)
    address = f"{block.rpartition('.')[0]}.{4 + region.ids.below(240)}"
    return Placement.of(network, subnet, address), zone


def _attachment(region: Region, place: Placement) -> Document:
    details = {
        "subnetId": place.subnet,
        "networkInterfaceId": f"eni-{region.ids.hexadecimal(17)}",
        "privateIPv4Address": place.address,
    }
    return {
        "id": region.ids.uuid(),
        "type": "ElasticNetworkInterface",
        "status": "PRECREATED",
        "details": [{"name": name, "value": value} for name, value in details.items()],
    }


def step(region: Region, task: Task) -> None:
    """Take a task to its next state when that is due, and let the applications of a RUNNING one start or exit."""
    if task.running:
        for container in task.containers:
            _start_or_exit(region, task, container)
    if task.due is not None and task.due <= region.time:
        _NEXT[task.status](region, task)


def next_moment(task: Task) -> float:
    """Return when something is next to happen to a task by itself, in seconds since the epoch.

    Whatever `step` and `health.check` do by the time must be in here, or it happens late.
    """
    if task.stopped_at is not None:
        return task.stopped_at + KEPT
    moments = [] if task.due is None else [task.due]
    if task.running:
        moments += [target.next_check for target in task.targets.values()]
        moments += [at for container in task.containers for at in _moments(task, container)]
    return min(moments, default=math.inf)


def _moments(task: Task, container: Container) -> Iterator[float]:
    if container.status == "RUNNING":
        if not container.said_start:
            yield running.starts_at(task, container)
        if container.has_check:
            yield container.next_check


def stop(region: Region, task: Task, reason: str, code: str) -> None:
    """Let a task stop; its targets drain first. Nothing happens to a task that is stopping already."""
    if not task.alive:
        return
    task.desired, task.stopped_reason, task.stop_code = "STOPPED", reason, code
    task.stopping_at = max(region.time, task.created_at)
    ran = task.status == "RUNNING"
    if task.service and code != SCHEDULER:
        region.deregistered.update((task.service.cluster, task.service.name, group) for group in task.targets)
    drain = [_drain(region, target) for target in task.targets.values()]
    if ran:
        _enter(region, task, "DEACTIVATING", max(drain, default=DEACTIVATING))
    else:
        _enter(region, task, "DEPROVISIONING", DEPROVISIONING)


def _drain(region: Region, target: Target) -> int:
    target.become("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
    return max(DEACTIVATING, region.world.deregistration_delay(target.group_arn))


def _enter(region: Region, task: Task, status: str, seconds: float | None) -> None:
    task.status = status
    task.version += 1
    task.wakes_at = 0.0
    if task.service:
        task.service.rests_until = 0.0
    task.due = None if seconds is None else region.time + seconds


def _attach(region: Region, task: Task) -> None:
    if not region.has_capacity(task.zone):
        _fail_to_start(region, task, reasons.NO_CAPACITY)
        return
    task.attachment["status"] = "ATTACHED"
    task.pull_started_at = region.time
    problem = preparation.problem(region, task)
    _enter(region, task, "PENDING", problem.seconds if problem else PENDING)


def _pull(region: Region, task: Task) -> None:
    """Make the containers ready, or fail; the agent has tried again and again, so what was mended is no problem."""
    problem = preparation.problem(region, task)
    if problem:
        if problem.container:
            problem.container.reason = problem.reason
        _fail_to_start(region, task, problem.reason)
        return
    task.pull_stopped_at = region.time
    for container in task.containers:
        container.runtime_id = f"{task.id}-{region.ids.below(10**10):010d}"
        _open_log(region, task, container)
    _enter(region, task, "ACTIVATING", ACTIVATING)


def _open_log(region: Region, task: Task, container: Container) -> None:
    place = preparation.log_place(region, task, container)
    if place is None:
        return
    if not region.world.log_group_exists(*place[:2]):
        region.world.create_log_group(*place[:2])
    region.world.create_log_stream(*place)


def _fail_to_start(region: Region, task: Task, problem: str) -> None:
    stop(region, task, problem, "TaskFailedToStart")
    if task.service and task.deployment:
        region.record(task.service, events.not_placed(problem))
        deployments.count_start_failure(region, task.service, task.deployment)


def _run(region: Region, task: Task) -> None:
    task.started_at = region.time
    _enter(region, task, "RUNNING", None)
    for container in task.containers:
        container.status = "RUNNING"
        container.next_check = region.time + container.interval
    if task.deployment:
        task.deployment.start_failures = 0
    if task.service:
        for balancer in task.service.balancers:
            _register(region, task, task.service, balancer)


def _start_or_exit(region: Region, task: Task, container: Container) -> None:
    """Let the application of a container start to listen, or exit, when that is due."""
    if container.said_start or container.status != "RUNNING" or region.time < running.starts_at(task, container):
        return
    container.said_start = True
    exit_code, container.reason = running.outcome(task, container)
    task.lines.extend((region.time, container, line) for line in running.start_lines(task, container))
    if exit_code is None:
        return
    container.status, container.exit_code = "STOPPED", exit_code
    if container.essential:
        task.execution_stopped_at = region.time
        stop(region, task, reasons.ESSENTIAL_EXIT, "EssentialContainerExited")
        if task.service and task.deployment:
            deployments.count_exit(region, task.service, task.deployment, task)


def _register(region: Region, task: Task, service: Service, balancer: Document) -> None:
    group = balancer["targetGroupArn"]
    task.targets[group] = Target(group, balancer["containerPort"], region.time + FIRST_TARGET_CHECK)
    region.registered[service.cluster, service.name, group] += 1


def _deregister(region: Region, task: Task) -> None:
    """Send SIGTERM, and SIGKILL where the stop time-out passes without an end."""
    task.targets.clear()
    waits = [0]
    for container in task.containers:
        if container.exit_code is not None:
            continue
        if running.ends_in_time(task, container, region.time):
            container.exit_code = 0
            task.lines.extend((region.time, container, line) for line in running.STOPPED)
        else:
            container.exit_code = _KILLED
            waits.append(container.stop_timeout)
    _enter(region, task, "STOPPING", STOPPING + max(waits))


def _halt(region: Region, task: Task) -> None:
    for container in task.containers:
        container.status = "STOPPED"
    task.execution_stopped_at = task.execution_stopped_at or region.time
    _enter(region, task, "DEPROVISIONING", DEPROVISIONING)


def _end(region: Region, task: Task) -> None:
    task.stopped_at = region.time
    task.execution_stopped_at = task.execution_stopped_at or region.time
    task.attachment["status"] = "DELETED"
    for container in task.containers:
        container.status = "STOPPED"
    _enter(region, task, "STOPPED", None)


_NEXT: dict[str, Callable[[Region, Task], None]] = {
    "PROVISIONING": _attach,
    "PENDING": _pull,
    "ACTIVATING": _run,
    "DEACTIVATING": _deregister,
    "STOPPING": _halt,
    "DEPROVISIONING": _end,
}
