"""Scale-in protection: a protected task is stopped neither by a smaller desired count nor by a newer deployment.

Sources: API reference (UpdateTaskProtection), developer guide "Protect your Amazon ECS tasks from being terminated by
scale-in events". Failed health checks, StopTask and the deletion of the service end a protected task all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runbook_lib.lab import events
from runbook_lib.lab.state import Service, Task

if TYPE_CHECKING:
    from runbook_lib.lab.region import Region

DEFAULT_MINUTES = 120
MOST_MINUTES = 2880
SAID_AGAIN = 6 * 3600  # seconds: service events of one kind are not repeated before


def protects(task: Task, now: float) -> bool:
    """Whether a task is protected at a time (seconds since the epoch)."""
    return task.protected_until is not None and now < task.protected_until


def spared(tasks: Sequence[Task], now: float) -> list[Task]:
    """Return the tasks that may be stopped: those without protection, and protected ones that fail."""
    return [task for task in tasks if task.failing or not protects(task, now)]


def note(region: Region, service: Service) -> None:
    """Say for each deployment that protected tasks keep it from scaling in; again after six hours."""
    for deployment in service.deployments:
        alive = region.alive(service, deployment)
        held = sum(protects(task, region.time) for task in alive)
        if held <= deployment.desired or len(alive) > held:
            continue
        if deployment.held_said is None or region.time >= deployment.held_said + SAID_AGAIN:
            deployment.held_said = region.time
            region.record(service, events.held_in(deployment, held))
