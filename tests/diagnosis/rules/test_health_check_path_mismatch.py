"""Two paths are a cause only where exactly one side fails while the other is seen to answer."""

import pytest

from runbook_lib.diagnosis.engine import wanted
from tests.diagnosis.builder import (
    CHECKED,
    CODE_404,
    ELB_CHECKED,
    GROUP,
    LOG_GROUP,
    REGION,
    asks,
    container,
    definition,
    deployment,
    event,
    guide,
    guide_target_group,
    healthy,
    logged,
    service,
    stopped,
    target,
    target_group,
    task,
    without,
)
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "health_check_path_mismatch"
TIMEOUT = ("Target.Timeout", "Request timed out")
BAD = {"healthStatus": "UNHEALTHY"}
STARTING = [task(1, 2, 0.2, healthStatus="UNKNOWN"), stopped(2, 2, 5, CHECKED)]
INITIAL = {"tasks": STARTING, "targets": [target(1, "initial")]}
LOG_404 = logged(2, ("/health", 404), ("/", 200), ("/health", 404))


def checks(revision, command, name="app", **changes):
    return definition(revision, container(name, healthCheck={"command": command}, **changes))


def both_known(*definitions, **changes):
    """The guide's incident with other task definitions, newest first."""
    return guide(**{"definitions": list(definitions)} | changes)


def alone(**changes):
    """Only the revision whose container check fails."""
    described = service(deployment(2, 18, runningCount=1, failedTasks=2))
    return guide(**{"described": described, "definitions": [definition(2)]} | changes)


