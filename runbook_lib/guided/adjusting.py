"""The parameters that a notebook has beside the service itself, in a form; what is applied there touches no file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from runbook_lib.diagnosis.trail import Place
from runbook_lib.errors import ParameterError
from runbook_lib.guided.desk import Desk
from runbook_lib.parameters import Parameters, parameters
from runbook_lib.report.markup import code
from runbook_lib.report.widgets.settings import Field, Settings, Value, Words
from runbook_lib.text import has, say, sentence

_LOOK = ("stuck_after", "deadline", "timezone", "task_definition_file")
_MESSAGE = ("deploy_message",)
_REST = ("incident_id", "profile")
_CHECK = ("connect_to", "verify_path", "verify_host", "verify_expect", "verify_tries", "verify_certificate")
# What each notebook's parameters cell holds, but for what is said elsewhere: the service and where it is (the bar),
# the language (the bar), answers and approval of a plan (their own widgets).
FIELDS: dict[Place | None, tuple[str, ...]] = {
    None: (*_LOOK, *_MESSAGE, *_CHECK, *_REST),
    "diagnose": (*_LOOK, *_MESSAGE, *_CHECK, *_REST),
    "fix": ("order", "desired_count", "check_permissions", *_LOOK, *_MESSAGE, *_REST),
    "watch": ("deployment", "timeout", *_LOOK, *_CHECK, *_REST),
    "postmortem": (*_LOOK, *_MESSAGE, *_CHECK, *_REST),
}
_LONG = ("deploy_message",)


class Adjusting:
    """The form, filled with the parameters of the service that is chosen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._names = FIELDS.get(desk.place, ())
        self._wrong: dict[str, Value] = {}
        self._about = ""
        self.form = Settings(self._applied)
        desk.watch(self._changed)
        self._changed()

    def _changed(self) -> None:
        desk, lang = self._desk, self._desk.lang
        about = desk.chosen.key if desk.chosen else ""
        if about != self._about:
            self._about, self._wrong = about, {}
        words = Words(*(say(f"guided.settings.{name}", lang) for name in ("open", "close", "apply")), lang)
        values = {name: _given(desk.given, name) for name in self._names}
        self.form.show([_field(name, lang) for name in self._names], values, words)
        self.form.complain({name: _checked(name, value, lang)[1] for name, value in self._wrong.items()}, lang)
        self.form.apply.disabled = bool(desk.working) or not desk.chosen

    def _applied(self, told: Mapping[str, Value]) -> None:
        """Takes what was told, where every value can be used; else says what cannot."""
        found = {name: _checked(name, value, self._desk.lang) for name, value in told.items()}
        self._wrong = {name: told[name] for name, (_, problem) in found.items() if problem}
        if self._wrong:
            self._changed()
        else:
            self._desk.adjust({name: value for name, (value, _) in found.items()})


def _checked(name: str, told: Value, lang: str) -> tuple[Any, str]:
    """The value of what was told, or in a sentence why it cannot be used."""
    try:
        return getattr(parameters({name: told}, say("guided.settings.source", lang)), name), ""
    except ParameterError as error:
        return None, sentence(error.key, error.facts, lang)


def _given(given: Parameters, name: str) -> Value:
    value = getattr(given, name)
    return value if isinstance(value, bool) else "" if value is None else str(value)


def _field(name: str, lang: str) -> Field:
    kind = Parameters.model_fields[name].annotation
    unit = f" ({say(f'parameters.unit.{name}', lang)})" if has(f"parameters.unit.{name}") else ""
    label = say(f"guided.parameter.{name}", lang) + unit
    about = f"{code(name)} · {say(f'parameters.about.{name}', lang)}"
    if kind is bool:
        return Field(name, label, about, "switch")
    if name == "order":
        return Field(name, label, about, "choice", get_args(kind))
    return Field(name, label, about, "long" if name in _LONG else "text")
