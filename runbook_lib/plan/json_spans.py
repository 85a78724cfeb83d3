"""Where everything stands in a JSON text; what is no JSON, or would make an edit ambiguous, is refused by its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from runbook_lib.errors import InputError

BOM = "\ufeff"  # Windows begins files with it
LINE_END = re.compile(r"\r\n|\n|\r")
_BLANK = re.compile(r"[ \t\n\r]*")
_COMMENT = ("//", "/*", "#")
_CLOSING = {"{": "}", "[": "]"}
# A task definition is some ten levels deep; a stack that overflows would end in a traceback.
_DEEPEST = 100


@dataclass(frozen=True)
class Node:
    """A value: ``text[start:end]``, with its members if it is an object or an array."""

    kind: Literal["object", "array", "scalar"]
    start: int
    end: int
    members: tuple[Member, ...] = ()


@dataclass(frozen=True)
class Member:
    """A member of an object, or an item of an array: then there is no key and it starts where its value does."""

    start: int
    node: Node
    key: str | None = None
    key_end: int = 0


def scanned(text: str, file: str) -> Node:
    """The value that ``text`` holds. ``file`` names it in errors; a byte order mark at its beginning may stay.

    Raises
    ------
    InputError
        It is not JSON as RFC 8259 has it (comments and trailing commas are named as such), has a key twice in one
        object, or is more than 100 levels deep.
    """
    return _Scanner(text, file).document()


def nodes(tree: Node) -> Iterator[Node]:
    """A value and all values in it, from the outermost, in the order of the text."""
    yield tree
    for member in tree.members:
        yield from nodes(member.node)


def place(text: str, offset: int) -> dict[str, int]:
    """Line and column of an offset, both from 1. Every kind of line end counts; a byte order mark is no column."""
    ends = [end.end() for end in LINE_END.finditer(text, 0, offset)]
    line_start = ends[-1] if ends else text.startswith(BOM)
    return {"line": len(ends) + 1, "column": offset - line_start + 1}


def _refuse_constant(name: str) -> Any:
    """``NaN`` and ``Infinity``, which Python's decoder takes and JSON does not have."""
    raise ValueError(name)


# Numbers are not worked out: one of thousands of digits is none of our business.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=str, parse_float=str)


class _Scanner:
    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file

    def document(self) -> Node:
        node = self._value(self._skipped(int(self.text.startswith(BOM))), 0)
        rest = self._skipped(node.end)
        if rest < len(self.text):
            raise self._not_json(rest)
        return node

    def _value(self, start: int, depth: int) -> Node:
        opening = self.text[start : start + 1]
        if opening not in _CLOSING:
            return Node("scalar", start, self._decoded(start)[1])
        if depth == _DEEPEST:
            raise InputError("task-definition-file-shape", file=self.file)
        members, end = self._members(start, _CLOSING[opening], depth + 1)
        self._check_keys(members)
        return Node("object" if opening == "{" else "array", start, end, tuple(members))

    def _members(self, start: int, closing: str, depth: int) -> tuple[list[Member], int]:
        members: list[Member] = []
        offset = self._skipped(start + 1)
        while not self.text.startswith(closing, offset):
            if members:
                offset = self._after_comma(offset, closing)
            members.append(self._named(offset, depth) if closing == "}" else self._item(offset, depth))
            offset = self._skipped(members[-1].node.end)
        return members, offset + 1

    def _item(self, start: int, depth: int) -> Member:
        return Member(start, self._value(start, depth))

    def _named(self, start: int, depth: int) -> Member:
        if not self.text.startswith('"', start):
            raise self._not_json(start)
        key, key_end = self._decoded(start)
        colon = self._skipped(key_end)
        if not self.text.startswith(":", colon):
            raise self._not_json(colon)
        return Member(start, self._value(self._skipped(colon + 1), depth), key, key_end)

    def _after_comma(self, offset: int, closing: str) -> int:
        if not self.text.startswith(",", offset):
            raise self._not_json(offset)
        following = self._skipped(offset + 1)
        if self.text.startswith(closing, following):
            raise InputError("file-json-trailing-comma", file=self.file, **place(self.text, offset))
        return following

    def _skipped(self, offset: int) -> int:
        """Where the blank from ``offset`` on ends; no comment may begin there."""
        blank = _BLANK.match(self.text, offset)
        end = blank.end() if blank else offset
        if self.text.startswith(_COMMENT, end):
            raise InputError("file-json-comment", file=self.file, **place(self.text, end))
        return end

    def _decoded(self, start: int) -> tuple[Any, int]:
        try:
            return _DECODER.raw_decode(self.text, start)
        except ValueError as error:
            raise self._not_json(getattr(error, "pos", start)) from error

    def _check_keys(self, members: list[Member]) -> None:
        seen: dict[str | None, Member] = {}
        for member in members:
            first = seen.setdefault(member.key, member)
            if first is not member and member.key is not None:
                before = place(self.text, first.start)["line"]
                facts = place(self.text, member.start)
                raise InputError("file-json-duplicate-key", file=self.file, name=member.key, first=before, **facts)

    def _not_json(self, offset: int) -> InputError:
        return InputError("file-not-json", file=self.file, **place(self.text, offset))
