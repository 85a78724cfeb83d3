"""Which side of a pair of health checks really fails, and which is seen to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runbook_lib.diagnosis import deployments, failures, tasks
from runbook_lib.diagnosis.messages import HealthFailure, health_failure, mentions
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.evidence.model import Evidence, at


@dataclass(frozen=True)
class Side:
    """What is seen of one side. Both false: nothing observed yet. A side that answers now does not count as failing."""

    failing: bool
    passing: bool
    codes: tuple[str, ...] = ()
    unreachable: bool = False


@dataclass(frozen=True)
class Answer:
    """How the access log of the tasks shows a path answered last: a status, and whether it ever was good or bad."""

    status: str = ""
    good: bool = False
    bad: bool = False


def tasks_of(evidence: Evidence, definition_arn: str) -> tuple[Task, ...]:
    """The tasks that run this task definition, for deployments that still count."""
    mine = (d for d in deployments.judged(evidence) if d.get("taskDefinition") == definition_arn)
    return tuple(task for d in mine for task in tasks.of(evidence, d))


def container_side(evidence: Evidence, definition_arn: str, container: str) -> Side:
    """The container's own check: ``healthStatus`` now, and tasks stopped for it in the last 30 minutes."""
    mine = tasks_of(evidence, definition_arn)
    up = {_health(task, container) for task in mine if task.get("lastStatus") == "RUNNING"}
    left = {_health(task, container) for task in mine if tasks.ended_at(task)}
    failing = "UNHEALTHY" in up or bool(failed_container_checks(evidence, mine))
    passing = "HEALTHY" in up or (not failing and "HEALTHY" in left)
    return Side(failing and not passing, passing)


def target_side(evidence: Evidence, definition_arn: str, group_arn: str) -> Side:
    """The target group's check: targets now, and tasks stopped for it in the last 30 minutes, with quoted codes."""
    mine = tasks_of(evidence, definition_arn)
    now = targets(evidence, group_arn, mine)
    states = {target.get("TargetHealth", {}).get("State") for target in now}
    stopped = [t for t in failed_target_checks(evidence, mine) if _names(t, group_arn)]
    passing = "healthy" in states
    failing = ("unhealthy" in states or bool(stopped)) and not passing
    said = target_failures(evidence, group_arn, mine) if failing else ()
    codes = tuple(dict.fromkeys(code for failure in said for code in failure.codes))
    return Side(failing, passing, codes, unreachable=any(f.label == "lb-health-check-timeout" for f in said))


def failed_container_checks(evidence: Evidence, mine: tuple[Task, ...]) -> tuple[Task, ...]:
    """Those of the tasks that were lately stopped because their container health check failed."""
    return _stopped_for(evidence, mine, "failed container health checks")


def failed_target_checks(evidence: Evidence, mine: tuple[Task, ...]) -> tuple[Task, ...]:
    """Those of the tasks that were lately stopped because the load balancer's health check failed."""
    return _stopped_for(evidence, mine, "failed ELB health checks")


def targets(evidence: Evidence, group_arn: str, mine: tuple[Task, ...]) -> tuple[dict[str, Any], ...]:
    """The targets of a group that are these tasks, by address; all of them where tasks have no address of their own."""
    readings = (r for r in evidence.all("target_health") if r.request["target_group_arn"] == group_arn)
    found = [target for reading in readings for target in reading.data]
    if not any(tasks.addresses(task) for task in evidence.tasks()):
        return tuple(found)
    own = frozenset[str]().union(*(tasks.addresses(task) for task in mine))
    return tuple(target for target in found if target.get("Target", {}).get("Id") in own)


def target_failures(evidence: Evidence, group_arn: str, mine: tuple[Task, ...]) -> tuple[HealthFailure, ...]:
    """How the group's checks fail, in ELB's words: targets now, then events of the last 30 minutes."""
    states = [target.get("TargetHealth", {}) for target in targets(evidence, group_arn, mine)]
    said = [f"{s.get('Reason', '')} {s.get('Description', '')}" for s in states if s.get("State") == "unhealthy"]
    found = (health_failure(text) for text in (*said, *_events(evidence, group_arn, mine)))
    return tuple(failure for failure in found if failure)


def logged(evidence: Evidence, definition_arn: str, path: str) -> Answer:
    """How the access log of this task definition's tasks shows that a path was answered."""
    streams = {tasks.identity(task) for task in tasks_of(evidence, definition_arn)}
    readings = (r for r in evidence.all("log_tail") if r.request["stream"].rpartition("/")[2] in streams)
    requests = [q for reading in readings for q in reading.data.get("requests") or [] if _path(q) == path]
    statuses = [int(q["status"]) for q in sorted(requests, key=lambda q: str(q.get("at", "")))]
    if not statuses:
        return Answer()
    return Answer(str(statuses[-1]), any(s < 400 for s in statuses), any(s >= 400 for s in statuses))


def _path(asked: dict[str, Any]) -> str:
    return str(asked.get("path", "")).partition("?")[0] or "/"


def _health(task: Task, container: str) -> str:
    found = (c.get("healthStatus") for c in task.get("containers") or [] if c.get("name") == container)
    return str(next(found, ""))


def _stopped_for(evidence: Evidence, mine: tuple[Task, ...], words: str) -> tuple[Task, ...]:
    wanted = {task.get("taskArn") for task in mine}
    found = failures.recent(evidence, lambda task: words in (task.get("stoppedReason") or ""))
    return tuple(task for task in found if task.get("taskArn") in wanted)


def _names(task: Task, group_arn: str) -> bool:
    """Whether the stopped reason names this target group; one that names none may mean any."""
    named = mentions(task.get("stoppedReason") or "").target_groups
    return not named or group_arn in named


def _events(evidence: Evidence, group_arn: str, mine: tuple[Task, ...]) -> list[str]:
    """Recent "is unhealthy in" events of the group that name one of these tasks, or (as some do) no task at all."""
    own = {tasks.identity(task) for task in mine}
    since = failures.since(evidence)
    texts = []
    for event in evidence.service.get("events") or []:
        text = event.get("message") or ""
        moment = at(event.get("createdAt"))
        if "is unhealthy in" not in text or moment is None or moment < since:
            continue
        named = mentions(text)
        if group_arn in named.target_groups and (not named.tasks or own & set(named.tasks)):
            texts.append(text)
    return texts
