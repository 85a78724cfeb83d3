"""Text of others stays text: nothing in it becomes markup, and what cannot be seen is made visible."""

from __future__ import annotations

import pytest

from runbook_lib.report.markup import LONGEST, clean, code, rich, said, unmarked


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
        ("\x1b[31mred", "␛[31mred"),
        ("a\x00b", "a␀b"),
        ("\u202eevil", "‹U+202E›evil"),
        ("zero\u200bwidth", "zero‹U+200B›width"),
        ("line\u2028end", "line‹U+2028›end"),
        ("half\ud800", "half\ufffd"),
        ("\x85\x9b", "‹U+0085›‹U+009B›"),
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
    assert rich(code("a` <b>`c"), "ko") == "<code>aˋ &lt;b&gt;ˋc</code>"


def test_a_terminal_gets_no_marks():
    assert unmarked("a `b` c", "ko") == "a b c"
