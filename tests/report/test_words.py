"""Every verdict has its words in both languages, with its values filled in and nothing left open."""

import re
from dataclasses import replace

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.model import Outcome, Verdict
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.diagnosis.state import State
from runbook_lib.evidence.model import UNREAD_REASONS, Evidence, Unread, request
from runbook_lib.report import steps, words
from runbook_lib.report.context import Context
from tests.diagnosis import builder as made
from tests.diagnosis import test_mended as mendings
from tests.diagnosis.rules import test_application_exited as exits
from tests.diagnosis.rules import test_check_cannot_fail as weak
from tests.diagnosis.rules import test_container_check_failing as containers
from tests.diagnosis.rules import test_deployments_overlapping as overlaps
from tests.diagnosis.rules import test_execution_role_denied as denials
from tests.diagnosis.rules import test_execution_role_unassumable as roles
from tests.diagnosis.rules import test_health_check_code as codes
from tests.diagnosis.rules import test_health_check_path_mismatch as paths
from tests.diagnosis.rules import test_health_check_port as ports
from tests.diagnosis.rules import test_health_check_timeout as timeouts
from tests.diagnosis.rules import test_health_check_unanswered as unanswered
from tests.diagnosis.rules import test_image_platform_mismatch as platforms
from tests.diagnosis.rules import test_image_pull_failed as pulls
from tests.diagnosis.rules import test_image_tag_absent as tags
from tests.diagnosis.rules import test_log_group_absent as log_groups
from tests.diagnosis.rules import test_network_path_absent as networks
from tests.diagnosis.rules import test_secret_absent as secrets
from tests.diagnosis.rules import test_secret_env_duplicate as duplicates
from tests.diagnosis.rules import test_start_too_slow as slow
from tests.diagnosis.rules import test_target_group_detached as detached
from tests.diagnosis.rules import test_target_group_foreign as foreign
from tests.diagnosis.rules import test_tasks_unhealthy as unhealthy

CHECKS = (codes, ports, timeouts, detached, foreign, slow, containers, weak)
STARTS = (denials, roles, networks, platforms, secrets, log_groups)
MODULES = (exits, overlaps, paths, unanswered, pulls, tags, duplicates, unhealthy, *CHECKS, *STARTS)
INCIDENT = made.guide(more=(made.file(made.doubled()), made.logged(1, ("/health", 404), ("/", 200))))
EVIDENCE = {
    f"{module.RULE}: {name}": (module.RULE, case[0]) for module in MODULES for name, case in module.OUTCOMES.items()
} | {
    "out of memory": ("application_exited", exits.crashing(exits.exited(1, 2, 137, reason=exits.OOM))),
    "execution_role_denied: next": (
        "execution_role_denied",
        denials.answered(denials.failing(said=denials.UNREACHED), denials.LOGIN, denials.READ),
    ),
    "image_tag_absent: also": (
        "image_tag_absent",
        made.guide(
            definitions=[made.definition(3, made.container(tag="latest"), made.container("b", "gone"))],
            tags=("latest", "gone"),
        ),
    ),
    **{
        label: ("image_pull_failed", made.guide(tasks=[made.stopped(1, 3, 2, text, ran=False)]))
        for text, label in pulls.WHY
    },
}
LEFT_OPEN = re.compile(r"[{}]|None|\bFalse\b|\bTrue\b|``")
HANGUL = re.compile(r"[가-힣]")
both = pytest.mark.parametrize("lang", ["ko", "en"])


def of(rule, evidence) -> Verdict:
    return next(verdict for verdict in judge(evidence).verdicts if verdict.rule == rule)


def every_text(verdict: Verdict, evidence: Evidence, lang: str) -> list[str]:
    found = [words.title(verdict, lang), words.line(verdict, lang)]
    if verdict.outcome is Outcome.FAIL:
        found += [words.means(verdict, lang), *(step.text for step in steps.fix(verdict, evidence, Context(lang)))]
        found += [text for row in words.facts(verdict, lang, "Asia/Seoul") for text in row]
    return found


@both
@pytest.mark.parametrize(("rule", "evidence"), EVIDENCE.values(), ids=EVIDENCE)
def test_a_verdict_reads_whole(rule, evidence, lang):
    for text in every_text(of(rule, evidence), evidence, lang):
        assert text.strip()
        assert not LEFT_OPEN.search(text), text
        assert text.count("`") % 2 == 0, text
        assert lang == "ko" or not HANGUL.search(text), text


