"""Why new tasks do not start, in ECS's own words: which cause, how sure, and whether it is over."""

from datetime import datetime

import pytest

from tests.diagnosis.builder import deployment, event, guide, healthy, image, not_found, service, stopped, task, without
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, verdict

RULE = "task_start_failed"
ONE = service(deployment(3, 3, failedTasks=1))
AUTH = "ResourceInitializationError: unable to pull secrets or registry auth"
REFUSED = (
    f"{AUTH}: operation error ECR: GetAuthorizationToken, https response error StatusCode: 400, AccessDeniedException"
)
NO_KEY = f"{AUTH}: retrieved secret from Secrets Manager did not contain json key KEY"
NO_ROOM = (
    "(service s) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later."
)
NO_PROVISIONING = (
    "was unable to place tasks in your cluster because the tasks provisioning capacity limit was exceeded."
)
PENDING = task(9, 3, None, lastStatus="PENDING")


def failed(text: str, minutes: float = 2, number: int = 1, **more):
    return stopped(number, 3, minutes, text, ran=False, **more)


LABELS = {
    "image absent": ([failed(not_found(image("latest")))], "image-not-found", "confirmed"),
    "registry refuses": ([failed(REFUSED)], "image-pull-auth", "confirmed"),
    "no JSON key": ([failed(NO_KEY)], "secret-not-found", "confirmed"),
    "words cut off": ([failed(AUTH)], "image-pull-network", "likely"),
    "in a container's reason": (
        [failed("Task failed to start", containers=[{"name": "app", "lastStatus": "STOPPED", "reason": REFUSED}])],
        "image-pull-auth",
        "confirmed",
    ),
    "the newest of several reasons": ([failed(REFUSED, 2, 1), failed(NO_KEY, 9, 2)], "image-pull-auth", "confirmed"),
    "a sure word of the same kind": (
        [failed(AUTH, 2, 1), failed(f"{AUTH}: i/o timeout", 9, 2)], "image-pull-network", "confirmed",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("tasks", "label", "confidence"), LABELS.values(), ids=LABELS)
def test_the_label_and_how_sure_it_is(tasks, label, confidence):
    found = verdict(RULE, guide(described=ONE, tasks=tasks))
    assert (found.outcome, found.label, found.confidence) == (FAIL, label, confidence)


OUTCOMES = {
    "an event alone": (guide(described=service(deployment(3, 3), events=[event(1, NO_ROOM)]), tasks=[PENDING]), FAIL),
    "an event about tasks": (
        guide(described=service(deployment(3, 3), events=[event(1, NO_PROVISIONING)]), tasks=[PENDING]), FAIL,
    ),
    "an event of a launch alone": (
        guide(
            described=service(deployment(3, 3), events=[event(1, f"failed to launch a task with (error {REFUSED})")]),
            tasks=[PENDING],
        ),
        FAIL,
    ),
    "an event from before": (
        guide(described=service(deployment(3, 0.5), events=[event(1, NO_ROOM)]), tasks=[PENDING]), UNKNOWN,
    ),
    "a later task started": (guide(described=ONE, tasks=[task(2, 3, 1), failed(REFUSED, 4)]), PASS),
    "a later task failed again": (guide(described=ONE, tasks=[task(2, 3, 20), failed(REFUSED, 4)]), FAIL),
    "a later task failed again, and nobody says why": (
        guide(described=ONE, tasks=[task(2, 3, 20), failed("", 4)]), UNKNOWN,
    ),
    "long ago": (guide(described=service(deployment(3, 90)), tasks=[PENDING, failed(REFUSED, 45)]), UNKNOWN),
    "an exit is no failed start": (
        guide(described=ONE, tasks=[stopped(1, 3, 2, "Essential container in task exited")]), PASS,
    ),
    "no reason": (guide(described=ONE, tasks=[failed("Task failed to start")]), UNKNOWN),
    "running": (healthy(), PASS),
    "scaled to 0": (
        healthy(described=service(deployment(3, 6, rolloutState="COMPLETED"), desiredCount=0), tasks=[]),
        NOT_APPLICABLE,
    ),
    "tasks unread": (without(guide(), "tasks"), UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_its_facts():
    tasks = [failed(REFUSED, 2, 1), failed(REFUSED, 3, 2), failed(NO_KEY, 9, 3)]
    told = verdict(RULE, guide(described=ONE, tasks=tasks)).facts
    assert (told["count"], told["message"], told["before"]) == (2, REFUSED, ["secret-not-found"])
    assert datetime.fromisoformat(told["last_at"])
