"""Which side of a pair of health checks really fails, and which is seen to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runbook_lib.diagnosis import deployments, failures, tasks
from runbook_lib.diagnosis.messages import HealthFailure, Mentions, health_failure, mentions
from runbook_lib.diagnosis.model import Cite
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.evidence.model import Evidence, at

_AT_TARGET = ("elbv2:DescribeTargetHealth", "TargetHealthDescriptions[].TargetHealth")
_IN_EVENT = ("ecs:DescribeServices", "services[0].events[].message")


@dataclass(frozen=True)
class Side:
    """What is seen of one side. Both false: nothing observed yet. A side that answers now does not count as failing.

    ``told`` says that ELB's own words on the failure are there: ``codes``, a time-out (``unreachable``), or neither.
    ``cite`` is where the most telling of it was seen, and ``now`` whether a target says the codes now.
    """

    failing: bool
    passing: bool
    codes: tuple[str, ...] = ()
    unreachable: bool = False
    told: bool = False
    cite: Cite | None = None
    now: bool = False


@dataclass(frozen=True)
class Said:
    """ELB's own words on a failed check, and where they stand: at a target now, or in an event of before."""

    failure: HealthFailure
    cite: Cite

    @property
    def now(self) -> bool:
        """Whether a target says it, as it is now."""
        return self.cite.operation == _AT_TARGET[0]


@dataclass(frozen=True)
class Answer:
    """How the access log of the tasks shows a path answered last: a status, and whether it ever was good or bad.

    ``statuses`` are all that were seen, each once.
    """

    status: str = ""
    good: bool = False
    bad: bool = False
    statuses: tuple[str, ...] = ()


def tasks_of(evidence: Evidence, definition_arn: str) -> tuple[Task, ...]:
    """The tasks that run this task definition, for deployments that still count."""
    mine = (d for d in deployments.judged(evidence) if d.get("taskDefinition") == definition_arn)
    return tuple(task for d in mine for task in tasks.of(evidence, d))


def container_side(evidence: Evidence, definition_arn: str, container: str) -> Side:
    """The container's own check: ``healthStatus`` now, and tasks stopped for it in the last 30 minutes."""
    mine = tasks_of(evidence, definition_arn)
    up = {_health(evidence, task, container) for task in mine if task.get("lastStatus") == "RUNNING"}
    left = {_health(evidence, task, container) for task in mine if tasks.ended_at(task)}
    failing = "UNHEALTHY" in up or bool(failed_container_checks(evidence, mine))
    passing = "HEALTHY" in up or (not failing and "HEALTHY" in left)
    return Side(failing and not passing, passing)


def target_side(evidence: Evidence, definition_arn: str, group_arn: str) -> Side:
    """The target group's check: targets now, and tasks stopped for it in the last 30 minutes, with quoted codes."""
    mine = tasks_of(evidence, definition_arn)
    states = {target.get("TargetHealth", {}).get("State") for target in targets(evidence, group_arn, mine)}
    stopped = stopped_by_group(evidence, group_arn, mine)
    passing = "healthy" in states
    failing = bool(unhealthy_targets(evidence, group_arn, mine) or stopped) and not passing
    if not failing:
        return Side(failing, passing)
    said = target_failures(evidence, group_arn, mine)
    coded = _newest_codes(said)
    timed_out = [each for each in said if each.failure.label == "lb-health-check-timeout"]
    cites = [each.cite for each in (*coded, *timed_out, *said)]
    return Side(
        failing,
        passing,
        tuple(dict.fromkeys(code for each in coded for code in each.failure.codes)),
        unreachable=bool(timed_out),
        told=bool(said),
        cite=cites[0] if cites else _seen(evidence, group_arn, mine, stopped),
        now=any(each.now for each in coded),
    )


def _newest_codes(said: tuple[Said, ...]) -> list[Said]:
    """The words that tell codes: those of targets now, else of events. What was answered before a change is over."""
    coded = [each for each in said if each.failure.codes]
    return [each for each in coded if each.now] or coded


def _seen(evidence: Evidence, group_arn: str, mine: tuple[Task, ...], stopped: list[Task]) -> Cite:
    """Where it is seen that a check fails of which nobody says how."""
    if unhealthy_targets(evidence, group_arn, mine):
        return Cite("elbv2:DescribeTargetHealth", "TargetHealthDescriptions[].TargetHealth.State", "unhealthy")
    return stop_cite(stopped[0])


def stop_cite(task: Task) -> Cite:
    """Why a task was stopped: ECS's words, else its code."""
    field = "stoppedReason" if task.get("stoppedReason") else "stopCode"
    return Cite("ecs:DescribeTasks", f"tasks[].{field}", str(task.get(field) or ""))


def failed_container_checks(evidence: Evidence, mine: tuple[Task, ...]) -> tuple[Task, ...]:
    """Those of the tasks that were lately stopped because their container health check failed."""
    return _stopped_for(evidence, mine, lambda task: tasks.failed_check(task) == "container")


def failed_target_checks(evidence: Evidence, mine: tuple[Task, ...]) -> tuple[Task, ...]:
    """Those of the tasks that were lately stopped because the load balancer's health check failed."""
    return _stopped_for(evidence, mine, lambda task: tasks.failed_check(task) == "target_group" or _given_up(task))


def stopped_by_group(evidence: Evidence, group_arn: str, mine: tuple[Task, ...]) -> list[Task]:
    """Those of the tasks that were stopped because the check of this group failed, or of a group that is not named."""
    return [task for task in failed_target_checks(evidence, mine) if _names(task, group_arn)]


