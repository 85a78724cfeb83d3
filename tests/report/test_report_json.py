"""report.json tells machines what the page tells people: times, causes, prevention, and who did what."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.evidence.journal import Entry
from runbook_lib.evidence.model import Evidence
from runbook_lib.report.context import Context
from runbook_lib.report.report_json import report_json
from tests.diagnosis import builder as made
from tests.diagnosis.test_story import CURED, HOSTILE, WHOLE, at, entry, looked

OPEN = WHOLE[:6]


def tree(*entries: Entry, now: Evidence = CURED, minutes: float = 20) -> dict[str, Any]:
    last = replace(now, collected_at=at(minutes))
    return json.loads(json.dumps(report_json(judge(last), last, Context(record=entries))))


def test_the_turns_of_the_incident_and_the_lengths_between_them():
    found = tree(*WHOLE)["incident"]
    assert found["over"] is True
    turns = {"began": -18, "detected": 0, "fixed": 3.1, "recovered": 8}
    assert {name: found[name] for name in turns} == {name: at(when).isoformat() for name, when in turns.items()}
    assert found["recovered_by"] == "watch"
    assert [found[f"to_{name}"] for name in ("detect", "fix", "recover")] == [1080, 186, 1560]
    assert (found["looks"], found["unreadable"], found["clock_skew"]) == (2, 0, 0)


def test_while_it_goes_on_nothing_is_said_to_be_fixed_or_over():
    found = tree(*OPEN, looked(6, made.guide()), now=made.guide())["incident"]
    assert found["over"] is False
    assert found["to_detect"] == 1080
    assert [found[n] for n in ("fixed", "recovered", "recovered_by", "to_fix", "to_recover")] == [None] * 5


def test_the_causes_are_those_of_every_look_also_when_none_is_left():
    earlier = looked(-2, causes=[{"rule": "secret_missing", "confidence": "likely", "facts": {"name": "KEY"}}])
    found = tree(earlier, *WHOLE)
    assert found["causes"] == [], "this look sees none"
    [image, secret] = found["incident"]["causes"]
    assert image["rule"] == "image_tag_absent"
    seen = at(-2).isoformat()
    assert secret == {
        "rule": "secret_missing",
        "label": "",
        "confidence": "likely",
        "facts": {"name": "KEY"},
        "first": seen,
        "last": seen,
        "looks": 1,
    }


def test_without_a_fault_there_is_no_incident():
    assert tree()["incident"] is None


def test_the_items_of_prevention_have_their_states():
    found = {m["item"]: m for m in tree(*WHOLE)["measures"]}
    assert found["rollback"]["state"] == "unset"
    assert found["rollback"]["facts"] == {"enable": False, "rollback": False}
    assert found["image_tag"]["against"] == ["image_tag_absent"]
    assert found["notify"]["state"] == "unlooked"


def test_what_people_did_is_on_record():
    done = [(e["kind"], e["who"], e.get("outcome")) for e in tree(*WHOLE)["record"] if e["kind"] in ("plan", "change")]
    assert done == [("plan", "me", None), ("change", "me", "done")]


def test_a_clock_that_is_ahead_is_told_and_changes_no_length():
    found = tree(*(replace(e, at=e.at + timedelta(hours=1)) for e in WHOLE))["incident"]
    assert found["clock_skew"] == 3600
    assert found["to_detect"] == 1080


@pytest.mark.parametrize("facts", HOSTILE.values(), ids=HOSTILE)
def test_it_can_be_made_of_any_look(facts):
    assert tree(entry(0, "look", facts | {"state": "stuck"}), *WHOLE[2:])["incident"]["over"] is True
