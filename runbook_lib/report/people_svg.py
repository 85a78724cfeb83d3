"""What people did and how long it took, over a timeline: lettered marks, and brackets with lengths of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from runbook_lib.report.svg import Canvas, Room, first_fitting, placed, text_width

_FONT, _MARK = 11.5, 10.5
_LABELLED = 3
_NEAR = 15.0  # marks nearer than this share one
_HIGH = 18.0


@dataclass(frozen=True)
class Act:
    """Something that somebody did: its letter in the table, when (UTC), its kind, and a word for it."""

    letter: str
    at: datetime
    kind: str
    word: str


@dataclass(frozen=True)
class Bracket:
    """A length of time with its labels, the fullest first."""

    start: datetime
    end: datetime
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Over:
    """What lies over a timeline: acts in the order of time, lines of brackets, or when what is unfinished began."""

    since: datetime | None = None
    acts: tuple[Act, ...] = ()
    brackets: tuple[tuple[Bracket, ...], ...] = ()


class Width(Protocol):
    """The width of a drawing and of the labels at its left."""

    @property
    def width(self) -> float: ...
    @property
    def left(self) -> float: ...


class Picture(Protocol):
    """What is drawn on: how far it has come, and where a time lies."""

    canvas: Canvas
    y: float

    @property
    def size(self) -> Width: ...
    def x(self, when: datetime) -> float: ...


def bracket(picture: Picture, length: Bracket) -> None:
    """One bracket; its label stands in it where there is room."""
    begin, end, y = picture.x(length.start), picture.x(length.end), picture.y + 10
    picture.canvas.line(f"M{begin:.1f} {y}H{end:.1f}M{begin:.1f} {y - 4}v8M{end:.1f} {y - 4}v8", "s-ink")
    label = first_fitting(length.labels, end - begin - 30, _FONT)
    if label:
        width = text_width(label, _FONT) + 12
        picture.canvas.rect(((begin + end - width) / 2, y - 8, width, 16), "ground")
        picture.canvas.text(((begin + end) / 2, y + 4), label, "in", "middle")


def people(picture: Picture, acts: tuple[Act, ...]) -> float:
    """Lettered marks, those at one place together (``B–G``); how far down they reach."""
    groups = list(_groups(picture, acts))
    taken: list[list[tuple[float, float]]] = []
    room = Room(picture.size.left, picture.size.width, _FONT, _LABELLED, len(groups))
    for group in groups:
        letters = group[0].letter if len(group) == 1 else f"{group[0].letter}–{group[-1].letter}"
        half = max(_HIGH, text_width(letters, _MARK) + 10) / 2
        x = min(max(picture.x(group[0].at), picture.size.left + half), picture.size.width - half - 1)
        lane, label, anchor = placed(x, half + 1, _labels(group), taken, room)
        y = picture.y + lane * 22 + 9
        picture.canvas.rect((x - half, y - _HIGH / 2, half * 2, _HIGH), "pill", rx="8")
        picture.canvas.text((x, y + 3.8), letters, "pk", "middle")
        if label:
            side = half + 4 if anchor == "start" else -half - 4
            picture.canvas.text((x + side, y + 4), label, "hal", anchor)
    return picture.y + max(len(taken), 1) * 22 + 2


def _groups(picture: Picture, acts: tuple[Act, ...]) -> Iterator[list[Act]]:
    group: list[Act] = []
    for act in acts:
        if group and picture.x(act.at) - picture.x(group[-1].at) >= _NEAR:
            yield group
            group = []
        group.append(act)
    if group:
        yield group


def _labels(group: list[Act]) -> tuple[str, ...]:
    """Every word once, with how often; then fewer of them, the last ones first to go."""
    counts = Counter(act.word for act in group)
    words = [word if count == 1 else f"{word} {count}" for word, count in counts.items()]
    return (*(" · ".join(words[: len(words) - n]) + (" …" if n else "") for n in range(len(words))), "")
