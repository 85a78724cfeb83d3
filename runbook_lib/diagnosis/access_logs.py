"""The logs of the tasks that a check is about: which tails to read, and when the application was ready by them."""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import sides, tasks
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.evidence.model import Evidence, Reading, Request, at, request

_LOGS_READ = 2


def tails(evidence: Evidence, definition: str, container: str, paths: tuple[str, ...]) -> tuple[Request, ...]:
    """The log tails of up to two tasks of a definition that show how a container answered these paths."""
    options = awslogs(evidence, definition, container)
    group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
    if not group or not prefix:
        return ()
    where = {"group": group, "region": options.get("awslogs-region", ""), "paths": ",".join(dict.fromkeys(paths))}
    started = _newest_started(evidence, definition)[:_LOGS_READ]
    return tuple(
        request("log_tail", stream=f"{prefix}/{container}/{tasks.identity(task)}", **where) for task in started
    )


def awslogs(evidence: Evidence, definition: str, container: str) -> dict[str, str]:
    """The options of a container's ``awslogs`` driver; empty where it has another one or none."""
    containers: list[dict[str, Any]] = evidence.task_definitions().get(definition, {}).get("containerDefinitions") or []
    found = (c.get("logConfiguration") or {} for c in containers if c.get("name") == container)
    logging: dict[str, Any] = next(found, {})
    options: dict[str, str] = logging.get("options") or {}
    return options if logging.get("logDriver") == "awslogs" else {}


def read(evidence: Evidence, task: Task) -> tuple[Reading, ...]:
    """The tails that were read of a task's logs."""
    own = tasks.identity(task)
    return tuple(r for r in evidence.all("log_tail") if r.request["stream"].rpartition("/")[2] == own)


def ready_after(evidence: Evidence, task: Task) -> float | None:
    """Seconds from the start of a task until its log first said that it was ready, or showed a good answer.

    None where no log tells: one whose beginning was not read cannot tell the first answer.
    """
    started = at(task.get("startedAt"))
    moments = [moment for reading in read(evidence, task) for moment in _signs(reading.data)]
    return min(moments) / 1000 - started.timestamp() if started and moments else None


def last_asked(evidence: Evidence, task: Task, path: str) -> float | None:
    """When the load balancer last asked a task for a path, by its log; a Unix time in seconds, or None."""
    moments = [float(q["at"]) / 1000 for q in sides.asked(evidence, task, path, "remote") if q.get("at")]
    return max(moments, default=None)


def listens(evidence: Evidence, definition: str) -> tuple[int | None, bool]:
    """The port on which the log says that the application listens, and whether on the container's own address only."""
    tails = [reading.data for task in sides.tasks_of(evidence, definition) for reading in read(evidence, task)]
    port = next((tail["ready_port"] for tail in tails if tail.get("ready_port")), None)
    return port, any(tail.get("ready_local") for tail in tails)


def _signs(tail: dict[str, Any]) -> list[float]:
    said = [tail["ready_at"]] if tail.get("ready_at") else []
    if said or tail.get("cut"):
        return said
    return [float(q["at"]) for q in tail.get("requests") or [] if int(q["status"]) < 400 and q.get("at")]


def _newest_started(evidence: Evidence, definition: str) -> list[Task]:
    """Tasks that have run and so have a log: those that run now first, then the newest."""
    started = [t for t in sides.tasks_of(evidence, definition) if tasks.has_started(t)]
    return sorted(started, key=lambda t: t.get("lastStatus") != "RUNNING")
