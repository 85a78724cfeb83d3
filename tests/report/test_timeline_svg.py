"""The drawing keeps its text readable: nothing overlaps, nothing leaves it, whatever the incident looks like."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from typing import Any

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.evidence.model import Evidence, Reading, Target, request
from runbook_lib.report.blocks import Drawing
from runbook_lib.report.context import Context
from runbook_lib.report.sections import timeline
from runbook_lib.report.svg import first_fitting, text_width, ticks
from tests.report import sample
from tests.report.page_parser import parse

NOW = datetime(2026, 11, 23, 7, 20, tzinfo=UTC)
FONTS = {"b": 13, "in": 11, "s": 10.5, "k": 10.5}
TEXT = re.compile(r'<text x="([-\d.]+)" y="([-\d.]+)"(?: class="([^"]*)")?(?: text-anchor="(\w+)")?>([^<]*)</text>')


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat()


def crowd(count: int, seconds: int, *, together: bool = False, deployments: int = 1, events: bool = True) -> Evidence:
    """So many failing tasks, one after the other or all at once, spread over so many seconds."""
    rows = [
        {
            "id": f"ecs-svc/{n}",
            "status": "PRIMARY" if n == deployments - 1 else "ACTIVE",
            "rolloutState": "IN_PROGRESS",
            "taskDefinition": f"arn:aws:ecs:r:1:task-definition/api:{n + 1}",
            "createdAt": ago(seconds * (deployments - n) / deployments),
        }
        for n in range(deployments)
    ]
    tasks = [_task(n, seconds if together else seconds * (1 - n / count), seconds / count) for n in range(count)]
    news = [{"createdAt": ago(seconds * n / 100), "message": f"(task {n:032x}) failed it {n}"} for n in range(100)]
    service = {"deployments": rows, "events": news if events else []}
    readings = (
        Reading(request("service"), "ecs:DescribeServices", service),
        Reading(request("tasks"), "ecs:DescribeTasks", tasks),
    )
    return Evidence(Target("c", "s", "r"), NOW, readings)


def _task(number: int, begun: float, length: float) -> dict[str, Any]:
    return {
        "taskArn": f"arn/c/{number:032x}",
        "startedBy": "ecs-svc/0",
        "lastStatus": "STOPPED",
        "createdAt": ago(begun),
        "startedAt": ago(begun - length * 0.3),
        "stoppingAt": ago(begun - length * 0.7),
        "stoppedAt": ago(begun - length * 0.9),
    }


CASES = {
    "guide": sample.guide(),
    "healthy": sample.healthy(),
    "one-task": crowd(1, 600),
    "sixty-tasks-at-once": crowd(60, 600, together=True),
    "sixty-tasks-in-turn": crowd(60, 3600),
    "no-events": crowd(3, 600, events=False),
    "one-second": crowd(2, 1),
    "forty-days": crowd(5, 86_400 * 40),
    "many-deployments": crowd(5, 3600, deployments=9),
    "nothing-read": replace(sample.guide(), readings=()),
    "no-service": replace(sample.guide(), readings=sample.readings()[4:]),
}
every_case = pytest.mark.parametrize("evidence", CASES.values(), ids=CASES)
LANGUAGES = pytest.mark.parametrize("lang", ["ko", "en"])


def drawings(evidence: Evidence, lang: str = "ko") -> list[str]:
    found = timeline(judge(evidence), evidence, Context(lang))
    drawn = next(block for block in found.blocks if isinstance(block, Drawing))
    return [drawn.wide, drawn.middle, drawn.narrow]


def size(svg: str) -> tuple[float, float]:
    width, height = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups()
    return float(width), float(height)


def boxes(svg: str) -> list[tuple[float, float, float, float, str]]:
    """Left, top, right, bottom and words of every text, as wide as it will be."""
    found = []
    for x, y, css, anchor, words in TEXT.findall(svg):
        font = next((FONTS[name] for name in css.split() if name in FONTS), 11.5)
        width, at = text_width(words, font), float(x)
        left = at - width / 2 if anchor == "middle" else at - width if anchor == "end" else at
        found.append((left, float(y) - font * 0.75, left + width, float(y) + font * 0.15, words))
    return found


@every_case
@LANGUAGES
def test_no_two_texts_overlap(evidence, lang):
    for svg in drawings(evidence, lang):
        clashes = [
            (a[4], b[4])
            for a, b in combinations(boxes(svg), 2)
            if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
        ]
        assert clashes == []


@every_case
def test_everything_stays_inside_the_drawing(evidence):
    for svg in drawings(evidence):
        width, height = size(svg)
        assert [box for box in boxes(svg) if box[0] < -1 or box[2] > width + 1 or box[3] > height + 1] == []
        for x, y, w, h in re.findall(r'<rect x="([-\d.]+)" y="([-\d.]+)" width="([-\d.]+)" height="([-\d.]+)"', svg):
            assert float(x) >= -1
            assert float(x) + float(w) <= width + 1
            assert float(y) + float(h) <= height + 1
            assert float(w) > 0


@every_case
def test_a_drawing_is_well_formed_and_of_a_bearable_size(evidence):
    for svg in drawings(evidence):
        assert (parse(svg).unbalanced, parse(svg).open) == ([], [])
        assert size(svg)[1] < 900
        assert len(svg) < 60_000


def test_a_crowd_is_capped_and_the_drawing_says_so():
    text = parse(drawings(CASES["sixty-tasks-at-once"])[0]).text()
    assert "태스크 60개 중 5개 표시" in text


def test_a_name_from_aws_stays_text_in_the_drawing():
    evidence = sample.guide()
    evil = '"><script>alert(1)</script>'
    tasks = [{**task, "stoppedReason": evil} for task in sample.tasks()]
    read = tuple(replace(r, data=tasks) if r.request.kind == "tasks" else r for r in evidence.readings)
    for svg in drawings(replace(evidence, readings=read)):
        assert parse(svg).all("script") == []


@pytest.mark.parametrize(("room", "expected"), [(200, "the whole label"), (60, "label"), (5, "")])
def test_a_label_falls_back_to_what_fits(room, expected):
    assert first_fitting(("the whole label", "label"), room, 11) == expected


@pytest.mark.parametrize("seconds", [1, 10, 59, 600, 3600, 86_400, 86_400 * 40, 86_400 * 4000])
def test_ticks_are_apart_whatever_the_range(seconds):
    end = NOW + timedelta(seconds=seconds)
    found = ticks(NOW, end, 600, 64)
    gaps = [(b[0] - a[0]).total_seconds() / seconds * 600 for a, b in pairwise(found)]
    assert all(gap >= 63.9 for gap in gaps)
    assert len({label for _, label in found}) >= len(found) - 1 or seconds > 86_400 * 300
