"""Whether the newest deployment fails to start, without a word of ECS's."""

import pytest

from runbook_lib.diagnosis import starts
from tests.diagnosis.builder import COMMIT, deployment, guide, healthy, image, not_found, service, stopped, task, whole

NO_ROOM = "Capacity is unavailable at this time. Please try again later."


def failed(number: int, minutes: float, text: str = "", **changes):
    return stopped(number, 3, minutes, text, ran=False, **changes)


def seen(*tasks, minutes: float = 8, group=None, **changes):
    return whole(service(deployment(3, minutes, **changes)), list(tasks), [], group={}, tags=(COMMIT,))


CASES = {
    "two failures": (seen(failed(1, 2), failed(2, 5), failedTasks=2), "failing"),
    "one failure, counted": (seen(failed(1, 2), failedTasks=1), "failing"),
    "started before, fails since": (seen(task(1, 3, 20), failed(2, 2), failed(3, 4)), "failing"),
    "failed before, started since": (seen(task(1, 3, 1), failed(2, 2), failed(3, 4)), "started"),
    "runs": (seen(task(1, 3, 5)), "started"),
    "runs, tasks not listed": (seen(runningCount=1), "started"),
    "on its way": (seen(task(1, 3, None, lastStatus="PENDING"), minutes=2), "no-failed-start"),
    "just made": (seen(minutes=0.5), "no-failed-start"),
    "never got a task": (seen(minutes=4), "nowhere"),
    "pending, and has failed": (seen(task(1, 3, None, lastStatus="PENDING"), failedTasks=4), "failing"),
    "pending for too long": (seen(task(1, 3, None, lastStatus="PENDING"), minutes=40), "nowhere"),
    "stopped by somebody": (
        seen(*(failed(n, n, stopCode="UserInitiated") for n in (1, 2)), task(3, 3, None, lastStatus="PENDING")),
        "no-failed-start",
    ),
    "nothing desired": (whole(service(deployment(3, 8), desiredCount=0), [], [], group={}), "no-task-desired"),
    "no room": (seen(failed(1, 2, NO_ROOM), failed(2, 4, NO_ROOM)), "failing"),
    "said to be absent": (
        seen(failed(1, 2, not_found(image("x"))), failed(2, 4, not_found(image("x")))),
        "failing",
    ),
    "image absent": (guide(), "failing"),
    "healthy": (healthy(), "started"),
}


@pytest.mark.parametrize(("found", "start"), CASES.values(), ids=CASES)
def test_how_the_newest_deployment_starts(found, start):
    assert starts.of_newest(found) == start


def test_the_question_why_nothing_starts_is_settled_where_something_does():
    assert starts.settled(seen(failed(1, 2), failed(2, 4))) is None
    assert starts.settled(healthy()).outcome == "PASS"
    known = (guide(), CASES["no room"][0], CASES["said to be absent"][0])
    assert {starts.settled(found).facts["reason"] for found in known} == {"cause-known"}


def test_what_a_start_lacks_is_looked_for_where_tasks_have_failed_or_are_on_their_way():
    needed = {name for name, (found, _) in CASES.items() if starts.not_failing(found) is None}
    assert needed == {name for name, (_, start) in CASES.items() if start in ("failing", "no-failed-start")}
    assert starts.not_failing(healthy(), count=2).facts == {"count": 2}
    assert starts.unexplained(guide()) == {}
