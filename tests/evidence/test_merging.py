"""Many looks become one evidence: nothing twice, nothing forgotten, nothing guessed."""

from dataclasses import replace
from datetime import timedelta

from runbook_lib.evidence.merging import merged
from runbook_lib.evidence.timeline import timeline
from tests.diagnosis import builder as made

LATER = made.NOW + timedelta(minutes=10)
NEWEST = made.deployment(4, -1, rolloutState="COMPLETED", updatedAt=(made.NOW + timedelta(minutes=6)).isoformat())
CURED = replace(
    made.healthy(
        described=made.service(NEWEST, events=[made.event(-6, "(deployment 4) deployment completed.")]),
        tasks=[made.task(9, 4, -2)],
    ),
    collected_at=LATER,
)


def rows(*looks):
    found = timeline(merged(looks), (made.NOW - timedelta(minutes=20), LATER))
    return {row.id: row for row in found.rows}


def test_the_same_look_twice_is_one():
    once, twice = (timeline(merged([made.guide()] * n)) for n in (1, 2))
    assert once == twice == timeline(made.guide())


def test_a_deployment_that_is_listed_no_more_ends_when_the_next_one_completed():
    old = rows(made.guide(), CURED)[made.deployment_id(3)]
    assert [bar.kind for bar in old.bars] == ["progress", "superseded"]
    assert old.bars[0].end == made.NOW + timedelta(minutes=1)
    assert old.bars[-1].end == made.NOW + timedelta(minutes=6)


def test_a_task_that_is_gone_is_drawn_until_it_was_seen_last():
    [running] = [t for t in rows(made.guide(), CURED)[made.deployment_id(2)].tasks if not t.reason]
    assert running.end == made.NOW


def test_a_task_that_stopped_later_was_unhealthy_when_an_earlier_look_saw_it_so():
    stopped = made.stopped(1, 2, -2, "Stopping unhealthy task")
    then = replace(made.guide(tasks=[stopped]), collected_at=LATER)
    [task] = rows(made.guide(tasks=[made.task(1, 2, 9, healthStatus="UNHEALTHY")]), then)[made.deployment_id(2)].tasks
    assert "unhealthy" in [span.kind for span in task.spans]


def test_targets_are_known_at_every_look():
    again = replace(made.guide(), collected_at=made.NOW + timedelta(minutes=2))
    tasks = rows(made.guide(), again)[made.deployment_id(2)].tasks
    assert [[t.kind for t in task.targets] for task in tasks if task.targets] == [["healthy", "healthy"]]


def test_the_order_of_looks_does_not_matter():
    assert merged([CURED, made.guide()]) == merged([made.guide(), CURED])


def test_a_deployment_that_completed_between_two_looks_did_though_the_second_saw_the_next_one():
    self = made.deployment_id(4)
    first = made.healthy(described=made.service(made.deployment(4, 1)))
    event = made.event(-3, f"(deployment {self}) deployment completed.")
    now = made.healthy(described=made.service(made.deployment(5, -8, rolloutState="IN_PROGRESS"), events=[event]))
    found = timeline(merged([first, replace(now, collected_at=LATER)]), (made.NOW - timedelta(minutes=5), LATER))
    [old] = [row for row in found.rows if row.id == self]
    assert [(bar.kind, bar.end) for bar in old.bars] == [
        ("progress", made.NOW + timedelta(minutes=3)),
        ("completed", LATER),
    ]
