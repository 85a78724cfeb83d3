"""Blocks as Markdown of GitHub, for an issue, a wiki, a summary: tables and headings, no HTML.

What is not ours is escaped or stands in code: it forges no heading, table, link or picture, and mentions nobody. GitHub
looks for mentions, references and addresses in what is left when escapes are gone, so that these stand in code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from runbook_lib.report import blocks as b
from runbook_lib.report.document import Document
from runbook_lib.report.markup import NOTHING, clean, prose

LETTERS: dict[b.Tone, str] = {"ok": "✅", "bad": "❌", "run": "🔄", "unk": "❔", "risk": "⚠️", "off": "⏹️"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_BEGINNING = re.compile(r"^(\d{1,9}(?=[.)])|(?=[-+=:]))")  # of a line: a list, a heading's underline, a table's ruler
_CODE = re.compile(r"`([^`]*)`")
_LINKED = re.compile(r"@\w|\b(?:https?|ftp|mailto|xmpp):|\bwww\.|#\d|\bGH-\d", re.IGNORECASE)
_DEEPEST = 6
_SIDES = {"place": "@@ ", "before": "- ", "after": "+ ", "same": "  "}


def markdown(made: Document) -> str:
    """The whole report."""
    lang = made.lang
    parts = [f"# {rich(made.title, lang)}", f"**{rich(made.strap, lang)}**"]
    parts += [*_all(made.banner, lang, 2), *_all(made.head, lang, 2)]
    parts.append("\n".join(f"- **{rich(label, lang)}**: {_verbatim(value, lang)}" for label, value in made.meta))
    for part in made.parts:
        number = f"{part.number}. " if part.number else ""
        parts += [f"## {number}{rich(part.title, lang)}", *_all(part.blocks, lang, 3)]
    return "\n\n".join([*filter(None, parts), "---", rich(made.foot, lang)]) + "\n"


def section(title: str, inside: tuple[b.Block, ...], lang: str) -> str:
    """A section under a heading of the second level."""
    return "\n\n".join([f"## {rich(title, lang)}", *_all(inside, lang, 3)]) + "\n"


def rich(text: str, lang: str) -> str:
    """Our prose: what stands between backticks as code, everything else escaped."""
    parts = _CODE.split(prose(text, lang))
    marked = "".join((_span(part) or NOTHING) if n % 2 else _plain(part) for n, part in enumerate(parts)).strip()
    return _BEGINNING.sub(r"\1\\", marked)


def _plain(text: str) -> str:
    words = re.split(r"( +)", text)
    return "".join(_span(word) if _LINKED.search(word) else _SPECIAL.sub(r"\\\1", word) for word in words)


def _span(text: str) -> str:
    """Code in a line: between more backticks than it holds."""
    if not text.strip():
        return ""
    ticks = "`" * (_longest_run(text) + 1)
    room = " " if "`" in (text[0], text[-1]) else ""
    return f"{ticks}{room}{text}{room}{ticks}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _verbatim(text: object, lang: str) -> str:
    """Words of AWS in a line."""
    return _span(prose(text, lang))


def _fenced(text: str, lang: str, kind: str = "", indent: str = "") -> str:
    """Words of AWS, commands and differences as a block of their own."""
    said = clean(text, lang)
    fence = "`" * max(3, _longest_run(said) + 1)
    return "\n".join(indent + line for line in (fence + kind, *said.split("\n"), fence))


def _all(inside: tuple[b.Block, ...], lang: str, level: int) -> list[str]:
    return [text for block in inside if (text := _BY_KIND[block.kind](block, lang, min(level, _DEEPEST)))]


def _marked(tone: b.Tone | None, text: str) -> str:
    return f"{LETTERS[tone]} {text}" if tone else text


def _paragraph(block: b.Paragraph, lang: str, level: int) -> str:
    return rich(block.text, lang)


def _heading(block: b.Heading, lang: str, level: int) -> str:
    return f"{'#' * level} {rich(block.text, lang)}"


def _bullets(block: b.Bullets, lang: str, level: int) -> str:
    marks = (f"{n}." if block.numbered else "-" for n in range(1, len(block.items) + 1))
    return "\n".join(f"{mark} {rich(item, lang)}" for mark, item in zip(marks, block.items, strict=True))


def _quote(block: b.Quote, lang: str, level: int) -> str:
    about = f"{rich(block.about, lang)}\n\n" if block.about else ""
    return about + _fenced(block.said, lang, "text")


def _banner(block: b.Banner, lang: str, level: int) -> str:
    return f"**{rich(block.title, lang)}** {rich(block.text, lang)}".strip()


def _status(block: b.Status, lang: str, level: int) -> str:
    told = " · ".join(filter(None, (f"**{rich(block.word, lang)}**", rich(block.text, lang))))
    return _marked(block.tone, told)


def _facts(block: b.Facts, lang: str, level: int) -> str:
    return "\n".join(line for row in block.rows for line in _fact(row, lang)).rstrip("\n")


def _fact(row: b.Fact, lang: str) -> Iterator[str]:
    told = [*(rich(line, lang) for line in row.lines), *(_verbatim(cite, lang) for cite in row.cites)]
    told += [f"<{row.link}>"] if row.link else []
    yield f"- **{rich(row.label, lang)}**: {' · '.join(filter(None, told))}".rstrip(": ")
    for count, step in enumerate(row.steps, 1):
        yield f"  {count}. {rich(step.text, lang)}"
        if step.command:
            yield "\n" + _fenced(step.command, lang, "sh", "     ") + "\n"


def _figures(block: b.Figures, lang: str, level: int) -> str:
    rows = ((rich(f.label, lang), _marked(f.tone, rich(f.value, lang)), rich(f.note, lang)) for f in block.items)
    return "\n".join(f"- **{label}**: {value}" + (f" ({note})" if note else "") for label, value, note in rows)


def _table(block: b.Table, lang: str, level: int) -> str:
    caption = f"**{rich(block.caption, lang)}**\n\n" if block.caption else ""
    kinds = [cell.kind for cell in block.rows[0]] if block.rows else ["text"] * len(block.columns)
    ruler = ["--:" if kind == "number" else "---" for kind in kinds]
    heads = [rich(title, lang) for title in block.columns]
    rows = [[_cell(cell, lang) for cell in row] for row in block.rows]
    return caption + "\n".join("| " + " | ".join(map(_celled, row)) + " |" for row in (heads, ruler, *rows))


def _cell(cell: b.Cell, lang: str) -> str:
    text = _verbatim(cell.text, lang) if cell.kind == "said" else rich(cell.text, lang)
    note = f" ({rich(cell.note, lang)})" if cell.note else ""
    return _marked(cell.tone, text) + note


def _celled(text: str) -> str:
    r"""A cell's Markdown, whose bars end no cell: ``\|``. One after a backslash would, and becomes a look-alike."""
    return re.sub(r"(\\*)\|", lambda bar: bar[1] + "\\|" if not bar[1] else _bar(bar[1]), text)


