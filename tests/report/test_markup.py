"""Text of others stays text: nothing in it becomes markup, and what cannot be seen is made visible."""

from __future__ import annotations

import pytest

from runbook_lib.report import markdown
from runbook_lib.report.markup import LONGEST, clean, code, is_formula, rich, said, unmarked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a `b` c", "a <code>b</code> c"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("`<b>`", "<code>&lt;b&gt;</code>"),
        ("one ` alone", "one ` alone"),
        ("&amp;", "&amp;amp;"),
        ("", ""),
    ],
)
def test_prose_is_escaped_and_backticks_are_code(text, expected):
    assert rich(text, "ko") == expected


def test_words_of_aws_keep_their_backticks():
    assert said("`x` <y>", "en") == "`x` &lt;y&gt;"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\x00b", r"a\x00b"),
        ("\u202eevil", r"\u202eevil"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("line\u2028end", r"line\u2028end"),
        ("half\ud800", r"half\ud800"),
        ("\x85\x9b", r"\x85\x9b"),
        ("tags \U000e0041", r"tags \U000e0041"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("한글 ·  …", "한글 ·  …"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text, expected):
    assert clean(text, "ko") == expected
    assert clean(text, "ko").encode("utf-8")


@pytest.mark.parametrize(("lang", "note"), [("ko", "1,048,576자 중 2,000자 표시"), ("en", "2,000 of 1,048,576")])
def test_an_endless_line_is_cut_with_a_note(lang, note):
    cut = clean("x" * 1_048_576, lang)
    assert note in cut
    assert len(cut) < LONGEST + 60


def test_code_cannot_be_broken_out_of():
    assert rich(code("a` <b>`c"), "ko") == '<code class="w">aˋ &lt;b&gt;ˋc</code>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one · `two` · three", "one\u00a0· <code>two</code>\u00a0· three"),
        ("at 2026-11-23 16:58:28 KST", 'at <span class="nb">2026-11-23 16:58:28</span> KST'),
        ("tag (2026-11-23)", 'tag <span class="nb">(2026-11-23</span>)'),
        ("on 2026-11-23.", 'on <span class="nb">2026-11-23</span>.'),
        (f"`{'x' * 28}`", f"<code>{'x' * 28}</code>"),
        (f"`{'x' * 29}`", f'<code class="w">{"x" * 29}</code>'),
        ("`한글`", '<code class="w">한글</code>'),
    ],
)
def test_lines_break_where_they_may(text, expected):
    assert rich(text, "ko") == expected


@pytest.mark.parametrize("empty", ["``", "` `"])
def test_a_value_that_is_not_there_is_a_dash(empty):
    assert (
        rich(f"plan {empty}", "en")
        == unmarked(f"plan {empty}", "en")
        == markdown.rich(f"plan {empty}", "en")
        == "plan –"
    )


def test_a_terminal_gets_no_marks():
    assert unmarked("a `b` c", "ko") == "a b c"


@pytest.mark.parametrize("shown", [unmarked, rich])
def test_no_value_begins_a_line_of_its_own(shown):
    assert shown("`a`\n\tState: Healthy".replace("`", ""), "en") == r"a\n\tState: Healthy"


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        *(
            (text, True)
            for text in ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "`=HYPERLINK(1)`", "＝1")
        ),
        *((text, False) for text in ("(service a) =1", "–", "", "`latest`", "1-2")),
    ],
)
def test_what_a_spreadsheet_would_compute_is_known(text, formula):
    assert is_formula(text) is formula
