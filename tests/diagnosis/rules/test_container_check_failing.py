"""The container's own check fails: what its log tells of why, and what other causes tell better."""

import pytest

from runbook_lib.diagnosis.engine import wanted
from tests.diagnosis.builder import (
    CHECKED,
    CODE_404,
    asks,
    container,
    definition,
    guide,
    healthy,
    really_asks,
    stopped,
    target,
    task,
    without,
)
from tests.diagnosis.failing import CODE_503, REFUSED, blank, failing, fails, in_grace, tail
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "container_check_failing"
BAD = {"healthStatus": "UNHEALTHY"}
TASKS = [task(1, 2, 3, **BAD), stopped(2, 2, 5, CHECKED), stopped(3, 2, 9, CHECKED)]
UNSEEN = [task(1, 2, 0.2, healthStatus="UNKNOWN"), stopped(2, 2, 5, CHECKED)]


def sick(command=None, **changes):
    """Both sides ask the same path; the container's check fails, and the load balancer's passes."""
    made = definition(2, container(healthCheck={"command": command or really_asks("/")}))
    given = {"tasks": TASKS, "definitions": [made], "targets": [target(1, "healthy")]}
    return failing(**given | changes)


OUTCOMES = {
    "the log shows a code": (sick(more=(tail(1, ("/", 500, "127.0.0.1"), ("/", 200, "10.0.0.1")),)), FAIL),
    "nothing arrives": (sick(more=(tail(1, ("/", 200, "10.0.0.1")),)), FAIL),
    "nobody says a word": (blank(sick()), FAIL),
    "a port that the container lacks": (
        sick(["CMD-SHELL", "nc -z localhost 9 || curl localhost:9000/"]),
        NOT_APPLICABLE,
    ),
    "neither side is answered": (sick(targets=[target(1, "unhealthy", REFUSED)]), FAIL),
    "no HTTP request": (sick(["CMD", "/bin/health"]), FAIL),
    "the paths differ and explain it": (guide(), NOT_APPLICABLE),
    "paths differ, the target was not observed": (
        guide(tasks=UNSEEN, targets=[]),
        UNKNOWN,
    ),
    "paths differ, the target was not observed, the log shows a code": (
        guide(tasks=UNSEEN, targets=[], more=(tail(2, ("/health", 404, "127.0.0.1")),)),
        FAIL,
    ),
    "the target fails on the same path": (sick(targets=[target(1, "unhealthy", CODE_404)]), NOT_APPLICABLE),
    "the target gets a server error": (sick(targets=[target(1, "unhealthy", CODE_503)]), NOT_APPLICABLE),
    "it passes": (healthy(), PASS),
    "no check": (failing(), NOT_APPLICABLE),
    "a check that is switched off": (sick(["NONE"]), NOT_APPLICABLE),
    "within the grace period": (sick(tasks=TASKS[:1], described=in_grace(fails())), NOT_APPLICABLE),
    "target groups unread": (without(guide(), "target_groups"), UNKNOWN),
    "target health unread": (without(guide(), "target_health"), UNKNOWN),
    "definitions unread": (without(sick(), "task_definition"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


KINDS = {
    "code": (sick(more=(tail(1, ("/", 500, "127.0.0.1")),)), "code", "confirmed"),
    "tool": (sick(more=(tail(1, ("/", 200, "10.0.0.1")),)), "tool", "likely"),
    "a log that was not read": (sick(), "unread", "likely"),
    "a log that nobody may read": (without(sick(more=(tail(1),)), "log_tail"), "unread", "likely"),
    "neither side is answered": (sick(targets=[target(1, "unhealthy", REFUSED)]), "silent", "likely"),
    "its own request is answered": (sick(more=(tail(1, ("/", 200, "127.0.0.1")),)), "unknown", "likely"),
    "no tool": (sick(["CMD", "/bin/health"], more=(tail(1),)), "unknown", "likely"),
    "port": (sick(asks("/", 9000), group={}), "port", "likely"),
}


@pytest.mark.parametrize(("found", "kind", "confidence"), KINDS.values(), ids=KINDS)
def test_what_it_tells_of_why(found, kind, confidence):
    seen = verdict(RULE, found)
    assert (seen.facts["kind"], seen.confidence) == (kind, confidence)


def test_its_facts():
    assert facts(verdict(RULE, sick()), "container", "tool", "path", "port", "revision") == {
        "container": "app",
        "tool": "curl",
        "path": "/",
        "port": "8000",
        "revision": "momentir-cx-llm:2",
    }


def test_the_logs_of_two_tasks_are_asked_for():
    assert [wish["stream"][-2:] for wish in wanted(sick()) if wish.kind == "log_tail"] == ["01", "02"]
