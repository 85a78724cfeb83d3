"""What a section is made of: plain data, rendered as HTML (``templates/``) and for a terminal (``plain``).

Strings are prose in which backticks mark code, unless a name says *said*: those are words of AWS, shown as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from markupsafe import Markup

from runbook_lib.report.markup import code

Tone = Literal["ok", "bad", "run", "unk", "risk", "off"]
CellKind = Literal["text", "number", "time", "said", "state", "muted"]


@dataclass(frozen=True)
class Cell:
    """One cell of a table. ``note`` is a second, quieter line, ``key`` what it is sorted by where its text is not."""

    text: str
    kind: CellKind = "text"
    tone: Tone | None = None
    note: str = ""
    key: float | None = None


def value(text: object, note: str = "") -> Cell:
    """A value as AWS writes it, in code marks; nothing gives a dash."""
    return Cell(code(text), note=note) if text not in (None, "") else Cell("–", "muted", note=note)


def number(count: object) -> Cell:
    """A count, right-aligned; nothing gives a dash."""
    return Cell("–" if count is None else f"{count:,}" if isinstance(count, int) else str(count), "number")


def state(tone: Tone, word: str, note: str = "") -> Cell:
    """A state: hue, icon and word."""
    return Cell(word, "state", tone, note)


@dataclass(frozen=True)
class Block:
    """The kinds below; ``kind`` names the template's macro and the terminal's function."""

    kind: ClassVar[str] = ""


@dataclass(frozen=True)
class Paragraph(Block):
    """A paragraph; ``lead`` is the first of a summary, ``quiet`` a remark."""

    kind: ClassVar[str] = "paragraph"
    text: str
    look: Literal["", "lead", "quiet"] = ""


@dataclass(frozen=True)
class Bullets(Block):
    """A list; numbered where the order matters."""

    kind: ClassVar[str] = "bullets"
    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Quote(Block):
    """Words of AWS, verbatim, with a line of ours before them."""

    kind: ClassVar[str] = "quote"
    said: str
    about: str = ""


@dataclass(frozen=True)
class Banner(Block):
    """Says that this is practice."""

    kind: ClassVar[str] = "banner"
    title: str
    text: str = ""


@dataclass(frozen=True)
class Status(Block):
    """The state of the service as a tag, and a line."""

    kind: ClassVar[str] = "status"
    tone: Tone
    word: str
    text: str = ""


@dataclass(frozen=True)
class Step:
    """One thing to do, and the command that does it: for a shell, verbatim, or ``""``."""

    text: str
    command: str = ""


@dataclass(frozen=True)
class Fact:
    """A label with one or more lines, or steps. ``cites`` say where: operation and field. ``link`` is an address."""

    label: str
    lines: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    link: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show after the label."""
        return not (any(self.lines) or self.cites or self.steps or self.link)


@dataclass(frozen=True)
class Facts(Block):
    """Labels and values in two columns."""

    kind: ClassVar[str] = "facts"
    rows: tuple[Fact, ...]


@dataclass(frozen=True)
class Figure:
    """A key figure: label, value, and a line under it."""

    label: str
    value: str
    note: str = ""
    tone: Tone | None = None


@dataclass(frozen=True)
class Figures(Block):
    """Key figures side by side."""

    kind: ClassVar[str] = "figures"
    items: tuple[Figure, ...]


@dataclass(frozen=True)
class Table(Block):
    """A table with its caption. The last column takes the room that is left.

    ``rest`` are rows that are too many to be shown; who looks for something in the table finds it there, too, and then
    reads ``heading``, where the caption says what of the whole is shown.
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    look: str = ""
    rest: tuple[tuple[Cell, ...], ...] = ()
    heading: str = ""


@dataclass(frozen=True)
class Tag:
    """A word in a frame: filled for what is sure, outlined for what is likely, dashed for what is not known."""

    word: str
    tone: Tone
    look: Literal["solid", "", "dash"] = ""


@dataclass(frozen=True)
class Card(Block):
    """A finding: title, tag, a remark at the right, and what is inside."""

    kind: ClassVar[str] = "card"
    title: str
    tag: Tag
    inside: tuple[Block, ...]
    end: str = ""


@dataclass(frozen=True)
class Item:
    """One line of the checklist; what is ``inside`` opens on request, by the word ``opens``."""

    number: int
    question: str
    tone: Tone
    word: str
    line: str
    inside: tuple[Block, ...] = ()
    opens: str = ""


@dataclass(frozen=True)
class Checklist(Block):
    """The guide's seven questions with their outcomes, facts, and a count of the outcomes."""

    kind: ClassVar[str] = "checklist"
    items: tuple[Item, ...]
    count: str


@dataclass(frozen=True)
class Shell(Block):
    """A command ready to copy."""

    kind: ClassVar[str] = "shell"
    title: str
    said: str


@dataclass(frozen=True)
class Line:
    """One line of a difference: a place, what stood there, what will, or what stays; verbatim."""

    side: Literal["place", "before", "after", "same"]
    said: str


@dataclass(frozen=True)
class Difference(Block):
    """What a change makes of a document, line by line."""

    kind: ClassVar[str] = "difference"
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Heading(Block):
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Fold(Block):
    """Something long that opens on request and is open in print."""

    kind: ClassVar[str] = "fold"
    title: str
    count: str
    inside: tuple[Block, ...]


@dataclass(frozen=True)
class Stage:
    """One stage of a path: its name, a relative address (``""``: none), its state, and what was found or done there."""

    title: str
    href: str
    tone: Tone
    line: str
    look: Literal["", "here", "following"] = ""
    mark: str = ""


@dataclass(frozen=True)
class Path(Block):
    """The stages of a path in order: where one is, what was found so far, and which comes next."""

    kind: ClassVar[str] = "path"
    title: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Onward(Block):
    """The one link to go on with."""

    kind: ClassVar[str] = "onward"
    text: str
    title: str
    href: str


@dataclass(frozen=True)
class Key:
    """One entry of a drawing's legend: the class of its swatch and its word."""

    swatch: str
    word: str


@dataclass(frozen=True)
class Drawing(Block):
    """Drawings of one thing for three widths (escaped SVG) and their legend."""

    kind: ClassVar[str] = "drawing"
    wide: Markup
    middle: Markup
    narrow: Markup
    legend: tuple[Key, ...] = ()


def walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Every block, those inside others too."""
    for block in blocks:
        yield block
        if isinstance(block, Card | Fold):
            yield from walk(block.inside)
        if isinstance(block, Checklist):
            yield from walk(tuple(inner for item in block.items for inner in item.inside))
