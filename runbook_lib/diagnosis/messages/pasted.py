"""The texts inside what was pasted: lines made whole again where a terminal has broken them, or the values of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]{0,20}[A-Za-z]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|[()][A-Z0-9])")
_PREFIX = re.compile(
    r"^(?:[\s│|╷╵>]|[*•-] |\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?|\[?\d\d:\d\d:\d\d[\d.,]*\]?"
    r"|##\[\w{1,12}\]|::\w{1,12}(?: [^:]{0,200})?::|\[\w{1,12}\](?=\s)|(?:INFO|WARN|WARNING|ERROR|DEBUG)\b:?\s)+"
)
_LINE_OF_JSON = re.compile(r'^(?:"?\w{1,40}"?: ?)?"(.*)",?$')
_FRESH = re.compile(
    r"\(service |service (?!call )[\w-]{1,255} (?:was|is|has|failed)\b|An error occurred|Run |npm |Task |Step "
    r"|(?:Error|ERROR|Fail|FAIL|Warn|WARN|Info|INFO)\w*\b"
)
_GOES_ON = ("The closest matching", "Reason:", "For more information", "Please verify", "Check your", "There is a conn")
_ENDED = (".", "!", "]", "}")
_WRITTEN_OUT = 300  # characters of a line in which "\n" stands for line ends
_MOST_LINES = 14  # over which a terminal or a tool breaks one message
_SLACK = 0.9  # of the widest line: what would have fitted below that was not wrapped by a terminal
_NARROWEST = 40  # columns; what is broken more narrowly is a table
# Fields of AWS's answers whose texts are ECS's own words, in any of its spellings.
_SAYING = ("message", "rolloutstatereason", "statusreason", "resourcestatusreason", "errormessage", "error", "cause")


@dataclass(frozen=True)
class Line:
    """A line without what log or terminal have put around it: its number (from 1), and whether it begins something.

    ``edge`` is the line with the spaces at its ends: where a terminal broke it at its edge, they belong to it.
    """

    number: int
    text: str
    fresh: bool
    edge: str = ""


def lines(text: str) -> list[Line]:
    """The lines of a text, or of JSON the texts that ECS speaks in (all of line 1)."""
    if (found := _json_texts(text)) is not None:
        return [Line(1, said, fresh=True) for said in found]
    plain = _ESCAPES.sub("", text)
    return [line for number, raw in _raw(plain) if (line := _line(number, raw)).text]


def rest(line: Line, following: list[Line]) -> list[Line]:
    """The lines after one that are the rest of it: none begins anything, and none fitted into the line before."""
    candidates = [line, *takewhile(lambda each: not each.fresh, following[:_MOST_LINES])]
    width = max(len(each.text) for each in candidates)
    found: list[Line] = []
    for before, after in pairwise(candidates):
        first_word = after.text.split(" ", 1)[0]
        fits = len(before.text) + 1 + len(first_word) <= width * _SLACK and len(before.text) < width
        if fits or width < _NARROWEST or (before.text.endswith(_ENDED) and not after.text.startswith(_GOES_ON)):
            break
        found.append(after)
    return found


def joined(parts: list[Line]) -> tuple[str, str]:
    """A message out of its lines: broken between words, and broken at the edge of the terminal."""
    return " ".join(part.text for part in parts), "".join(part.edge for part in parts).strip()


def broken_at_edge(parts: list[Line]) -> bool:
    """Whether all lines but the last are of one length, as no words would be by chance."""
    return len(parts) > 2 and len({len(part.edge) for part in parts[:-1]}) == 1


def _raw(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers; in one long string line ends are written out."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > _WRITTEN_OUT and "\\n" in line:
            yield from ((number, part) for part in line.replace("\\r", "").split("\\n"))
        else:
            yield number, line


def _line(number: int, raw: str) -> Line:
    before = found[0] if (found := _PREFIX.match(raw)) else ""
    bare = raw[len(before) :].strip()
    if value := _LINE_OF_JSON.match(bare):
        return Line(number, value[1].replace('\\"', '"'), fresh=True)
    marked = any(map(str.isdigit, before)) or "#" in before or "::" in before
    edge = raw[len(before) :] if before.strip() else raw
    return Line(number, bare, marked or bool(_FRESH.match(bare)) or "(service " in bare, edge)


def _json_texts(text: str) -> list[str] | None:
    """What the values of JSON say; None where the text is none."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        tree = json.loads(text)
        return list(_said(tree)) if isinstance(tree, dict | list) else None
    except (ValueError, RecursionError):
        return None


def _said(tree: Any) -> Iterator[str]:
    if isinstance(tree, list):
        for item in tree:
            yield from _said(item)
    elif isinstance(tree, dict):
        yield from _of_object({str(name).lower(): value for name, value in tree.items()})
        for value in tree.values():
            yield from _said(value)


def _of_object(fields: dict[str, Any]) -> Iterator[str]:
    """What one object says: a stopped task with its containers, a rollout, a target, a failure, or a plain text."""
    if reason := _text(fields, "stoppedreason"):
        codes = [c.get("exitCode") for c in _objects(fields, "containers") if isinstance(c.get("exitCode"), int)]
        code = next((code for code in codes if code), codes[0] if codes else None)
        yield reason if code is None or "ssential container" not in reason else f"{reason} (exit code: {code})"
        yield from (str(c["reason"]) for c in _objects(fields, "containers") if c.get("reason"))
    elif (reason := _text(fields, "reason")) and "containers" not in fields and "exitcode" not in fields:
        described = _text(fields, "description")
        yield f"{reason}: {described}" if described else f'ECS failure: "reason":"{reason}"'
    if _text(fields, "rolloutstate") == "FAILED":
        yield "ECS deployment: rolloutState: FAILED"
    yield from (said for name in _SAYING if (said := _text(fields, name)))


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _objects(fields: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = fields.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
