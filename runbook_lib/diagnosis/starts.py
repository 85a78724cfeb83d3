"""Whether the newest deployment's tasks fail to start: from states, counts and times, without ECS's words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from runbook_lib.diagnosis import deployments, failures, images, mended, tasks, told
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.diagnosis.model import Finding, not_applicable, passed
from runbook_lib.diagnosis.state import State, state_of
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.evidence.model import Evidence, at, once

# What keeps a task from being placed at all, and what ECS finds after all that it does with roles.
_PLACING = ("placement", "quota", "interruption")
_AFTERWARDS = ("image-not-found", "image-platform-mismatch")
_SOON = timedelta(seconds=60)  # ECS starts the first task of a deployment after some 15 s
Start = Literal["failing", "nowhere", "started", "no-failed-start", "no-task-desired"]


@once
def of_newest(evidence: Evidence) -> Start:
    """How the tasks of the newest deployment start.

    ``failing`` tasks ended before they ran, and none has got there since; ``nowhere``: there were none to fail, for
    longer than ECS takes; ``started`` is one that got there and no failure since; ``no-failed-start`` is still on its
    way.
    """
    newest = deployments.newest(evidence)
    if not evidence.service.get("desiredCount"):
        return "no-task-desired"
    if failed(evidence):
        return "failing"
    if any(map(tasks.has_started, tasks.of(evidence, newest))) or newest.get("runningCount"):
        return "started"
    if newest.get("failedTasks"):
        return "failing"
    return "nowhere" if _gets_nowhere(evidence, newest) else "no-failed-start"


@once
def failed(evidence: Evidence) -> tuple[Task, ...]:
    """The tasks of the newest deployment that lately failed to start, newest first, where none got there since."""
    newest = deployments.newest(evidence)
    started = max((m for task in tasks.of(evidence, newest) if (m := at(task.get("startedAt")))), default=None)
    lately = failures.recent(evidence, _failed_to_start, (newest,))
    return tuple(task for task in lately if started is None or (tasks.ended_at(task) or started) > started)


def is_silent(evidence: Evidence) -> bool:
    """Whether the last attempt to start a task has failed, and the task does not tell why."""
    lost = failed(evidence)
    return bool(lost) and told.of_task(lost[0]) is None


def awaited(evidence: Evidence) -> bool:
    """Whether the newest deployment's first task is still on its way: what it will need can be looked at already."""
    on_its_way = deployments.newest(evidence).get("rolloutState") == "IN_PROGRESS"
    return on_its_way and of_newest(evidence) == "no-failed-start"


def unexplained(evidence: Evidence) -> dict[str, Any]:
    """The newest deployment's task definition where its tasks fail to start, or are on their way; else empty.

    So it is where ECR lacks an image: that is why no task starts, and what else is wanting is looked at once it can be
    pulled.
    """
    asks = of_newest(evidence) == "failing" or awaited(evidence)
    return deployments.newest_definition(evidence) if asks and not images.newest_lacks_one(evidence) else {}


def not_failing(evidence: Evidence, **facts: Any) -> Finding | None:
    """The finding of a rule about what tasks lack to start where none fails to; None where one does, or is on its way.

    PASS with these facts where a task of the newest deployment has started: it had what it needs.
    """
    if of_newest(evidence) == "failing" or awaited(evidence):
        return None
    started = any(tasks.has_started(task) for task in tasks.of(evidence, deployments.newest(evidence)))
    return passed(**facts) if started else not_applicable(reason="no-failed-start")


def settled(evidence: Evidence) -> Finding | None:
    """The finding of a rule about roles where it is no question why nothing starts; None where it is one.

    ``cause-known`` is a reason in which roles and permissions have no part: no room, no such image.
    """
    start, name = of_newest(evidence), deployments.newest_revision(evidence)
    if start == "started":
        return passed(revision=name)
    if start not in ("failing", "nowhere"):
        return not_applicable(reason=start, revision=name)
    return not_applicable(reason="cause-known", revision=name) if _is_explained(evidence) else None


def _failed_to_start(task: Task) -> bool:
    """A task that somebody stopped on its way has not failed."""
    return not tasks.has_started(task) and task.get("stopCode", "TaskFailedToStart") == "TaskFailedToStart"


def _gets_nowhere(evidence: Evidence, newest: Deployment) -> bool:
    """Whether the deployment, of which nothing has ever run, has had time enough."""
    if state_of(evidence) is State.STUCK:
        return True
    alive = any(task.get("lastStatus") != "STOPPED" for task in tasks.of(evidence, newest))
    old = evidence.collected_at - deployments.created(newest) > _SOON
    return tasks.seen(evidence) and not alive and old


def _is_explained(evidence: Evidence) -> bool:
    if images.newest_lacks_one(evidence):
        return True
    now = [each.judgement for each in mended.lasting(evidence)]
    return any(said.certain and (said.cause.group in _PLACING or said.label in _AFTERWARDS) for said in now)
