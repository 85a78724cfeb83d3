"""Entries written by machines with clocks of their own are told by AWS's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runbook_lib.evidence.clocks import by_aws
from runbook_lib.evidence.journal import Entry
from tests.diagnosis import builder as made

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def entry(seconds, kind, **facts):
    when = NOON + timedelta(seconds=seconds)
    return Entry(when, f"{when.isoformat()}-{kind}", kind, "me", facts)


def looked(seconds, aws):
    """A look that a machine noted at one time and AWS at another, and its evidence by the entry's id."""
    found = entry(seconds, "look")
    return found, {found.id: replace(made.healthy(), readings=(), collected_at=NOON + timedelta(seconds=aws))}


def seconds(entries):
    return [(e.at - NOON).total_seconds() for e in entries]


@pytest.mark.parametrize(
    ("skew", "expected"), [(0, [0, 10, 20]), (3, [3, 10, 20]), (300, [300, 310, 320]), (-300, [-300, -290, -280])]
)
def test_a_clock_that_is_off_is_put_right_and_seconds_do_not_count(skew, expected):
    first, read = looked(0, skew)
    told, largest = by_aws([first, entry(10, "plan"), entry(20, "closed")], read)
    assert seconds(told) == expected
    assert largest == timedelta(seconds=abs(skew) if abs(skew) >= 5 else 0)


def test_what_came_before_the_first_look_has_its_difference():
    look, read = looked(10, 310)
    assert seconds(by_aws([entry(0, "opened"), look], read)[0]) == [300, 310]


def test_a_watch_ends_when_it_says_and_what_follows_goes_with_it():
    begin, end = entry(10, "watch", phase="begin", deployment="d"), entry(13, "watch", phase="end", deployment="d")
    end = replace(end, data={**end.data, "elapsed_s": 180})
    assert seconds(by_aws([begin, end, entry(14, "closed")], {})[0]) == [10, 190, 191]


@pytest.mark.parametrize("elapsed", ["180", True, -5, 1e300, None, float("nan")])
def test_an_elapsed_time_that_is_none_moves_nothing(elapsed):
    begin = entry(10, "watch", phase="begin", deployment="d")
    end = entry(13, "watch", phase="end", deployment="d", elapsed_s=elapsed)
    assert seconds(by_aws([begin, end], {})[0]) == [10, 13]


def test_no_entry_comes_after_what_aws_says_of_a_later_one():
    look, read = looked(12, 8)
    assert seconds(by_aws([entry(10, "plan"), look, entry(13, "closed")], read)[0]) == [8, 8, 13]


def test_a_change_is_as_old_as_the_deployment_that_it_made():
    look, read = looked(60, 60)
    service = {"deployments": [{"id": "ecs-svc/4", "createdAt": (NOON + timedelta(seconds=7)).isoformat()}]}
    read[look.id] = replace(read[look.id], readings=(made.reading("service", service),))
    change = entry(10, "change", outcome="done", facts={"deployment": "ecs-svc/4"})
    assert seconds(by_aws([change, look], read)[0]) == [7, 60]