SIDECAR = definition(
    2,
    container(healthCheck=None),
    container("agent", healthCheck={"command": ["CMD", "curl", "http://localhost:8126/info"]}),
)
PORT_9000 = checks(2, asks("/", 9000))
TWO_URLS = checks(2, ["CMD-SHELL", "curl -f http://localhost:8000/health || curl -f http://localhost:8000/"])
FIXED = [checks(3, asks("/")), definition(2)]
OUTCOMES = {
    "container fails, target answers": (guide(), FAIL),
    "target fails, container answers": (guide_target_group(), FAIL),
    "target not seen, but the log shows it answers": (guide(**INITIAL, more=(LOG_404,)), FAIL),
    "port differs, container fails": (both_known(definition(3), PORT_9000), FAIL),
    "both answer": (alone(tasks=[task(1, 2, 3)]), PASS),
    "both answer in the older revision, the newest has not run": (guide(tasks=[task(1, 2, 3)]), UNKNOWN),
    "the container's path answers in the log": (alone(more=(logged(1, ("/health", 200), ("/", 200)),)), PASS),
    "same path": (healthy(), PASS),
    "same path, container fails": (healthy(tasks=[task(1, 2, 5, **BAD)]), PASS),
    "same path by one of two requests": (both_known(checks(3, asks("/")), TWO_URLS), PASS),
    "a port that a variable gives": (healthy(definitions=[checks(2, ["CMD-SHELL", "curl localhost:$PORT/"])]), PASS),
    "fixed in the newest revision": (both_known(*FIXED), PASS),
    "both fail": (guide(targets=[target(1, "unhealthy", CODE_404)]), UNKNOWN),
    "container fails, target not observed": (guide(**INITIAL), UNKNOWN),
    "target fails, container not observed": (
        guide_target_group(tasks=[task(1, 2, 1, healthStatus="UNKNOWN")]),
        UNKNOWN,
    ),
    "target times out on the container's own port": (
        guide_target_group(targets=[target(1, "unhealthy", TIMEOUT)]),
        UNKNOWN,
    ),
    "nothing observed": (guide(tasks=[task(1, 2, None, lastStatus="PENDING")], targets=[]), UNKNOWN),
    "no target group": (guide(group={}), NOT_APPLICABLE),
    "a TCP target group": (guide(group=target_group(HealthCheckProtocol="TCP")), NOT_APPLICABLE),
    "no container check": (healthy(definitions=[definition(2, container(healthCheck=None))]), NOT_APPLICABLE),
    "a check that is no HTTP request": (healthy(definitions=[checks(2, ["CMD", "true"])]), NOT_APPLICABLE),
    "only a side-car has a check": (healthy(definitions=[SIDECAR]), NOT_APPLICABLE),
    "target groups unread": (without(guide(), "target_groups"), UNKNOWN),
    "target health unread": (without(guide(), "target_health"), UNKNOWN),
    "tasks unread": (without(guide(), "tasks"), UNKNOWN),
    "definitions unread": (without(guide(), "task_definition"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


CONFIDENCE = {
    "container, no log": (guide(), "likely", ""),
    "container, log shows 404": (guide(more=(logged(1, ("/health", 404), ("/", 200)),)), "confirmed", "404"),
    "container, log of a stopped task": (guide(more=(LOG_404,)), "confirmed", "404"),
    "container, log shows neither path": (guide(more=(logged(1),)), "likely", ""),
    "target, ELB gives the code": (guide_target_group(), "confirmed", "404"),
    "target, nobody gives a code": (
        guide_target_group(targets=[target(1, "unhealthy", ("Target.FailedHealthChecks", "Health checks failed"))]),
        "likely",
        "",
    ),
    "container, the path is there and fails with 503": (guide(more=(logged(1, ("/health", 503)),)), "likely", "503"),
    "target, the path is there and fails with 500": (
        guide_target_group(targets=[target(1, "unhealthy", (CODE_404[0], CODE_404[1].replace("404", "500")))]),
        "likely",
        "500",
    ),
    "target, the log gives the code": (
        guide_target_group(targets=[target(1, "initial")], more=(logged(1, ("/", 404), ("/health", 200)),)),
        "confirmed",
        "404",
    ),
}


@pytest.mark.parametrize(("found", "confidence", "code"), CONFIDENCE.values(), ids=CONFIDENCE)
def test_it_is_confirmed_only_where_the_answer_was_seen(found, confidence, code):
    found = verdict(RULE, found)
    assert (found.outcome, found.confidence, found.facts["code"]) == (FAIL, confidence, code)


def test_the_code_of_an_event_counts_once_the_target_is_gone():
    text = f"(port 8000) is unhealthy in (target-group {GROUP}) due to (reason {CODE_404[1]})"
    described = service(deployment(2, 18, runningCount=1, failedTasks=2), events=[event(5, text)])
    tasks = [task(1, 2, 1), stopped(2, 2, 5, ELB_CHECKED, health="HEALTHY")]
    found = guide(described=described, definitions=[definition(2)], tasks=tasks, targets=[target(1, "initial")])
    assert verdict(RULE, found).facts["code"] == "404"


def test_its_facts():
    names = (
        "side",
        "container",
        "container_path",
        "container_port",
        "target_path",
        "target_port",
        "revision",
        "matcher",
    )
    assert facts(verdict(RULE, guide()), *names) == {
        "side": "container",
        "container": "app",
        "container_path": "/health",
        "container_port": 8000,
        "target_path": "/",
        "target_port": 8000,
        "revision": "momentir-cx-llm:2",
        "matcher": "200",
    }


def test_another_revisions_healthy_target_is_no_answer_of_this_one():
    tasks = [task(1, 2, 3, **BAD), task(7, 1, 90)]
    assert verdict(RULE, guide(tasks=tasks, targets=[target(7, "healthy"), target(1, "initial")])).outcome is UNKNOWN


def test_the_newest_failing_revision_is_told():
    tasks = [task(1, 3, 2, **BAD), task(2, 2, 9, **BAD)]
    found = guide(tasks=tasks, targets=[target(1, "healthy"), target(2, "healthy")])
    assert verdict(RULE, found).facts["revision"] == "momentir-cx-llm:3"


def logs_wanted(found):
    return [wish for wish in wanted(found) if wish.kind == "log_tail"]


def test_the_log_of_the_two_newest_failing_tasks_is_asked_for():
    first, second = logs_wanted(guide())
    assert dict(first.args) == {
        "group": LOG_GROUP,
        "stream": f"ecs/app/{1:032x}",
        "region": REGION,
        "paths": "/health,/",
    }
    assert second["stream"] == f"ecs/app/{2:032x}"


NO_LOG = {
    "both answer": guide(tasks=[task(1, 2, 3)]),
    "same path": healthy(),
    "another log driver": guide(definitions=[definition(2, container(logConfiguration={"logDriver": "awsfirelens"}))]),
    "no log configuration": guide(definitions=[definition(2, container(logConfiguration=None))]),
    "nothing read": without(guide(), "task_definition"),
}


@pytest.mark.parametrize("found", NO_LOG.values(), ids=NO_LOG)
def test_no_log_is_asked_for_without_need(found):
    assert logs_wanted(found) == []
