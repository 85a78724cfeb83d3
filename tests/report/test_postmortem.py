"""The report of an incident that is over tells the incident, whoever wrote what into its journal."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.prevention import ITEMS, measures
from runbook_lib.diagnosis.story import story
from runbook_lib.evidence.journal import Entry
from runbook_lib.evidence.model import Evidence
from runbook_lib.report.context import Context
from runbook_lib.report.page import html
from runbook_lib.report.sections.history import MOST_ACTS, acts
from tests.diagnosis import builder as made
from tests.diagnosis.test_story import CURED, DONE, HOSTILE, WHOLE, at, entry, looked
from tests.report.page_parser import Page, parse
from tests.report.test_page import ENGLISH, HANGUL

LANGUAGES = pytest.mark.parametrize("lang", ["ko", "en"])
OPEN = WHOLE[:6]


def page(*entries: Entry, now: Evidence = CURED, lang: str = "ko", minutes: float = 20) -> str:
    last = replace(now, collected_at=at(minutes))
    return html(judge(last), last, Context(lang, record=entries))


def parsed(*entries: Entry, **more: Any) -> Page:
    return parse(page(*entries, **more))


def words(*entries: Entry, **more: Any) -> str:
    return " ".join(parsed(*entries, **more).text().split())


def inside(source: str, part: str) -> str:
    """The text of one part of the page."""
    found = re.search(rf'<section id="{part}">.*?</section>', source, re.DOTALL)
    assert found
    return " ".join(parse(found[0]).text().split())


def test_after_the_fix_it_is_a_postmortem_of_what_was():
    text = words(*WHOLE)
    told = ["ECS 런북 · 포스트모템", "포스트모템: momentir-cx-llm-service 배포 멈춤", "정상", "복구 시각:"]
    told += ["감지까지 18분", "조치까지 3분 6초", "복구까지 26분", "이미지 태그 없음"]
    told += ["새 배포가 완료된 것을 모니터링으로 확인했습니다.", "동작 확인을 통과했습니다."]
    assert [part for part in told if part not in text] == []
    assert "배포 진단 보고서" not in text


def test_the_numbered_parts_are_those_of_every_report():
    def titles(found: Page) -> list[str]:
        return [data.strip() for tag, data in found.texts if tag == "h2"]

    assert titles(parsed(*WHOLE)) == titles(parsed(now=made.guide()))


@LANGUAGES
def test_the_page_is_well_formed_and_in_one_language(lang):
    found = parsed(*WHOLE, lang=lang)
    assert (found.unbalanced, found.open) == ([], [])
    ids = [attributes["id"] for _, attributes in found.starts if "id" in attributes]
    assert len(ids) == len(set(ids))
    if lang == "en":
        assert HANGUL.findall(found.text()) == []
        return
    quoted = ("style", "code", "blockquote", "td", "title")
    prose = [data for tag, data in found.texts if tag not in quoted and not HANGUL.search(data)]
    assert [data for data in prose if ENGLISH.search(data)] == []


def test_the_checklist_stands_beside_that_of_the_worst_look():
    source = page(*WHOLE)
    text = inside(source, "checklist")
    assert "인시던트 중: 2026-11-23 16:58:28 KST (UTC+09:00) · 지금: 17:18:28" in text
    assert source.count('data-l="인시던트 중"') == source.count('data-l="지금"') == 7


def test_people_and_ecs_are_on_one_picture_and_in_one_table():
    source = page(*WHOLE)
    assert len(re.findall(r'class="pill"', source)) >= 3
    letters = re.findall(r'<td class="number" data-l="#">([A-Z])</td>', source)
    assert letters == list("ABCDEFGH")
    assert made.deployment_id(3) in inside(source, "timeline"), "what ECS lists no more is still there"


def test_one_that_goes_on_keeps_its_form_and_has_the_times_so_far():
    text = words(*OPEN, now=made.guide())
    assert "ECS 런북 · 인시던트 보고서" in text
    assert "감지까지 18분" in text
    assert "감지 후 지난 시간 20분" in text
    assert "감지: 2026-11-23 16:58:28 KST (UTC+09:00) 진단. 배포 시작부터 감지까지: 18분." in text
    assert "감지 후 지난 시간" not in words(now=made.guide()), "the first look has nothing to tell beside itself"


@LANGUAGES
def test_nothing_of_now_is_told_where_nothing_was_read_since_it_was_over(lang):
    last = replace(made.guide(), collected_at=at(0))
    source = html(judge(last), last, Context(lang, record=WHOLE))
    found = parse(source)
    assert (found.unbalanced, found.open) == ([], [])
    assert "compared" not in source[source.index("<body") :], "there is no look beside which that of now could stand"
    letters = re.findall(r'<td class="number" data-l="#">([A-Z])</td>', source)
    assert letters == list("ABCDEFGH")
    drawn = source[source.index('<svg viewBox="0 0 904') :].split("</svg>")[0]
    assert len(re.findall(r'class="pill"', drawn)) >= 3, "what was done after the look is in the picture"
    status = {"ko": "복구됨", "en": "Recovered"}[lang]
    assert status in " ".join(found.text().split())


def test_what_is_not_on_record_is_said():
    text = words(looked(0), entry(1, "run", {"status": "interrupted", "run": "r"}), entry(2, "intent", {"change": "x"}))
    told = ["배포 시작 시각이 기록에 없음", "기록된 변경 없음", "근거를 읽을 수 없어", "근거를 읽을 수 없는 진단: 1개."]
    told += ["실패하거나 중단된 노트북 실행: 1개.", "시작한 뒤 결과가 기록되지 않은 변경: 1개."]
    assert [part for part in told if part not in text] == []


def test_over_several_days_every_time_has_its_date():
    text = words(looked(0, made.guide()), entry(3000, "closed"), minutes=3001)
    assert "(11-23 16:40:28~11-25 18:58:28)" in text
    assert "(16:40:28~17:06:28)" in words(*WHOLE)


EARLIER = {
    "rule": "log_group_absent",
    "label": "log-group-missing",
    "confidence": "confirmed",
    "facts": {"revision": "momentir-cx-llm:1", "log_group": "/ecs/gone", "region": "ap-northeast-2"},
}


@LANGUAGES
@pytest.mark.parametrize(("entries", "now"), [(WHOLE, CURED), (OPEN, made.guide())], ids=["over", "going on"])
def test_a_cause_that_only_another_look_saw_has_a_short_card(entries, now, lang):
    source = page(looked(-5, causes=[EARLIER]), *entries, now=now, lang=lang)
    last = source[source.index('<section id="causes">') : source.index('<section id="fix">')].split("<article")[-1]
    text = " ".join(parse(f"<article{last}").text().split())
    told = {
        "ko": ["로그 그룹 없음 확정", "로그 그룹: /ecs/gone", "의미", "16:53:28 · 진단 1회"],
        "en": ["Confirmed", "Log group: /ecs/gone", "What it means", "16:53:28 · looks: 1"],
    }[lang]
    assert [part for part in told if part not in text] == []


def test_a_cause_of_a_later_version_has_its_name_and_when_it_was_seen():
    unknown = {"rule": "moon_phase", "confidence": "sure", "facts": {"phase": ["full"]}}
    text = inside(page(looked(-5, causes=[unknown]), *WHOLE), "causes")
    assert "moon_phase 알 수 없음" in text
    assert "본 진단 16:53:28 · 진단 1회" in text


def test_files_of_the_journal_that_cannot_be_read_are_counted():
    last = replace(CURED, collected_at=at(20))
    assert "읽을 수 없는 인시던트 기록 파일: 2개" in inside(
        html(judge(last), last, Context("ko", record=WHOLE, damaged=2)), "unread"
    )


def test_clocks_that_differ_are_said_to():
    ahead = [replace(e, at=e.at + timedelta(hours=1)) for e in WHOLE]
    assert "최대 1시간 달라" in words(*ahead)
    assert "시계" not in words(*WHOLE)


@pytest.mark.parametrize("facts", HOSTILE.values(), ids=HOSTILE)
@LANGUAGES
def test_a_page_can_be_made_of_any_look(facts, lang):
    found = parsed(entry(0, "look", facts | {"state": "stuck"}), *WHOLE[2:], lang=lang)
    assert (found.unbalanced, found.open) == ([], [])


EVIL = "<script>alert(1)</script> `</code>` \x1b[31m \u202e {{ 7*7 }} " + "x" * 5000


@pytest.mark.parametrize("kind", [e.kind for e in WHOLE] + ["run", "unknown"])
def test_text_of_an_entry_stays_text(kind):
    facts = dict.fromkeys(("state", "by", "plan", "change", "what", "outcome", "end", "why", "reason", "status"), EVIL)
    evil = [*WHOLE, replace(entry(5, kind, facts | {"causes": [{"rule": EVIL, "facts": {}}]}), who=EVIL)]
    found = parsed(*evil)
    assert (found.unbalanced, found.open) == ([], [])
    assert found.all("script") == []


def test_an_incident_of_days_and_hundreds_of_looks_stays_readable():
    looks = [looked(10 * n, made.guide() if n % 40 == 0 else None) for n in range(432)]
    found = story(looks, *(f(replace(CURED, collected_at=at(4400))) for f in (lambda e: e, judge)))
    every, shown, quiet = acts(found, Context())
    assert (every, len(shown)) == (1, 1)
    assert quiet == 431
    changes = [entry(n, "change", {"plan": "p", "change": str(n), "outcome": "done"}) for n in range(60)]
    source = page(looked(0, made.guide()), *changes, minutes=80)
    assert len(re.findall(r'data-l="#">[A-Z]</td>', source)) == MOST_ACTS
    assert f"표에 없는 행동: {61 - MOST_ACTS}개" in parse(source).text()


def standing(evidence: Evidence) -> dict[str, str]:
    return {m.id: m.standing for m in measures(evidence, judge(evidence), ())}


SETTINGS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "nothing": ({}, {"rollback": "unset", "alarms": "unset"}),
    "breaker": ({"deploymentCircuitBreaker": {"enable": True, "rollback": False}}, {"rollback": "part"}),
    "rollback": ({"deploymentCircuitBreaker": {"enable": True, "rollback": True}}, {"rollback": "set"}),
    "alarms": ({"alarms": {"enable": True, "alarmNames": ["a"]}}, {"alarms": "set"}),
    "alarms that are off": ({"alarms": {"enable": False, "alarmNames": ["a"]}}, {"alarms": "unset"}),
    "other shapes": ({"deploymentCircuitBreaker": "on", "alarms": [1]}, {"rollback": "unset", "alarms": "unset"}),
}


@pytest.mark.parametrize(("settings", "expected"), SETTINGS.values(), ids=SETTINGS)
def test_the_state_of_prevention_is_what_was_read(settings, expected):
    described = made.service(made.deployment(4, 6, rolloutState="COMPLETED"), deploymentConfiguration=settings)
    assert standing(made.healthy(described=described)).items() >= expected.items()


def test_what_cannot_be_known_is_never_said_to_be_there():
    found = standing(replace(CURED, readings=()))
    assert set(found) == set(ITEMS)
    assert {found[name] for name in ("rollback", "alarms", "duplicates", "paths", "image_tag")} == {"unknown"}
    assert {found[name] for name in ("wait", "timeout", "schema", "notify", "health_metric")} == {"unlooked"}
    blue = made.service(made.deployment(4, 6), deploymentController={"type": "CODE_DEPLOY"})
    assert standing(made.healthy(described=blue))["rollback"] == "none"


def test_prevention_names_what_it_would_have_been_against_this_time():
    text = inside(page(*WHOLE), "prevention")
    assert "이번 원인: 이미지 태그 없음" in text
    assert "조회하지 않음" in text


def test_causes_that_only_another_look_saw_are_told_apart():
    other = looked(1, causes=[{"rule": "secret_absent", "confidence": "likely", "facts": {}}])
    two = looked(0, made.guide(), causes=[{"rule": "image_tag_absent"}, {"rule": "deployments_overlapping"}])
    text = inside(page(two, other, *WHOLE[2:]), "causes")
    assert "다른 진단에서만 본 원인" in text


def test_while_it_goes_on_the_impact_is_the_worst_of_all_looks_too():
    rows = [made.target(5, "unhealthy")]
    readings = [r for r in made.guide().readings if r.request.kind != "target_health"]
    ill = replace(made.guide(), readings=(*readings, made.reading("target_health", rows)))
    text = words(looked(0, ill), *OPEN[2:], now=made.guide())
    assert "사용자 영향 있을 가능성 높음 정상 대상: 1개 중 0개" in text
    assert "가장 나빴을 때(조회: 16:58:28) 정상 대상이 없었습니다." in text


@pytest.mark.parametrize("now", [CURED, made.guide()], ids=["over", "going on"])
def test_every_item_of_prevention_has_its_state_and_none_reads_as_done_that_nobody_looked_at(now):
    source = page(*OPEN, now=now)
    part = source[source.index('<section id="prevention">') : source.index('<section id="appendix">')]
    assert part.count('data-l="지금 상태"') == len(ITEMS)
    text = inside(source, "prevention")
    assert "배포 서킷 브레이커" in text
    assert "t-ok" not in part
    assert "배포 전 검사 여부는 조회하지 않음" in text


def test_a_run_that_was_killed_is_told_apart_from_one_that_was_interrupted_with_what_its_time_means():
    runs = [entry(n, "run", {"status": "interrupted", "error": e, "run": "r"}) for n, e in ((5, "killed"), (6, ""))]
    text = inside(page(*WHOLE, *runs), "fix")
    assert "강제 종료됨 · 적힌 시각은 이를 발견한 시각" in text
    assert "중단됨 · r" in text


STOP = {**DONE, "change": "stop-task:7deb3a094a850b7d217c069f843ed0cc", "what": "stop-task"}
DARK = {"at": at(5).isoformat(), "healthy": 0, "total": 1}


def watched(targets: dict[str, Any], *stops: Entry) -> tuple[Entry, ...]:
    """The whole record, in which a watch noted the worst target health that it saw, and tasks were stopped."""
    of = {"phase": "end", "end": "completed", "deployment": made.deployment_id(4), "targets": targets}
    return tuple(sorted([*(e for e in WHOLE if e.at != at(8)), entry(8, "watch", of), *stops], key=lambda e: e.at))


@pytest.mark.parametrize(("minutes", "told"), [(4.5, True), (6, False)], ids=["before", "after"])
def test_harm_that_was_seen_after_the_plan_stopped_a_task_says_so(minutes, told):
    text = inside(page(*watched(DARK, entry(minutes, "change", STOP)), lang="en"), "impact")
    assert "there was no healthy target" in text
    assert ("the plan had begun to stop tasks" in text) == told
    assert ("7deb3a094a85" in text) == told


def test_where_no_harm_was_seen_no_stopped_task_is_named():
    record = watched({**DARK, "healthy": 1}, entry(4.5, "change", STOP))
    assert "begun to stop tasks" not in inside(page(*record, lang="en"), "impact")


def test_a_stop_that_was_begun_counts_though_its_end_is_recorded_later_and_one_that_failed_does_not():
    begun, later = entry(4.5, "intent", STOP), entry(6, "change", STOP)
    assert "begun to stop tasks" in inside(page(*watched(DARK, begun, later), lang="en"), "impact")
    failed = entry(6, "change", {**STOP, "outcome": "failed"})
    assert "begun to stop tasks" not in inside(page(*watched(DARK, begun, failed), lang="en"), "impact")
    refused = entry(3.5, "change", {**STOP, "plan": "of before", "outcome": "failed"})
    assert "begun to stop tasks" in inside(page(*watched(DARK, refused, begun, later), lang="en"), "impact")


@pytest.mark.parametrize(("begun", "told"), [(4.7, True), (4.3, False)], ids=["after", "before"])
def test_a_watch_that_began_after_the_stop_read_after_it_though_awss_clock_is_behind(begun, told):
    noted = {"phase": "begin", "deployment": made.deployment_id(4), "targets": {**DARK, "at": at(4.4).isoformat()}}
    record = [e for e in WHOLE if e.at not in (at(4), at(8))]
    record += [entry(begun, "watch", noted), entry(4.5, "intent", STOP), entry(6, "change", STOP)]
    text = inside(page(*sorted(record, key=lambda e: e.at), lang="en"), "impact")
    assert "there was no healthy target" in text
    assert ("begun to stop tasks" in text) == told
