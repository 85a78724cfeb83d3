"""The life of a task: PROVISIONING, PENDING, ACTIVATING, RUNNING, DEACTIVATING, STOPPING, DEPROVISIONING, STOPPED."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runbook_lib.lab import deployments, events, reasons
from runbook_lib.lab.application import STOPPED
from runbook_lib.lab.state import Container, Deployment, Document, Service, Target, Task

if TYPE_CHECKING:
    from runbook_lib.lab.region import Region

# Seconds in each state, as seen on Fargate (PENDING holds the pull).
PROVISIONING, PENDING, ACTIVATING, DEACTIVATING, STOPPING, DEPROVISIONING = 15, 20, 10, 5, 20, 15
FIRST_TARGET_CHECK = 10


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
    network = document.pop("network", None) or {}
    subnets = network.get("subnets") or ["subnet-00000000"]
    place = region.ids.below(len(subnets))
    address = f"10.0.{place}.{4 + region.ids.below(240)}"
    task = Task(
        id=task_id,
        arn=arn,
        cluster=cluster,
        definition=definition,
        containers=[_container(region, cluster, task_id, item) for item in definition["containerDefinitions"]],
        group=document.pop("group"),
        started_by=document.pop("startedBy", ""),
        created_at=region.time if service else region.now,
        address=address,
        attachment=_attachment(region, address, subnets[place]),
        zone=region.name + "ac"[place % 2],
        document=document,
        service=service,
        deployment=deployment,
    )
    task.due = task.created_at + PROVISIONING
    region.tasks[arn] = task
    return task


def _container(region: Region, cluster: str, task_id: str, definition: Document) -> Container:
    return Container(region.arn("container", f"{cluster}/{task_id}/{region.ids.uuid()}"), definition)


def _attachment(region: Region, address: str, subnet: str) -> Document:
    details = {
        "subnetId": subnet,
        "networkInterfaceId": f"eni-{region.ids.hexadecimal(17)}",
        "privateIPv4Address": address,
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
            _listen_or_exit(region, task, container)
    if task.due is not None and task.due <= region.time:
        _NEXT[task.status](region, task)


def stop(region: Region, task: Task, reason: str, code: str, exit_code: int = 0) -> None:
    """Let a task stop; its targets drain first. Nothing happens to a task that is stopping already.

    `exit_code` is what the containers report once they are stopped, where they ever ran.
    """
    if not task.alive:
        return
    task.desired, task.stopped_reason, task.stop_code = "STOPPED", reason, code
    task.stopping_at = max(region.time, task.created_at)
    ran = task.status == "RUNNING"
    for container in task.containers:
        if ran and container.exit_code is None:
            container.exit_code = exit_code
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
    task.due = None if seconds is None else region.time + seconds


def _attach(region: Region, task: Task) -> None:
    task.attachment["status"] = "ATTACHED"
    task.pull_started_at = region.time
    _enter(region, task, "PENDING", PENDING)


def _pull(region: Region, task: Task) -> None:
    problem = _resource_problem(region, task) or _image_problem(region, task)
    if problem:
        _fail_to_start(region, task, problem)
        return
    task.pull_stopped_at = region.time
    for container in task.containers:
        container.runtime_id = f"{task.id}-{region.ids.below(10**10):010d}"
        container.application = region.world.application(container.definition["image"], container.digest)
    _enter(region, task, "ACTIVATING", ACTIVATING)


def _resource_problem(region: Region, task: Task) -> str | None:
    """Return why secrets or the log driver can not be made ready, or None."""
    for container in task.containers:
        for secret in container.definition.get("secrets", []):
            problem = region.world.secret_problem(secret["valueFrom"])
            if problem:
                return problem
        problem = _log_problem(region, task, container)
        if problem:
            return problem
    return None


def _log_problem(region: Region, task: Task, container: Container) -> str | None:
    place = log_place(task, container)
    if place is None:
        return None
    group, stream = place
    if not region.world.log_group_exists(group):
        if _log_options(container).get("awslogs-create-group") != "true":
            return reasons.log_group_absent(group)
        region.world.create_log_group(group)
    region.world.create_log_stream(group, stream)
    return None


def _image_problem(region: Region, task: Task) -> str | None:
    """Resolve the images; a deployment resolves a tag once, and its later tasks pull that digest."""
    resolved = task.deployment.digests if task.deployment else {}
    for container in task.containers:
        image = container.definition["image"]
        known = resolved.get(container.name)
        wanted = f"{image.rpartition(':')[0]}@{known}" if known else image
        container.digest = region.world.image_digest(wanted)
        if container.digest is None:
            container.reason = reasons.image_absent(wanted)
            return container.reason
        resolved[container.name] = container.digest
    return None


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


def _listen_or_exit(region: Region, task: Task, container: Container) -> None:
    application = container.application
    if container.said_start or application is None or not task.listens(container, region.time):
        return
    container.said_start = True
    ready = (task.started_at or region.time) + application.starts_in
    task.lines.extend((ready, container, line) for line in application.start_lines(container.port or 0))
    if application.exit_code is None:
        return
    container.status, container.exit_code = "STOPPED", application.exit_code
    if container.essential:
        stop(region, task, reasons.ESSENTIAL_EXIT, "EssentialContainerExited")
        if task.service and task.deployment:
            deployments.count_exit(region, task.service, task.deployment, task)


def _register(region: Region, task: Task, service: Service, balancer: Document) -> None:
    group = balancer["targetGroupArn"]
    task.targets[group] = Target(group, balancer["containerPort"], region.time + FIRST_TARGET_CHECK)
    region.registered[service.cluster, service.name, group] += 1


def _deregister(region: Region, task: Task) -> None:
    task.targets.clear()
    for container in task.containers:
        if container.application and container.application.exit_code is None and container.said_start:
            task.lines.extend((region.time, container, line) for line in STOPPED)
    _enter(region, task, "STOPPING", STOPPING)


def _halt(region: Region, task: Task) -> None:
    for container in task.containers:
        container.status = "STOPPED"
    _enter(region, task, "DEPROVISIONING", DEPROVISIONING)


def _end(region: Region, task: Task) -> None:
    task.stopped_at = region.time
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


def log_place(task: Task, container: Container) -> tuple[str, str] | None:
    """Return log group and stream of a container that logs to CloudWatch Logs, or None."""
    options = _log_options(container)
    if "awslogs-group" not in options:
        return None
    return options["awslogs-group"], f"{options.get('awslogs-stream-prefix', 'ecs')}/{container.name}/{task.id}"


def _log_options(container: Container) -> Document:
    configuration = container.definition.get("logConfiguration") or {}
    return (configuration.get("options") or {}) if configuration.get("logDriver") == "awslogs" else {}
