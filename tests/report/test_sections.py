"""Every section shows itself in a notebook and in a terminal, alone, in both languages."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from runbook_lib import report, text
from runbook_lib.diagnosis.engine import judge
from runbook_lib.report import sections
from runbook_lib.report.context import Context
from runbook_lib.report.plain import WIDTH, columns
from runbook_lib.report.render import Section
from tests.report import sample
from tests.report.page_parser import parse

EVIDENCE = sample.guide()
DIAGNOSIS = judge(EVIDENCE)
DENIED = sample.denied("tasks", "image_tags", "images", "target_health")
COMMANDS = {
    "service_state": "aws ecs describe-services",
    "running_tasks": "aws ecs list-tasks",
    "task_details": "aws ecs describe-tasks",
    "service_events": "services[0].events[:10]",
    "image_tags": "aws ecr describe-images",
}
every_section = pytest.mark.parametrize("name", sections.__all__)
LANGUAGES = pytest.mark.parametrize("lang", ["ko", "en"])


def section(name: str, lang: str = "ko", evidence=EVIDENCE, **options) -> Section:
    return getattr(sections, name)(judge(evidence), evidence, Context(lang, **options))


@every_section
@LANGUAGES
def test_a_section_stands_alone_in_a_notebook(name, lang):
    bundle = section(name, lang)._repr_mimebundle_()
    found = parse(bundle["text/html"])
    assert set(bundle) == {"text/plain", "text/html"}
    assert (found.unbalanced, found.open) == ([], [])
    assert found.all("div")[0] == {"class": "rb out", "lang": lang}
    assert len(found.all("style")) == 1
    assert found.all("script") == []


@every_section
@LANGUAGES
def test_a_section_reads_well_in_a_terminal(name, lang):
    shown = section(name, lang).text
    whole = ("aws ", "--", "watch", "curl", "https://docs.aws.amazon.com/")  # what is copied is not wrapped
    long = [line for line in shown.splitlines() if columns(line) > WIDTH and not any(word in line for word in whole)]
    assert long == []
    assert "\x1b" not in shown
    assert "<" not in shown.replace("<ALB", "").replace("<NEW", "").replace("<TASK", "").replace("<...>", "")


@every_section
def test_a_section_without_anything_read_says_so(name):
    shown = section(name, evidence=sample.denied(*{r.request.kind for r in EVIDENCE.readings}))
    assert len(shown.text.splitlines()) > 2
    assert parse(shown.html).unbalanced == []


@pytest.mark.parametrize(("name", "command"), COMMANDS.items())
def test_each_step_shows_the_command_it_stands_for(name, command):
    assert command in section(name).text
    assert command in parse(section(name).html).text()


def test_stopped_reasons_and_events_are_verbatim():
    assert sample.PULL in parse(section("task_details").html).text()
    assert sample.events()[0]["message"] in parse(section("service_events").html).text()


def test_the_absent_tag_leads_the_list_of_images():
    lines = section("image_tags").text.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("latest"))
    assert "없음" in lines[at]
    assert lines[at + 1].startswith(sample.TAG)


def test_the_checklist_has_seven_items():
    found = parse(section("checklist").html)
    assert len(found.all("li")) == 7


def test_sure_causes_are_filled():
    found = section("causes").html
    assert 'class="tag bad solid"' in found


def test_a_likely_cause_is_outlined():
    evidence = sample.denied("log_tail")
    assert 'class="tag bad "' in section("causes", evidence=evidence).html


def test_unknown_is_dashed_violet_and_never_green():
    found = section("unread", evidence=DENIED).html
    assert 'class="st unk"' in found
    assert 'class="st ok"' not in found


def test_nothing_unread_is_said():
    assert "없음. 필요한 것을 모두 조회하고 판정했습니다." in section("unread", evidence=sample.healthy()).text


def test_themes_follow_the_system_and_jupyterlab():
    found = section("overview").html
    assert "prefers-color-scheme:dark" in found
    assert '[data-jp-theme-light="true"]' in found
    assert '[data-jp-theme-light="false"]' in found


def test_the_lab_is_named():
    assert "실습 환경 · 실제 AWS 아님" in section("overview", lab=True).text


def keys_used() -> set[str]:
    """Keys written out in the code of reports: say("...") of a context, word("...") of a postmortem, and tables."""
    sources = Path(report.__file__).parent.rglob("*.py")
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sources]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    found = set()
    for call in calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        words = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name == "say" and words and isinstance(call.func, ast.Attribute):
            found.add(f"report.{words[0]}")
        if name == "word" and words:
            found.add(f"story.{words[0]}")
        if name == "table" and len(words) == 2:
            found |= {f"report.caption.{words[0]}", *(f"report.column.{column}" for column in words[1].split())}
    return found


def test_every_key_that_is_used_has_words_in_both_languages():
    used = keys_used()
    assert len(used) > 60
    assert [key for key in sorted(used) if not text.has(key)] == []
    assert [key for key in used for lang in text.LANGUAGES if not text.template(key, lang)] == []


def test_the_report_loads_nothing_heavy():
    heavy = "{'pandas', 'matplotlib', 'IPython', 'ipywidgets', 'boto3'}"
    code = f"import sys, runbook_lib.report.page; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_contrast_of_every_hue_is_enough_in_both_themes():
    folder = Path(report.__file__).parent / "css"
    for theme in ("light", "dark"):
        source = (folder / f"{theme}.css").read_text(encoding="utf-8")
        hues = dict(re.findall(r"--([\w-]+):(?:var\([^,]+,)?(#[0-9a-f]{3,6})", source))
        pairs = [(hue, ground) for hue in ("ink", "ink2", "ink3", "link") for ground in ("bg", "sub")]
        pairs += [(hue, "bg") for hue in ("ok", "bad", "run", "unk", "risk", "off")]
        pairs += [("on", hue) for hue in ("ok", "bad", "run", "risk")] + [("unk", "unk-t"), ("ink", "off-t")]
        low = {pair: contrast(hues[pair[0]], hues[pair[1]]) for pair in pairs}
        assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
