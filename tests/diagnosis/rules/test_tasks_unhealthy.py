"""Tasks that are UNHEALTHY now, or were lately stopped for it."""

import pytest

from tests.diagnosis.builder import (
    CHECKED,
    CODE_404,
    ELB_CHECKED,
    SCALED,
    deployment,
    guide,
    guide_target_group,
    guide_tasks,
    healthy,
    service,
    stopped,
    target,
    task,
    without,
)
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "tasks_unhealthy"
EMPTY = service(deployment(2, 6, rolloutState="COMPLETED"), desiredCount=0)
FAILING = service(deployment(2, 18, runningCount=1, failedTasks=1))
OUTCOMES = {
    "unhealthy now": (guide(), FAIL),
    "stopped for it, new one starting": (
        guide(tasks=[task(1, 2, None, lastStatus="PENDING"), stopped(2, 2, 5, CHECKED)]),
        FAIL,
    ),
    "stopped for the load balancer's check": (guide(tasks=[task(1, 2, 3), stopped(2, 2, 5, ELB_CHECKED)]), FAIL),
    "stopped by the scheduler, and nobody says why": (
        guide(described=FAILING, tasks=[task(1, 2, 3), stopped(2, 2, 5, "", health="UNKNOWN")]),
        FAIL,
    ),
    "stopped by the scheduler, and no task has failed": (
        guide(
            described=service(deployment(2, 18, runningCount=1)),
            tasks=[task(1, 2, 3), stopped(2, 2, 5, "", health="UNKNOWN")],
        ),
        PASS,
    ),
    "stopped by the scheduler, and there is no target group": (
        guide(described=FAILING, tasks=[task(1, 2, 3), stopped(2, 2, 5, "", health="UNKNOWN")], group={}),
        PASS,
    ),
    "its target is unhealthy, no task was stopped": (
        guide(tasks=[task(1, 2, 3)], targets=[target(1, "unhealthy", CODE_404)]),
        FAIL,
    ),
    "its target is unhealthy while the deployment comes along": (
        guide(
            described=service(deployment(2, 3, runningCount=1)),
            tasks=[task(1, 2, 1)],
            targets=[target(1, "unhealthy", CODE_404)],
        ),
        PASS,
    ),
    "stopped by a rollout": (guide(tasks=[task(1, 2, 3), stopped(2, 2, 5, SCALED)]), PASS),
    "healthy": (healthy(), PASS),
    "no check, so UNKNOWN to ECS": (healthy(tasks=[task(1, 2, 5, healthStatus="UNKNOWN")]), PASS),
    "unhealthy within the grace period": (
        guide(described=service(deployment(2, 5), healthCheckGracePeriodSeconds=400), tasks=guide_tasks()[:1]),
        UNKNOWN,
    ),
    "nothing runs": (guide(tasks=[]), NOT_APPLICABLE),
    "scaled to 0": (healthy(described=EMPTY, tasks=[]), NOT_APPLICABLE),
    "tasks unread": (without(guide(), "tasks"), UNKNOWN),
    "list of tasks unread": (without(healthy(), "task_arns"), UNKNOWN),
    "service unread": (without(guide(), "service"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_its_facts():
    found = verdict(RULE, guide())
    assert facts(found, "unhealthy", "running", "stopped_for_it") == {"unhealthy": 1, "running": 1, "stopped_for_it": 2}
    assert next((t["task"], t["health"]) for t in found.facts["tasks"]) == (f"{1:032x}", "UNHEALTHY")
    assert found.label == "container-health-check-failed"


SIDES = {
    "container": (guide(), "container-health-check-failed", (1, 0, 2, 0)),
    "target_group": (guide_target_group(), "load-balancer-health-check-failed", (0, 1, 0, 1)),
    "both, the container's is named": (
        guide_target_group(tasks=[task(1, 2, 3), stopped(2, 2, 5, ELB_CHECKED), stopped(3, 2, 9, CHECKED)]),
        "container-health-check-failed",
        (0, 1, 1, 1),
    ),
    "targets unread": (
        without(guide_target_group(), "target_health"),
        "load-balancer-health-check-failed",
        (0, None, 0, 1),
    ),
}


@pytest.mark.parametrize(("found", "label", "counts"), SIDES.values(), ids=SIDES)
def test_each_side_is_counted(found, label, counts):
    seen = verdict(RULE, found)
    names = ("unhealthy", "unhealthy_targets", "stopped_by_container", "stopped_by_target")
    assert (seen.label, tuple(facts(seen, *names).values())) == (label, counts)


def test_what_is_left_of_a_revision_that_is_being_replaced_is_named_so():
    cured = service(deployment(4, 1, runningCount=1), deployment(2, 40, status="ACTIVE", runningCount=1))
    found = guide(described=cured, tasks=[task(9, 4, 0.5, healthStatus="UNKNOWN"), *guide_tasks()[:3]])
    assert verdict(RULE, found).facts["superseded"] == ["momentir-cx-llm:2"]
    assert verdict(RULE, guide()).facts["superseded"] == []
