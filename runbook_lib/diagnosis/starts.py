"""Whether the newest deployment's tasks fail to start: from states, counts and times, without ECS's words."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from runbook_lib.diagnosis import attempts, deployments, failures, tasks, told
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.diagnosis.model import Finding, not_applicable, passed
from runbook_lib.diagnosis.state import State, state_of
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.evidence.model import Evidence, at, once

# What keeps a task from being placed at all, and what ECS finds after all that it does with roles.
_PLACING = ("placement", "quota", "interruption")
_AFTERWARDS = ("image-not-found", "image-platform-mismatch")
_SOON = timedelta(seconds=60)  # ECS starts the first task of a deployment after some 15 s
Start = Literal["failing", "started", "cause-known", "no-failed-start", "no-task-desired"]


@once
def of_newest(evidence: Evidence) -> Start:
    """How the tasks of the newest deployment start.

    ``started`` is one that got there and no failure since; ``cause-known`` fails for a reason in which roles and
    permissions have no part (no room, no such image); ``no-failed-start`` is still on its way.
    """
    newest = deployments.newest(evidence)
    if not evidence.service.get("desiredCount"):
        return "no-task-desired"
    started = max((m for task in tasks.of(evidence, newest) if (m := at(task.get("startedAt")))), default=None)
    failed = failures.recent(evidence, _failed_to_start, (newest,))
    if not any(started is None or (tasks.ended_at(task) or started) > started for task in failed):
        if started or newest.get("runningCount"):
            return "started"
        if not _gets_nowhere(evidence, newest):
            return "no-failed-start"
    return "cause-known" if _is_explained(evidence, newest) else "failing"


def settled(evidence: Evidence) -> Finding | None:
    """The finding of a rule that asks why nothing starts, where that is no question; None where it is one."""
    start, newest = of_newest(evidence), deployments.newest(evidence)
    if start == "failing":
        return None
    name = deployments.revision(newest.get("taskDefinition", ""))
    return passed(revision=name) if start == "started" else not_applicable(reason=start, revision=name)


def _failed_to_start(task: Task) -> bool:
    """A task that somebody stopped on its way has not failed."""
    return not tasks.has_started(task) and task.get("stopCode", "TaskFailedToStart") == "TaskFailedToStart"


def _gets_nowhere(evidence: Evidence, newest: Deployment) -> bool:
    """Whether nothing of the deployment has ever run, and it has had failures, or time enough."""
    if newest.get("failedTasks") or state_of(evidence) is State.STUCK:
        return True
    alive = any(task.get("lastStatus") != "STOPPED" for task in tasks.of(evidence, newest))
    old = evidence.collected_at - deployments.created(newest) > _SOON
    return tasks.seen(evidence) and not alive and old


def _is_explained(evidence: Evidence, newest: Deployment) -> bool:
    if attempts.image_absent(evidence):
        return True
    now = [each.judgement for each in told.reasons(evidence, newest)[:1] if each.judgement.certain]
    return any(said.cause.group in _PLACING or said.label in _AFTERWARDS for said in now)
