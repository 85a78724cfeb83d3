"""Widgets of notebooks: views of a plan's choices and of its approval. What they do comes as callbacks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from runbook_lib.errors import RunbookError
from runbook_lib.plan.model import Choice
from runbook_lib.report import plan_words
from runbook_lib.report.blocks import Paragraph
from runbook_lib.report.render import Section
from runbook_lib.text import say


@dataclass(frozen=True)
class Draft:
    """A plan as it stands: its section, what the button says, its digest (``""``: not to be approved), its choices."""

    section: Section
    label: str
    digest: str
    choices: tuple[Choice, ...]


Replan = Callable[[Mapping[str, str]], Draft]
Press = Callable[[str], Section]


def takes_input(mode: str) -> bool:
    """Whether there is somebody to press a button: ``auto`` asks the front end; Voilà takes presses, but no input."""
    if mode != "auto":
        return mode == "interactive"
    from IPython.core.getipython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False)) or os.environ.get("SERVER_SOFTWARE", "").startswith("voila")


def show(section: Section) -> None:
    """Shows a section before a cell has ended."""
    from IPython.display import display

    display(section)


class Place:
    """One place below a cell whose content is replaced, before the cell has ended and at its end."""

    def __init__(self) -> None:
        self._handle: Any = None

    def put(self, section: Section) -> None:
        """Shows a section there."""
        from IPython.display import display

        if self._handle:
            self._handle.update(section)
        else:
            self._handle = display(section, display_id=True)


def panel(replan: Replan, press: Press, lang: str, answers: Mapping[str, str] | None = None) -> Any:
    """The plan with a dropdown for each choice and one button, which says what it will do."""
    return _Panel(replan, press, lang, dict(answers or {})).box


class _Panel:
    def __init__(self, replan: Replan, press: Press, lang: str, answers: dict[str, str]) -> None:
        import ipywidgets

        self._make = ipywidgets
        self._replan, self._press, self._lang, self._answers = replan, press, lang, answers
        self._page = ipywidgets.HTML()
        layout = {
            "width": "auto",
            "height": "auto",
            "padding": "6px 18px",
            "margin": "12px 2px",
            "align_self": "flex-start",
        }
        self._button = ipywidgets.Button(button_style="primary", layout=layout)
        self._button.on_click(self._pressed)
        self.box = ipywidgets.VBox()
        self._draft = replan(answers)
        self._shown()

    def _shown(self) -> None:
        self._page.value = self._draft.section.html
        self._button.description = self._draft.label
        self._button.disabled = not self._draft.digest
        asked = [self._asked(choice) for choice in self._draft.choices]
        self.box.children = (*asked, self._page, self._button)

    def _asked(self, choice: Choice) -> Any:
        given = self._answers.get(choice.id, choice.answer)
        layout = {"width": "min(100%, 52em)"}
        title = self._make.HTML(f"<b>{plan_words.question(choice, self._lang)}</b>")
        if not choice.options:
            asked = self._make.Text(value=given, placeholder=plan_words.example(choice, self._lang), layout=layout)
            asked.continuous_update = False
        else:
            asked = self._make.Dropdown(options=self._options(choice, given), value=given, layout=layout)
        asked.observe(lambda change: self._chosen(choice.id, str(change["new"])), "value")
        return self._make.VBox((title, asked))

    def _options(self, choice: Choice, given: str) -> list[tuple[str, str]]:
        mark = say("fix.answer.mark", self._lang)
        shown = [(say("fix.button.unanswered", self._lang), "")]
        shown += [(f"{o.value} ({mark})" if o.value == choice.suggested else o.value, o.value) for o in choice.options]
        own = given and given not in [value for _, value in shown]
        return [*shown, (given, given)] if own else shown

    def _chosen(self, name: str, answer: str) -> None:
        answers = {**self._answers, name: answer}
        try:
            self._draft = self._replan({name: answer for name, answer in answers.items() if answer})
        except RunbookError as error:
            self._failed(error)
            return
        self._answers = answers
        self._shown()

    def _pressed(self, _: object) -> None:
        self._button.disabled = True
        self._button.description = say("fix.button.working", self._lang)
        try:
            done = self._press(self._draft.digest)
        except RunbookError as error:
            self._failed(error)
            return
        self._page.value = done.html
        self.box.children = (self._page,)

    def _failed(self, error: RunbookError) -> None:
        """The sentence above the plan; the button can be pressed again, and what is approved is checked again."""
        told = Section("failed", say("fix.state.stopped", self._lang), (Paragraph(str(error)),), self._lang)
        self._page.value = told.html + self._draft.section.html
        self._button.disabled = not self._draft.digest
        self._button.description = self._draft.label
