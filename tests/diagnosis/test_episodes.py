"""An incident whose fault came back is told in episodes, each with its own times."""

from __future__ import annotations

from datetime import timedelta

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.episodes import episodes, undone
from runbook_lib.report.context import Context
from runbook_lib.report.markdown import markdown
from runbook_lib.report.page import document
from tests.diagnosis import builder as made
from tests.diagnosis.test_story import COMPLETED, DONE, NOW, at, entry, looked, told

UNDO = {"digest": "u", "plan": {"kind": "undo"}}
AGAIN = [{"rule": "secret_absent", "confidence": "likely", "facts": {}}]
CURED_ONCE = (
    looked(0, made.guide()),
    entry(3, "change", DONE),
    entry(8, "watch", COMPLETED | {"finished_at": at(6).isoformat(), "deployment": "ecs-svc/7"}),
)
BACK = (entry(10, "plan", UNDO), entry(12, "change", DONE | {"plan": "u"}), looked(15, causes=AGAIN))


def test_a_fault_that_came_back_after_a_cure_has_times_of_its_own():
    first, second = episodes(told(*CURED_ONCE, *BACK, now=made.guide()))
    assert (first.began, first.detected, first.recovered) == (NOW - timedelta(minutes=18), NOW, at(6))
    assert [len(each.changes) for each in (first, second)] == [2, 0]
    assert (second.detected, second.recovered) == (at(15), None)


def test_what_was_taken_back_is_told_of_the_episode_that_it_ended():
    found = told(*CURED_ONCE, *BACK, now=made.guide())
    assert [undone(found, each) for each in episodes(found)] == [at(12), None]


def test_looks_without_a_cure_between_them_are_one_episode_though_requests_were_answered():
    entries = (looked(0, made.guide()), entry(4, "verify", {"ok": True}), looked(15, causes=AGAIN))
    assert len(episodes(told(*entries, now=made.guide()))) == 1


def test_the_summary_of_what_goes_on_names_the_earlier_fault_its_cure_and_its_undo():
    found = told(*CURED_ONCE, *BACK, now=made.guide())
    now = found.looks[-1].evidence
    text = markdown(document(judge(now), now, Context("en", record=(*CURED_ONCE, *BACK))))
    assert "Detected: 16:58:28 · recovered: 17:04:28. Changes applied: 2. Changes taken back: 17:10:28." in text
    assert "detected at 2026-11-23 17:13:28" in text
