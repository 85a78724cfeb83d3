"""Edits of a task definition for people and for a shell: what differs at each pointer, and the jq program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runbook_lib.plan.edits import Edit, at, pointer_of, steps_of

# What describe-task-definition prints and register-task-definition refuses.
ADDED_BY_ECS = (
    *("taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities"),
    *("registeredAt", "registeredBy", "deregisteredAt", "deleteRequestedAt"),
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOTHING = object()


@dataclass(frozen=True)
class Difference:
    """What stood at a JSON pointer and what will, as JSON; ``None`` for nothing."""

    pointer: str
    before: str | None
    after: str | None


def differences(document: Mapping[str, Any], edits: Sequence[Edit]) -> tuple[Difference, ...]:
    """What each edit changes of a document, down to the values; edits are against the document as it was."""
    return tuple(found for edit in edits for found in _of(document, edit))


def _of(document: Mapping[str, Any], edit: Edit) -> Iterator[Difference]:
    before = _found(document, edit.pointer)
    if edit.op == "append":
        place = len(before) if isinstance(before, list) else 0
        yield Difference(f"{edit.pointer}/{place}", None, _text(edit.value))
    elif edit.op == "remove":
        yield Difference(edit.pointer, _text(before), None)
    else:
        yield from _between(edit.pointer, before, edit.value)


def _found(document: Any, pointer: str) -> Any:
    try:
        return at(document, pointer)
    except LookupError:
        return _NOTHING


def _between(pointer: str, before: Any, after: Any) -> Iterator[Difference]:
    """The members that differ; where one side has none, or the kinds differ, the whole."""
    pairs = _pairs(before, after)
    if pairs is None:
        if before != after:
            yield Difference(pointer, _text(before), _text(after))
        return
    for step, (old, new) in pairs.items():
        yield from _between(pointer + pointer_of(step), old, new)


def _pairs(before: Any, after: Any) -> dict[str | int, tuple[Any, Any]] | None:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = dict.fromkeys((*before, *after))
        return {name: (before.get(name, _NOTHING), after.get(name, _NOTHING)) for name in names}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return dict(enumerate(zip(before, after, strict=True)))
    return None


def _text(value: Any) -> str | None:
    """A value as JSON; a text as it is, which is easier to read."""
    if value is _NOTHING:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def jq_program(edits: Sequence[Edit]) -> str:
    """The jq program that makes of a described task definition one to register, with the edits made.

    One filter a line, in ASCII and without ``'``: it can stand in single quotes in any shell.
    """
    names = [f".{name}" for name in ADDED_BY_ECS]
    dropped = f"del({', '.join(names[:4])},\n      {', '.join(names[4:])})"
    return "\n    | ".join([dropped, *(_filter(edit) for edit in edits)])


def _filter(edit: Edit) -> str:
    path = "".join(map(_step, steps_of(edit.pointer))) or "."
    if not path.startswith("."):
        path = f".{path}"
    if edit.op == "remove":
        return f"del({path})"
    return f"{path} += {_literal([edit.value])}" if edit.op == "append" else f"{path} = {_literal(edit.value)}"


def _step(step: str) -> str:
    if step.isdecimal():
        return f"[{step}]"
    return f".{step}" if _NAME.fullmatch(step) else f"[{_literal(step)}]"


def _literal(value: Any) -> str:
    return json.dumps(value).replace("'", "\\u0027")


def named(document: Mapping[str, Any], pointer: str) -> str:
    """A pointer with the name of what it leads to where a number would say little: ``.../environment/LOG_LEVEL``."""
    found = _found(document, pointer)
    name = found.get("name") if isinstance(found, Mapping) else None
    return f"{pointer.rpartition('/')[0]}/{name}" if isinstance(name, str) else pointer
