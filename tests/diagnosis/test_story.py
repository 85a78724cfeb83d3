"""What a journal tells of an incident: when, by whom, how long, and nothing that it does not tell."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.story import Story, story
from runbook_lib.evidence.journal import Entry
from runbook_lib.evidence.model import Evidence
from runbook_lib.evidence.serialisation import dumps
from tests.diagnosis import builder as made

NOW = made.NOW
CURED = made.healthy(
    described=made.service(made.deployment(4, 6, rolloutState="COMPLETED", runningCount=1)),
    tasks=[made.task(9, 4, 5)],
    definitions=[made.definition(4, made.container(healthCheck={"command": made.really_asks("/")}))],
    briefs=[made.brief(4, "SUCCESSFUL", 6, 2)],
)
FAULT = {"state": "stuck", "causes": [{"rule": "image_tag_absent", "confidence": "confirmed", "facts": {}}]}
FINE: dict[str, Any] = {"state": "healthy", "causes": [], "symptoms": []}
DONE = {"plan": "p", "change": "register", "what": "register", "outcome": "done", "facts": {}}
COMPLETED = {"phase": "end", "end": "completed", "deployment": made.deployment_id(4)}


def at(minutes: float) -> datetime:
    """So many minutes after the first look."""
    return NOW + timedelta(minutes=minutes)


def entry(minutes: float, kind: str, facts: dict[str, Any] | None = None) -> Entry:
    return Entry(at(minutes), f"{at(minutes):%Y%m%dT%H%M%S.%fZ}-{kind}", kind, "me", facts or {})


def tree(evidence: Evidence) -> Any:
    """Evidence as a journal holds it."""
    return json.loads(dumps(evidence))


def looked(minutes: float, evidence: Evidence | None = None, **facts: Any) -> Entry:
    """A look with its evidence, moved to that time."""
    held = {"evidence": tree(replace(evidence, collected_at=at(minutes)))} if evidence else {}
    return entry(minutes, "look", {**FAULT, **held, **facts})


def told(*entries: Entry, now: Evidence = CURED, minutes: float = 20) -> Story:
    """The story of a journal and a look at the end."""
    last = replace(now, collected_at=at(minutes))
    return story(entries, last, judge(last))


WHOLE = (
    entry(-0.1, "opened"),
    looked(0, made.guide()),
    entry(1, "plan"),
    entry(2, "approval"),
    entry(3, "intent", DONE),
    entry(3.1, "change", DONE),
    entry(4, "watch", {"phase": "begin", "deployment": made.deployment_id(4)}),
    entry(8, "watch", COMPLETED),
    entry(9, "verify", {"ok": True}),
    entry(9.1, "closed", {"why": "verified"}),
)


def test_the_three_times_come_from_deployment_look_change_and_watch():
    found = told(*WHOLE)
    assert found.over
    assert (found.began, found.detected) == (NOW - timedelta(minutes=18), NOW)
    assert found.to_detect == timedelta(minutes=18)
    assert found.to_fix == timedelta(minutes=3.1)
    assert found.to_recover == timedelta(minutes=26)
    assert found.recovered is not None
    assert found.recovered.kind == "watch"
    assert [seen.cause.rule for seen in found.causes] == ["image_tag_absent"]
    assert found.worst is not None
    assert len(found.worst.diagnosis.failed("cause")) > 1, "the worst look is judged anew"


PROOFS: dict[str, tuple[tuple[Entry, ...], tuple[str, float] | None]] = {
    "watch": ((entry(5, "watch", COMPLETED), entry(6, "verify", {"ok": True}), entry(7, "closed")), ("watch", 5)),
    "check": ((entry(6, "verify", {"ok": True}), entry(7, "closed")), ("verify", 6)),
    "closed by hand": ((entry(6, "verify", {"ok": False}), entry(7, "closed")), ("closed", 7)),
    "watch that timed out": ((entry(5, "watch", COMPLETED | {"end": "timeout"}),), ("look", 20)),
    "only a healthy look": ((), ("look", 20)),
    "fault after it": ((entry(5, "watch", COMPLETED), looked(6), entry(8, "watch", COMPLETED)), ("watch", 8)),
    "fault after all": ((entry(5, "watch", COMPLETED), looked(6)), ("look", 20)),
    "check that is no check": ((entry(6, "verify", {"ok": "yes"}),), ("look", 20)),
}


@pytest.mark.parametrize(("entries", "expected"), PROOFS.values(), ids=PROOFS)
def test_it_is_over_by_the_surest_proof_after_the_last_fault(entries, expected):
    proof = told(looked(0, made.guide()), *entries).recovered
    assert (proof and (proof.kind, proof.at)) == (expected and (expected[0], at(expected[1])))


COMPLETES = made.healthy(
    described=made.service(made.deployment(4, -3, rolloutState="COMPLETED", runningCount=1)),
    tasks=[made.task(9, 4, -4)],
    definitions=[made.definition(4, made.container(healthCheck={"command": made.really_asks("/")}))],
    briefs=[made.brief(4, "SUCCESSFUL", -3, -5.5)],
)


@pytest.mark.parametrize(
    ("end", "expected"),
    [([entry(9, "watch", COMPLETED)], ("watch", 5.5)), ([], ("completed", 5.5)), ([looked(7)], ("look", 20))],
    ids=["a watch that began later", "no watch", "a fault after it"],
)
def test_it_recovered_when_aws_completed_the_deployment_where_no_fault_was_seen_since(end, expected):
    proof = told(looked(0, made.guide()), *end, now=COMPLETES).recovered
    assert (proof and proof.kind, proof and proof.at) == (expected[0], at(expected[1]))


def test_a_watch_tells_when_its_deployment_completed_where_no_look_does():
    end = entry(9, "watch", COMPLETED | {"deployment": "ecs-svc/7", "finished_at": at(6).isoformat()})
    assert told(looked(0, made.guide()), end).recovered.at == at(6)


def test_a_watch_after_the_last_look_shows_that_it_is_over_though_nothing_was_read_since():
    last = replace(made.guide(), collected_at=NOW)
    after = [entry(3.1, "change", DONE), entry(8, "watch", COMPLETED)]
    found = story([looked(0, made.guide()), *after], last, judge(last))
    assert (found.over, found.unseen) == (True, True)
    assert found.to_recover == timedelta(minutes=26)
    assert found.to_fix == timedelta(minutes=3.1)
    assert told(*WHOLE).unseen is False


def test_without_a_place_in_the_journal_the_look_of_now_is_the_newest_word():
    last = replace(made.guide(), collected_at=NOW)
    assert story([entry(8, "watch", COMPLETED)], last, judge(last)).ongoing


CHANGES: dict[str, tuple[tuple[Entry, ...], float | None]] = {
    "none": ((), None),
    "one": ((entry(2, "change", DONE),), 2),
    "the last that was made": ((entry(2, "change", DONE), entry(4, "change", DONE)), 4),
    "one that failed": ((entry(2, "change", DONE), entry(4, "change", DONE | {"outcome": "failed"})), 2),
    "one long after": ((entry(2, "change", DONE), entry(5, "watch", COMPLETED), entry(9, "change", DONE)), 2),
    "another fix after the first": (
        (entry(2, "change", DONE), entry(3, "watch", COMPLETED), looked(4), entry(6, "change", DONE)),
        6,
    ),
    "outcome that is no text": ((entry(2, "change", {"outcome": ["done"]}),), None),
}


@pytest.mark.parametrize(("entries", "minutes"), CHANGES.values(), ids=CHANGES)
def test_the_time_to_fix_ends_with_the_last_change_that_was_made(entries, minutes):
    found = told(looked(0, made.guide()), *entries)
    assert found.to_fix == (None if minutes is None else timedelta(minutes=minutes))


def test_lengths_are_those_between_the_times_as_they_are_shown():
    start = NOW.replace(microsecond=0)
    first = replace(made.guide(), collected_at=start)
    look = entry(0, "look", {**FAULT, "evidence": tree(first)})
    change = replace(entry(0, "change", DONE), at=start + timedelta(seconds=1.6))
    assert told(look, change).to_fix == timedelta(seconds=1)


def test_a_change_counts_once_though_a_second_apply_found_it_there_and_one_that_failed_only_until_it_was_made():
    update = DONE | {"change": "update-service"}
    first = (entry(2, "change", DONE), entry(3, "change", update | {"outcome": "failed"}))
    found = told(looked(0, made.guide()), *first)
    assert (len(found.changes), len(found.failed)) == (1, 1)
    again = (entry(4, "change", DONE | {"outcome": "already"}), entry(5, "change", update))
    found = told(looked(0, made.guide()), *first, *again)
    assert (len(found.changes), len(found.failed)) == (2, 0)


def test_a_cause_is_told_with_the_looks_that_saw_it():
    other = {"causes": [{"rule": "secret_absent", "facts": {}}, *FAULT["causes"]]}
    found = told(looked(0), looked(1, **other), looked(2, **other), entry(3, "look", FINE))
    seen = {s.cause.rule: (s.first.at, s.last.at, s.looks) for s in found.causes}
    assert seen == {"image_tag_absent": (at(0), at(2), 3), "secret_absent": (at(1), at(2), 2)}


def test_the_worst_look_is_the_one_with_most_causes_of_those_that_can_be_read():
    two = [*FAULT["causes"], {"rule": "secret_absent"}]
    found = told(looked(0, made.guide()), looked(1, made.guide(), causes=two), looked(2, causes=[*two, *two]))
    assert found.worst is not None
    assert found.worst.sight.at == at(1)
    assert found.unreadable == 1


def test_a_look_of_now_that_is_on_record_counts_once():
    now = replace(CURED, collected_at=at(20))
    found = told(looked(0, made.guide()), looked(20, CURED, **FINE))
    assert [look.at for look in found.looks] == [at(0), at(20)]
    assert found.looks[-1].evidence == now


def test_while_the_look_of_now_sees_a_fault_nothing_is_over():
    found = told(*WHOLE, now=made.guide())
    assert (found.over, found.ongoing, found.recovered, found.to_recover) == (False, True, None, None)
    assert found.to_detect == timedelta(minutes=18)


def test_a_journal_without_a_fault_is_no_incident():
    found = told(entry(0, "opened"), entry(1, "look", FINE))
    assert (found.over, found.detected, found.causes, found.worst, found.recovered) == (False, None, (), None, None)


def test_what_was_cut_short_and_what_failed_is_told_and_what_went_well_is_not():
    lost = entry(5, "run", {"status": "interrupted", "run": "r"})
    cut = entry(4, "intent", {"plan": "p", "change": "update-service"})
    found = told(*WHOLE, lost, cut, entry(6, "run", {"status": "succeeded"}))
    assert found.lost_runs == (lost,)
    assert found.cut_short == (cut,)
    assert [e.kind for e in found.telling].count("intent") == 1
    assert [e.kind for e in found.telling].count("run") == 1


HOSTILE: dict[str, dict[str, Any]] = {
    "no evidence": {"evidence": None},
    "evidence that is text": {"evidence": "x" * 1000},
    "half of it": {"evidence": {"schema": 1, "target": {}}},
    "schema that is a list": {"evidence": {"schema": []}},
    "newer schema": {"evidence": tree(made.guide()) | {"schema": 99}},
    "another service": {"evidence": tree(replace(made.guide(), target=replace(made.guide().target, service="x")))},
    "readings of wrong shapes": {
        "evidence": tree(replace(made.guide(), readings=(made.reading("service", {"deployments": 5, "events": 7}),)))
    },
    "tasks that are none": {"evidence": tree(replace(made.guide(), readings=(made.reading("tasks", ["x", 1, None]),)))},
    "causes that are none": {"causes": [1, None, {"rule": 5}, {"rule": "x", "facts": 7}], "symptoms": 9},
}


@pytest.mark.parametrize("facts", HOSTILE.values(), ids=HOSTILE)
def test_a_look_that_makes_no_sense_is_a_look_without_evidence(facts):
    found = told(entry(0, "look", {**FAULT, **facts}), *WHOLE[2:])
    assert found.over
    assert found.detected == NOW
    assert found.unreadable == 1
    assert (found.began, found.to_detect, found.to_recover, found.worst) == (None, None, None, None)
    assert found.to_fix == timedelta(minutes=3.1)


def test_entries_out_of_order_tell_the_same_story():
    assert told(*reversed(WHOLE)).entries == told(*WHOLE).entries


def test_no_entry_of_any_year_breaks_it():
    ages = [Entry(datetime(year, 1, 1, tzinfo=UTC), str(year), "change", "", dict(DONE)) for year in (2, 9998)]
    found = told(*WHOLE, *ages)
    assert found.over
