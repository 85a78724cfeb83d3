"""Whether an entry of a journal holds what entries of its kind hold: a disk can break, and anybody can edit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runbook_lib.evidence.journal import SCHEMA, WATCH, Entry

_Is = Callable[[object], bool]


def _text(found: object) -> bool:
    return isinstance(found, str)


def _flag(found: object) -> bool:
    return isinstance(found, bool)


def _object(found: object) -> bool:
    return isinstance(found, dict)


def _faults(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(item, dict) and _text(item.get("rule")) for item in found)


_STEP: Mapping[str, _Is] = {"plan": _text, "change": _text, "what": _text}
# What this version has always written into entries of a kind; a look's evidence is believed, or not, by itself.
_HOLDS: Mapping[str, Mapping[str, _Is]] = {
    "look": {"state": _text, "causes": _faults, "symptoms": _faults},
    "run": {"run": _text, "status": _text},
    "plan": {"digest": _text, "plan": _object},
    "approval": {"plan": _text},
    "intent": _STEP,
    "change": {**_STEP, "outcome": _text, "facts": _object},
    "applied": {"plan": _text, "good": _flag},
    WATCH: {"phase": _text, "deployment": _text},
    "verify": {"ok": _flag, "outcome": _text},
}


def whole(entry: Entry) -> bool:
    """Whether it can be told. Of a kind or a schema that this version does not know nothing is asked."""
    schema: Any = entry.data.get("schema", SCHEMA)
    if isinstance(schema, int) and schema > SCHEMA:
        return True
    wanted = dict(_HOLDS.get(entry.kind, {}))
    if entry.kind == WATCH and entry.data.get("phase") == "end":
        wanted["end"] = _text
    return all(fits(entry.data.get(name)) for name, fits in wanted.items())
