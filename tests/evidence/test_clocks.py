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


def iso(seconds):
    return (NOON + timedelta(seconds=seconds)).isoformat()


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


def test_what_an_entry_notes_of_awss_clock_counts_as_far_as_it_is_a_time():
    plan, check = entry(0, "plan", read_at=iso(600)), entry(20, "verify", read_at="soon")
    told, largest = by_aws([plan, check], {})
    assert seconds(told) == [600, 620]
    assert largest == timedelta(seconds=600)


def test_a_watch_that_began_after_the_deployment_completed_ends_when_it_ended():
    begin = entry(200, "watch", phase="begin", deployment="d", elapsed_s=200)
    end = entry(201, "watch", phase="end", end="completed", deployment="d", elapsed_s=155)
    assert seconds(by_aws([begin, end], {})[0]) == [200, 201]


def test_a_watch_that_was_given_up_ended_at_the_age_of_its_deployment():
    look, read = looked(400, 400)
    service = {"deployments": [{"id": "d", "createdAt": iso(0)}]}
    read[look.id] = replace(read[look.id], readings=(made.reading("service", service),))
    begin = entry(30, "watch", phase="begin", deployment="d", elapsed_s=90)
    end = entry(35, "watch", phase="end", end="interrupted", deployment="d", elapsed_s=95)
    assert seconds(by_aws([begin, end, look], read)[0]) == [90, 95, 400]


def fix(seconds):
    """A fix of another run, with what one writes; the change makes a deployment."""
    facts = {"outcome": "done", "facts": {"deployment": "d"}, "change": "c", "plan": "p"}
    kinds = {
        "approval": {"plan": "p"},
        "intent": {"plan": "p", "change": "c"},
        "change": facts,
        "applied": {"plan": "p"},
    }
    return [entry(seconds + n, kind, **found) for n, (kind, found) in enumerate(kinds.items())]


TAIL = (
    entry(100, "watch", phase="begin", deployment="d"),
    entry(160, "watch", phase="end", end="completed", deployment="d"),
)
CLOSING = (entry(170, "verify", ok=True), entry(171, "closed", why="verified", deployment="d"))
CAUSAL = ["look", "plan", "approval", "intent", "change", "watch", "watch", "verify", "closed"]


@pytest.mark.parametrize("off", [-1800, 0, 1800])
@pytest.mark.parametrize("whose", ["fix", "check", "both"])
def test_what_follows_from_something_never_stands_before_it(whose, off):
    look, read = looked(0, 0)
    fix_at, check_at = (off if whose in (name, "both") else 0 for name in ("fix", "check"))
    checks = [entry((e.at - NOON).total_seconds() + check_at, e.kind, **e.data) for e in CLOSING]
    told = [look, entry(5, "plan", digest="p"), *fix(50 + fix_at), *TAIL, *checks]
    found, _ = by_aws(sorted(told, key=lambda e: (e.at, e.id)), read)
    assert [e.kind for e in found if e.kind != "applied"] == CAUSAL
    assert seconds(found) == sorted(seconds(found))


def test_a_fix_by_another_clock_is_put_right_as_a_whole_by_the_deployment_that_it_made():
    look, read = looked(0, 0)
    service = {"deployments": [{"id": "d", "createdAt": iso(52)}]}
    read[look.id] = replace(read[look.id], readings=(made.reading("service", service),))
    told, largest = by_aws([look, entry(5, "plan", digest="p"), *TAIL, *fix(1850)], read)
    assert seconds(told) == [0, 5, 50, 51, 52, 53, 100, 160]
    assert largest == timedelta(seconds=1800)
