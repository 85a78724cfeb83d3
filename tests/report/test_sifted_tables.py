"""Controls above long tables in a notebook: what is asked stays asked, whatever is drawn anew."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from runbook_lib.report.blocks import Cell, Paragraph, Table, number
from runbook_lib.report.render import Section
from runbook_lib.report.sifting import LONG
from runbook_lib.report.widgets.tables import Sifted, Sifter


@dataclass
class Shown:
    """What a view draws, changed by a test."""

    count: int = LONG + 3
    lang: str = "ko"
    titles: tuple[str, ...] = ("수", "이름")
    tables: int = 1
    before: str = "before"
    sifted: Sifted = field(init=False)

    def __post_init__(self) -> None:
        self.sifted = Sifted(self.draw)

    def draw(self) -> Section:
        more = (Cell("16:11:02"),) * (len(self.titles) - 2)
        rows = tuple((number(n), Cell(f"task-{n}"), *more) for n in range(self.count))
        tables = tuple(Table(f"table {n}", self.titles, rows, "tasks") for n in range(self.tables))
        return Section("s", "", (Paragraph(self.before), *tables), self.lang)

    def change(self, **to: object) -> None:
        for name, value in to.items():
            setattr(self, name, value)
        self.sifted.redraw()

    @property
    def sifters(self) -> list[Sifter]:
        here = self.sifted.widget.children
        return [one for one in self.sifted._places.values() if isinstance(one, Sifter) and one.widget in here]

    def names(self, which: int = 0) -> list[str]:
        html = self.sifters[which].view.widget.outputs[0]["data"]["text/plain"]
        return [word for word in html.split() if word.startswith("task-")]


@pytest.fixture
def shown() -> Shown:
    return Shown()


def test_a_table_that_is_seen_at_a_glance_has_no_controls():
    assert Shown(count=LONG).sifters == []


def test_rows_are_filtered_while_one_types(shown):
    shown.sifters[0].text.value = "task-3"
    assert shown.names() == ["task-3"]
    assert shown.sifters[0].count.value == f"{LONG + 3}개 중 1개"


def test_a_text_that_no_row_holds_says_so(shown):
    shown.sifters[0].text.value = "rollback"
    assert "없습니다" in shown.sifters[0].view.widget.outputs[0]["data"]["text/html"]


def test_a_column_is_sorted_and_turned_round(shown):
    one = shown.sifters[0]
    assert one.direction.disabled
    one.column.value = 0
    one.direction.click()
    assert shown.names() == [f"task-{n}" for n in reversed(range(LONG + 3))]
    assert (one.direction.description, one.direction.disabled) == ("내림차순", False)


CHANGES = {
    "another language": {"lang": "en", "titles": ("Count", "Name")},
    "a new look": {"count": LONG + 9},
    "other words around it": {"before": "other"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_asked_stays_when_the_section_is_drawn_anew(shown, change):
    one = shown.sifters[0]
    one.text.value, one.column.value = "task-", 0
    one.direction.click()
    children = shown.sifted.widget.children
    shown.change(**change)
    assert (one.text.value, one.column.value) == ("task-", 0)
    assert shown.names()[0] == f"task-{shown.count - 1}"
    assert shown.sifted.widget.children == children  # the keyboard stays where it is


def test_columns_are_named_in_the_language_of_now(shown):
    shown.change(lang="en", titles=("Count", "Name"))
    one = shown.sifters[0]
    assert [name for name, _ in one.column.options] == ["(as listed)", "Count", "Name"]
    assert (one.text.description, one.column.description) == ("Filter", "Sort")


def test_a_table_of_other_columns_begins_anew(shown):
    shown.sifters[0].text.value = "task-3"
    shown.change(titles=("수", "이름", "시각"))
    assert shown.sifters[0].text.value == ""


def test_two_tables_are_sifted_each_for_itself():
    shown = Shown(tables=2)
    shown.sifters[1].text.value = "task-3"
    assert (len(shown.names(0)), shown.names(1)) == (LONG + 3, ["task-3"])


def test_controls_say_which_table_they_are_for():
    shown = Shown(tables=2)
    assert [one.text.tooltip for one in shown.sifters] == ["table 0", "table 1"]


def test_a_table_that_was_short_for_a_while_keeps_what_was_asked(shown):
    shown.sifters[0].text.value = "task-3"
    shown.change(count=LONG)
    assert shown.sifters == []
    shown.change(count=LONG + 1)
    assert shown.names() == ["task-3"]


def test_at_first_a_table_is_as_it_is_listed(shown):
    one = shown.sifters[0]
    assert (one.column.label, one.count.value) == ("(원래 순서)", f"{LONG + 3}개 중 {LONG + 3}개")
    one.column.value = 1
    one.column.index = 0
    assert (shown.names()[0], one.direction.disabled) == ("task-0", True)
