"""The report in one language before it has a form: what HTML and Markdown are both made of."""

from __future__ import annotations

from dataclasses import dataclass

from runbook_lib.report.blocks import Block


@dataclass(frozen=True)
class Part:
    """One numbered part of the report."""

    id: str
    number: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """Title, what kind of report it is, banner, state, whom it is about (label and value), the parts, and its foot."""

    lang: str
    title: str
    strap: str
    contents: str
    banner: tuple[Block, ...]
    head: tuple[Block, ...]
    meta: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    foot: str