@both
@pytest.mark.parametrize(("rule", "evidence"), EVIDENCE.values(), ids=EVIDENCE)
def test_a_fault_comes_with_what_to_do_and_facts(rule, evidence, lang):
    verdict = of(rule, evidence)
    if verdict.outcome is Outcome.FAIL:
        assert steps.fix(verdict, evidence, Context(lang))
        assert words.facts(verdict, lang, "Asia/Seoul")


@both
@pytest.mark.parametrize("reason", [*UNREAD_REASONS, "partial", "rule-crashed"])
def test_a_verdict_that_could_not_be_given_says_why(reason, lang):
    for rule in (rule.id for rule in RULES):
        says_why(rule, reason, lang)


def says_why(rule, reason, lang):
    facts = {"reason": reason, "operation": "ecr:BatchGetImage", "action": "ecr:BatchGetImage", "kinds": ["image_tags"]}
    told = {"reason": reason, "exception": "KeyError"} if reason == "rule-crashed" else facts
    text = words.line(Verdict(rule, "unknown", "cause", Outcome.UNKNOWN, facts=told), lang)
    assert not LEFT_OPEN.search(text), (rule, text)


def test_a_missing_permission_is_named_and_is_no_fault():
    denied = of("image_tag_absent", made.without(made.healthy(), "image_tags"))
    assert words.title(denied, "ko") == "이미지 태그"
    assert "`ecr:BatchGetImage` 권한 없음" in words.line(denied, "ko")


@both
@pytest.mark.parametrize("reason", UNREAD_REASONS)
def test_what_could_not_be_read_is_one_sentence_with_its_operation(reason, lang):
    lost = Unread(request("image_tags"), "ecr:BatchGetImage", "ecr:BatchGetImage", reason, "Code", "message")
    assert "`ecr:BatchGetImage`" in words.unread(lost, lang)


LINES = {
    "deployments_overlapping": "`IN_PROGRESS` 배포: 2개 (가장 오래된 배포: 18분째)",
    "tasks_unhealthy": "비정상 태스크: 1개 중 1개 · 컨테이너 헬스체크 실패로 중지: 2개",
    "secret_env_duplicate": "중복 이름: `LANGSMITH_TRACING` · 위치: `aws/task-definition.json`",
    "health_check_path_mismatch": "컨테이너: `/health` · 대상 그룹: `/` · 받은 코드: 404 · 정상 응답 코드: 200",
    "image_tag_absent": "태그: `latest` · 리포지토리: `momentir-cx-llm`",
    "image_pull_failed": "중지 사유: 이미지가 레지스트리에 없음 · 3회 · 리비전: `momentir-cx-llm:3`",
    "health_check_unanswered": "컨테이너 헬스체크 실패 · 비정상: 1개 · 중지: 2개 · 리비전: `momentir-cx-llm:2`",
}


def test_the_line_of_the_mirror_tells_targets_and_the_load_balancers_stops():
    told = words.line(of("tasks_unhealthy", made.guide_target_group()), "ko")
    unhealthy = "비정상 태스크: 1개 중 0개 · 대상이 비정상인 태스크: 1개"
    assert told == f"{unhealthy} · 로드 밸런서 헬스체크 실패로 중지: 1개"


@pytest.mark.parametrize(("rule", "line"), LINES.items())
def test_the_lines_of_the_guides_incident(rule, line):
    assert words.line(of(rule, INCIDENT), "ko") == line


def test_a_value_cannot_end_its_code_mark():
    hostile = replace(of("image_tag_absent", INCIDENT), facts={"tag": "a`b", "repository": "`", "image": "x`y"})
    assert words.line(hostile, "en").count("`") == 4


@both
def test_states_outcomes_confidences_and_questions_have_words(lang):
    assert all(words.state(state, lang) for state in State)
    assert all(words.outcome(outcome, lang) for outcome in Outcome)
    assert all(words.confidence(level, lang) for level in ("confirmed", "likely"))
    assert words.confidence(None, lang) == ""
    assert len({words.checklist_question(item, lang) for item in range(1, 8)}) == 7


@both
@pytest.mark.parametrize("case", [*mendings.MENDED.values(), (mendings.ENDED, "")])
def test_what_is_mended_says_so_and_what_follows(case, lang):
    line = words.line(of("task_start_failed", case[0]), lang)
    assert {"ko": "지금은 해소됨", "en": "No longer so"}[lang] in line
    assert ("--force-new-deployment" in line) is (case[0] is not mendings.ENDED)
    assert not LEFT_OPEN.search(line)
