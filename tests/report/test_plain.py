"""The terminal's form: columns that line up with Hangul in them, no colour codes."""

from __future__ import annotations

import pytest

from runbook_lib.report.blocks import Cell, Table
from runbook_lib.report.plain import WIDTH, columns, padded, text_of, wrapped


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("한글", 4), ("e\u0301", 1), ("Ａ", 2), ("", 0)])
def test_hangul_takes_two_columns(text, width):
    assert columns(text) == width


@pytest.mark.parametrize("text", ["짧은 글", "가" * 200, "a" * 200, "word " * 60, "섞인 mixed 글 " * 30])
def test_lines_never_exceed_their_width(text):
    assert all(columns(line) <= 40 for line in wrapped(text, 40))


def test_wrapping_loses_nothing():
    text = "가나다 " * 30 + "x" * 90
    assert "".join(wrapped(text, 40)).replace(" ", "") == text.replace(" ", "")


def test_padding_counts_columns():
    assert [columns(padded(word, 10, right)) for word in ("한글", "ab") for right in (True, False)] == [10] * 4


def test_table_columns_line_up_under_hangul():
    rows = tuple((Cell(name), Cell(str(n), "number"), Cell("끝")) for n, name in enumerate(("가나다라", "ab", "한 b")))
    lines = text_of("제목", (Table("표", ("이름", "수", "x"), rows),), "ko").splitlines()[-3:]
    assert len({columns(line.rpartition("끝")[0]) for line in lines}) == 1


def test_a_wide_table_is_folded_to_the_width():
    row = (Cell("a" * 90), Cell("b" * 90, "said"), Cell("가 " * 90))
    lines = text_of("t", (Table("", ("x", "y", "z"), (row,)),), "ko").splitlines()
    assert max(columns(line) for line in lines) <= WIDTH


@pytest.mark.parametrize(
    "text", ["\x1b[31mred\x07", "\u202egpj", "a\tb", "e\u0301" * 30, "\u1112\u1161\u11ab", "a\u200bb\x00", "b\nc"]
)
def test_columns_line_up_whatever_a_cell_holds(text):
    rows = tuple((Cell(cell, "said"), Cell("끝")) for cell in ("ab", text, "한글"))
    lines = text_of("제목", (Table("표", ("이름", "x"), rows),), "ko").splitlines()
    ends = [columns(line.rpartition("끝")[0]) for line in lines if "끝" in line]
    assert len(ends) == 3
    assert len(set(ends)) == 1
