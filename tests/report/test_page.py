"""The report as one file: complete, in one language, offline, accessible, and inert whatever AWS said."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.evidence.model import Evidence
from runbook_lib.report import sections
from runbook_lib.report.blocks import Table
from runbook_lib.report.commands import CommandOptions
from runbook_lib.report.context import Context
from runbook_lib.report.page import html
from tests.diagnosis import builder as made
from tests.report import sample
from tests.report.page_parser import Page, parse

LANGUAGES = pytest.mark.parametrize("lang", ["ko", "en"])
HANGUL = re.compile(r"[가-힣]")
# English prose is three plain words in a row; AWS's messages, names and commands are quoted and left out before.
ENGLISH = re.compile(r"\b(?:the|of|was|were|is|are|and|not|for|with|from|this)\b", re.IGNORECASE)
HOSTILE = "<script>alert(1)</script> `</code>` \x1b[31m \u202e {{ 7*7 }} ]]> --> \"' " + "x" * 100_000


def page(evidence: Evidence, lang: str = "ko", **options: Any) -> str:
    return html(judge(evidence), evidence, Context(lang, **options))


def parsed(evidence: Evidence, lang: str = "ko", **options: Any) -> Page:
    return parse(page(evidence, lang, **options))


def poisoned(evidence: Evidence) -> Evidence:
    """The same evidence with hostile text in every message, tag and name of it."""

    def poison(node: Any, name: str = "") -> Any:
        if isinstance(node, dict):
            return {key: poison(value, key) for key, value in node.items()}
        if isinstance(node, list):
            return [poison(value, name) for value in node]
        fields = ("message", "stoppedReason", "reason", "rolloutStateReason", "status", "imageTags", "Description")
        return HOSTILE if name in fields and isinstance(node, str) else node

    return replace(
        evidence,
        target=replace(evidence.target, service=HOSTILE[:80]),
        readings=tuple(replace(reading, data=poison(reading.data)) for reading in evidence.readings),
    )


@LANGUAGES
def test_a_page_is_well_formed_and_says_its_language(lang):
    found = parsed(sample.guide(), lang)
    assert (found.unbalanced, found.open) == ([], [])
    assert found.all("html") == [{"lang": lang}]
    assert {"charset": "utf-8"} in found.all("meta")


@LANGUAGES
def test_the_facts_of_the_incident_are_there(lang):
    text = parsed(sample.guide(), lang).text()
    facts = ["momentir-cx-llm-service", "latest", sample.TAG, "/health", "404", "LANGSMITH_TRACING", "IN_PROGRESS"]
    facts += ["CannotPullContainerError", "Task failed container health checks", "16:02:05", "2026-11-23 16:20:12"]
    assert [fact for fact in facts if fact not in text] == []


def test_the_form_of_the_postmortem_is_kept():
    titles = [data for tag, data in parsed(sample.guide()).texts if tag == "h2"]
    assert [title.strip() for title in titles] == [
        "요약",
        "영향 범위",
        "타임라인",
        "증상과 감지",
        "근본 원인 (직접 원인 포함)",
        "조치와 복구",
        "동작 확인",
        "체크리스트 결과",
        "확인하지 못한 항목",
        "재발 방지와 액션 아이템",
        "부록: 근거 · AWS CLI 명령 · 변경 기록",
    ]


def test_an_english_page_has_no_korean():
    assert HANGUL.findall(parsed(sample.guide(), "en").text()) == []


def test_a_korean_page_has_no_english_prose():
    found = parsed(sample.guide())
    prose = [
        data
        for tag, data in found.texts
        if tag not in ("style", "code", "blockquote", "td", "title") and HANGUL.search(data) is None
    ]
    assert [data for data in prose if ENGLISH.search(data)] == []


@LANGUAGES
def test_a_page_needs_no_network_and_no_script(lang):
    source = page(sample.guide(), lang)
    found = parse(source)
    targets = [attributes.get(name, "") for _, attributes in found.starts for name in ("src", "href")]
    assert [t for t in targets if t and not t.startswith(("#", "https://docs.aws.amazon.com/"))] == []
    assert {"script", "link", "iframe", "img", "object", "form"} & {tag for tag, _ in found.starts} == set()
    assert re.findall(r"url\((?!#)|@import|@font-face", source) == []
    assert [name for _, attributes in found.starts for name in attributes if name.startswith("on")] == []


@LANGUAGES
def test_headings_come_in_order(lang):
    levels = [int(tag[1]) for tag, _ in parsed(sample.guide(), lang).starts if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1] == []


def test_tables_have_captions_and_column_heads():
    found = parsed(sample.guide())
    assert len(found.all("table")) == len(found.all("caption")) > 8
    assert {attributes.get("scope") for attributes in found.all("th")} == {"col"}


def test_drawings_have_a_title_a_description_and_ids_of_their_own():
    found = parsed(sample.guide())
    drawings = [attributes for attributes in found.all("svg") if attributes.get("role") == "img"]
    ids = [attributes["id"] for _, attributes in found.starts if "id" in attributes]
    assert len(drawings) == 3
    assert all(part in ids for attributes in drawings for part in attributes["aria-labelledby"].split())
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("evidence", [sample.guide(), sample.denied("image_tags", "tasks")], ids=["guide", "denied"])
def test_a_state_is_never_told_by_hue_alone(evidence):
    source = page(evidence)
    states = re.findall(r'<span class="st \w+">(.*?)</span>', source)
    assert states
    assert all(state.startswith("<svg") and parse(state).text().strip() for state in states)


def test_what_could_not_be_read_is_never_good_news():
    source = page(sample.denied("target_health", "image_tags", "images", "tasks"))
    text = parse(source).text()
    assert "확인 불가" in text
    assert "ecr:BatchGetImage" in text
    assert "사용자 영향을 알 수 없습니다" in text
    assert not re.search(r'class="[^"]*\bok\b[^"]*"[^>]*>(?:<svg.*?</svg>)?확인 불가', source)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["healthy"], "보이지 않음"),
        (["healthy", "draining"], "보이지 않음"),
        (["healthy", "unhealthy"], "일부 있을 수 있음"),
        (["unhealthy"], "있을 가능성 높음"),
        ([], "있을 가능성 높음"),
        (["draining"], "있을 가능성 높음"),
    ],
)
def test_user_impact_is_judged_from_targets(states, expected):
    rows = [{"Target": {"Id": f"10.0.0.{n}"}, "TargetHealth": {"State": state}} for n, state in enumerate(states)]
    whole = sample.guide()
    read = tuple(replace(r, data=rows) if r.request.kind == "target_health" else r for r in whole.readings)
    found = [data for tag, data in parsed(replace(whole, readings=read)).texts if tag == "span"]
    assert expected in found


def test_a_healthy_service_gets_no_postmortem():
    text = parsed(sample.healthy()).text()
    assert "포스트모템" not in text
    assert "배포 진단 보고서" in text
    assert "끝나지 않은 배포 없음" in text


def cured() -> Evidence:
    """A minute after a good revision was deployed: what it replaces is old, and its task still fails."""
    old = made.deployment(2, 40, status="ACTIVE", runningCount=1, failedTasks=5)
    definitions = [made.definition(4, made.container(healthCheck={"command": made.asks("/")})), made.definition(2)]
    return made.guide(
        described=made.service(made.deployment(4, 0.75, runningCount=1), old),
        tasks=[made.task(9, 4, 0.5, healthStatus="UNKNOWN"), *made.guide_tasks()[:3]],
        definitions=definitions,
        tags=(made.COMMIT,),
    )


HEADS = {
    "stuck": (made.guide(), "인시던트 보고서: momentir-cx-llm-service 배포 멈춤", "ECS 런북 · 인시던트 보고서"),
    "failing": (
        made.guide(described=made.service(made.deployment(3, 5, failedTasks=3))),
        "인시던트 보고서: momentir-cx-llm-service 배포 실패",
        "ECS 런북 · 인시던트 보고서",
    ),
    "deploying": (cured(), "배포 진단 보고서: momentir-cx-llm-service", "ECS 런북 · 배포 보고서"),
    "healthy": (made.healthy(), "배포 진단 보고서: momentir-cx-llm-service", "ECS 런북 · 배포 보고서"),
}


@pytest.mark.parametrize(("evidence", "title", "strap"), HEADS.values(), ids=HEADS)
def test_a_page_is_headed_by_what_it_found(evidence, title, strap):
    found = parsed(evidence)
    assert next(data.strip() for tag, data in found.texts if tag == "title") == title
    assert strap in found.text()


@LANGUAGES
def test_right_after_the_cure_the_page_tells_one_story(lang):
    found = parsed(cured(), lang)
    text = " ".join(found.text().split())
    told = {
        "ko": ("새 배포가 대체하는 중: momentir-cx-llm:2", "새 배포로 대체되는 중", "45초째 끝나지 않음", "원인 없음."),
        "en": (
            *("being replaced by a new deployment: momentir-cx-llm:2", "A new deployment is replacing it"),
            *("unfinished for 45 s", "No cause found."),
        ),
    }[lang]
    assert [words for words in told if words not in text] == []
    assert [data for tag, data in found.texts if tag == "text" and re.search(r"\b40 ?(?:분|min)", data)] == []


BLIND = {"guide": made.guide(), "denied": sample.denied("image_tags", "tasks"), "healthy": made.healthy()}


@pytest.mark.parametrize("evidence", BLIND.values(), ids=BLIND)
def test_what_could_not_be_checked_is_counted_alike_everywhere(evidence):
    diagnosis = judge(evidence)
    tables = [b for b in sections.unread(diagnosis, evidence, Context("en")).blocks if isinstance(b, Table)]
    rows = {table.look: len(table.rows) for table in tables}
    told = sections.overview(diagnosis, evidence, Context("en")).text
    tile = f"of {len(diagnosis.verdicts)} checks · not read: {rows.get('unread', 0)}"
    assert tile in parsed(evidence, "en").text()
    assert len(diagnosis.unknown) == rows.get("unknown", 0)
    assert [word for name, word in (("unknown", "not judged"), ("unread", "not read")) if name in rows] == [
        word for word in ("not judged", "not read") if f"{word}: " in told
    ]


def test_no_permission_is_named_where_none_is_missing():
    absent = made.unread("image_tags", "absent", "RepositoryNotFoundException")
    shown = {
        reason: sections.unread(judge(found), found, Context("en")).blocks[0]
        for reason in ("absent", "throttled", "access-denied")
        for found in [replace(made.guide(), unreads=(replace(absent, reason=reason),))]
    }
    named = {reason: table.rows[0][-1].text for reason, table in shown.items()}
    assert named == {"absent": "–", "throttled": "–", "access-denied": "`ecr:BatchGetImage`"}


def test_the_lab_is_named_on_the_page():
    text = parsed(sample.guide(), lab=True, commands=CommandOptions(endpoint_url="http://127.0.0.1:5599")).text()
    assert "실습 환경 · 실제 AWS 아님" in text
    assert "실습 환경" not in parsed(sample.guide()).text()


@LANGUAGES
def test_hostile_text_stays_text(lang):
    source = page(poisoned(sample.guide()), lang)
    found = parse(source)
    assert (found.unbalanced, found.open) == ([], [])
    assert found.all("script") == []
    assert re.findall("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", source) == []
    assert "{{ 7*7 }}" in found.text()
    assert len(source.encode()) < 600_000


@pytest.mark.parametrize(
    "evidence",
    [
        replace(sample.guide(), readings=(), calls=()),
        sample.denied(*{r.request.kind for r in sample.guide().readings}),
        sample.healthy(),
    ],
    ids=["nothing-read", "everything-denied", "healthy"],
)
@LANGUAGES
def test_a_page_can_be_made_of_any_evidence(evidence, lang):
    found = parsed(evidence, lang)
    assert (found.unbalanced, found.open) == ([], [])


@LANGUAGES
def test_the_page_is_small(lang):
    assert len(page(sample.guide(), lang).encode()) < 150_000
