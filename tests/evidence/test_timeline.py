"""The timeline of what was read: bars, phases and marks on one axis, and nothing that AWS did not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runbook_lib.evidence.model import Evidence, Reading, Target, request
from runbook_lib.evidence.timeline import failure_shape, since, timeline
from tests.report import sample

NOW = datetime(2026, 11, 23, 7, 20, tzinfo=UTC)


def ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


def deployment(number: int, minutes: float, **more: Any) -> dict[str, Any]:
    usual = {"id": f"ecs-svc/{number}", "status": "PRIMARY", "rolloutState": "IN_PROGRESS", "createdAt": ago(minutes)}
    return {**usual, "taskDefinition": f"arn:aws:ecs:r:1:task-definition/api:{number}", **more}


def task(minutes: dict[str, float], **more: Any) -> dict[str, Any]:
    times = {field: ago(m) for field, m in minutes.items()}
    state = "STOPPED" if "stoppedAt" in minutes else "RUNNING"
    return {"taskArn": "arn/c/" + "a" * 32, "startedBy": "ecs-svc/1", "lastStatus": state, **times, **more}


def evidence(*deployments: dict[str, Any], tasks: tuple = (), events: tuple = (), past: tuple = ()) -> Evidence:
    read = {"deployments": list(deployments), "events": list(events)}
    return Evidence(
        Target("c", "s", "r"),
        NOW,
        (
            Reading(request("service"), "ecs:DescribeServices", read),
            Reading(request("tasks"), "ecs:DescribeTasks", list(tasks)),
            Reading(request("service_deployments"), "ecs:ListServiceDeployments", list(past)),
        ),
    )


def phases(one: dict[str, Any], events: tuple = ()) -> list[str]:
    found = timeline(evidence(deployment(1, 20), tasks=(one,), events=events))
    return [span.kind for row in found.rows for track in row.tasks for span in track.spans]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (task({"createdAt": 9}), ["starting"]),
        (task({"createdAt": 9, "startedAt": 8}), ["starting", "running"]),
        (task({"createdAt": 9, "startedAt": 8}, healthStatus="HEALTHY"), ["starting", "healthy"]),
        (task({"createdAt": 9, "startedAt": 8}, healthStatus="UNHEALTHY"), ["starting", "running", "unhealthy"]),
        (task({"createdAt": 9, "stoppingAt": 8, "stoppedAt": 8}), ["not-started"]),
        (
            task({"createdAt": 9, "startedAt": 8, "stoppingAt": 3, "stoppedAt": 2}),
            ["starting", "running", "stopping"],
        ),
        (
            task(
                {"createdAt": 9, "startedAt": 8, "stoppingAt": 3, "stoppedAt": 2},
                stoppedReason="Task failed container health checks",
            ),
            ["starting", "running", "unhealthy", "stopping"],
        ),
        (task({"startedAt": 8}), ["running"]),
        (task({}), []),
    ],
    ids=["pending", "running", "healthy", "unhealthy", "never", "stopped", "replaced", "no-creation", "no-times"],
)
def test_a_task_has_the_phases_that_its_times_show(one, expected):
    assert phases(one) == expected


def test_the_event_says_when_a_task_became_unhealthy():
    said = {"createdAt": ago(5), "message": f"(service s) (task {'a' * 32}) failed container health checks."}
    one = task({"createdAt": 9, "startedAt": 8, "stoppingAt": 3, "stoppedAt": 2})
    found = timeline(evidence(deployment(1, 20), tasks=(one,), events=(said,)))
    unhealthy = next(span for span in found.rows[0].tasks[0].spans if span.kind == "unhealthy")
    assert (NOW - unhealthy.start, NOW - unhealthy.end) == (timedelta(minutes=5), timedelta(minutes=3))


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([("PRIMARY", "IN_PROGRESS", 5)], [["progress"]]),
        ([("ACTIVE", "IN_PROGRESS", 20), ("PRIMARY", "IN_PROGRESS", 5)], [["progress", "superseded"], ["progress"]]),
        ([("PRIMARY", "COMPLETED", 5)], [["progress", "completed"]]),
        ([("PRIMARY", "FAILED", 5)], [["progress", "failed"]]),
    ],
    ids=["one", "superseded", "completed", "failed"],
)
def test_a_deployment_has_the_bar_of_its_state(states, expected):
    found = [
        deployment(n, minutes, status=status, rolloutState=rollout, updatedAt=ago(2))
        for n, (status, rollout, minutes) in enumerate(states)
    ]
    assert [[bar.kind for bar in row.bars] for row in timeline(evidence(*found)).rows] == expected


def test_a_rollback_is_not_as_old_as_the_deployment_that_it_brings_back():
    back = deployment(1, 60 * 24 * 10, status="PRIMARY")
    failed = deployment(2, 9, status="ACTIVE", rolloutState="FAILED")
    found = evidence(back, failed)
    assert since(found) == NOW - timedelta(minutes=9)
    assert timeline(found).start > NOW - timedelta(minutes=11)


def test_nothing_is_unfinished_where_everything_completed():
    assert since(evidence(deployment(1, 5, rolloutState="COMPLETED"))) is None


def test_a_deployment_that_is_no_longer_listed_comes_from_the_service_deployments():
    revision = "arn:aws:ecs:r:1:service-revision/c/s/7"
    brief = {"targetServiceRevisionArn": revision, "status": "SUCCESSFUL", "createdAt": ago(60), "finishedAt": ago(55)}
    rows = timeline(evidence(deployment(1, 20), past=(brief,))).rows
    assert [(row.id, [bar.kind for bar in row.bars]) for row in rows] == [
        ("ecs-svc/7", ["progress", "completed"]),
        ("ecs-svc/1", ["progress"]),
    ]


def completed(number: int, minutes: float) -> dict[str, Any]:
    message = f"(service s) (deployment ecs-svc/{number}) deployment completed."
    return {"id": f"{number}-{minutes}", "createdAt": ago(minutes), "message": message}


def failed(minutes: float) -> dict[str, Any]:
    return {"createdAt": ago(minutes), "message": "(service s) is unable to consistently start tasks successfully."}


COMPLETIONS: dict[str, tuple[list[dict[str, Any]], list[tuple[float, int, float | None]]]] = {
    "one": ([completed(1, 9)], [(9, 1, None)]),
    "two": ([completed(1, 9), completed(2, 8)], [(9, 1, None), (8, 1, None)]),
    "many": ([completed(n, 9 - n) for n in range(5)], [(9, 4, 6), (5, 1, None)]),
    "a failure between": (
        [completed(1, 9), completed(2, 8), failed(7), completed(3, 6)],
        [(9, 1, None), (8, 1, None), (6, 1, None)],
    ),
    "the same again": ([completed(1, 9), failed(8), completed(1, 7)], [(9, 2, 7)]),
}


@pytest.mark.parametrize(("events", "expected"), COMPLETIONS.values(), ids=COMPLETIONS)
def test_completions_in_a_row_are_the_first_with_their_number_and_the_last(events, expected):
    found = timeline(evidence(deployment(1, 20), events=tuple(events))).moments
    told = [(m.at, m.count, m.until) for m in found if m.kind == "completed"]
    assert told == [
        (NOW - timedelta(minutes=at), count, until and NOW - timedelta(minutes=until)) for at, count, until in expected
    ]


def test_like_failures_are_one_moment_with_their_number():
    found = timeline(sample.guide())
    failures = [(moment.count, moment.until is not None) for moment in found.moments if moment.kind == "failure"]
    assert failures == [(5, True), (4, True)]


@pytest.mark.parametrize(
    "message",
    [
        "(service s) (task 0123456789abcdef0123456789abcdef) failed container health checks.",
        "(service s) (task fedcba9876543210fedcba9876543210) failed container health checks.",
    ],
)
def test_the_shape_of_a_failure_leaves_ids_out(message):
    assert failure_shape(message) == "(service s) (task *) failed container health checks."


@pytest.mark.parametrize(
    "found",
    [
        evidence(),
        evidence(deployment(1, 0)),
        evidence(deployment(1, -5)),
        evidence(deployment(1, 1 / 60), tasks=(task({"createdAt": 0.001}),)),
        evidence(deployment(1, 60 * 24 * 40, rolloutState="COMPLETED")),
        evidence({"id": "ecs-svc/1", "status": "PRIMARY"}),
        evidence(deployment(1, 20), tasks=(task({"createdAt": 5, "startedAt": 9, "stoppedAt": 7}),)),
        replace(sample.guide(), readings=()),
    ],
    ids=["empty", "now", "in-the-future", "one-second", "long-ago", "no-times", "times-out-of-order", "nothing-read"],
)
def test_the_axis_always_has_a_length_and_spans_never_run_backwards(found):
    made = timeline(found)
    assert made.end - made.start >= timedelta(seconds=1)
    assert all(span.start <= span.end for row in made.rows for span in row.bars)
    assert all(span.start <= span.end for row in made.rows for one in row.tasks for span in one.spans)
