"""Where a run was archived: as a section of the notebook that wrote it, and as a table for a terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.report import words
from runbook_lib.report.blocks import Fact, Facts, Onward, Paragraph
from runbook_lib.report.context import Context
from runbook_lib.report.markup import code, unmarked
from runbook_lib.report.plain import columns, wrapped
from runbook_lib.report.render import Section
from runbook_lib.text import say
from runbook_lib.text.visible import one_line

_WIDTHS = (30, 10, 56)


def section(folder: Path, context: Context) -> Section:
    """The archive's folder and its files; a folder whose run is still going on is only announced."""
    lang = context.lang
    rows = [Fact(say("archive.files", lang), tuple(code(p.name) for p in sorted(folder.iterdir())))]
    pending = folder.name.startswith(".")
    if not pending:
        rows.insert(0, Fact(say("archive.folder", lang), (code(folder),)))
    about = Paragraph(say("archive.pending" if pending else "archive.about", lang), "quiet")
    return Section("archived", say("archive.section", lang), (about, Facts(tuple(rows))), lang)


def opened(folder: Path, relative: Callable[[Path], str], context: Context) -> Section:
    """The archived report with links to its pages, the one in the reader's language first."""
    lang = context.lang
    pages = sorted(folder.glob("report.*.html"), key=lambda p: lang not in p.suffixes[-2])
    links = (Onward("", f"{say('guided.report.open', lang)} ({p.suffixes[-2][1:]})", relative(p)) for p in pages)
    whole = section(folder, context)
    return Section(whole.id, whole.title, (*links, *whole.blocks), lang)


def table(diagnosis: Diagnosis | None, folder: Path, lang: str) -> str:
    """The causes in a table, then the paths of the reports; ``lang``'s report is named first."""
    pages = sorted(folder.glob("report.*.html"), key=lambda p: lang not in p.name)
    paths = [say("archive.report", lang, lang=page.suffixes[-2].lstrip("."), path=page) for page in pages]
    started = diagnosis is None and (folder / "outcome.json").is_file()  # a run that takes no look
    told = [say("archive.started", lang)] if started else _causes(diagnosis, lang)
    return "\n".join([*told, "", *map(one_line, paths or [str(folder)])])


def _causes(diagnosis: Diagnosis | None, lang: str) -> list[str]:
    if diagnosis is None:
        return [say("archive.unseen", lang)]
    state = words.state(diagnosis.state, lang)
    found = diagnosis.failed("cause")
    if not found:
        return [say("archive.none", lang, state=state)]
    head = tuple(say(f"archive.{key}", lang) for key in ("cause", "confidence", "line"))
    rows = [(words.title(v, lang), words.confidence(v.confidence, lang), words.line(v, lang)) for v in found]
    ruler = tuple("─" * width for width in _WIDTHS)
    lines = [say("archive.causes", lang, count=len(found), state=state), "", *_row(head), *_row(ruler)]
    return lines + [line for row in rows for line in _row(tuple(unmarked(cell, lang) for cell in row))]


def _row(cells: tuple[str, ...]) -> list[str]:
    """A table row as terminal lines; a long cell goes on below, Hangul counting two columns."""
    parts = [wrapped(cell, width) for cell, width in zip(cells, _WIDTHS, strict=True)]
    height = max(len(part) for part in parts)
    filled = [part + [""] * (height - len(part)) for part in parts]
    return [
        "  ".join(_padded(line, w) for line, w in zip(row, _WIDTHS, strict=True)).rstrip()
        for row in zip(*filled, strict=True)
    ]


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - columns(text))
