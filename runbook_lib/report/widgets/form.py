"""A form in which somebody chooses a service: by list, by a part of a name, or by typing all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from runbook_lib.report.formats import number
from runbook_lib.report.widgets.entered import Entered
from runbook_lib.report.widgets.view import ROW, Draw, View
from runbook_lib.text import say

MOST = 200  # names that are shown at once: more are not read, and thousands are slow
_ROWS = 6
_STYLE = {"description_width": "initial"}
_FIELD = {"width": "min(100% - 14px, 32em)", "margin": "2px 12px 2px 2px"}
_BUTTON = {"width": "auto", "height": "auto", "padding": "4px 14px", "margin": "2px 8px 2px 2px"}


@dataclass(frozen=True)
class Picking:
    """A name that is picked: the names that there are, the one that is chosen, and whether anything can be typed."""

    names: tuple[str, ...] = ()
    chosen: str = ""
    enabled: bool = True


@dataclass(frozen=True)
class Filled:
    """What a form shows: ways in as (label, key), Regions, the two names, and whether a list is being read."""

    ways: Sequence[tuple[str, str]]
    way: str
    regions: Sequence[str]
    region: str
    cluster: Picking
    service: Picking
    working: bool


@dataclass(frozen=True)
class Entries:
    """What is done with what somebody chose or typed, and with the two buttons."""

    way: Callable[[str], None]
    region: Callable[[str], None]
    cluster: Callable[[str], None]
    service: Callable[[str], None]
    again: Callable[[], None]
    stop: Callable[[], None]


def matching(names: tuple[str, ...], typed: str) -> tuple[str, ...]:
    """The names that hold every word typed; all of them where nothing is typed, or the whole of one of them."""
    if not typed.strip() or typed in names:
        return names
    parts = typed.lower().split()
    return tuple(name for name in names if all(part in name.lower() for part in parts))


class Picker:
    """A field to type in, the names that match it below, and a button for a name that is none of them."""

    def __init__(self, name: str, chosen: Callable[[str], None]) -> None:
        import ipywidgets

        self._name, self._chosen, self._entered = name, chosen, Entered()
        self._shown, self._lang = Picking(), "ko"
        self.text = ipywidgets.Text(style=_STYLE, layout=_FIELD)
        self.use = ipywidgets.Button(layout=_BUTTON)
        self.list = ipywidgets.Select(options=(), value=None, style=_STYLE, layout=_FIELD)
        self.note = ipywidgets.HTML()  # wraps where a label does not; it holds our own words and counts
        self._entered.hear(self.text, lambda _: self._narrow())
        self._entered.hear(self.list, self._picked)
        self.use.on_click(lambda _: self._chosen(self.text.value.strip()))
        self.text.on_msg(lambda _, content, buffers: self._entered_whole(content))
        row = ipywidgets.Box((self.text, self.use), layout=ROW)
        self.widget = ipywidgets.VBox((row, self.list, self.note))

    def show(self, shown: Picking, lang: str) -> None:
        """Shows what there is to pick from; what somebody is typing stays, unless another name was chosen."""
        renewed = shown.chosen != self._shown.chosen
        self._shown, self._lang = shown, lang
        self.text.description, self.text.placeholder = self._say(self._name), self._say("hint")
        self.text.disabled = not shown.enabled
        self.use.description, self.list.description = self._say(f"use_{self._name}"), self._say(f"listed_{self._name}s")
        if renewed:
            self._write(shown.chosen)
        self._narrow()

    def _narrow(self) -> None:
        typed, names = self.text.value.strip(), self._shown.names
        found = matching(names, typed)
        options = found[:MOST] if typed not in found[MOST:] else (typed, *found[: MOST - 1])
        with self._entered.setting():
            if tuple(self.list.options) != options:
                self.list.options = options
                self.list.rows = min(_ROWS, max(2, len(options)))
            self.list.value = typed if typed in options else None
        self.list.layout.display = "" if options else "none"
        self.note.value = self._note(len(found), len(options))
        self.note.layout.display = "" if self.note.value else "none"
        ready = self._shown.enabled and bool(typed) and typed != self._shown.chosen
        self.use.layout.display = "" if ready else "none"

    def _note(self, found: int, shown: int) -> str:
        if self._shown.names and not found:
            return say("starting.line.unmatched", self._lang)
        more = found > shown
        return say("starting.line.shown", self._lang, count=number(found), shown=number(shown)) if more else ""

    def _entered_whole(self, content: dict[str, Any]) -> None:
        """The Enter key: it chooses the only name that matches, or what was typed."""
        typed = self.text.value.strip()
        if content.get("event") != "submit" or not typed or not self._shown.enabled:
            return
        found = matching(self._shown.names, typed)
        name = found[0] if len(found) == 1 else typed
        if name != self._shown.chosen:
            self._picked(name)

    def _picked(self, name: str) -> None:
        self._write(name)
        self._chosen(name)

    def _write(self, name: str) -> None:
        with self._entered.setting():
            self.text.value = name

    def _say(self, key: str) -> str:
        return say(f"starting.form.{key}", self._lang)


class Form:
    """Profile, Region, cluster and service, top to bottom as one depends on the other, with what was found so far."""

    def __init__(self, filled: Callable[[], Filled], lang: Callable[[], str], entries: Entries, draw: Draw) -> None:
        import ipywidgets

        self._filled, self._lang, self._entered = filled, lang, Entered()
        self.way = ipywidgets.Dropdown(style=_STYLE, layout=_FIELD)
        self.region = ipywidgets.Combobox(ensure_option=False, continuous_update=False, style=_STYLE, layout=_FIELD)
        self.again = ipywidgets.Button(icon="refresh", layout=_BUTTON)
        self.stop = ipywidgets.Button(icon="stop", layout=_BUTTON)
        self.cluster, self.service = Picker("cluster", entries.cluster), Picker("service", entries.service)
        self._entered.hear(self.way, entries.way)
        self._entered.hear(self.region, entries.region)
        self.again.on_click(lambda _: entries.again())
        self.stop.on_click(lambda _: entries.stop())
        self.view = View(draw)
        row = ipywidgets.Box((self.way, self.region, self.again, self.stop), layout=ROW)
        pickers = (self.cluster.widget, self.service.widget)
        self.widget = ipywidgets.VBox((row, self.view.widget, *pickers))
        self.redraw()

    def redraw(self) -> None:
        """Shows what there is now, in the language of now."""
        shown, lang = self._filled(), self._lang()
        with self._entered.setting():
            if tuple(self.way.options) != tuple(shown.ways):
                self.way.options = tuple(shown.ways)
            self.way.value = shown.way
            self.region.options = tuple(shown.regions)
            self.region.value = shown.region
        self.way.description = say("starting.form.profile", lang)
        self.region.description = say("starting.form.region", lang)
        self.again.description, self.again.disabled = say("starting.form.again", lang), shown.working
        self.stop.description = say("guided.bar.stop", lang)
        self.stop.layout.display = "" if shown.working else "none"
        self.cluster.show(shown.cluster, lang)
        self.service.show(shown.service, lang)
        self.view.redraw()
