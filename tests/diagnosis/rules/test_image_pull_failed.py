"""Whether new tasks get their image: by what the newest deployment's tasks did."""

import pytest

from tests.diagnosis.builder import deployment, event, guide, healthy, image, not_found, service, stopped, task, without
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "image_pull_failed"
LATEST = not_found(image("latest"))
ONE = service(deployment(3, 3, failedTasks=1))
PENDING = task(9, 3, None, lastStatus="PENDING")
BARE = {"containers": [{"name": "app", "lastStatus": "STOPPED", "reason": LATEST}]}
EMPTY = service(deployment(3, 6, rolloutState="COMPLETED"), desiredCount=0)
PLACED = event(1, f"was unable to place a task. Reason: {LATEST}")
OUTCOMES = {
    "stopped reason": (guide(), FAIL),
    "container's reason": (
        guide(tasks=[stopped(1, 3, 2, "Task failed to start", ran=False, **BARE)]),
        FAIL,
    ),
    "event only": (guide(described=service(deployment(3, 3, failedTasks=1), events=[PLACED]), tasks=[PENDING]), FAIL),
    "event from before the deployment": (
        guide(described=service(deployment(3, 0.5), events=[PLACED]), tasks=[PENDING]),
        UNKNOWN,
    ),
    "a later task pulled": (guide(described=ONE, tasks=[task(1, 3, 1), stopped(2, 3, 4, LATEST, ran=False)]), PASS),
    "a task pulled, later ones did not": (
        guide(described=ONE, tasks=[task(1, 3, 20), stopped(2, 3, 4, LATEST, ran=False)]),
        FAIL,
    ),
    "a task pulled, the next did not start, and nobody says why": (
        guide(described=ONE, tasks=[task(1, 3, 20), stopped(2, 3, 4, "", ran=False)]),
        UNKNOWN,
    ),
    "only an older deployment failed": (guide(tasks=[task(1, 3, 2), stopped(2, 2, 9, LATEST, ran=False)]), PASS),
    "pulled, about to run": (
        guide(
            described=ONE, tasks=[task(1, 3, None, lastStatus="ACTIVATING", pullStoppedAt="2026-11-23T07:58:00+00:00")]
        ),
        PASS,
    ),
    "running": (healthy(), PASS),
    "still provisioning": (guide(described=ONE, tasks=[PENDING]), UNKNOWN),
    "scaled to 0": (healthy(described=EMPTY, tasks=[]), NOT_APPLICABLE),
    "tasks unread": (without(guide(), "tasks"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_its_facts():
    found = verdict(RULE, guide())
    assert facts(found, "count", "revision", "message") == {
        "count": 3,
        "revision": "momentir-cx-llm:3",
        "message": LATEST,
    }
    assert found.facts["last_at"].startswith("2026-11-23T07:55:58")


WHY = [
    ("CannotPullContainerError: 403 Forbidden", "image-pull-auth"),
    ("CannotPullContainerError: dial tcp: i/o timeout", "image-pull-network"),
    ("CannotPullContainerError: toomanyrequests", "image-pull-rate-limit"),
    ("CannotPullContainerError: no space left on device", "disk-full"),
    ("CannotPullContainerError: does not contain descriptor matching platform", "image-platform-mismatch"),
    (LATEST, "image-not-found"),
    ("CannotPullContainerError: ref pull has been retried 1 time(s)", "unknown"),
]


@pytest.mark.parametrize(("text", "label"), WHY)
def test_the_label_tells_why(text, label):
    assert verdict(RULE, guide(tasks=[stopped(1, 3, 2, text, ran=False)])).label == label


def test_a_long_message_is_cut():
    found = verdict(RULE, guide(tasks=[stopped(1, 3, 2, LATEST + "x" * 2000, ran=False)]))
    assert len(found.facts["message"]) == 600
