"""Where evidence is emptied or has no times, the report says what is missing and claims nothing that nobody saw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.evidence.model import Evidence
from runbook_lib.report.context import Context
from runbook_lib.report.markdown import markdown
from runbook_lib.report.page import document
from tests.diagnosis import builder as made

EMPTY = replace(made.guide(), readings=())


def written(evidence: Evidence, lang: str = "en") -> str:
    return markdown(document(judge(evidence), evidence, Context(lang)))


def undated(found: Any) -> Any:
    """AWS's answers without any time."""
    if isinstance(found, dict):
        return {k: undated(v) for k, v in found.items() if not k.endswith("At")}
    return [undated(item) for item in found] if isinstance(found, list) else found


TIMELESS = replace(
    made.guide(), readings=tuple(replace(reading, data=undated(reading.data)) for reading in made.guide().readings)
)


@pytest.mark.parametrize(
    ("evidence", "there", "gone"),
    [
        (EMPTY, "The service could not be read.", "no deployment was unfinished"),
        (EMPTY, "target health could not be read", "there is no target to judge it from"),
        (TIMELESS, "when the unfinished deployment began is not known", "no unfinished deployment"),
        (TIMELESS, "A deployment had not finished; when it began does not show", "no deployment was unfinished"),
    ],
)
def test_what_was_not_seen_is_said_to_be_missing(evidence, there, gone):
    text = written(evidence)
    assert there in text
    assert gone not in text


def test_a_count_that_was_not_read_has_no_unit():
    assert "–개" not in written(EMPTY, "ko")
