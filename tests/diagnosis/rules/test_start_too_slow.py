"""Times and logs tell whether tasks were stopped before they could be ready."""

import pytest

from tests.diagnosis.builder import CHECKED, ELB_CHECKED, container, definition, guide, healthy, stopped, task, without
from tests.diagnosis.failing import blank, failing, fails, tail
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "start_too_slow"
# Started 4 minutes ago, stopping since 2: the check allows 30 + 30 x 3 = 120 s.
CHECK = {"command": ["CMD-SHELL", "curl -f http://localhost:8000/ || exit 1"], "interval": 30, "retries": 3}
CHECKS = [definition(2, container(healthCheck=CHECK | {"startPeriod": 30}))]
KILLED = stopped(2, 2, 1.5, CHECKED, exit_code=137)


def slow(*more, tasks=(KILLED,), **changes):
    """The container's check ended the tasks."""
    return failing(**{"tasks": list(tasks), "targets": [], "definitions": CHECKS, "more": more} | changes)


READY_LATE = tail(2, ready=1.9)
READY_AT_ONCE = tail(2, ready=3.4)
EMPTY = tail(2, lines=0)
LATER = (task(1, 2, 9), tail(1, ready=6.5))
BY_TARGET = stopped(2, 2, 1.5, ELB_CHECKED, health="UNKNOWN", exit_code=137)
OUTCOMES = {
    "ready only when it was being stopped": (slow(READY_LATE), FAIL),
    "nobody says a word": (blank(slow(READY_LATE)), FAIL),
    "another task took that long and lives": (slow(LATER[1], tasks=(LATER[0], KILLED)), FAIL),
    "no line before it was killed": (slow(EMPTY), FAIL),
    "the load balancer's check, no line": (failing(tasks=[BY_TARGET], targets=[], more=(EMPTY,)), FAIL),
    "ready in good time": (slow(READY_AT_ONCE), PASS),
    "no line, but it heeded SIGTERM": (slow(EMPTY, tasks=(stopped(2, 2, 1.5, CHECKED, exit_code=143),)), PASS),
    "no line, but it lived long": (slow(EMPTY, tasks=({**KILLED, "startedAt": task(9, 2, 20)["startedAt"]},)), PASS),
    "no log was read": (slow(), PASS),
    "a log whose beginning was not read": (slow(tail(2, ("/", 200, "10.0.0.1"), cut=True)), PASS),
    "nothing was stopped for a check": (healthy(), PASS),
    "nothing has started": (failing(tasks=[task(1, 2, None, lastStatus="PENDING")], targets=[]), NOT_APPLICABLE),
    "tasks unread": (without(guide(), "tasks"), UNKNOWN),
    "definitions unread": (without(slow(READY_LATE), "task_definition"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_it_is_never_more_than_likely_and_has_the_sides_label():
    found = [verdict(RULE, slow(READY_LATE)), verdict(RULE, failing(tasks=[BY_TARGET], targets=[], more=(EMPTY,)))]
    assert [v.confidence for v in found] == ["likely", "likely"]
    assert [v.label for v in found] == ["container-health-check-failed", "load-balancer-health-check-failed"]


def test_its_facts():
    found = verdict(RULE, slow(READY_LATE, described={**fails(), "healthCheckGracePeriodSeconds": 10}))
    assert facts(found, "side", "ready_after_s", "stopped_after_s", "start_period_s", "grace_s", "needed") == {
        "side": "container",
        "ready_after_s": 96,
        "stopped_after_s": 90,
        "start_period_s": 30,
        "grace_s": 10,
        "needed": 120,
    }


def test_a_slow_start_is_not_named_twice():
    assert verdict("container_check_failing", slow(READY_LATE)).outcome is NOT_APPLICABLE
