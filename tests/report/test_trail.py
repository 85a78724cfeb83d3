"""The guided path as a section: how what was done is told."""

from datetime import UTC, datetime, timedelta

import pytest

from runbook_lib.diagnosis.trail import trail
from runbook_lib.evidence.journal import Entry
from runbook_lib.evidence.model import Target
from runbook_lib.report.context import Context
from runbook_lib.report.sections.trail import path

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
LOOK = ("look", {"state": "stuck", "causes": [{"rule": "image_tag_absent"}]})


def stages(*told):
    entries = (Entry(NOW + timedelta(minutes=n), f"{n}", kind, "me", facts) for n, (kind, facts) in enumerate(told))
    return path(trail(entries, None), None, Target("c", "s", "r"), "watch", Context("en")).stages


@pytest.mark.parametrize(("end", "tone"), [("interrupted", "off"), ("failed", "bad"), ("timeout", "bad")])
def test_a_watch_that_somebody_stopped_is_no_failure(end, tone):
    assert stages(LOOK, ("watch", {"phase": "end", "end": end}))[3].tone == tone


@pytest.mark.parametrize(("why", "told"), [("practice", True), ("verified", False)])
def test_why_an_incident_was_closed_is_told_where_no_check_did_it(why, told):
    assert ("another practice began" in stages(LOOK, ("closed", {"why": why}))[4].line) is told
