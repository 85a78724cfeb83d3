"""Whether the application answers: by targets, stopped reasons and container health."""

import pytest

from tests.diagnosis.builder import (
    CODE_404,
    ELB_CHECKED,
    GROUP,
    container,
    definition,
    deployment,
    event,
    guide,
    guide_target_group,
    healthy,
    service,
    stopped,
    target,
    task,
    without,
)
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "health_check_unanswered"
ROLLING = service(deployment(2, 3, runningCount=1))
EMPTY = service(deployment(2, 6, rolloutState="COMPLETED"), desiredCount=0)
NO_CHECK = definition(2, container(healthCheck=None))
UNSURE = task(1, 2, 1, healthStatus="UNKNOWN")
OUTCOMES = {
    "container check fails": (guide(), FAIL),
    "target unhealthy": (guide_target_group(), FAIL),
    "stopped for the load balancer's check, next one starting": (
        guide_target_group(targets=[target(1, "initial")]),
        FAIL,
    ),
    "both checks pass": (healthy(), PASS),
    "no container check, target healthy": (healthy(definitions=[NO_CHECK], tasks=[UNSURE]), PASS),
    "no check at all": (healthy(definitions=[NO_CHECK], tasks=[UNSURE], group={}), PASS),
    "check not yet passed": (healthy(described=ROLLING, tasks=[UNSURE]), UNKNOWN),
    "target still initial": (
        healthy(described=ROLLING, tasks=[task(1, 2, 1)], targets=[target(1, "initial")]),
        UNKNOWN,
    ),
    "only the old revision's target is healthy": (
        healthy(described=ROLLING, tasks=[task(1, 2, 1), task(5, 1, 90)], targets=[target(5, "healthy")]),
        UNKNOWN,
    ),
    "unhealthy within the grace period": (
        healthy(
            described={**ROLLING, "healthCheckGracePeriodSeconds": 400}, targets=[target(1, "unhealthy", CODE_404)]
        ),
        UNKNOWN,
    ),
    "nothing runs": (healthy(described=ROLLING, tasks=[]), UNKNOWN),
    "scaled to 0": (healthy(described=EMPTY, tasks=[], targets=[]), NOT_APPLICABLE),
    "targets unread": (without(healthy(), "target_health"), UNKNOWN),
    "tasks unread": (without(healthy(), "tasks"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


LABELS = [
    (CODE_404, "lb-health-check-code-mismatch", "404"),
    (("Target.Timeout", "Request timed out"), "lb-health-check-timeout", ""),
    (("Target.FailedHealthChecks", "Health checks failed"), "load-balancer-health-check-failed", ""),
]


@pytest.mark.parametrize(("reason", "label", "code"), LABELS)
def test_the_label_and_the_code_are_those_of_elb(reason, label, code):
    found = verdict(RULE, guide_target_group(targets=[target(1, "unhealthy", reason)]))
    assert (found.label, found.facts["code"]) == (label, code)


def test_a_container_that_fails_has_its_own_label():
    found = verdict(RULE, guide())
    assert found.label == "container-health-check-failed"
    assert facts(found, "side", "unhealthy", "stopped_for_it", "revision") == {
        "side": "container",
        "unhealthy": 1,
        "stopped_for_it": 2,
        "revision": "momentir-cx-llm:2",
    }


NAMED = {
    "today": f"(task {2:032x}) (port 8000) is unhealthy in (target-group {GROUP})",
    "without a task": f"(port 8000) is unhealthy in (target-group {GROUP})",
    "by its name": "(port 8000) is unhealthy in target-group momentir-cx-llm-tg",
    "shortened": "(task 795dee6c...) (port 8000) is unhealthy in (target-group ...)",
}


@pytest.mark.parametrize("said", NAMED.values(), ids=NAMED)
def test_the_events_give_the_code_once_the_target_is_gone(said):
    text = f"{said} due to (reason {CODE_404[1]})"
    described = service(deployment(2, 18, runningCount=1, failedTasks=2), events=[event(5, text)])
    tasks = [task(1, 2, 1), stopped(2, 2, 5, ELB_CHECKED)]
    assert verdict(RULE, guide(described=described, tasks=tasks, targets=[target(1, "initial")])).facts["code"] == "404"


def test_a_stopped_reason_that_names_no_target_group_may_mean_any():
    described = service(deployment(2, 18, runningCount=1, failedTasks=2))
    tasks = [task(1, 2, 1), stopped(2, 2, 5, "Task failed ELB health checks in target group")]
    found = verdict(RULE, guide(described=described, tasks=tasks, targets=[target(1, "initial")]))
    assert (found.outcome, found.facts["side"]) == (FAIL, "target_group")
