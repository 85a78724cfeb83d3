"""What comes next on the guided path, by what the journal holds."""

from datetime import UTC, datetime, timedelta

import pytest

from runbook_lib.diagnosis.trail import trail
from runbook_lib.evidence.journal import Entry

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
FAULTY = ("look", {"state": "stuck", "causes": [{"rule": "image_tag_absent"}]})
WELL = ("look", {"state": "healthy", "causes": [], "symptoms": []})
PLAN = ("plan", {"digest": "d"})
APPROVED, APPLIED = ("approval", {"plan": "d"}), ("applied", {"plan": "d", "good": True})
WATCHING, COMPLETED = ("watch", {"phase": "begin"}), ("watch", {"phase": "end", "end": "completed"})
VERIFIED, CLOSED = ("verify", {"ok": True}), ("closed", {"why": "verified"})
REPORTED = ("run", {"notebook": "90_postmortem", "status": "succeeded"})
FIXED = (FAULTY, PLAN, APPROVED, APPLIED)


@pytest.mark.parametrize(
    ("told", "following"),
    [
        ((), "diagnose"),
        ((FAULTY,), "fix"),
        ((FAULTY, PLAN, APPROVED), "fix"),
        (FIXED, "watch"),
        ((*FIXED, WATCHING), "watch"),
        ((*FIXED, WATCHING, FAULTY, PLAN), "fix"),
        ((*FIXED, WATCHING, COMPLETED), "watch"),
        ((*FIXED, COMPLETED, VERIFIED, CLOSED), "postmortem"),
        ((*FIXED, COMPLETED, VERIFIED, CLOSED, REPORTED), ""),
        ((*FIXED, COMPLETED, ("closed", {"why": "practice"})), "postmortem"),
        ((*FIXED, COMPLETED, ("closed", {"why": "practice"}), REPORTED), ""),
        ((*FIXED, COMPLETED, WELL), "watch"),
    ],
)
def test_the_place_that_comes_next(told, following):
    entries = (Entry(NOW + timedelta(minutes=n), f"{n}", kind, "me", facts) for n, (kind, facts) in enumerate(told))
    assert trail(entries, None).following == following


def test_what_was_found_is_told_by_the_look_that_saw_most():
    both = ("look", {"state": "stuck", "causes": [{"rule": "image_tag_absent"}, {"rule": "deployments_overlapping"}]})
    told = (FAULTY, both, FAULTY, WELL)
    entries = [Entry(NOW + timedelta(minutes=n), f"{n}", kind, "me", facts) for n, (kind, facts) in enumerate(told)]
    assert trail(entries, None).faulty == entries[1]