def _bar(slashes: str) -> str:
    """A bar that our prose has escaped already stays; in code, where a backslash is one, there is no way to."""
    return f"{slashes}|" if len(slashes) == 1 else f"{slashes}∣"


def _card(block: b.Card, lang: str, level: int) -> str:
    end = f" · {rich(block.end, lang)}" if block.end else ""
    head = f"{'#' * level} {rich(block.title, lang)} · {rich(block.tag.word, lang)}{end}"
    return "\n\n".join([head, *_all(block.inside, lang, level + 1)])


def _checklist(block: b.Checklist, lang: str, level: int) -> str:
    lines = [
        f"{item.number}. {rich(item.question, lang)}  \n"
        f"   {_marked(item.tone, '')}**{rich(item.word, lang)}** · {rich(item.line, lang)}"
        for item in block.items
    ]
    return "\n".join([*lines, "", rich(block.count, lang)])


def _shell(block: b.Shell, lang: str, level: int) -> str:
    return f"{rich(block.title, lang)}\n\n{_fenced(block.said, lang, 'sh')}"


def _difference(block: b.Difference, lang: str, level: int) -> str:
    lines = (_SIDES[line.side] + prose(line.said, lang) for line in block.lines)
    return _fenced("\n".join(lines), lang, "diff")


def _fold(block: b.Fold, lang: str, level: int) -> str:
    count = f" · {rich(block.count, lang)}" if block.count else ""
    head = f"{'#' * level} {rich(block.title, lang)}{count}"
    return "\n\n".join([head, *_all(block.inside, lang, level + 1)])


def _drawing(block: b.Drawing, lang: str, level: int) -> str:
    return ""  # its table twin says the same


_BY_KIND: dict[str, Callable[..., str]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "bullets": _bullets,
    "quote": _quote,
    "banner": _banner,
    "status": _status,
    "facts": _facts,
    "figures": _figures,
    "table": _table,
    "card": _card,
    "checklist": _checklist,
    "shell": _shell,
    "difference": _difference,
    "fold": _fold,
    "drawing": _drawing,
}
