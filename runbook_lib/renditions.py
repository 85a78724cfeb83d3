"""The report in all its forms, and any archived one rendered again: without AWS, without a kernel, byte for byte.

A report tells the incident as it was when it was made. Its ``report.json`` names the entries of the journal that it
tells, so that those of later days do not change it; of a run without that file, of an earlier version, those count that
were written until the run ended. An incident that holds no run is told by its newest look and its whole journal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.archive import journal
from runbook_lib.archive.reports import Report, newest_evidence
from runbook_lib.diagnosis.engine import judge
from runbook_lib.errors import InputError
from runbook_lib.evidence.journal import Entry
from runbook_lib.evidence.model import at
from runbook_lib.evidence.wholeness import whole
from runbook_lib.files import read_text
from runbook_lib.look import Look, believed
from runbook_lib.text import LANGUAGES
from runbook_lib.text.visible import visible_json

if TYPE_CHECKING:
    from runbook_lib.report.context import Context

FORMATS = ("html", "md", "json")
DATA = "report.json"
# Kinds of entries that a report tells: how it was found, what people did, and what came of it.
TOLD = ("opened", "look", "run", "plan", "approval", "intent", "change", "applied", "watch", "verify", "closed")


def files(seen: Look, rendering: Context) -> Iterator[tuple[str, str]]:
    """Every form of the report in every language: file name and content."""
    for lang in LANGUAGES:
        for form in ("html", "md"):
            yield f"report.{lang}.{form}", rendered(seen, replace(rendering, lang=lang), form)
    yield DATA, rendered(seen, rendering, "json")


def rendered(seen: Look, rendering: Context, form: str) -> str:
    """One form of the report, one of ``FORMATS``; its last line ends, so that a terminal and a file hold the same."""
    return _made(seen, rendering, form).removesuffix("\n") + "\n"


def _made(seen: Look, rendering: Context, form: str) -> str:
    about = seen.diagnosis, seen.evidence, rendering
    if form == "json":
        from runbook_lib.report.report_json import report_json

        return visible_json(report_json(*about))
    from runbook_lib.report.page import document, html

    if form == "html":
        return html(*about)
    from runbook_lib.report.markdown import markdown

    return markdown(document(*about))


def on_record(incident: Path | None) -> tuple[tuple[Entry, ...], int]:
    """What the journal of an incident says that reports tell, and how many of its files are no whole entries."""
    found = journal.read(incident) if incident else journal.Journal((), 0)
    entries = [entry for entry in found.entries if entry.kind in TOLD]
    told = tuple(entry for entry in entries if whole(entry))
    return told, found.damaged + len(entries) - len(told)


def again(report: Report, asked: Context, form: str) -> str:
    """An archived report in the language asked for and a form, from what its run and its incident's journal hold.

    Zone and commands are those of the run; of a look, which keeps none, those asked for. For a run's evidence that is
    damaged the newest look stands that the report told, and the page says that a file is missing.

    Raises
    ------
    InputError
        No evidence can be read.
    """
    with believed(report.source):
        rendering = _of_journal(report, asked) if report.look else _rendering(report)
    seen, lost = _look_of(report, rendering)
    with believed(report.source):
        rendering = replace(rendering, lang=asked.lang, lab=seen.evidence.lab, damaged=rendering.damaged + lost)
        return rendered(seen, rendering, form)


def _look_of(report: Report, rendering: Context) -> tuple[Look, int]:
    """The look that a report is made of, and how many files were lost that would have told it."""
    lost = 0
    try:
        evidence = report.evidence()
    except InputError:
        spare = newest_evidence(rendering.record)
        if spare is None:
            raise
        evidence, lost = spare, 1
    with believed(report.source):
        return Look(evidence, judge(evidence)), lost


def _of_journal(report: Report, asked: Context) -> Context:
    record, damaged = on_record(report.incident)
    return replace(asked, record=record, damaged=damaged)


def _rendering(report: Report) -> Context:
    """How the report was rendered when it was made: its zone, its commands, and what it told of the journal."""
    from runbook_lib.report.commands import CommandOptions
    from runbook_lib.report.context import Context
    from runbook_lib.report.report_json import options_of

    made, manifest = _tree(report.folder / DATA), _tree(report.folder / "manifest.json")
    shown = options_of(made) or _parameters(manifest)
    options = {name: shown.get(name, "") for name in ("endpoint_url", "profile", "task_definition_file")}
    record, damaged = _as_it_was(report.incident, made, manifest)
    context = Context(commands=CommandOptions(**options), record=record, damaged=damaged)
    return replace(context, timezone=shown["timezone"]) if shown.get("timezone") else context


def _parameters(manifest: dict[str, Any]) -> dict[str, str]:
    found = manifest.get("parameters")
    return {str(k): v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}


def _as_it_was(incident: Path | None, made: dict[str, Any], manifest: dict[str, Any]) -> tuple[tuple[Entry, ...], int]:
    """The entries that the report told, and how many could not be read: then, or, of those, now."""
    from runbook_lib.report.report_json import ids_told

    entries, damaged = on_record(incident)
    if isinstance(made.get("record"), list):
        told = ids_told(made)
        kept = tuple(entry for entry in entries if entry.id in told)
        return kept, _count(made.get("damaged")) + len(told) - len(kept)
    ended = _time(manifest.get("ended_at"))
    return tuple(entry for entry in entries if ended is None or entry.at <= ended), damaged


def _count(found: object) -> int:
    return found if isinstance(found, int) else 0


def _time(found: object) -> datetime | None:
    try:
        return at(found) if isinstance(found, str) else None
    except ValueError:
        return None


def _tree(path: Path) -> dict[str, Any]:
    """A JSON file of a run; nothing where there is none, or none that can be read."""
    try:
        tree = json.loads(read_text(path))
    except (InputError, ValueError, RecursionError):
        return {}
    return tree if isinstance(tree, dict) else {}
