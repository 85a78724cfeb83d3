"""Tasks that ECS stopped for a health check before their application could be ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from runbook_lib.diagnosis import access_logs, sides, tasks
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.evidence.model import Evidence, at


@dataclass(frozen=True)
class SlowStart:
    """A start in seconds: until the log shows that the application was ready, and until ECS stopped the task.

    ``ready_s`` None: it had not written a line by then. ``passed``: it was seen of another task, which was not stopped.
    """

    task: Task
    ready_s: float | None
    stopped_s: float
    interval_s: int
    passed: bool = False


def found(evidence: Evidence, definition: str, side: str) -> SlowStart | None:
    """The newest task that was stopped for this side's check no later than one check after it was ready."""
    mine = sides.tasks_of(evidence, definition)
    failed = _FAILED[side](evidence, mine)
    interval = _interval(evidence, definition, side)
    slow = next(_slow(evidence, failed, interval), None) or _by_another(evidence, mine, failed, interval)
    return slow or _speechless(evidence, failed, _earliest(evidence, definition, side) + 2 * interval, interval)


def stopped_after(task: Task) -> float | None:
    """Seconds from the start of a task until ECS began to stop it."""
    started, ended = at(task.get("startedAt")), tasks.ended_at(task)
    return (ended - started).total_seconds() if started and ended else None


def _slow(evidence: Evidence, failed: tuple[Task, ...], interval: int) -> Iterator[SlowStart]:
    for task in failed:
        ready, stopped = access_logs.ready_after(evidence, task), stopped_after(task)
        if ready is not None and stopped is not None and ready > stopped - interval:
            yield SlowStart(task, ready, stopped, interval)


def _by_another(
    evidence: Evidence, mine: tuple[Task, ...], failed: tuple[Task, ...], interval: int
) -> SlowStart | None:
    """A task of the same definition that lives and was ready only when others had already been stopped."""
    lives = [stopped for task in failed if (stopped := stopped_after(task)) is not None]
    for task in mine if lives else ():
        ready = access_logs.ready_after(evidence, task)
        if not tasks.ended_at(task) and ready is not None and ready > max(lives) - interval:
            return SlowStart(failed[0], ready, max(lives), interval, passed=True)
    return None


def _speechless(evidence: Evidence, failed: tuple[Task, ...], soon: int, interval: int) -> SlowStart | None:
    """A task that was stopped as soon as could be, had not written a line, and did not heed SIGTERM (exit code 137)."""
    for task in failed:
        logs, stopped = access_logs.read(evidence, task), stopped_after(task)
        silent = task.get("stoppedAt") and logs and not any(reading.data.get("lines") for reading in logs)
        killed = any(container.get("exitCode") == 137 for container in task.get("containers") or [])
        if silent and killed and stopped is not None and stopped <= soon:
            return SlowStart(task, None, stopped, interval)
    return None


def _earliest(evidence: Evidence, definition: str, side: str) -> int:
    """Seconds after which ECS can stop a task for this side's check at the earliest."""
    grace = int(evidence.service.get("healthCheckGracePeriodSeconds") or 0)
    if side == "container":
        containers = evidence.task_definitions().get(definition, {}).get("containerDefinitions") or []
        checks = [c["healthCheck"] for c in containers if c.get("healthCheck")]
        spans = [int(c.get("startPeriod") or 0) + int(c.get("interval", 30)) * int(c.get("retries", 3)) for c in checks]
    else:
        groups = [g for reading in evidence.all("target_groups") for g in reading.data]
        spans = [g.get("HealthCheckIntervalSeconds", 30) * g.get("UnhealthyThresholdCount", 2) for g in groups]
    return max([grace, *spans])


def _interval(evidence: Evidence, definition: str, side: str) -> int:
    """Seconds between two checks."""
    known = evidence.task_definitions().get(definition, {})
    if side == "container":
        checks = [c.get("healthCheck") or {} for c in known.get("containerDefinitions") or []]
        return max((int(check.get("interval", 30)) for check in checks if check), default=30)
    groups: list[dict[str, Any]] = [g for reading in evidence.all("target_groups") for g in reading.data]
    return max((int(group.get("HealthCheckIntervalSeconds", 30)) for group in groups), default=30)


_FAILED: dict[str, Callable[[Evidence, tuple[Task, ...]], tuple[Task, ...]]] = {
    "container": sides.failed_container_checks,
    "target_group": sides.failed_target_checks,
}
