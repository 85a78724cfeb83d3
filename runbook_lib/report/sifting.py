"""What a reader asks of a long table: the rows that hold a text, in the order of a column."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TypeGuard
from unicodedata import normalize

from runbook_lib.report.blocks import Block, Cell, Table
from runbook_lib.report.markup import clean, unmarked
from runbook_lib.report.render import Section

LONG = 5  # rows; what is no longer is seen at a glance
_SPACE = re.compile(r"\s+")
_DIGITS = re.compile(r"([0-9]+)")
_DECIMAL = re.compile(r"([0-9]+(?:\.[0-9]+)?)")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3})")
_NOTHING = ("", "–")
_Key = tuple[tuple[int, float, str], ...]


@dataclass(frozen=True)
class Sift:
    """What is asked: a text that a row must show, and the column to sort by (None: as listed), up or down."""

    text: str = ""
    column: int | None = None
    down: bool = False


def sifted(table: Table, asked: Sift, lang: str) -> Table:
    """The table with the rows that show the text, sorted; as it is where nothing is asked.

    Rows that it has no room for otherwise are found, too. Rows that are alike stay as they were; dashes come last.
    """
    wanted = _folded(asked.text)
    if not wanted and asked.column is None:
        return table
    rows = [row for row in table.rows + table.rest if any(wanted in _folded(shown(cell, lang)) for cell in row)]
    if asked.column is not None and asked.column < len(table.columns):
        rows = _sorted(rows, asked.column, asked.down, lang)
    return replace(table, caption=table.heading or table.caption, rows=tuple(rows), rest=())


def _sorted(rows: list[tuple[Cell, ...]], column: int, down: bool, lang: str) -> list[tuple[Cell, ...]]:
    said = [row for row in rows if shown(row[column], lang) not in _NOTHING]
    unsaid = [row for row in rows if shown(row[column], lang) in _NOTHING]
    return [*sorted(said, key=lambda row: _key(row[column], lang), reverse=down), *unsaid]


def shown(cell: Cell, lang: str) -> str:
    """What of a cell can be read, its note too."""
    text = clean(cell.text, lang) if cell.kind == "said" else unmarked(cell.text, lang)
    return f"{text} {unmarked(cell.note, lang)}" if cell.note else text


def _folded(text: str) -> str:
    """As people look for it: in whichever case and form it is written, 헬스 체크 being 헬스체크."""
    return _SPACE.sub("", normalize("NFC", text).casefold())


def _key(cell: Cell, lang: str) -> _Key:
    """What a cell is sorted by: what it means where it says so, else its text with the numbers in it as numbers."""
    if cell.key is not None:
        return ((0, cell.key, ""),)
    text = shown(cell, lang)
    parts = _DECIMAL.split(_THOUSANDS.sub("", text)) if cell.kind == "number" else _DIGITS.split(text)
    return tuple(
        (0, float(part) if "." in part else int(part), "") if n % 2 else (1, 0, normalize("NFC", part).casefold())
        for n, part in enumerate(parts)
        if part
    )


def is_long(block: Block) -> TypeGuard[Table]:
    """Whether a block is a table that is worth sifting."""
    return isinstance(block, Table) and len(block.rows) > LONG


def pieces(section: Section) -> tuple[Section, ...]:
    """A section in the order in which it is shown, each of its long tables in a piece of its own."""
    groups: list[list[Block]] = [[]]
    for block in section.blocks:
        if is_long(block):
            groups += [[block], []]
        else:
            groups[-1].append(block)
    first, *others = (replace(section, title="", blocks=tuple(group)) for group in groups)
    return tuple(one for one in (replace(first, title=section.title), *others) if one.title or one.blocks)
