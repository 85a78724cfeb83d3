"""Health: what the application answers, container health checks, and the load balancer's checks of its targets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook_lib.lab import reasons
from runbook_lib.lab.application import Route, access_line
from runbook_lib.lab.state import Container, Service, Target, Task
from runbook_lib.lab.world import TargetGroup

if TYPE_CHECKING:
    from runbook_lib.lab.region import Region

HEALTHY_WITHOUT_CHECK = 40  # seconds after RUNNING: API reference, DeploymentConfiguration.minimumHealthyPercent
BALANCER_ADDRESS = "10.0.12.34"
_PROBE = re.compile(r"https?://[^/:\s'\"]+(?::(\d+))?(/[^\s'\"\\)]*)?")
_PORTS = {"https": 443, "http": 80}
Failure = tuple[str, str]
_TIMED_OUT: Failure = ("Target.Timeout", "Request timed out")
_REFUSED: Failure = ("Target.FailedHealthChecks", "Health checks failed")


def check(region: Region, task: Task) -> None:
    """Run the checks of a RUNNING task that are due."""
    for container in task.containers:
        if container.status == "RUNNING" and container.has_check:
            _check_container(region, task, container)
    for target in task.targets.values():
        _check_target(region, task, target)


def listener(task: Task, port: int, at: float) -> Container | None:
    """Return the container that answers on a port at a time (seconds since the epoch), or None."""
    for container in task.containers:
        if container.port == port and task.listens(container, at):
            return container
    return None


def get(task: Task, port: int, path: str, at: float, client: str) -> Route | None:
    """Ask a task's application and let it log the request; None where nothing listens on the port."""
    container = listener(task, port, at)
    if container is None or container.application is None:
        return None
    route = container.application.answer(path)
    source = 1024 + int(at * 37 + port) % 64000
    task.lines.append((at, container, access_line(f"{client}:{source}", "GET", path, route.status)))
    return route


def is_healthy(task: Task, now: float) -> bool:
    """Whether the scheduler counts a task as healthy.

    Containers with a check must be HEALTHY and all targets healthy; with neither, 40 s after RUNNING are enough.
    """
    if not task.running or task.started_at is None:
        return False
    checked = [container for container in task.containers if container.essential and container.has_check]
    if not checked and not task.targets:
        return now >= task.started_at + HEALTHY_WITHOUT_CHECK
    targets = all(target.state == "healthy" for target in task.targets.values())
    return targets and all(container.health == "HEALTHY" for container in checked)


def failure(task: Task, service: Service, now: float) -> str | None:
    """Return the stopped reason that a RUNNING task earns by its health, or None."""
    if not task.running or task.started_at is None or now < task.started_at + service.grace:
        return None
    if task.health == "UNHEALTHY":
        return reasons.CONTAINER_CHECK
    bad = next((arn for arn, target in task.targets.items() if target.state == "unhealthy"), None)
    return reasons.target_check(bad) if bad else None


def _check_container(region: Region, task: Task, container: Container) -> None:
    while container.next_check <= region.time:
        at = container.next_check
        container.next_check += container.interval
        _judge_container(task, container, at, _probe(task, container, at))


def _judge_container(task: Task, container: Container, at: float, passed: bool) -> None:
    rules = container.definition["healthCheck"]
    in_start_period = at <= (task.started_at or at) + rules.get("startPeriod", 0) and container.health == "UNKNOWN"
    if passed:
        container.failures, container.health = 0, "HEALTHY"
    elif not in_start_period:
        container.failures += 1
    if container.failures >= rules.get("retries", 3):
        container.health = "UNHEALTHY"


def _probe(task: Task, container: Container, at: float) -> bool:
    """Run a health check's command, if the image has its program: the URL in it is asked, within the time-out.

    A command without a URL succeeds while the container runs.
    """
    if container.application and not container.application.can_run(container.command):
        return False
    found = _PROBE.search(" ".join(container.command))
    if not found:
        return True
    scheme = found.group(0).partition(":")[0]
    route = get(task, int(found.group(1) or _PORTS[scheme]), found.group(2) or "/", at, "127.0.0.1")
    return route is not None and route.status < 400 and route.after <= container.timeout


def _check_target(region: Region, task: Task, target: Target) -> None:
    if target.next_check > region.time and target.judged_in is region.world.state:
        return
    target.judged_in = region.world.state
    group = region.world.target_group(target.group_arn)
    if group is None:
        return
    unused = _not_in_use(region, task, group)
    if unused:
        target.become("unused", "Target.NotInUse", unused)
    while target.next_check <= region.time:
        at = target.next_check
        target.next_check += group.interval
        if not unused:
            _judge_target(target, group, _ask_target(region, task, target, group, at))


def _not_in_use(region: Region, task: Task, group: TargetGroup) -> str | None:
    """Return why no load balancer checks the targets of a group, or None."""
    balancers = [found for found in map(region.world.balancer, group.balancers) if found]
    if not balancers:
        return "Target group is not configured to receive traffic from the load balancer"
    if not any(task.zone in balancer.zones for balancer in balancers):
        return "Target is in an Availability Zone that is not enabled for the load balancer"
    return None


def _ask_target(region: Region, task: Task, target: Target, group: TargetGroup, at: float) -> Failure | None:
    """Check a target once; return why it failed, with None for a passed check."""
    port = group.port or target.port
    if not reaches(region, task, group, port):
        return _TIMED_OUT
    if group.protocol in ("TCP", "TLS"):
        return None if listener(task, port, at) else _REFUSED
    if group.protocol == "HTTPS":  # applications of the lab speak HTTP alone, and take no notice of a TLS greeting
        return _REFUSED
    route = get(task, port, group.path, at, BALANCER_ADDRESS)
    if route is None:
        return _REFUSED
    if route.after > group.timeout:
        return _TIMED_OUT
    return None if group.matches(route.status) else _mismatch(route.status)


def reaches(region: Region, task: Task, group: TargetGroup, port: int) -> bool:
    """Whether a load balancer's packets reach a port of a task."""
    balancers = [found for found in map(region.world.balancer, group.balancers) if found]
    return any(region.world.admits(task.place, balancer.sources, port) for balancer in balancers)


def _judge_target(target: Target, group: TargetGroup, failure: Failure | None) -> None:
    if failure is None:
        target.passes, target.failures = target.passes + 1, 0
        # A new target of an application load balancer is healthy after one passed check; the threshold counts for a
        # recovery, and at a network load balancer always.
        if (target.state == "initial" and not group.network) or target.passes >= group.healthy_threshold:
            target.become("healthy")
        elif target.state == "unused":
            target.become("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
        return
    target.passes, target.failures = 0, target.failures + 1
    if target.failures >= group.unhealthy_threshold:
        target.become("unhealthy", *failure)


def _mismatch(status: int) -> Failure:
    return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"
