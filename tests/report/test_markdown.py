"""The report as Markdown: tables, headings, no HTML; what is not ours forges, links and mentions nothing."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.report import blocks as b
from runbook_lib.report.context import Context
from runbook_lib.report.markdown import markdown, rich, section
from runbook_lib.report.page import document
from tests.report import sample
from tests.safety.hostile import HOSTILE, incident, poisoned

FENCE = re.compile(r"^ *(`{3,})[a-z]*\n.*?^ *\1$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)")
HEADING = re.compile(r"^#{1,6} ", re.MULTILINE)
HTML_TAG = re.compile(r"(?<!\\)<(?!https://docs\.aws\.amazon\.com/)")
LINKED = re.compile(r"(?<!<)https?://|www\.|@\w|(?<!\\)\]\(|(?<!\\)!\[", re.IGNORECASE)


def made_of(evidence, lang="ko"):
    return document(judge(evidence), evidence, Context(lang))


def report(evidence, lang="ko"):
    return markdown(made_of(evidence, lang))


def prose(text: str) -> str:
    """What is left without fenced blocks and code: what a renderer reads as Markdown."""
    return CODE.sub("", FENCE.sub("", text))


def rows(text: str) -> list[int]:
    """The number of cells of every row of every table."""
    lines = FENCE.sub("", text).splitlines()
    return [len(re.findall(r"(?<!\\)\|", line)) - 1 for line in lines if line.startswith("| ")]


def inside(made) -> list[b.Block]:
    return [block for part in made.parts for block in b.walk(part.blocks)]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_it_tells_what_the_page_tells(lang):
    text = report(sample.guide(), lang)
    made = made_of(sample.guide(), lang)
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == [f"{p.number}. {p.title}" if p.number else p.title for p in made.parts]
    facts = [
        "momentir-cx-llm-service",
        sample.TAG,
        "/health",
        "LANGSMITH_TRACING",
        "Task failed container health checks",
    ]
    assert [fact for fact in facts if fact not in text] == []
    assert HTML_TAG.findall(prose(text)) == []


def test_levels_come_in_order():
    levels = [len(mark) for mark in re.findall(r"^(#+) ", FENCE.sub("", report(sample.guide())), re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("where", ["words", "names", "states"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_forges_a_heading_a_row_a_link_or_a_mention(name, where):
    made = made_of(poisoned(incident(), HOSTILE[name][: 1_000_000 if where == "words" else 10_000], where))
    text = markdown(made)
    left = prose(text)
    blocks = inside(made)
    headed = [block for block in blocks if isinstance(block, b.Card | b.Fold | b.Heading)]
    tables = [block for block in blocks if isinstance(block, b.Table)]
    assert len(HEADING.findall(left)) == 1 + len(made.parts) + len(headed)
    assert rows(text) == [len(table.columns) for table in tables for _ in range(len(table.rows) + 2)]
    assert HTML_TAG.findall(left) == []
    assert LINKED.findall(left) == []


TEXTS = {
    "mention": ("seen by @octocat today", "seen by `@octocat` today"),
    "address": ("see https://example.com/a.", "see `https://example.com/a.`"),
    "reference": ("fixes octo/cat#12", "fixes `octo/cat#12`"),
    "heading": ("# not one", r"\# not one"),
    "list": ("- not one", r"\- not one"),
    "number": ("1. not one", r"1\. not one"),
    "time of day": ("08:19:44", "08:19:44"),
    "ruler": ("=====", r"\====="),
    "code": ("the tag `a|b`", "the tag `a|b`"),
    "lone backtick": ("a ` b", r"a \` b"),
    "formula": ("$x$ and <b>", r"\$x\$ and \<b\>"),
}


@pytest.mark.parametrize(("given", "made"), TEXTS.values(), ids=TEXTS)
def test_prose_is_escaped(given, made):
    assert rich(given, "en") == made


def test_words_of_aws_stand_in_code_that_they_cannot_end():
    cells = [b.Cell(text, "said") for text in ("a|b", "`", "``x``", "a\\|b", "line\nline")]
    table = b.Table("", ("x",), tuple((cell,) for cell in cells))
    rows = section("t", (table,), "en").splitlines()[4:]
    assert rows == ["| `a\\|b` |", "| `` ` `` |", "| ``` ``x`` ``` |", "| `a\\|b` |", "| `line\\nline` |"]


def test_a_fence_is_longer_than_any_in_it():
    assert section("t", (b.Quote("```\n# x\n````"),), "en").splitlines()[2:] == [
        "`````text",
        "```",
        "# x",
        "````",
        "`````",
    ]
