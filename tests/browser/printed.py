"""What a PDF of Chromium says of itself: its pages, how much text is on each, and where its headings stand."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

_OBJECT = re.compile(rb"^(\d+) 0 obj\n(.*?)\nendobj$", re.DOTALL | re.MULTILINE)
_STREAM = re.compile(rb"stream\r?\n(.*)\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"(?:Tj|TJ)\b")
_BOOKMARK = re.compile(rb"/Title (<\w+>|\((?:\\.|[^\\)])*\)).*?/Dest \[(\d+) 0 R /XYZ [\d.]+ ([\d.]+)", re.DOTALL)


@dataclass(frozen=True)
class Heading:
    """A heading of the PDF's outline: its page from 0, and how far its top is above the sheet's end, in points."""

    title: str
    page: int
    above: float


@dataclass(frozen=True)
class Printed:
    """For each page how many pieces of text it shows, and all headings in their order."""

    pages: tuple[int, ...]
    headings: tuple[Heading, ...]


def read(pdf: bytes) -> Printed:
    """Reads a PDF that was printed with an outline."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    sheets = [number for number, body in objects.items() if re.search(rb"/Type /Page\b", body)]
    marks = (found.groups() for body in objects.values() if (found := _BOOKMARK.search(body)))
    headings = (Heading(_text(title), sheets.index(int(page)), float(above)) for title, page, above in marks)
    ordered = sorted(headings, key=lambda heading: (heading.page, -heading.above))
    return Printed(tuple(_shown(objects, number) for number in sheets), tuple(ordered))


def _text(title: bytes) -> str:
    """Text in brackets is Latin with escapes, in angles it is UTF-16."""
    if title[:1] == b"(":
        return re.sub(rb"\\(.)", rb"\1", title[1:-1]).decode("latin-1")
    return bytes.fromhex(title[1:-1].decode()).decode("utf-16").replace("\u00a0", " ")


def _shown(objects: dict[int, bytes], page: int) -> int:
    named = re.search(rb"/Contents (\d+) 0 R", objects[page])
    stream = _STREAM.search(objects[int(named[1])]) if named else None
    return len(_SHOWN.findall(zlib.decompress(stream[1]))) if stream else 0
