"""How a deployment ended, told from evidence alone: never completed for another one, at 0 of 0, or after a rollback."""

from dataclasses import replace
from datetime import timedelta

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.following import CODES, LIMITS, expected_s, targets
from runbook_lib.diagnosis.watched import End, chosen, ended
from runbook_lib.errors import ExitCode
from runbook_lib.evidence.model import Evidence
from tests.diagnosis.builder import (
    FAMILY,
    brief,
    container,
    definition,
    deployment,
    deployment_id,
    really_asks,
    service,
    target,
    task,
    unread,
    whole,
)

CHECK = {"command": really_asks(), "interval": 30, "timeout": 5, "retries": 3, "startPeriod": 60}
NEW = deployment(4, 3)
DONE = {"rolloutState": "COMPLETED", "runningCount": 1}


def seen(*listed: dict, tasks: list | None = None, briefs: list | None = None, state: str = "healthy", **changes):
    """Revision 4 was deployed three minutes ago and has one task, unless said otherwise."""
    found = [task(7, 4, 2)] if tasks is None else tasks
    return whole(
        service(*listed, **changes),
        found,
        [definition(n, container(healthCheck=CHECK)) for n in (3, 4)],
        targets=[target(7, state)],
        briefs=briefs,
    )


def told(found: Evidence, last: dict = NEW):
    return ended(found, judge(found), last)


def test_it_completed_where_counts_revision_targets_and_health_are_right():
    assert told(seen(deployment(4, 3, **DONE))).end is End.COMPLETED


@pytest.mark.parametrize(
    "found",
    [
        seen(deployment(4, 3, runningCount=1)),
        seen(deployment(4, 3, **DONE), state="initial"),
        seen(deployment(4, 3, **DONE), tasks=[task(7, 4, 2, healthStatus="UNHEALTHY")]),
        seen(deployment(4, 3, rolloutState="COMPLETED", runningCount=0)),
        seen(deployment(4, 3, **DONE), desiredCount=2),
        seen(deployment(4, 3, **DONE), deployment(3, 90, status="ACTIVE", **DONE)),
    ],
    ids=[
        "in progress",
        "target not healthy",
        "task unhealthy",
        "none running",
        "scaled since",
        "the old one still runs",
    ],
)
def test_it_has_not_completed_while_anything_is_missing(found):
    end = told(found)
    assert end is None or end.end is not End.COMPLETED


@pytest.mark.parametrize("kind", ["target_health", "tasks"])
def test_what_could_not_be_read_does_not_count_as_good(kind):
    found = seen(deployment(4, 3, **DONE))
    rest = tuple(r for r in found.readings if r.request.kind != kind)
    assert told(replace(found, readings=rest, unreads=(unread(kind),))) is None


def test_zero_of_zero_is_not_completed():
    own = deployment(4, 3, rolloutState="COMPLETED", desiredCount=0)
    assert told(seen(own, tasks=[], desiredCount=0)).end is End.EMPTY


def test_another_deployment_that_completed_is_not_this_one():
    end = told(seen(deployment(5, 1, **DONE), tasks=[task(8, 5, 1)]))
    assert (end.end, end.facts["by"]) == (End.SUPERSEDED, deployment_id(5))


@pytest.mark.parametrize("status", ["ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"])
def test_a_steady_old_revision_is_a_rollback(status):
    back = deployment(3, 90, **DONE)
    end = told(seen(back, tasks=[task(6, 3, 80)], briefs=[brief(4, status, 3), brief(3, "SUCCESSFUL", 90, 88)]))
    assert (end.end, end.facts["to"]) == (End.ROLLED_BACK, f"{FAMILY}:3")


def test_a_rollback_is_told_from_the_older_primary_where_nothing_else_may_be_read():
    found = seen(deployment(3, 90, **DONE), tasks=[task(6, 3, 80)])
    rest = tuple(r for r in found.readings if r.request.kind != "service_deployments")
    blind = replace(found, readings=rest, unreads=(unread("service_deployments"),))
    assert told(blind).end is End.ROLLED_BACK


@pytest.mark.parametrize(
    ("listed", "status", "end"),
    [
        ({"rolloutState": "FAILED"}, "IN_PROGRESS", End.FAILED),
        ({"rolloutState": "FAILED"}, "STOPPED", End.FAILED),  # a breaker that does not roll back
        ({"rolloutState": "FAILED"}, "ROLLBACK_IN_PROGRESS", End.ROLLED_BACK),
        ({}, "ROLLBACK_FAILED", End.FAILED),
        ({}, "STOP_REQUESTED", End.STOPPED),
    ],
)
def test_ecs_gives_it_up(listed, status, end):
    assert told(seen(deployment(4, 3, **listed), briefs=[brief(4, status, 3)])).end is end


def test_a_service_that_is_being_deleted_stops_its_deployment():
    assert told(seen(deployment(4, 3), status="DRAINING")).end is End.STOPPED


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", deployment_id(4)),
        (deployment_id(3), deployment_id(3)),
        (deployment_id(3).rpartition("/")[2], deployment_id(3)),
        (f"{FAMILY}:3", deployment_id(3)),
        (f"arn:aws:ecs:ap-northeast-2:123456789012:task-definition/{FAMILY}:3", deployment_id(3)),
        (f"{FAMILY}:9", None),
        ("ecs-svc/1", None),
    ],
)
def test_which_deployment_is_meant(asked, found):
    evidence = seen(NEW, deployment(3, 90, status="ACTIVE", **DONE))
    assert chosen(evidence, asked).get("id") == found


def test_every_end_has_its_exit_code():
    assert set(CODES) == set(End)
    assert {*CODES.values(), *LIMITS.values()} == set(ExitCode) - {ExitCode.USAGE, ExitCode.INTERRUPTED}


def test_how_long_is_usual_is_the_median_of_what_succeeded_before():
    briefs = [
        brief(4, "SUCCESSFUL", 3, 2),
        brief(3, "SUCCESSFUL", 90, 88),
        brief(2, "ROLLBACK_SUCCESSFUL", 200, 120),
        brief(1, "SUCCESSFUL", 300, 294),
    ]
    assert expected_s(seen(NEW, briefs=briefs), deployment_id(4)) == timedelta(minutes=4).total_seconds()
    assert expected_s(seen(NEW), deployment_id(4)) is None


def test_targets_are_counted():
    assert targets(seen(NEW)) == (1, 1)
    assert targets(seen(NEW, state="initial")) == (0, 1)
