"""Sections for a terminal: no colour codes, columns measured by east-asian width (Hangul takes two)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from unicodedata import category, east_asian_width

from runbook_lib.report import blocks as b
from runbook_lib.report.markup import clean, prose, unmarked

WIDTH = 100
_GAP = "  "
_NARROWEST = 9
_MARK: dict[b.Tone | None, str] = {
    "ok": "✓ ",
    "bad": "✗ ",
    "run": "~ ",
    "unk": "? ",
    "risk": "! ",
    "off": "- ",
    None: "",
}


def columns(text: str) -> int:
    """How many terminal columns a text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(maxsize=8192)
def _columns(character: str) -> int:
    if category(character) in ("Mn", "Me") or "\u1160" <= character <= "\u11ff":  # marks, vowels and ends of Hangul
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns, broken at spaces and, where there are none, anywhere."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0
        for word in paragraph.split(" "):
            joined, needed = (f"{line} {word}", used + 1 + columns(word)) if line else (word, columns(word))
            if needed <= width:
                line, used = joined, needed
                continue
            *full, line = [*([line] if line else []), *_pieces(word, width)]
            lines.extend(full)
            used = columns(line)
        lines.append(line)
    return lines


def _pieces(word: str, width: int) -> list[str]:
    pieces, piece, used = [], "", 0
    for character in word:
        size = columns(character)
        if used + size > width and piece:
            pieces.append(piece)
            piece, used = "", 0
        piece, used = piece + character, used + size
    return [*pieces, piece]


def padded(text: str, width: int, right: bool = False) -> str:
    """A text filled with spaces to ``width`` columns."""
    room = " " * max(0, width - columns(text))
    return room + text if right else text + room


def text_of(title: str, inside: tuple[b.Block, ...], lang: str) -> str:
    """A section: its title, then its blocks, a blank line between them."""
    parts = ["\n".join(_lines(block, lang, WIDTH)) for block in inside]
    head = unmarked(title, lang)
    return "\n\n".join([*([f"{head}\n{'─' * columns(head)}"] if head else []), *(part for part in parts if part)])


def _lines(block: b.Block, lang: str, width: int) -> list[str]:
    return _BY_KIND[block.kind](block, lang, width)


def _paragraph(block: b.Paragraph, lang: str, width: int) -> list[str]:
    return wrapped(unmarked(block.text, lang), width)


def _bullets(block: b.Bullets, lang: str, width: int) -> list[str]:
    marks = [f"{n}. " if block.numbered else "- " for n in range(1, len(block.items) + 1)]
    pairs = zip(marks, block.items, strict=True)
    return [line for mark, item in pairs for line in _hanging(mark, unmarked(item, lang), width)]


def _hanging(mark: str, text: str, width: int) -> list[str]:
    first, *rest = wrapped(text, max(20, width - columns(mark)))
    return [mark + first, *(" " * columns(mark) + line for line in rest)]


def _quote(block: b.Quote, lang: str, width: int) -> list[str]:
    about = wrapped(unmarked(block.about, lang), width) if block.about else []
    return about + [f"  │ {line}" for line in wrapped(_said(block.said, lang), width - 4)]


def _said(text: str, lang: str) -> str:
    """Words of AWS, without tabs: how wide one is would be the terminal's to say."""
    return clean(text, lang).expandtabs(4)


def _banner(block: b.Banner, lang: str, width: int) -> list[str]:
    return wrapped(f"[{unmarked(block.title, lang)}] {unmarked(block.text, lang)}".strip(), width)


def _status(block: b.Status, lang: str, width: int) -> list[str]:
    return _hanging(_MARK[block.tone], f"{block.word} · {unmarked(block.text, lang)}".strip(" ·"), width)


def _facts(block: b.Facts, lang: str, width: int) -> list[str]:
    labels = [unmarked(row.label, lang) for row in block.rows]
    edge = min(18, max((columns(label) for label in labels), default=0))
    lines: list[str] = []
    for label, row in zip(labels, block.rows, strict=True):
        shown = [unmarked(line, lang) for line in row.lines]
        shown += [f"[{prose(cite, lang)}]" for cite in row.cites]
        found = [line for text in shown for line in wrapped(text, max(20, width - edge - len(_GAP)))]
        found += [line for n, step in enumerate(row.steps, 1) for line in _step(f"{n}. ", step, lang, width - edge)]
        for n, line in enumerate([*found, *([row.link] if row.link else [])] or ["–"]):
            lines.append(padded(label if n == 0 else "", edge) + _GAP + line)
    return lines


def _step(mark: str, step: b.Step, lang: str, width: int) -> list[str]:
    """A step and its command. A command is never wrapped: its first line alone, pasted, would do something else."""
    command = _said(step.command, lang).split("\n") if step.command else []
    return [*_hanging(mark, unmarked(step.text, lang), width - len(_GAP)), *("   " + line for line in command)]


def _figures(block: b.Figures, lang: str, width: int) -> list[str]:
    rows = (
        b.Fact(figure.label, (_MARK[figure.tone] + figure.value + (f" ({figure.note})" if figure.note else ""),))
        for figure in block.items
    )
    return _facts(b.Facts(tuple(rows)), lang, width)


