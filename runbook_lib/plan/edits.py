"""Edits of a JSON document, by the pointers of RFC 6901."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_BAD_ESCAPE = re.compile(r"~(?![01])")


class EditError(LookupError):
    """A pointer leads nowhere in the document, or to what cannot be edited so; ``pointer`` is the edit's own."""

    def __init__(self, pointer: str) -> None:
        super().__init__(pointer)
        self.pointer = pointer


@dataclass(frozen=True)
class Edit:
    """One edit of a JSON document.

    ``op`` is ``set`` (replace a value, or add a member to an object), ``remove``, or ``append`` (``pointer`` is the
    list's). ``pointer`` follows RFC 6901; ``""`` is the whole document.
    """

    op: Literal["set", "remove", "append"]
    pointer: str
    value: Any = None


def pointer_of(*steps: str | int) -> str:
    """The pointer that goes down these keys and numbers: ``/containerDefinitions/0/image``."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def steps_of(pointer: str) -> tuple[str, ...]:
    """The steps of a pointer, unescaped.

    Raises
    ------
    EditError
        It is no pointer.
    """
    if pointer and (not pointer.startswith("/") or _BAD_ESCAPE.search(pointer)):
        raise EditError(pointer)
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def index_of(step: str, length: int) -> int | None:
    """The number that a step names in a list of ``length`` items; None where it names none of them."""
    return int(step) if _INDEX.fullmatch(step) and int(step) < length else None


def at(document: Any, pointer: str) -> Any:
    """The value that stands at a pointer.

    Raises
    ------
    EditError
        Nothing stands there.
    """
    return _down(document, steps_of(pointer), pointer)


def applied(document: Any, edits: Iterable[Edit]) -> Any:
    """A deep copy of the document with the edits made, one after another.

    Raises
    ------
    EditError
        A pointer leads nowhere, or to what cannot be edited so.
    """
    document = copy.deepcopy(document)
    for edit in edits:
        document = _applied(document, edit)
    return document


def _applied(document: Any, edit: Edit) -> Any:
    steps = steps_of(edit.pointer)
    if edit.op == "append":
        items = _down(document, steps, edit.pointer)
        if not isinstance(items, list):
            raise EditError(edit.pointer)
        items.append(copy.deepcopy(edit.value))
    elif steps:
        holder = _down(document, steps[:-1], edit.pointer)
        (_remove if edit.op == "remove" else _set)(holder, steps[-1], edit)
    elif edit.op == "remove":
        raise EditError(edit.pointer)
    else:
        return copy.deepcopy(edit.value)
    return document


def _set(holder: Any, step: str, edit: Edit) -> None:
    key = step if isinstance(holder, dict) else _key(holder, step, edit.pointer)
    holder[key] = copy.deepcopy(edit.value)


def _remove(holder: Any, step: str, edit: Edit) -> None:
    del holder[_key(holder, step, edit.pointer)]


def _down(value: Any, steps: Sequence[str], pointer: str) -> Any:
    for step in steps:
        value = value[_key(value, step, pointer)]
    return value


def _key(holder: Any, step: str, pointer: str) -> str | int:
    if isinstance(holder, dict) and step in holder:
        return step
    index = index_of(step, len(holder)) if isinstance(holder, list) else None
    if index is None:
        raise EditError(pointer)
    return index
