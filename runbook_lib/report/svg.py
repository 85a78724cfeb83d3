"""Drawing by hand: escaped elements, the width a text will take, and ticks of a time axis."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from unicodedata import combining, east_asian_width

from markupsafe import Markup, escape

from runbook_lib.report.markup import prose

_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
_DAY_S = 86_400
_LONGEST = 400


def text_width(text: str, size: float) -> float:
    """About how many pixels a text takes in a sans-serif of that size: Hangul 1 em, Latin about 0.56."""
    return size * sum(_em(character) for character in text)


def _em(character: str) -> float:
    if combining(character):
        return 0.0
    if east_asian_width(character) in "WF":
        return 1.0
    if character.isupper() or character == "_":
        return 0.67
    return 0.6 if character.isdigit() else 0.54 if character not in " .,:;il|'·" else 0.3


def first_fitting(labels: tuple[str, ...], room: float, size: float) -> str:
    """The first label that fits into ``room`` pixels, else none at all; one of ``_LONGEST`` characters never does."""
    return next((label for label in labels if len(label) < _LONGEST and text_width(label, size) <= room), "")


def placed(
    x: float, half: float, labels: tuple[str, ...], taken: list[list[tuple[float, float]]], room: Room
) -> tuple[int, str, str]:
    """The first row with room for a mark at ``x`` with its fullest label, at its right, else at its left.

    Returns row, label and anchor; ``taken`` keeps what stands in each row.
    """
    for label in labels:
        wide = text_width(label, room.font) + 8 if label else 0.0
        for lane in range(room.labelled if label else room.most):
            row = taken[lane] if lane < len(taken) else []
            for anchor, box in (("start", (x - half, x + half + wide)), ("end", (x - half - wide, x + half))):
                free = all(box[1] <= a or b <= box[0] for a, b in row)
                if free and box[0] >= room.left - 2 and box[1] <= room.right + 2:
                    if lane >= len(taken):
                        taken.append([])
                    taken[lane].append(box)
                    return lane, label, anchor
    return 0, "", "start"


@dataclass(frozen=True)
class Room:
    """Where marks may stand: from ``left`` to ``right``, in so many rows, fewer of them with labels of a font size."""

    left: float
    right: float
    font: float
    labelled: int
    most: int


class Lane:
    """Stretches side by side on one line, none of which touches another."""

    def __init__(self) -> None:
        self._begins: list[float] = []
        self._ends: list[float] = []

    def takes(self, begin: float, end: float, gap: float) -> bool:
        """Whether there is room for a stretch, which is then taken."""
        place = bisect(self._begins, begin)
        after = place == len(self._begins) or end + gap <= self._begins[place]
        free = after and (place == 0 or self._ends[place - 1] + gap <= begin)
        if free:
            self._begins.insert(place, begin)
            self._ends.insert(place, end)
        return free


@dataclass
class Canvas:
    """Collects escaped elements. Coordinates are pixels of the view box.

    What is filled in is escaped by name: `Markup.format`, which does so by itself, would be half the time of a drawing.
    """

    lang: str
    parts: list[Markup] = field(default_factory=list)

    def rect(self, box: tuple[float, float, float, float], css: str, title: str = "", **more: str) -> None:
        """A rectangle (x, y, width, height) with an optional tooltip."""
        x, y, width, height = box
        end = f"><title>{escape(prose(title, self.lang))}</title></rect>" if title else "/>"
        extra = "".join(f' {escape(name)}="{escape(value)}"' for name, value in more.items())
        place = f'x="{_px(x)}" y="{_px(y)}" width="{_px(width)}" height="{_px(height)}"'
        self.parts.append(Markup(f'<rect {place} class="{escape(css)}"{extra}{end}'))

    def line(self, path: str, css: str) -> None:
        """A path that is stroked."""
        self.parts.append(Markup(f'<path d="{escape(path)}" class="{escape(css)}"/>'))

    def text(self, at: tuple[float, float], words: str, css: str = "", anchor: str = "start") -> None:
        """A text at its baseline; ``anchor`` is start, middle or end."""
        x, y = at
        place = f' text-anchor="{escape(anchor)}"' if anchor != "start" else ""
        name = f' class="{escape(css)}"' if css else ""
        shown = escape(prose(words, self.lang))
        self.parts.append(Markup(f'<text x="{_px(x)}" y="{_px(y)}"{name}{place}>{shown}</text>'))

    def circle(self, at: tuple[float, float], radius: float, css: str) -> None:
        """A disc."""
        x, y = at
        self.parts.append(Markup(f'<circle cx="{_px(x)}" cy="{_px(y)}" r="{_px(radius)}" class="{escape(css)}"/>'))

    def cross(self, at: tuple[float, float], half: float) -> None:
        """A cross for a failure."""
        x, y = at
        size = _px(half * 2)
        self.line(f"M{_px(x - half)} {_px(y - half)}l{size} {size}m0 -{size}l-{size} {size}", "cross s-bad")


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def ticks(start: datetime, end: datetime, width: float, apart: float) -> tuple[tuple[datetime, str], ...]:
    """Round local times at least ``apart`` pixels from each other, with their labels (HH:MM, seconds or the date)."""
    length = (end - start).total_seconds()
    days = (_DAY_S * count for count in range(1, 10_000))
    step = next(s for s in chain(_STEPS_S, days) if s / length * width >= apart)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    first = -(-(start - midnight).total_seconds() // step)
    count = int(length // step) + 1
    times = (midnight + timedelta(seconds=(first + n) * step) for n in range(count))
    return tuple((when, _label(when, step)) for when in times if start <= when <= end)


def _label(when: datetime, step: float) -> str:
    if step >= _DAY_S or (when.hour == 0 and when.minute == 0 and when.second == 0):
        return f"{when:%m-%d}"
    return f"{when:%H:%M:%S}" if step < 60 else f"{when:%H:%M}"
