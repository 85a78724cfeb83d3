"""Whether stopping tasks leaves a target group without a healthy target, where that can be known."""

from __future__ import annotations

import pytest

from runbook_lib.diagnosis.last_healthy import last_healthy
from tests.diagnosis import builder as made

FIRST, SECOND = f"{1:032x}", f"{2:032x}"
TWO = [made.task(1, 2, 3), made.task(2, 2, 3)]


@pytest.mark.parametrize(
    ("targets", "stopped", "last"),
    [
        (["healthy", "unhealthy"], [FIRST], [FIRST]),
        (["healthy", "healthy"], [FIRST, SECOND], [FIRST, SECOND]),
        (["healthy", "unhealthy"], [FIRST, SECOND], [FIRST]),
        (["healthy", "healthy"], [FIRST], []),
        (["healthy", "unhealthy"], [SECOND], []),
        (["unhealthy", "unhealthy"], [FIRST], []),
        ([], [FIRST], []),
        (["healthy"], [], []),
    ],
)
def test_what_is_stopped_is_the_last_healthy_target_or_not(targets, stopped, last):
    seen = made.guide(tasks=TWO, targets=[made.target(n, state) for n, state in enumerate(targets, 1)])
    assert last_healthy(seen, stopped) == ({made.GROUP: tuple(last)} if last else {})


def test_targets_that_were_not_read_and_tasks_without_addresses_say_nothing():
    assert last_healthy(made.without(made.guide(), "target_health"), [FIRST]) == {}
    bridged = made.guide(tasks=[made.task(1, 2, 3, attachments=[])])
    assert last_healthy(bridged, [FIRST]) == {}