def _table(block: b.Table, lang: str, width: int) -> list[str]:
    rows = [[_cell(cell, lang) for cell in row] for row in block.rows]
    titles = [unmarked(title, lang) for title in block.columns]
    widths = _widths([titles, *rows], width)
    caption = wrapped(unmarked(block.caption, lang), width) if block.caption else []
    rule = _GAP.join("─" * size for size in widths)
    body = [line for cells, row in zip(rows, block.rows, strict=True) for line in _row(cells, widths, row)]
    return [*caption, *_row(titles, widths, block.rows[0] if block.rows else ()), rule, *body]


def _cell(cell: b.Cell, lang: str) -> str:
    shown = _said(cell.text, lang) if cell.kind == "said" else unmarked(cell.text, lang)
    note = f" ({unmarked(cell.note, lang)})" if cell.note else ""
    return ("" if cell.tone == "off" else _MARK[cell.tone]) + shown + note


def _widths(rows: list[list[str]], width: int) -> list[int]:
    """As wide as the content; where that is too much, the widest column gives until the line fits."""
    sizes = [
        max(max(columns(line) for line in cell.split("\n")) for cell in column) for column in zip(*rows, strict=True)
    ]
    room = width - len(_GAP) * (len(sizes) - 1)
    while sum(sizes) > room and max(sizes) > _NARROWEST:
        widest = sizes.index(max(sizes))
        sizes[widest] = max(
            _NARROWEST, sizes[widest] - (sum(sizes) - room), sorted(sizes)[-2] - 1 if len(sizes) > 1 else 0
        )
    return sizes


def _row(cells: list[str], widths: list[int], row: tuple[b.Cell, ...]) -> list[str]:
    wraps = [wrapped(cell, size) for cell, size in zip(cells, widths, strict=True)]
    right = [cell.kind == "number" for cell in row] or [False] * len(cells)
    return [
        _GAP.join(
            padded(lines[n] if n < len(lines) else "", size, at_right)
            for lines, size, at_right in zip(wraps, widths, right, strict=True)
        ).rstrip()
        for n in range(max(len(lines) for lines in wraps))
    ]


def _card(block: b.Card, lang: str, width: int) -> list[str]:
    end = f" · {unmarked(block.end, lang)}" if block.end else ""
    head = wrapped(f"{_MARK[block.tag.tone]}{unmarked(block.title, lang)} · {block.tag.word}{end}", width)
    return head + [f"    {line}" for inner in block.inside for line in _lines(inner, lang, width - 4)]


def _checklist(block: b.Checklist, lang: str, width: int) -> list[str]:
    lines: list[str] = []
    for item in block.items:
        mark = f"{_MARK[item.tone]}{item.number}. "
        lines += _hanging(mark, unmarked(item.question, lang), width)
        lines += [f"     {line}" for line in wrapped(unmarked(f"{item.word} · {item.line}", lang), width - 5)]
        lines += [f"     {line}" for inner in item.inside for line in _lines(inner, lang, width - 5)]
    return [*lines, block.count]


def _shell(block: b.Shell, lang: str, width: int) -> list[str]:
    return [f"# {unmarked(block.title, lang)}", *_said(block.said, lang).split("\n")]


_SIDES = {"place": "", "before": "- ", "after": "+ ", "same": "  "}


def _difference(block: b.Difference, lang: str, width: int) -> list[str]:
    return [part for line in block.lines for part in _diff_line(line, lang, width)]


def _diff_line(line: b.Line, lang: str, width: int) -> list[str]:
    text = _said(line.said, lang)
    bare = text.lstrip(" ")
    return _hanging(_SIDES[line.side] + " " * (len(text) - len(bare)), bare, width)


def _heading(block: b.Heading, lang: str, width: int) -> list[str]:
    return [unmarked(block.text, lang)]


def _fold(block: b.Fold, lang: str, width: int) -> list[str]:
    return [_heading_of(block, lang), *(line for inner in block.inside for line in _lines(inner, lang, width))]


def _heading_of(block: b.Fold, lang: str) -> str:
    return f"{unmarked(block.title, lang)} {block.count}".strip()


def _drawing(block: b.Drawing, lang: str, width: int) -> list[str]:
    return []  # its table twin says the same


def _path(block: b.Path, lang: str, width: int) -> list[str]:
    lines: list[str] = []
    for stage in block.stages:
        mark = f" ({stage.mark})" if stage.mark else ""
        lines += _hanging(_MARK[stage.tone], f"{stage.title}{mark}: {unmarked(stage.line, lang)}", width)
    return lines


def _onward(block: b.Onward, lang: str, width: int) -> list[str]:
    return wrapped(" ".join(filter(None, (unmarked(block.text, lang), block.title))), width)


def _kinds() -> Iterator[tuple[str, Callable[..., list[str]]]]:
    yield from (("paragraph", _paragraph), ("bullets", _bullets), ("quote", _quote), ("banner", _banner))
    yield from (("status", _status), ("facts", _facts), ("figures", _figures), ("table", _table), ("card", _card))
    yield from (("checklist", _checklist), ("shell", _shell), ("heading", _heading), ("fold", _fold))
    yield from (("drawing", _drawing), ("difference", _difference))
    yield from (("path", _path), ("onward", _onward))


_BY_KIND = dict(_kinds())
