"""Tasks that are UNHEALTHY now, or were lately stopped for it."""

import pytest

from tests.diagnosis.builder import (
    CHECKED,
    ELB_CHECKED,
    SCALED,
    deployment,
    guide,
    healthy,
    service,
    stopped,
    task,
    without,
)
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "tasks_unhealthy"
EMPTY = service(deployment(2, 6, rolloutState="COMPLETED"), desiredCount=0)
OUTCOMES = {
    "unhealthy now": (guide(), FAIL),
    "stopped for it, new one starting": (
        guide(tasks=[task(1, 2, None, lastStatus="PENDING"), stopped(2, 2, 5, CHECKED)]),
        FAIL,
    ),
    "stopped for the load balancer's check": (guide(tasks=[task(1, 2, 3), stopped(2, 2, 5, ELB_CHECKED)]), PASS),
    "stopped by a rollout": (guide(tasks=[task(1, 2, 3), stopped(2, 2, 5, SCALED)]), PASS),
    "healthy": (healthy(), PASS),
    "no check, so UNKNOWN to ECS": (healthy(tasks=[task(1, 2, 5, healthStatus="UNKNOWN")]), PASS),
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
