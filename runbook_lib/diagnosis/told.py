"""Why new tasks did not start, in ECS's own words: from the tasks that stopped, else from the service's events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from runbook_lib.diagnosis import deployments, failures, tasks
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.diagnosis.messages import CAUSES, Judgement, judge
from runbook_lib.diagnosis.model import Cite
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.evidence.model import Evidence, at

# What a message may name and yet be no reason for a task not to start.
_ELSEWHERE = ("container", "rollout", "load-balancer", "healthy", "none", "interruption", "request")
_REFUSED = ("secret-env-duplicate", "pass-role-denied")  # what ECS refuses before there is a task
LABELS = tuple(c.label for c in CAUSES.values() if c.group not in _ELSEWHERE and c.label not in _REFUSED)
_PLACING = re.compile("unable to place (?:a task|tasks)|failed to launch a task")
_LONGEST = 600
_judged = lru_cache(maxsize=512)(judge)  # several rules ask for the reasons of the same tasks


@dataclass(frozen=True)
class Told:
    """One reason: what it says, the text, when it was said, where it was seen, and how many times."""

    judgement: Judgement
    text: str
    moment: datetime
    cite: Cite
    count: int = 1


def reasons(evidence: Evidence, deployment: Deployment) -> tuple[Told, ...]:
    """The reasons of a deployment's failed starts, each label once, newest first; without those it has got over."""
    mine = tasks.of(evidence, deployment)
    started = max((m for task in mine if (m := at(task.get("startedAt")))), default=None)
    found = sorted((*_of_tasks(mine), *_of_events(evidence, deployment)), key=lambda told: told.moment, reverse=True)
    since = failures.since(evidence)
    kept = [told for told in found if told.moment >= since and (started is None or told.moment > started)]
    return _each_label_once(kept)


def _each_label_once(found: list[Told]) -> tuple[Told, ...]:
    """Of each label the newest message that is certain, else the newest; with how many there were."""
    by_label: dict[str, list[Told]] = {}
    for told in found:
        by_label.setdefault(told.judgement.label, []).append(told)
    return tuple(_best(like) for like in by_label.values())


def _best(like: list[Told]) -> Told:
    best = next((told for told in like if told.judgement.certain), like[0])
    by_tasks = sum(told.cite.operation == "ecs:DescribeTasks" for told in like)
    return Told(best.judgement, best.text, like[0].moment, best.cite, by_tasks or len(like))


def of_task(task: Task) -> Told | None:
    """Why a task that never ran stopped, where it says so."""
    moment = tasks.ended_at(task)
    if moment is None or tasks.has_started(task):
        return None
    judged = ((text, _judged(text, presumed=True)) for text in tasks.texts(task))
    for text, said in judged:
        if _counts(said):
            cite = Cite("ecs:DescribeTasks", "tasks[].stoppedReason", text[:_LONGEST])
            return Told(said, text[:_LONGEST], moment, cite)
    return None


def _of_tasks(mine: tuple[Task, ...]) -> Iterator[Told]:
    yield from filter(None, map(of_task, mine))


def _of_events(evidence: Evidence, deployment: Deployment) -> Iterator[Told]:
    """Events since the deployment was made; a deployment that was rolled back to was made long ago."""
    since = deployments.created(deployment)
    for event in evidence.service.get("events") or []:
        text, moment = str(event.get("message") or ""), at(event.get("createdAt"))
        if moment and moment >= since and _PLACING.search(text) and _counts(said := _judged(text)):
            yield Told(
                said,
                text[:_LONGEST],
                moment,
                Cite("ecs:DescribeServices", "services[0].events[].message", text[:_LONGEST]),
            )


def _counts(said: Judgement) -> bool:
    return said.healthy is False and bool(said.sign) and said.label in LABELS
