"""What a plan asks, as widgets: one question each, with what is known of each answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from runbook_lib.report.markup import rich
from runbook_lib.report.sections.choosing import Question
from runbook_lib.report.widgets.entered import Entered
from runbook_lib.text import say

_WIDE = {"width": "min(100% - 4px, 60em)"}
_BUTTON = {
    "width": "auto",
    "height": "auto",
    "padding": "6px 18px",
    "margin": "4px 8px 10px 2px",
    "align_self": "flex-start",
}


class Questions:
    """The questions of a plan with their answers; ``chosen`` hears a choice's id and its answer, ``all_`` one press."""

    def __init__(self, chosen: Callable[[str, str], None], all_: Callable[[], None]) -> None:
        import ipywidgets

        self._make, self._chosen = ipywidgets, chosen
        self._boxes: dict[str, tuple[object, Any]] = {}
        self._entered = Entered()
        self.all = ipywidgets.Button(layout=_BUTTON)
        self.all.on_click(lambda _: all_())
        self.list = ipywidgets.VBox()
        self.widget = ipywidgets.VBox((self.all, self.list))

    def show(self, asked: Sequence[Question], answers: Mapping[str, str], lang: str, *, enabled: bool) -> None:
        """Shows the questions as they stand; one that asks the same as before stays, with the keyboard in it."""
        self._boxes = {one.id: self._box(one, lang) for one in asked}
        boxes = tuple(box for _, box in self._boxes.values())
        if boxes != self.list.children:
            self.list.children = boxes
        with self._entered.setting():
            for one, box in zip(asked, boxes, strict=True):
                _answer(box, answers.get(one.id, ""), enabled=enabled)

    def offer(self, label: str) -> None:
        """What the button says that takes every suggestion; it is there where it says something."""
        self.all.description = label
        self.all.layout.display = "" if label else "none"

    def _box(self, one: Question, lang: str) -> tuple[object, Any]:
        known = self._boxes.get(one.id)
        return known if known and known[0] == one else (one, self._asked(one, lang))

    def _asked(self, one: Question, lang: str) -> Any:
        title = self._make.HTML(f"<b>{rich(one.text, lang)}</b>")
        among = self._make.Dropdown(options=one.options, layout=_WIDE)
        own = self._make.Text(placeholder=one.example, layout=_WIDE, continuous_update=False)
        own.description, own.style.description_width = say("fix.answer.own", lang), "initial"
        for asked in (among, own):
            self._entered.hear(asked, lambda answer: self._chosen(one.id, answer))
        among.layout.display = "" if len(one.options) > 1 else "none"
        own.layout.display = "" if one.example else "none"
        note = self._make.HTML(str(rich(one.note, lang)))
        return self._make.VBox((title, among, own, note))


def _answer(box: Any, answer: str, *, enabled: bool) -> None:
    """Shows an answer where it belongs: among the options, or as one of one's own."""
    _, among, own, _ = box.children
    listed = answer in [value for _, value in among.options]
    for asked, value in ((among, answer if listed else ""), (own, "" if listed else answer)):
        asked.value, asked.disabled = value, not enabled
