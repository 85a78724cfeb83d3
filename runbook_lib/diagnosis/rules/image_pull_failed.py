"""New tasks do not get their container image.

What it looks for
    Tasks of the newest deployment that stopped for their image, and events that say so.
Why it breaks a rollout
    No task starts.
Blind spots
    A first task that is still being provisioned.
Readings
    service, task_arns, tasks.
Fix
    A symptom: the label leads to the cause.
Guide section
    Diagnosis 3 and 4; checklist 6.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/verify-connectivity.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from runbook_lib.diagnosis import deployments, failures, mended, starts, tasks
from runbook_lib.diagnosis.messages import PULL_LABELS, pull_failure
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence, at

_UP = ("ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING")


def check(evidence: Evidence) -> Finding:
    """FAIL where the last attempt of the newest deployment to pull has failed."""
    newest = deployments.newest(evidence)
    mine = tasks.of(evidence, newest)
    bad = failures.recent(evidence, _failed_to_pull, (newest,))
    got = [task for task in mine if _pulled(task)]
    name = deployments.newest_revision(evidence)
    if bad and not _got_over(bad, got):
        said = next(text for text in tasks.texts(bad[0]) if pull_failure(text))
        cite = Cite("ecs:DescribeTasks", "tasks[].stoppedReason", said[:600])
        return _told(evidence, said, cite, tasks.ended_at(bad[0]), count=len(bad), revision=name)
    if not got and (events := _events(evidence)):
        said, last_at = events[0]
        cite = Cite("ecs:DescribeServices", "services[0].events[].message", said[:600])
        return _told(evidence, said, cite, last_at, count=len(events), revision=name)
    if not tasks.seen(evidence):
        return unseen(evidence, tasks.KINDS)
    if got and not starts.is_silent(evidence):
        return passed(pulled=len(got), revision=name)
    if not evidence.service.get("desiredCount"):
        return not_applicable(reason="no-task-desired")
    return unknown("not-observed", revision=name)


def _told(evidence: Evidence, said: str, cite: Cite, last: datetime | None, **facts: Any) -> Finding:
    label = pull_failure(said)
    if last and (now := mended.proof(evidence, label, said)):
        return mended.finding(evidence, label, last, (cite, now))
    moment = last.isoformat() if last else ""
    return failed("confirmed", (cite,), label=label, message=said[:600], last_at=moment, **facts)


def _failed_to_pull(task: Task) -> bool:
    return not tasks.has_started(task) and any(pull_failure(text) for text in tasks.texts(task))


def _pulled(task: Task) -> bool:
    """Started, or past the pull on its way there; ``pullStoppedAt`` of a failed task says nothing."""
    if any(pull_failure(text) for text in tasks.texts(task)):
        return False
    return tasks.has_started(task) or (bool(task.get("pullStoppedAt")) and task.get("lastStatus") in _UP)


def _got_over(bad: tuple[Task, ...], got: list[Task]) -> bool:
    last_bad = tasks.ended_at(bad[0])
    pulls = (at(task.get("pullStoppedAt") or task.get("startedAt")) for task in got)
    return last_bad is not None and any(moment and moment > last_bad for moment in pulls)


def _events(evidence: Evidence) -> list[tuple[str, datetime]]:
    """Text and time of the events since the newest deployment that say that a pull failed, newest first."""
    since = max(deployments.created(deployments.newest(evidence)), failures.since(evidence))
    found = []
    for event in evidence.service.get("events") or []:
        moment = at(event.get("createdAt"))
        if moment and moment >= since and pull_failure(event.get("message") or ""):
            found.append((str(event["message"]), moment))
    return found


RULE = Rule(
    id="image_pull_failed",
    label="image-not-found",
    role="symptom",
    needs=("service",),
    uses=tasks.KINDS,
    guide="diagnosis 3, 4",
    severity=110,
    check=check,
    stopped=True,
    labels=PULL_LABELS,
)
