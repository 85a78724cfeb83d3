"""What happens inside a container that runs: its application starts to listen, exits, is killed, or is stopped."""

import math

from runbook_lib.lab import preparation, reasons
from runbook_lib.lab.application import STOPPED, Application
from runbook_lib.lab.state import Container, Task

__all__ = ["STOPPED", "ends_in_time", "outcome", "start_lines", "starts_at"]

Outcome = tuple[int | None, str | None]
_OUT_OF_MEMORY: Outcome = (137, reasons.OUT_OF_MEMORY)


def starts_at(task: Task, container: Container) -> float:
    """Return when the application has started, or has ended instead, in seconds since the epoch."""
    if task.started_at is None or container.application is None:
        return math.inf
    return task.started_at + _seconds(task, container, container.application)


def outcome(task: Task, container: Container) -> Outcome:
    """Return the exit code of an application that ends at its start, with the container's reason; else two None."""
    application = container.application
    if application is None:
        return None, None
    if not _can_execute(task, container) or _lacks(container, application):
        return 1, None
    if application.memory > _limit(task, container):
        return _OUT_OF_MEMORY
    return application.exit_code, None


def start_lines(task: Task, container: Container) -> list[str]:
    """Return what the application writes at its start."""
    application = container.application
    if application is None:
        return []
    if not _can_execute(task, container):
        return [f"exec {application.entrypoint}: exec format error"]
    missing = _lacks(container, application)
    if missing:
        return [f"KeyError: '{missing}'"]
    return application.start_lines(container.port or 0)


def ends_in_time(task: Task, container: Container, now: float) -> bool:
    """Whether SIGTERM ends the application before SIGKILL does; one that still starts takes no notice of it."""
    application = container.application
    if application is None or application.stops_in is None or not task.listens(container, now):
        return False
    return application.stops_in <= container.stop_timeout


def _seconds(task: Task, container: Container, application: Application) -> float:
    return application.starts_in if _can_execute(task, container) else 0.0


def _can_execute(task: Task, container: Container) -> bool:
    """Whether the image is for the task's processor; one without an index is pulled whatever it is for."""
    return container.built is None or container.built.platform == preparation.platform(task)


def _lacks(container: Container, application: Application) -> str | None:
    return next((name for name in application.needs if name not in container.variables), None)


def _limit(task: Task, container: Container) -> float:
    """Return the memory in MiB beyond which the kernel kills: the container's hard limit, else the task's."""
    given = container.definition.get("memory") or task.definition.get("memory")
    return float(given) if given else float("inf")
