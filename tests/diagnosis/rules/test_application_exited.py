"""A container that ends by itself is told from one that ECS stopped."""

from dataclasses import replace

import pytest

from runbook_lib.diagnosis.engine import wanted
from tests.diagnosis.builder import (
    CHECKED,
    LOG_GROUP,
    REGION,
    SCALED,
    container,
    definition,
    deployment,
    guide,
    guide_tasks,
    healthy,
    reading,
    service,
    stopped,
    task,
    unread,
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


def stream(number):
    return {"group": LOG_GROUP, "region": REGION, "stream": f"ecs/app/{number:032x}"}


def lines(number, *said):
    found = [{"at": 1, "last": 1, "count": 1, **each} for each in said]
    return reading("log_lines", {"sentences": found, "lines": 9}, **stream(number))


def logged(code, *said):
    """A container that ended twice with a code after these sentences in its log."""
    return crashing(exited(1, 2, code), exited(2, 5, code), more=(lines(1, *said),))


def never_run(reason, **changes):
    failed = stopped(1, 2, 2, "Task failed to start", ran=False, **changes)
    failed["containers"][0]["reason"] = reason
    return crashing(failed, {**failed, "taskArn": f"{failed['taskArn']}b"})


NOT_THERE = (
    "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to "
    'create shim task: OCI runtime create failed: runc create failed: exec: "/app/start.sh": stat /app/start.sh: no '
    "such file or directory: unknown"
)
MISSING = {"sign": "variable-missing", "name": "DATABASE_URL"}
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
    "log of another CPU's program": (logged(1, {"sign": "exec-format"}), FAIL),
    "log of a program that is not there": (logged(127, {"sign": "command-not-found"}), FAIL),
    "log of a heap that is full": (logged(134, {"sign": "heap-exhausted"}), FAIL),
    "log of a port in use": (logged(1, {"sign": "address-in-use"}), FAIL),
    "log of a variable that is not set": (logged(1, MISSING), FAIL),
    "the runtime could not run it": (never_run(NOT_THERE), FAIL),
    "runtime error": (never_run("CannotCreateContainerError: API error (500): context"), FAIL),
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


WHY = {
    "log of another CPU's program": ("exec-format", "container-exec-format", "confirmed"),
    "log of a program that is not there": ("entrypoint-missing", "container-entrypoint-missing", "confirmed"),
    "log of a heap that is full": ("heap", "out-of-memory", "likely"),
    "log of a port in use": ("address-in-use", "container-exited", "confirmed"),
    "log of a variable that is not set": ("variable", "container-exited", "confirmed"),
    "the runtime could not run it": ("entrypoint-missing", "container-entrypoint-missing", "confirmed"),
    "runtime error": ("runtime-error", "container-runtime-error", "confirmed"),
    "exit 1 twice": ("exited", "container-exited", "confirmed"),
}


@pytest.mark.parametrize(("name", "expected"), WHY.items())
def test_why_it_ended(name, expected):
    found = verdict(RULE, OUTCOMES[name][0])
    assert (found.facts["end"], found.label, found.confidence) == expected
    assert ("logs:GetLogEvents" in {cite.operation for cite in found.cites}) == name.startswith("log ")


EXITED = "container-exited"
LOGS = [
    (1, [{"sign": "command-not-found"}], EXITED),  # a command inside a script that went on
    (1, [{"sign": "exec-failed"}], "container-entrypoint-missing"),
    (126, [{"sign": "command-not-permitted"}], "container-entrypoint-missing"),
    (1, [{"sign": "listening", "address": "0.0.0.0", "port": 8000}, {"sign": "started", "seconds": 2.0}], EXITED),
    (1, [MISSING, {"sign": "exec-format"}], "container-exec-format"),
    (1, [], EXITED),
]


@pytest.mark.parametrize(("code", "said", "label"), LOGS)
def test_what_the_log_makes_of_it(code, said, label):
    assert verdict(RULE, logged(code, *said)).label == label


def test_a_variable_that_is_given_is_not_why():
    assert verdict(RULE, logged(1, {**MISSING, "name": "LANGSMITH_TRACING"})).facts["end"] == "exited"
    assert verdict(RULE, logged(1, MISSING)).facts["variable"] == "DATABASE_URL"


def test_the_reason_comes_before_the_log():
    found = crashing(exited(1, 2, 137, reason=OOM), exited(2, 5), more=(lines(2, {"sign": "exec-format"}),))
    assert verdict(RULE, found).label == "out-of-memory"


def wishes(found):
    return [dict(wish.args) for wish in wanted(found) if wish.kind == "log_lines"]


def test_it_asks_for_the_logs_of_the_two_newest():
    assert wishes(crashing(exited(1, 2), exited(2, 5), exited(3, 8))) == [stream(1), stream(2)]


@pytest.mark.parametrize("name", ["the runtime could not run it", "nothing could start", "once, long got over", "fine"])
def test_it_asks_for_no_log_where_none_would_tell_more(name):
    assert wishes(OUTCOMES[name][0]) == []


def test_it_asks_for_no_log_that_has_no_name_we_know():
    elsewhere = container(logConfiguration={"logDriver": "awsfirelens", "options": {}})
    assert wishes(crashing(exited(1, 2), exited(2, 5), definitions=[definition(2, elsewhere)])) == []


def test_a_log_that_may_not_be_read_leaves_the_exit_confirmed():
    found = crashing(exited(1, 2), exited(2, 5))
    found = replace(found, unreads=(unread("log_lines", **stream(1)),))
    assert (verdict(RULE, found).label, verdict(RULE, found).confidence) == (EXITED, "confirmed")
