"""Long tables: the rows that hold a text, and the order that a column's values mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from unicodedata import normalize

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.report.blocks import Cell, Paragraph, Table, number, state, value
from runbook_lib.report.context import Context
from runbook_lib.report.render import Section
from runbook_lib.report.sections.readings import MOST_EVENTS, service_events
from runbook_lib.report.sections.values import when
from runbook_lib.report.sifting import LONG, Sift, pieces, sifted
from tests.report import sample

DASH = Cell("–", "muted")


def column(*cells: Cell) -> Table:
    return Table("", ("one",), tuple((cell,) for cell in cells))


def texts(table: Table) -> list[str]:
    return [row[0].text.strip("`") for row in table.rows]


EVENTS = column(
    Cell("(service api) has reached a steady state.", "said"),
    Cell("(service api) was unable to `place` a task", "said"),
    state("bad", "비정상", note="헬스체크 실패"),
    value("bfea2cf646"),
)
FOUND = {
    "any case": ("STEADY", [0]),
    "a part of a word": ("lac", [1]),
    "what AWS put in backticks": ("`place`", [1]),
    "our marks of code are not what is seen": ("`bfea", []),
    "a value in code": ("bfea2", [3]),
    "a note": ("실패", [2]),
    "Hangul in parts": (normalize("NFD", "비정상"), [2]),
    "Hangul with a space more": ("헬스 체크", [2]),
    "a space around it": (" steady ", [0]),
    "nothing": ("", [0, 1, 2, 3]),
    "what is not there": ("rollback", []),
    "what a pattern would mean": ("s.*y", []),
}


@pytest.mark.parametrize(("text", "rows"), FOUND.values(), ids=FOUND)
def test_rows_that_show_the_text_are_left(text, rows):
    assert sifted(EVENTS, Sift(text), "ko").rows == tuple(EVENTS.rows[n] for n in rows)


def test_a_text_is_looked_for_in_every_column():
    table = Table("", ("a", "b"), ((Cell("x"), Cell("one")), (Cell("y"), Cell("two"))))
    assert [row[1].text for row in sifted(table, Sift("y"), "en").rows] == ["two"]


ORDERED = {
    "counts, not digits": ([number(n) for n in (9, 10, 1_024, 100)], ["9", "10", "100", "1,024"]),
    "several codes": ([Cell("137", "number"), Cell("1, 137", "number"), Cell("2", "number")], ["1, 137", "2", "137"]),
    "parts of one": ([Cell(text, "number") for text in ("0.5", "0.25", "2")], ["0.25", "0.5", "2"]),
    "revisions": ([value(text) for text in (":10", ":9", ":42")], [":9", ":10", ":42"]),
    "versions": ([value(text) for text in ("v1.10.0", "v1.9.3", "latest")], ["latest", "v1.9.3", "v1.10.0"]),
    "words of any case": ([Cell(text) for text in ("b", "A", "c")], ["A", "b", "c"]),
    "long numbers": ([value(str(2**63 + n)) for n in (2, 1)], [str(2**63 + 1), str(2**63 + 2)]),
    "nothing last": ([DASH, number(2), number(1)], ["1", "2", "–"]),
}


@pytest.mark.parametrize(("cells", "expected"), ORDERED.values(), ids=ORDERED)
def test_a_column_is_sorted_by_what_it_says(cells, expected):
    assert texts(sifted(column(*cells), Sift(column=0), "ko")) == expected


def test_the_other_way_round_nothing_still_comes_last():
    assert texts(sifted(column(DASH, number(1), number(2)), Sift(column=0, down=True), "ko")) == ["2", "1", "–"]


def test_a_time_of_yesterday_comes_before_one_of_today():
    evidence = sample.guide()
    now = evidence.collected_at
    cells = [
        when(moment, evidence, Context("ko"))
        for moment in (now, None, now - timedelta(days=300), now - timedelta(days=1))
    ]
    found = sifted(column(*cells), Sift(column=0), "ko")
    assert [row[0] for row in found.rows] == [cells[2], cells[3], cells[0], cells[1]]


@pytest.mark.parametrize("down", [False, True])
def test_rows_that_are_alike_stay_in_their_order(down):
    table = Table("", ("a", "b"), tuple((number(n % 2), Cell(str(n))) for n in range(6)))
    found = sifted(table, Sift(column=0, down=down), "ko")
    ones, zeros = ["1", "3", "5"], ["0", "2", "4"]
    assert [row[1].text for row in found.rows] == ([*ones, *zeros] if down else [*zeros, *ones])


def test_a_column_that_is_not_there_sorts_nothing():
    assert sifted(EVENTS, Sift(column=7), "ko") == EVENTS


LONG_ONE = column(*(number(n) for n in range(LONG + 1)))
SHORT_ONE = column(*(number(n) for n in range(LONG)))


def test_long_tables_stand_apart_from_what_is_around_them():
    before, between, after = (Paragraph(text) for text in ("before", "between", "after"))
    other = replace(LONG_ONE, caption="other")
    section = Section("s", "Title", (before, LONG_ONE, between, SHORT_ONE, other, after), "en")
    assert [(piece.title, piece.blocks) for piece in pieces(section)] == [
        ("Title", (before,)),
        ("", (LONG_ONE,)),
        ("", (between, SHORT_ONE)),
        ("", (other,)),
        ("", (after,)),
    ]


def test_a_section_without_a_long_table_stays_in_one_piece():
    section = Section("s", "", (SHORT_ONE,), "en")
    assert pieces(section) == (section,)


def test_rows_that_there_is_no_room_for_are_found():
    table = replace(column(value("one")), rest=((value("two"),),))
    assert texts(sifted(table, Sift(), "en")) == ["one"]
    assert texts(sifted(table, Sift("two"), "en")) == ["two"]
    assert texts(sifted(table, Sift(column=0, down=True), "en")) == ["two", "one"]


def test_an_event_beyond_those_shown_is_found():
    guide = sample.guide()
    service = next(reading for reading in guide.readings if reading.request.kind == "service")
    old = {"id": "old", "createdAt": sample.moment("00:00:01"), "message": "(service api) has reached a steady state."}
    events = [*[{**old, "message": "has started 1 tasks"}] * MOST_EVENTS, old]
    whole = replace(service, data={**service.data, "events": events})
    evidence = replace(guide, readings=(whole,))
    section = service_events(judge(evidence), evidence, Context("en"))
    table = next(block for block in section.blocks if isinstance(block, Table))
    assert (len(table.rows), "steady" in section.html) == (MOST_EVENTS, False)
    found = sifted(table, Sift("steady"), "en")
    assert [row[1].text for row in found.rows] == [old["message"]]
    assert (table.caption, found.caption) == ("20 of 21, newest first", "Service events")
