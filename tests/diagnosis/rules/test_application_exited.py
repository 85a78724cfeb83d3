"""A container that ends by itself is told from one that ECS stopped."""

import pytest

from tests.diagnosis.builder import (
    CHECKED,
    LOG_GROUP,
    SCALED,
    container,
    definition,
    deployment,
    guide,
    guide_tasks,
    healthy,
    service,
    stopped,
    task,
    without,
)
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "application_exited"
LOOPING = service(deployment(2, 8, failedTasks=2))
EMPTY = service(deployment(2, 6, rolloutState="COMPLETED"), desiredCount=0)


def exited(number, minutes, code=1, revision=2, reason=None, **changes):
    found = stopped(number, revision, minutes, "Essential container in task exited", exit_code=code, **changes)
    found["stopCode"] = "EssentialContainerExited"
    if reason:
        found["containers"][0]["reason"] = reason
    return found


def crashing(*tasks, **changes):
    return guide(
        **{"described": LOOPING, "definitions": [definition(2)], "tasks": list(tasks), "tags": (("x"),)} | changes
    )


OOM = "OutOfMemoryError: Container killed due to memory usage"
OUTCOMES = {
    "exit 1 twice": (crashing(exited(1, 2), exited(2, 5)), FAIL),
    "exit 1 once, deployment failing": (crashing(exited(1, 2)), FAIL),
    "exit 0 of a service": (crashing(exited(1, 2, 0), exited(2, 5, 0)), FAIL),
    "stopped by a rollout": (healthy(tasks=[task(1, 2, 5), stopped(2, 2, 3, SCALED, exit_code=137)]), PASS),
    "stopped for its health check": (guide(tasks=[task(1, 3, 1), stopped(2, 2, 3, CHECKED, exit_code=137)]), PASS),
    "once, long got over": (healthy(tasks=[task(1, 2, 5), exited(2, 20)]), PASS),
    "of the previous rollout": (
        healthy(tasks=[task(1, 2, 5), exited(2, 25, revision=1), exited(3, 26, revision=1)]),
        PASS,
    ),
    "fine": (healthy(), PASS),
    "nothing could start": (guide(tasks=guide_tasks()[3:]), NOT_APPLICABLE),
    "not started yet": (crashing(task(1, 2, None, lastStatus="PENDING")), UNKNOWN),
    "scaled to 0": (healthy(described=EMPTY, tasks=[]), NOT_APPLICABLE),
    "tasks unread": (without(guide(), "tasks"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_its_facts():
    found = verdict(RULE, crashing(exited(1, 2, 3), exited(2, 5)))
    assert facts(found, "container", "exit_code", "count", "revision", "log_group") == {
        "container": "app",
        "exit_code": 3,
        "count": 2,
        "revision": "momentir-cx-llm:2",
        "log_group": LOG_GROUP,
    }
    assert (found.label, found.confidence) == ("container-exited", "confirmed")


LABELS = [(137, OOM, "out-of-memory"), (1, OOM, "out-of-memory"), (137, None, "container-exited")]


@pytest.mark.parametrize(("code", "reason", "label"), LABELS)
def test_only_ecs_own_word_makes_it_out_of_memory(code, reason, label):
    assert verdict(RULE, crashing(exited(1, 2, code, reason=reason))).label == label


def test_the_container_that_ended_first_is_named():
    side = {"name": "proxy", "lastStatus": "STOPPED", "exitCode": 143}
    optional = {"name": "init", "lastStatus": "STOPPED", "exitCode": 2}
    app = {"name": "app", "lastStatus": "STOPPED", "exitCode": 1}
    pod = definition(2, container("proxy"), container("init", essential=False), container())
    found = verdict(RULE, crashing(exited(1, 2, containers=[side, optional, app]), definitions=[pod]))
    assert facts(found, "container", "exit_code") == {"container": "app", "exit_code": 1}
