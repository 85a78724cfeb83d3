"""What GitHub Actions reads: annotations as workflow commands, and a job summary in Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from runbook_lib.report import blocks as b
from runbook_lib.report.markup import clean, prose, unticked
from runbook_lib.report.render import Section

_LETTERS: dict[b.Tone, str] = {"ok": "✅", "bad": "❌", "run": "🔄", "unk": "❔", "risk": "⚠️", "off": "⏹️"}
_SPECIAL = re.compile(r"([\\*_\[\]<>#|~&])")
_CODE = re.compile(r"`([^`]*)`")


def annotation(level: str, title: str, message: str) -> str:
    """A workflow command: ``::error title=…::message``; nothing in it can end it or begin another."""
    return f"::{level} title={_property(title)}::{_data(message)}"


def fenced(text: str, token: str) -> str:
    """Text in which GitHub looks for no workflow commands: words of AWS may hold anything."""
    return f"::stop-commands::{token}\n{text}\n::{token}::"


def _data(text: str) -> str:
    plain = _CODE.sub(r"\1", text)
    return plain.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(section: Section) -> str:
    """A section as Markdown of GitHub; everything that is not ours is escaped or stands in code."""
    parts = [_BY_KIND[block.kind](block, section.lang) for block in section.blocks if block.kind in _BY_KIND]
    return "\n\n".join([f"## {_rich(section.title, section.lang)}", *filter(None, parts)]) + "\n"


def _rich(text: str, lang: str) -> str:
    """Our prose: what stands between backticks as code, everything else escaped."""
    parts = _CODE.split(prose(text, lang))
    return "".join(f"`{part}`" if n % 2 and part else _SPECIAL.sub(r"\\\1", part) for n, part in enumerate(parts))


def _block_of(text: str, lang: str, indent: str = "") -> str:
    said = clean(text, lang)
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", said)), default=0) + 1)
    return "\n".join(indent + line for line in (fence, *said.split("\n"), fence))


def _status(block: b.Status, lang: str) -> str:
    return f"{_LETTERS[block.tone]} **{_rich(block.word, lang)}** · {_rich(block.text, lang)}"


def _facts(block: b.Facts, lang: str) -> str:
    return "\n".join(line for row in block.rows for line in _fact(row, lang))


def _fact(row: b.Fact, lang: str) -> Iterator[str]:
    lines = " · ".join(_rich(line, lang) for line in row.lines)
    cited = " · ".join(f"`{unticked(prose(cite, lang))}`" for cite in row.cites)
    yield f"- **{_rich(row.label, lang)}**: {' · '.join(filter(None, (lines, cited)))}".rstrip(": ")
    for count, step in enumerate(row.steps, 1):
        yield f"  {count}. {_rich(step.text, lang)}"
        if step.command:
            yield "\n" + _block_of(step.command, lang, "     ") + "\n"


def _card(block: b.Card, lang: str) -> str:
    head = f"### {_rich(block.title, lang)} · {_rich(block.tag.word, lang)}"
    return "\n\n".join([head, *(_BY_KIND[inner.kind](inner, lang) for inner in block.inside)])


def _quote(block: b.Quote, lang: str) -> str:
    return f"{_rich(block.about, lang)}\n\n{_block_of(block.said, lang)}"


_BY_KIND: dict[str, Callable[..., str]] = {
    "status": _status,
    "facts": _facts,
    "card": _card,
    "quote": _quote,
    "paragraph": lambda block, lang: _rich(block.text, lang),
    "heading": lambda block, lang: f"### {_rich(block.text, lang)}",
    "shell": lambda block, lang: f"**{_rich(block.title, lang)}**\n\n{_block_of(block.said, lang)}",
    "banner": lambda block, lang: f"_{_rich(block.title, lang)}_ {_rich(block.text, lang)}",
}
