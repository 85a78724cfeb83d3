"""How a JSON text is written, learnt from it, and new values written in the same way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from runbook_lib.plan.json_spans import BOM, LINE_END, Member, Node, nodes

Shape = Literal["words", "fields", "deep"]
_INDENT = re.compile(r"[ \t]*")
_ESCAPED = re.compile(r"\\u(?!00[0-7])[0-9A-Fa-f]{4}")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Style:
    """How values are written at one place of a text.

    ``unit`` is what one level is indented by. ``one_line`` tells by shape (a list of scalars, an object of scalars, or
    what holds more) whether such a value stands on one line; where it does not tell, ``default`` does.
    """

    unit: str
    newline: str
    colon: str
    comma: str
    padding: Mapping[str, str]
    ascii: bool
    one_line: Mapping[Shape, bool]
    default: bool

    def written(self, value: Any, indent: str, inline: bool = False) -> str:
        """The value as text. ``indent`` is that of the line it begins on; ``inline`` keeps it on that line."""
        if not isinstance(value, dict | list) or not value:
            return self.scalar(value)
        inline = inline or self.one_line.get(_shape(value), self.default)
        parts = self._parts(value, indent if inline else indent + self.unit, inline)
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        if inline:
            padding = self.padding.get(opening, "")
            return opening + padding + self.comma.join(parts) + padding + closing
        line = self.newline + indent
        return opening + ",".join(line + self.unit + part for part in parts) + line + closing

    def scalar(self, value: Any) -> str:
        """A scalar, an empty list or object, or a key."""
        text = json.dumps(value, ensure_ascii=self.ascii, allow_nan=False)
        # Half a pair, which JSON can hold and UTF-8 cannot.
        return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)

    def _parts(self, value: Any, indent: str, inline: bool) -> list[str]:
        if isinstance(value, list):
            return [self.written(item, indent, inline) for item in value]
        return [self.scalar(key) + self.colon + self.written(item, indent, inline) for key, item in value.items()]


def style_at(text: str, tree: Node, offset: int, near: Iterable[Node]) -> Style:
    """The style of ``text`` at ``offset``; ``near`` are the values to take after first, the nearest first."""
    models = [*near, *nodes(tree)]
    colon = next(_colons(text, models), ": ")
    return Style(
        unit=_unit(text, tree),
        newline=_newline(text, offset),
        colon=colon,
        comma=next(_commas(text, models), ", " if colon.endswith(" ") else ","),
        padding=_padding(text, models),
        ascii=text.removeprefix(BOM).isascii() and bool(_ESCAPED.search(text)),
        one_line=_one_line(text, models),
        default=is_one_line(text, tree),
    )


def is_one_line(text: str, node: Node) -> bool:
    """Whether a value stands on one line."""
    return not LINE_END.search(text, node.start, node.end)


def indent_at(text: str, offset: int) -> str:
    """The indentation of the line of an offset."""
    begun = max(text.rfind(end, 0, offset) for end in "\r\n") + 1
    indent = _INDENT.match(text, begun)
    return indent[0] if indent else ""


def last_line(blank: str) -> str:
    """Of the blank between two values only the last line end and what follows; the same if there is none."""
    ends = list(LINE_END.finditer(blank))
    return blank[ends[-1].start() :] if ends else blank


def colon_of(text: str, member: Member) -> str:
    """What stands between the key and the value of a member of an object."""
    return text[member.key_end : member.node.start]


def _shape(value: Any) -> Shape:
    below = value.values() if isinstance(value, dict) else value
    if any(isinstance(item, dict | list) for item in below):
        return "deep"
    return "fields" if isinstance(value, dict) else "words"


def _shape_of(node: Node) -> Shape:
    if any(member.node.kind != "scalar" for member in node.members):
        return "deep"
    return "fields" if node.kind == "object" else "words"


def _one_line(text: str, models: Iterable[Node]) -> dict[Shape, bool]:
    found: dict[Shape, bool] = {}
    for node in models:
        if node.members:
            found.setdefault(_shape_of(node), is_one_line(text, node))
    return found


def _newline(text: str, offset: int) -> str:
    """The line end that the text has before the offset, or else after it."""
    ends = [end[0] for end in LINE_END.finditer(text, 0, offset)] or LINE_END.findall(text)[:1]
    return ends[-1] if ends else "\n"


def _unit(text: str, tree: Node) -> str:
    default = "  "
    for unit in _units(text, tree):
        if unit:
            return unit
        default = ""
    return default


def _units(text: str, tree: Node) -> Iterator[str]:
    for node in nodes(tree):
        gap = text[node.start + 1 : node.members[0].start] if node.members else ""
        if LINE_END.search(gap):
            inner, outer = LINE_END.sub("", last_line(gap)), indent_at(text, node.start)
            yield inner.removeprefix(outer) if inner.startswith(outer) else ""


def _colons(text: str, models: Iterable[Node]) -> Iterator[str]:
    colons = (colon_of(text, member) for node in models for member in node.members if member.key is not None)
    return (colon for colon in colons if not LINE_END.search(colon))


def _commas(text: str, models: Iterable[Node]) -> Iterator[str]:
    """The commas between what stands on the same line, with the blanks around them."""
    pairs = (pair for node in models for pair in pairwise(node.members))
    commas = (text[left.node.end : right.start] for left, right in pairs)
    return (comma for comma in commas if not LINE_END.search(comma))


def _padding(text: str, models: Iterable[Node]) -> dict[str, str]:
    """What stands inside of the brackets of values on one line, by the opening bracket."""
    found: dict[str, str] = {}
    for node in models:
        if node.members and is_one_line(text, node):
            found.setdefault(text[node.start], text[node.start + 1 : node.members[0].start])
    return found
