"""What users may have noticed is the worst that anybody saw, and never better than what was seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runbook_lib.diagnosis.toll import toll, worse, worst
from runbook_lib.evidence.model import Evidence
from tests.diagnosis import builder as made
from tests.diagnosis.test_story import COMPLETES, WHOLE, at, entry, told


def with_targets(*states: str, minutes: float = 0) -> Evidence:
    """A healthy service whose targets are in these states."""
    rows = [made.target(n, state) for n, state in enumerate(states)]
    kept = [r for r in COMPLETES.readings if r.request.kind != "target_health"]
    return replace(COMPLETES, readings=(*kept, made.reading("target_health", rows)), collected_at=at(minutes))


STATES: dict[str, tuple[tuple[str, ...], tuple[str, int, int]]] = {
    "all": (("healthy", "healthy"), ("none", 2, 2)),
    "one of two": (("healthy", "unhealthy"), ("partial", 1, 2)),
    "none": (("unhealthy",), ("likely", 0, 1)),
    "none that takes requests yet": (("initial", "draining"), ("likely", 0, 0)),
}


@pytest.mark.parametrize(("states", "expected"), STATES.values(), ids=STATES)
def test_targets_that_take_requests_count(states, expected):
    found = toll(with_targets(*states))
    assert (found.harm, found.healthy, found.total) == expected


def test_a_look_after_the_fault_counts_too():
    found = told(*WHOLE, now=with_targets("initial", "initial")).toll
    assert (found.harm, found.at) == ("likely", at(20))


def watched(**targets: Any) -> list[Any]:
    return [*WHOLE[:-3], entry(8, "watch", {**WHOLE[-3].data, "targets": targets}), *WHOLE[-2:]]


def test_what_a_watch_saw_counts_though_every_look_saw_healthy_targets():
    found = told(*watched(healthy=0, total=1, at=at(5).isoformat()), now=with_targets("healthy")).toll
    assert (found.harm, found.healthy, found.total, found.at) == ("likely", 0, 1, at(5))


@pytest.mark.parametrize(
    "targets", [{}, {"healthy": "0", "total": 1}, {"healthy": True, "total": 1}, {"healthy": 3, "total": 1}, {"at": 5}]
)
def test_what_a_watch_cannot_have_seen_counts_for_nothing(targets):
    assert told(*watched(**targets), now=with_targets("healthy")).toll.harm == "none"


def test_a_watch_keeps_the_worst_of_what_it_could_read():
    polls = [toll(with_targets(*states)) for states in (["healthy"], ["healthy", "unhealthy"], ["healthy"])]
    found = None
    for each in (*polls, replace(polls[0], harm="unknown")):
        found = worse(found, each)
    assert found == polls[1]
    assert worst([]) is None
