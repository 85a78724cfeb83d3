"""Every state, and the clock that a deployment's age is told by."""

from dataclasses import replace
from datetime import timedelta

import pytest

from runbook_lib.diagnosis.state import State, deploying_since, oldest_since, seconds_since, state_of
from tests.diagnosis.builder import (
    CHECKED,
    CODE_404,
    NOW,
    ago,
    brief,
    deployment,
    deployment_id,
    event,
    evidence,
    guide,
    healthy,
    not_found,
    service,
    stopped,
    target,
    task,
    unread,
    without,
)

DONE = {"rolloutState": "COMPLETED", "runningCount": 1}
YOUNG = deployment(2, 3)
CASES = {
    "no service": (evidence(unreads=(unread("service"),)), State.UNKNOWN),
    "young": (healthy(described=service(YOUNG)), State.DEPLOYING),
    "young with failed tasks": (healthy(described=service(deployment(2, 3, failedTasks=1))), State.FAILING),
    "young with an unhealthy task": (
        healthy(described=service(YOUNG), tasks=[task(1, 2, 2, healthStatus="UNHEALTHY")]),
        State.FAILING,
    ),
    "young with an unhealthy task within its grace period": (
        healthy(
            described=service(YOUNG, healthCheckGracePeriodSeconds=300), tasks=[task(1, 2, 2, healthStatus="UNHEALTHY")]
        ),
        State.DEPLOYING,
    ),
    "completed, with an unhealthy target within its task's grace period": (
        healthy(
            described=service(deployment(2, 9, **DONE), healthCheckGracePeriodSeconds=400),
            targets=[target(1, "unhealthy", CODE_404)],
        ),
        State.HEALTHY,
    ),
    "older than stuck_after": (healthy(described=service(deployment(2, 15.1))), State.STUCK),
    "exactly stuck_after": (healthy(described=service(deployment(2, 15))), State.DEPLOYING),
    "the oldest in progress decides": (guide(), State.STUCK),
    "failed": (healthy(described=service(deployment(2, 3, rolloutState="FAILED"))), State.FAILING),
    "completed": (healthy(), State.HEALTHY),
    "completed, too few run": (healthy(described=service(deployment(2, 30, **DONE), desiredCount=2)), State.FAILING),
    "completed, one more runs (scale-in)": (
        healthy(described=service(deployment(2, 30, **DONE | {"runningCount": 2}))),
        State.HEALTHY,
    ),
    "completed, an unhealthy task": (healthy(tasks=[task(1, 2, 5, healthStatus="UNHEALTHY")]), State.FAILING),
    "completed, an unhealthy target": (healthy(targets=[target(1, "unhealthy", CODE_404)]), State.FAILING),
    "completed, a draining target": (healthy(targets=[target(1, "healthy"), target(2, "draining")]), State.HEALTHY),
    "completed, scaled to 0": (
        healthy(
            described=service(deployment(2, 30, rolloutState="COMPLETED"), desiredCount=0),
            tasks=[],
            targets=[],
        ),
        State.HEALTHY,
    ),
    "completed, tasks not readable": (without(healthy(), "tasks"), State.UNKNOWN),
    "completed, targets not readable": (without(healthy(), "target_health"), State.UNKNOWN),
    "no rollout state, all run": (
        healthy(described=service(deployment(2, 30, rolloutState="", runningCount=1))),
        State.HEALTHY,
    ),
    "no rollout state, none run": (healthy(described=service(deployment(2, 30, rolloutState=""))), State.UNKNOWN),
    "no deployments at all": (healthy(described=service()), State.UNKNOWN),
}


@pytest.mark.parametrize(("found", "state"), CASES.values(), ids=CASES)
def test_state(found, state):
    assert state_of(found) is state


def test_age_counts_from_the_clock_of_aws():
    later = replace(guide(), collected_at=NOW + timedelta(minutes=5))
    assert [seconds_since(e, deploying_since(e)) for e in (guide(), later)] == [18 * 60, 23 * 60]


def test_nothing_in_progress_has_no_age():
    assert deploying_since(healthy()) is None
    assert seconds_since(healthy(), None) == 0


OLD = deployment(2, 40, status="ACTIVE", runningCount=1, failedTasks=5)
OWN = task(1, 4, 1, healthStatus="UNKNOWN")
SICK = task(2, 2, 3, healthStatus="UNHEALTHY")
CURES = {
    "young, its task is coming up": (deployment(4, 1, runningCount=1), [OWN, SICK], State.DEPLOYING, 1),
    "young, no task yet": (deployment(4, 1), [SICK], State.DEPLOYING, 1),
    "young, but it has failed tasks": (deployment(4, 1, failedTasks=1), [OWN, SICK], State.STUCK, 40),
    "young, but its task is UNHEALTHY": (deployment(4, 1), [task(1, 4, 1, healthStatus="UNHEALTHY")], State.STUCK, 40),
    "young, but its task failed to start": (
        deployment(4, 1),
        [stopped(3, 4, 0.2, not_found("x"), ran=False), SICK],
        State.STUCK,
        40,
    ),
    "young, but its task failed a health check": (deployment(4, 1), [stopped(3, 4, 0.2, CHECKED)], State.STUCK, 40),
    "no longer young": (deployment(4, 16), [OWN, SICK], State.STUCK, 40),
}


@pytest.mark.parametrize(("made", "tasks", "state", "minutes"), CURES.values(), ids=CURES)
def test_a_young_deployment_that_comes_along_well_decides_however_old_those_are_that_it_replaces(
    made, tasks, state, minutes
):
    found = guide(described=service(made, OLD), tasks=tasks)
    assert state_of(found) is state
    assert deploying_since(found).isoformat() == ago(minutes)
    assert oldest_since(found).isoformat() == ago(40)


BACK = deployment(1, 14_400, runningCount=1)
FAILED = deployment(2, 7, status="ACTIVE", rolloutState="FAILED")
ROLLBACKS = {
    "the failed deployment is still listed": (service(BACK, FAILED), []),
    "only the service deployments tell": (
        service({**BACK, "rolloutStateReason": "ECS deployment circuit breaker: rolling back to deploymentId x."}),
        [brief(2, "ROLLBACK_IN_PROGRESS", 7)],
    ),
    "only an event tells": (
        service(
            {**BACK, "rolloutStateReason": "ECS deployment circuit breaker: rolling back to deploymentId x."},
            events=[event(7, f"rolling back to deployment {deployment_id(1)}.")],
        ),
        [],
    ),
}


@pytest.mark.parametrize(("described", "briefs"), ROLLBACKS.values(), ids=ROLLBACKS)
def test_a_rollback_is_not_as_old_as_the_deployment_it_goes_back_to(described, briefs):
    found = healthy(described=described, briefs=briefs)
    assert deploying_since(found).isoformat() == ago(7)
    assert state_of(found) is not State.STUCK
