"""What a plan asks, as widgets: one question each, with the suggestion marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runbook_lib.plan.model import Choice
from runbook_lib.report import plan_words
from runbook_lib.report.markup import rich
from runbook_lib.text import say

Chosen = Callable[[str, str], None]
_WIDE = {"width": "min(100%, 52em)"}


class Questions:
    """The questions of a plan with their answers; ``chosen`` hears a choice's id and the answer that was given."""

    def __init__(self, chosen: Chosen) -> None:
        import ipywidgets

        self._make, self._chosen = ipywidgets, chosen
        self._boxes: dict[str, tuple[Any, Any]] = {}
        self.widget = ipywidgets.VBox()

    def show(self, choices: tuple[Choice, ...], answers: Mapping[str, str], lang: str, *, enabled: bool) -> None:
        """Shows the questions as they stand; one that asks the same as before stays, with the keyboard in it."""
        self._boxes = {choice.id: self._box(choice, answers, lang) for choice in choices}
        boxes = tuple(box for _, box in self._boxes.values())
        if boxes != self.widget.children:
            self.widget.children = boxes
        for choice, box in zip(choices, boxes, strict=True):
            box.children[1].value = answers.get(choice.id, choice.answer)
            box.children[1].disabled = not enabled

    def _box(self, choice: Choice, answers: Mapping[str, str], lang: str) -> tuple[Any, Any]:
        asks = (lang, _options(choice, answers.get(choice.id, choice.answer), lang), plan_words.question(choice, lang))
        known = self._boxes.get(choice.id)
        return known if known and known[0] == asks else (asks, self._asked(choice, answers, lang))

    def _asked(self, choice: Choice, answers: Mapping[str, str], lang: str) -> Any:
        given = answers.get(choice.id, choice.answer)
        title = self._make.HTML(f"<b>{rich(plan_words.question(choice, lang), lang)}</b>")
        if choice.options:
            asked = self._make.Dropdown(options=_options(choice, given, lang), value=given, layout=_WIDE)
        else:
            example = plan_words.example(choice, lang)
            asked = self._make.Text(value=given, placeholder=example, layout=_WIDE, continuous_update=False)
        asked.observe(lambda change: self._chosen(choice.id, str(change["new"])), "value")
        return self._make.VBox((title, asked))


def _options(choice: Choice, given: str, lang: str) -> list[tuple[str, str]]:
    mark = say("fix.answer.mark", lang)
    shown = [(say("fix.button.unanswered", lang), "")]
    shown += [(f"{o.value} ({mark})" if o.value == choice.suggested else o.value, o.value) for o in choice.options]
    own = given and given not in [value for _, value in shown]
    return [*shown, (given, given)] if own else shown
