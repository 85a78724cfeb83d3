"""Whatever there is too little or too much of, every form of the report is there, and says what is missing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.evidence.journal import Entry, stamp
from runbook_lib.evidence.model import Evidence
from runbook_lib.look import Look
from runbook_lib.renditions import rendered
from runbook_lib.report.context import Context
from tests.report import sample
from tests.report.page_parser import parse

EMPTY = Evidence(sample.guide().target, sample.NOW)


def entry(kind: str, at: datetime, **data: Any) -> Entry:
    return Entry(at, f"{stamp(at)}-{kind}-abcdef", kind, "kim", data)


def shifted(evidence: Evidence, seconds: float) -> Evidence:
    """The same evidence, looked at so long after its deployments began."""
    first = datetime.fromisoformat(sample.moment("07:02:05"))
    return replace(evidence, collected_at=first + timedelta(seconds=seconds))


def changed(**fields: Any) -> Evidence:
    """The guide's incident with other fields in its service."""
    whole = sample.guide()
    data = {**sample.service(), **fields}
    read = tuple(replace(r, data=data) if r.request.kind == "service" else r for r in whole.readings)
    return replace(whole, readings=read)


def timeless() -> Evidence:
    return changed(events=[{"id": "1", "message": "(service x) was unable to place a task."}, {"createdAt": None}])


def ahead() -> Evidence:
    """Deployments and events of a clock that is two hours ahead of the look."""
    whole = sample.guide()
    return replace(whole, collected_at=whole.collected_at - timedelta(hours=2))


NOW = sample.NOW
SKEWED = (
    entry("look", NOW + timedelta(hours=3), state="stuck", causes=[{"rule": "image_tag_absent"}], by="diagnose"),
    entry("plan", NOW - timedelta(days=2), digest="abc", plan={"changes": []}),
    entry("change", NOW - timedelta(hours=5), what="stop_task", outcome="done", facts={}),
    entry("watch", NOW - timedelta(hours=6), phase="end", end="completed", elapsed_s=-5),
    entry("closed", NOW - timedelta(hours=7), why="verified"),
)
HOLLOW = tuple(entry(kind, NOW, plan=3, checks="x", causes=[{}], facts=[], end=None) for kind in ("look", "plan",
    "approval", "change", "applied", "watch", "verify", "closed", "opened"))  # fmt: skip

CASES: dict[str, tuple[Evidence, dict[str, Any], dict[str, str]]] = {
    "empty": (EMPTY, {}, {"ko": "알 수 없음", "en": "Unknown"}),
    "everything denied": (
        sample.denied(*{r.request.kind for r in sample.guide().readings}),
        {},
        {"ko": "권한이 없어", "en": "is missing"},
    ),
    "half-written entry": (
        sample.guide(),
        {"damaged": 2},
        {"ko": "읽을 수 없는 인시던트 기록 파일: 2개", "en": "record that could not be read: 2"},
    ),
    "entries of other clocks": (sample.guide(), {"record": SKEWED}, {"ko": "kim", "en": "kim"}),
    "entries that hold something else": (sample.guide(), {"record": HOLLOW}, {"ko": "kim", "en": "kim"}),
    "events without a time": (
        timeless(),
        {},
        {
            "ko": "시각이 없어 그림에 없는 서비스 이벤트: 2개",
            "en": "Service events without a time, so not in the figure: 2",
        },
    ),
    "a look before everything": (ahead(), {}, {"ko": "배포", "en": "deployment"}),
    "one second": (shifted(sample.guide(), 1), {}, {"ko": "1초", "en": "1 s"}),
    "three days": (shifted(sample.guide(), 3 * 86_400), {}, {"ko": "3일", "en": "3 d"}),
    "no deployments": (changed(deployments=[], events=[]), {}, {"ko": "momentir-cx-llm", "en": "momentir-cx-llm"}),
    "healthy": (sample.healthy(), {}, {"ko": "끝나지 않은 배포 없음", "en": "no unfinished deployment"}),
}


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("case", CASES)
def test_every_form_is_there_and_says_what_is_missing(case, lang):
    evidence, told, words = CASES[case]
    seen, context = Look(evidence, judge(evidence)), Context(lang, **told)
    page, text = (rendered(seen, context, form) for form in ("html", "md"))
    found = parse(page)
    assert (found.unbalanced, found.open) == ([], [])
    assert words[lang] in " ".join(found.text().split())
    assert words[lang] in text.replace("`", "")
    assert lang == "en" or "None" not in found.text()
    assert not re.search(r"Traceback|-\d+ ?(?:초|분|s\b|min)", found.text())
    tree = json.loads(rendered(seen, context, "json"))
    assert tree["damaged"] == told.get("damaged", 0)
    assert len(tree["record"]) == len(told.get("record", ()))