def unhealthy_targets(evidence: Evidence, group_arn: str, mine: tuple[Task, ...]) -> tuple[dict[str, Any], ...]:
    """The targets of a group that are these tasks and unhealthy, without those of tasks within their grace period."""
    spared = tasks.spared_addresses(evidence)
    bad = (t for t in targets(evidence, group_arn, mine) if t.get("TargetHealth", {}).get("State") == "unhealthy")
    return tuple(target for target in bad if target.get("Target", {}).get("Id") not in spared)


def targets(evidence: Evidence, group_arn: str, mine: tuple[Task, ...]) -> tuple[dict[str, Any], ...]:
    """The targets of a group that are these tasks, by address; all of them where tasks have no address of their own."""
    readings = (r for r in evidence.all("target_health") if r.request["target_group_arn"] == group_arn)
    found = [target for reading in readings for target in reading.data]
    if not any(tasks.addresses(task) for task in evidence.tasks()):
        return tuple(found)
    own = frozenset[str]().union(*(tasks.addresses(task) for task in mine))
    return tuple(target for target in found if target.get("Target", {}).get("Id") in own)


def target_failures(evidence: Evidence, group_arn: str, mine: tuple[Task, ...]) -> tuple[Said, ...]:
    """How the group's checks fail, in ELB's words: targets now, then events of the last 30 minutes."""
    states = [target.get("TargetHealth", {}) for target in targets(evidence, group_arn, mine)]
    now = [f"{s.get('Reason', '')} {s.get('Description', '')}" for s in states if s.get("State") == "unhealthy"]
    before = _events(evidence, group_arn, mine)
    said = [Cite(*_AT_TARGET, text) for text in now] + [Cite(*_IN_EVENT, text) for text in before]
    return tuple(Said(failure, cite) for cite in said if (failure := health_failure(cite.value)))


def logged(evidence: Evidence, definition_arn: str, path: str, client: str = "") -> Answer:
    """How the access log of this task definition's tasks shows that a path was answered.

    ``client`` ``local`` counts the container's own requests only, ``remote`` only those from outside of the task.
    """
    mine = tasks_of(evidence, definition_arn)
    requests = [q for task in mine for q in asked(evidence, task, path, client)]
    statuses = [int(q["status"]) for q in sorted(requests, key=lambda q: str(q.get("at", "")))]
    if not statuses:
        return Answer()
    told = tuple(dict.fromkeys(map(str, statuses)))
    return Answer(str(statuses[-1]), any(s < 400 for s in statuses), any(s >= 400 for s in statuses), told)


def asked(evidence: Evidence, task: Task, path: str, client: str = "") -> list[dict[str, Any]]:
    """The requests for a path in a task's access log, as far as it was read; ``client`` as of :func:`logged`."""
    own = tasks.identity(task)
    readings = (r for r in evidence.all("log_tail") if r.request["stream"].rpartition("/")[2] == own)
    found = (q for reading in readings for q in reading.data.get("requests") or [] if _path(q) == path)
    return [q for q in found if not client or _comes_from(q, client)]


def _path(asked: dict[str, Any]) -> str:
    return str(asked.get("path", "")).partition("?")[0] or "/"


def _comes_from(asked: dict[str, Any], side: str) -> bool:
    """Whether a logged request came from this side; one that names no client may have come from either."""
    client = str(asked.get("client") or "")
    local = client == "::1" or client.startswith("127.")
    return not client or local == (side == "local")


def _health(evidence: Evidence, task: Task, container: str) -> str:
    """A container's ``healthStatus``; UNHEALTHY within the grace period says nothing yet."""
    found = (c.get("healthStatus") for c in task.get("containers") or [] if c.get("name") == container)
    health = str(next(found, ""))
    return "" if health == "UNHEALTHY" and tasks.in_grace(evidence, task) else health


def _given_up(task: Task) -> bool:
    """Whether the scheduler stopped a task that ran, without a word why and not for its container's own check."""
    by_scheduler = task.get("stopCode") == "ServiceSchedulerInitiated" and tasks.has_started(task)
    return by_scheduler and not task.get("stoppedReason") and not tasks.failed_check(task)


def _stopped_for(evidence: Evidence, mine: tuple[Task, ...], is_fault: Callable[[Task], bool]) -> tuple[Task, ...]:
    """Of a deployment without any failed task nothing was stopped for a fault that ECS does not name."""
    wanted = {task.get("taskArn") for task in mine}
    failing = {d.get("id") for d in deployments.judged(evidence) if d.get("failedTasks") or d.get("undone")}
    found = failures.recent(evidence, is_fault)
    counted = (task for task in found if not _given_up(task) or task.get("startedBy") in failing)
    return tuple(task for task in counted if task.get("taskArn") in wanted)


def _names(task: Task, group_arn: str) -> bool:
    """Whether the stopped reason names this target group; one that names none may mean any."""
    return _may_mean(mentions(task.get("stoppedReason") or ""), group_arn)


def _may_mean(said: Mentions, group_arn: str) -> bool:
    return not said.target_groups or said.names_group(group_arn)


def _events(evidence: Evidence, group_arn: str, mine: tuple[Task, ...]) -> list[str]:
    """Recent "is unhealthy in" events that name the group and one of these tasks, or (as some do) none at all."""
    own = {tasks.identity(task) for task in mine}
    since = failures.since(evidence)
    texts = []
    for event in evidence.service.get("events") or []:
        text = event.get("message") or ""
        moment = at(event.get("createdAt"))
        if "is unhealthy in" not in text or moment is None or moment < since:
            continue
        named = mentions(text)
        if _may_mean(named, group_arn) and (not named.tasks or own & set(named.tasks)):
            texts.append(text)
    return texts
