"""The bar at the top of a notebook: the service with its incident, the language, and looking again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runbook_lib.report.widgets.entered import Entered
from runbook_lib.report.widgets.view import ROW, Draw, View
from runbook_lib.text import LANGUAGES, say

_NAMES = {"ko": "한국어", "en": "English"}
_WIDE = {"width": "min(100% - 14px, 44em)", "margin": "2px 12px 2px 2px"}
# What the front ends' own colours leave hard to read in their dark theme.
_STYLE = """<style>
.jupyter-button.mod-primary,.jupyter-button.mod-primary:is(:hover,:focus){background-color:#1565c0;color:#fff}
.jupyter-button.mod-primary:disabled{opacity:.7}
.widget-dropdown>select{background-image:url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
viewBox='0 0 18 18'%3E%3Cpath fill='%23808080' d='M5 7h8l-4 5z'/%3E%3C/svg%3E")}
</style>"""
_BUTTON = {"width": "auto", "height": "auto", "padding": "4px 14px", "margin": "2px 8px 2px 2px"}


@dataclass(frozen=True)
class Choice:
    """What the bar shows: the services as (label, key), the chosen key, and whether work is under way."""

    options: Sequence[tuple[str, str]]
    chosen: str
    working: bool


@dataclass(frozen=True)
class Presses:
    """What is done when somebody chooses a service or a language, looks again, or stops."""

    choose: Callable[[str], None]
    speak: Callable[[str], None]
    again: Callable[[], None]
    stop: Callable[[], None]


class Bar:
    """The service (always in sight), the language, two buttons, and below them where one is."""

    def __init__(self, choice: Callable[[], Choice], lang: Callable[[], str], presses: Presses, draw: Draw) -> None:
        import ipywidgets

        self._choice, self._lang, self._entered = choice, lang, Entered()
        style = {"description_width": "initial"}
        self.service = ipywidgets.Dropdown(style=style, layout=_WIDE)
        names = [(_NAMES[name], name) for name in LANGUAGES]
        self.language = ipywidgets.ToggleButtons(options=names, value=lang(), style={"button_width": "auto"})
        self.again = ipywidgets.Button(icon="refresh", layout=_BUTTON)
        self.stop = ipywidgets.Button(icon="stop", layout=_BUTTON)
        self._entered.hear(self.service, presses.choose)
        self._entered.hear(self.language, presses.speak)
        self.again.on_click(lambda _: presses.again())
        self.stop.on_click(lambda _: presses.stop())
        self.view = View(draw)
        row = ipywidgets.Box(
            (self.service, self.language, self.again, self.stop),
            layout=ROW,
        )
        style = ipywidgets.HTML(_STYLE, layout={"display": "none"})
        self.widget = ipywidgets.VBox((row, self.view.widget, style))
        self.redraw()

    def redraw(self) -> None:
        """Shows what can be chosen and what is, in the language of now."""
        shown, lang = self._choice(), self._lang()
        options = [*([] if shown.chosen else [(say("guided.bar.none", lang), "")]), *shown.options]
        with self._entered.setting():
            if tuple(self.service.options) != tuple(options):
                self.service.options = options
            self.service.value = shown.chosen
            self.language.value = lang
        self.service.description = say("guided.bar.service", lang)
        self.language.tooltips = [say("guided.bar.language", lang)] * len(LANGUAGES)
        self.again.description, self.again.disabled = say("guided.bar.again", lang), shown.working or not shown.chosen
        self.stop.description = say("guided.bar.stop", lang)
        self.stop.layout.display = "" if shown.working else "none"
        self.view.redraw()
