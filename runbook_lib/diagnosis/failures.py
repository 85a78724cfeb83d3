"""Tasks that ended badly a short while ago, without those that a service has got over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

from runbook_lib.diagnosis import deployments, tasks
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.diagnosis.state import State, state_of
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.evidence.model import Evidence, at, once

RECENT = timedelta(minutes=30)
_STEADY = "has reached a steady state"


def recent(
    evidence: Evidence, is_fault: Callable[[Task], bool], of: tuple[Deployment, ...] | None = None
) -> tuple[Task, ...]:
    """The tasks that ended by this fault in the last 30 minutes, newest first; of a FAILED deployment any time.

    Left out is what is over: deployments that are gone or superseded without tasks, what happened before the
    deployment completed, a single failure of a service that is fine now or on its way, and several that it has healed.
    """
    judged = deployments.judged(evidence) if of is None else of
    found = [task for d in judged for task in tasks.of(evidence, d) if _counts(evidence, d, task) and is_fault(task)]
    if len(found) < 2 and state_of(evidence) in (State.HEALTHY, State.DEPLOYING):
        return ()
    if _is_healed(evidence, found):
        return ()
    return tuple(sorted(found, key=lambda t: str(tasks.ended_at(t)), reverse=True))


def _is_healed(evidence: Evidence, found: list[Task]) -> bool:
    """Whether a healthy service has been steady since, for longer than any two of the failures were apart."""
    ended = sorted(moment for task in found if (moment := tasks.ended_at(task)))
    if not ended or state_of(evidence) is not State.HEALTHY:
        return False
    steady = (at(e.get("createdAt")) for e in evidence.service.get("events") or [] if _STEADY in str(e.get("message")))
    longest = max((later - earlier for earlier, later in pairwise(ended)), default=RECENT)
    calm = any(moment and moment > ended[-1] for moment in steady)
    return calm and evidence.collected_at - ended[-1] > longest


@once
def since(evidence: Evidence) -> datetime:
    """From when failures count: half an hour ago, or from when a deployment was made that failed for good."""
    recent_enough = evidence.collected_at - RECENT
    newest = deployments.newest(evidence)
    over = newest.get("rolloutState") == "FAILED"
    return min(recent_enough, deployments.created(newest)) if over else recent_enough


def _counts(evidence: Evidence, deployment: Deployment, task: Task) -> bool:
    ended = tasks.ended_at(task)
    if ended is None or ended < since(evidence):
        return False
    completed = deployments.completed_at(evidence, deployment)
    return completed is None or ended > completed
