"""A notebook's parameters as a form that opens on request: a field each, what it is for, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from runbook_lib.report.markup import rich

Value = str | bool
_ABOVE = {"flex_flow": "column", "align_items": "stretch", "width": "auto", "height": "auto", "margin": "2px"}
_STYLE = (
    "<style>.rb-field>.widget-label{text-align:left;font-weight:600}"
    ".rb-field>select{flex:none;height:28px}.rb-field>textarea{min-height:5em}</style>"
)
_TOGGLE = {"width": "max-content", "height": "auto", "padding": "4px 14px", "margin": "8px 2px 4px 2px"}
_GRID = {"grid_template_columns": "repeat(auto-fit, minmax(min(100%, 24em), 1fr))", "grid_gap": "14px 24px"}
_BUTTON = {"width": "max-content", "height": "auto", "padding": "6px 18px", "margin": "14px 2px 4px 2px"}


@dataclass(frozen=True)
class Field:
    """One parameter: its label, what it is for, and how it is given; ``options`` are those of a choice."""

    name: str
    label: str
    about: str
    kind: Literal["text", "long", "switch", "choice"] = "text"
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Words:
    """The form's own words, in their language: of the button that opens it, the one that closes it, and applying."""

    open: str
    close: str
    apply: str
    lang: str


class Settings:
    """The form. ``applied`` hears every field's value when the button is pressed."""

    def __init__(self, applied: Callable[[dict[str, Value]], None]) -> None:
        import ipywidgets

        self._make = ipywidgets
        self._filled: Mapping[str, Value] = {}
        self._rows: dict[str, _Row] = {}
        self.apply = ipywidgets.Button(layout=_BUTTON)
        self.apply.on_click(lambda _: applied({name: row.input.value for name, row in self._rows.items()}))
        self._grid = ipywidgets.GridBox(layout=_GRID)
        self._words = Words("", "", "", "")
        self.toggle = ipywidgets.Button(layout=_TOGGLE)  # the headers of an Accordion cannot be reached by keyboard
        self.toggle.on_click(lambda _: self._turn())
        self.inside = ipywidgets.VBox((ipywidgets.HTML(_STYLE), self._grid, self.apply), layout={"display": "none"})
        self.widget = ipywidgets.VBox((self.toggle, self.inside))

    def show(self, fields: Sequence[Field], values: Mapping[str, Value], words: Words) -> None:
        """Shows the fields; they are filled anew where the values are others than before, and stay as typed else."""
        self._words = words
        self._label()
        self._rows = {field.name: self._rows.get(field.name) or _Row(field) for field in fields}
        boxes = tuple(row.widget for row in self._rows.values())
        if boxes != self._grid.children:
            self._grid.children = boxes
        for field in fields:
            self._rows[field.name].name(field, words.lang)
        if values != self._filled:
            self._filled = dict(values)
            for name, row in self._rows.items():
                row.input.value = values[name]

    def _turn(self) -> None:
        self.inside.layout.display = None if self.inside.layout.display else "none"
        self._label()

    def _label(self) -> None:
        closed = self.inside.layout.display == "none"
        self.toggle.description = self._words.open if closed else self._words.close
        self.toggle.icon = "caret-right" if closed else "caret-down"
        self.apply.description = self._words.apply

    def complain(self, wrong: Mapping[str, str], lang: str) -> None:
        """Says below a field what is wrong with it; with nothing wrong, nothing."""
        for name, row in self._rows.items():
            row.complain(wrong.get(name, ""), lang)


class _Row:
    """A field, its label above it, and what is said below it."""

    def __init__(self, field: Field) -> None:
        import ipywidgets

        kinds = {
            "text": ipywidgets.Text,
            "long": ipywidgets.Textarea,
            "switch": ipywidgets.Checkbox,
            "choice": ipywidgets.Dropdown,
        }
        options = {"options": field.options} if field.kind == "choice" else {}
        self.input: Any = kinds[field.kind](layout=_ABOVE, style={"description_width": "initial"}, **options)
        self.input.add_class("rb-field")
        if field.kind == "switch":
            self.input.indent = False
        self._wrong, self._about = ipywidgets.HTML(), ipywidgets.HTML()
        self.widget = ipywidgets.VBox((self.input, self._wrong, self._about))

    def name(self, field: Field, lang: str) -> None:
        self.input.description = field.label
        self._about.value = _note("sm mut", rich(field.about, lang), lang)

    def complain(self, text: str, lang: str) -> None:
        self._wrong.value = _note("sm bad", rich(text, lang), lang, role="alert") if text else ""
        self._wrong.layout.display = "" if text else "none"
        self.input.tooltip = text or None


def _note(look: str, text: Markup, lang: str, role: str = "note") -> str:
    """A line in the look of our sections, whose styles are on the page already."""
    markup = Markup('<div class="rb" lang="{}" role="{}"><p class="{}">{}</p></div>')
    return str(markup.format(lang, role, look, text))
