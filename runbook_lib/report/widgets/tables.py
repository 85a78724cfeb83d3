"""Sections in a notebook, each long table below what it is filtered and sorted with."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from runbook_lib.report.blocks import Paragraph
from runbook_lib.report.markup import unmarked
from runbook_lib.report.render import Section
from runbook_lib.report.sifting import Sift, is_long, pieces, sifted
from runbook_lib.report.widgets.entered import Entered
from runbook_lib.report.widgets.view import ROW, Draw, View
from runbook_lib.text import say

_FIELD = {"width": "auto", "min_width": "0", "max_width": "100%", "margin": "2px 10px 2px 2px"}
_BUTTON = {"width": "auto", "margin": "2px 10px 2px 2px"}
_STYLE = {"description_width": "initial"}
_LISTED = -1  # in place of a column's number: a Dropdown takes None for no choice
_Which = tuple[object, ...]


class Sifter:
    """The controls of one table, and the table as they have it. They stay when the table is drawn anew."""

    def __init__(self, section: Section) -> None:
        import ipywidgets

        self._section = self._shown = section
        self._entered, self._down = Entered(), False
        self.text = ipywidgets.Text(layout=_FIELD, style=_STYLE)
        self.column = ipywidgets.Dropdown(layout=_FIELD, style=_STYLE)
        self.direction = ipywidgets.Button(layout=_BUTTON)
        self.count = ipywidgets.Label(layout={"width": "auto"})
        self._entered.hear(self.text, lambda _: self._redraw())
        self._entered.hear(self.column, lambda _: self._redraw())
        self.direction.on_click(lambda _: self._turn())
        self.view = View(lambda: self._shown)
        row = ipywidgets.Box((self.text, self.column, self.direction, self.count), layout=ROW)
        self.widget = ipywidgets.VBox((row, self.view.widget))

    def show(self, section: Section) -> None:
        """Takes the table that the section holds, in its language."""
        self._section, lang = section, section.lang
        table = next(filter(is_long, section.blocks))
        self.text.description, self.text.placeholder = say("guided.table.filter", lang), say("guided.table.hint", lang)
        self.column.description = say("guided.table.sort", lang)
        self.text.tooltip = self.column.tooltip = self.direction.tooltip = unmarked(table.caption, lang)
        self._name([(say("guided.table.listed", lang), _LISTED), *((name, n) for n, name in enumerate(table.columns))])
        self._redraw()

    def _name(self, columns: list[tuple[str, int]]) -> None:
        """Names the columns; the one that was chosen stays so, under its name in another language."""
        chosen = _LISTED if self.column.value is None else self.column.value
        with self._entered.setting():
            if tuple(self.column.options) != tuple(columns):
                self.column.options = columns
            self.column.value = chosen

    def _turn(self) -> None:
        self._down = not self._down
        self._redraw()

    def _redraw(self) -> None:
        lang, table = self._section.lang, next(filter(is_long, self._section.blocks))
        column = None if self.column.value == _LISTED else self.column.value
        found = sifted(table, Sift(self.text.value, column, self._down), lang)
        none = () if found.rows else (Paragraph(say("guided.table.none", lang), "quiet"),)
        self._shown = replace(self._section, blocks=(found, *none))
        self.count.value = say("guided.table.count", lang, shown=len(found.rows), total=len(table.rows + table.rest))
        name = "down" if self._down else "up"
        self.direction.description = say(f"guided.table.{name}", lang)
        self.direction.icon, self.direction.disabled = f"arrow-{name}", column is None
        self.view.redraw()


class _Plain:
    """What stands around long tables."""

    def __init__(self, section: Section) -> None:
        self._section = section
        self.view = View(lambda: self._section)
        self.widget = self.view.widget

    def show(self, section: Section) -> None:
        """Shows it."""
        self._section = section
        self.view.redraw()


class Sifted:
    """A section whose long tables can be filtered and sorted."""

    def __init__(self, draw: Draw) -> None:
        import ipywidgets

        self._draw = draw
        self._places: dict[_Which, Sifter | _Plain] = {}
        self.widget = ipywidgets.VBox()
        self.redraw()

    def redraw(self) -> None:
        """Shows what there is now. A table of the same columns keeps what was asked of it."""
        section = self._draw()
        seen: Counter[_Which] = Counter()
        widgets = []
        for piece in pieces(section) if section else ():
            which = _which(piece)
            seen[which] += 1
            place = self._place((*which, seen[which]), piece)
            place.show(piece)
            widgets.append(place.widget)
        if tuple(widgets) != self.widget.children:
            self.widget.children = tuple(widgets)

    def _place(self, which: _Which, piece: Section) -> Sifter | _Plain:
        if which not in self._places:
            self._places[which] = Sifter(piece) if any(map(is_long, piece.blocks)) else _Plain(piece)
        return self._places[which]


def _which(piece: Section) -> _Which:
    """What tells a table from another in whichever language; what is around tables has none."""
    table = next(filter(is_long, piece.blocks), None)
    return (table.look, len(table.columns)) if table else ("", 0)
