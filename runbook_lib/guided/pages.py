"""Small sections that several views show: what is being done, and what went wrong."""

from __future__ import annotations

from runbook_lib.errors import ExitCode
from runbook_lib.guided.desk import Desk
from runbook_lib.report.blocks import Block, Paragraph, Status, Tone
from runbook_lib.report.render import Section
from runbook_lib.text import has, say


def note(text: str, lang: str, *inside: Block) -> Section:
    """A quiet line, and what stands below it."""
    return Section("note", "", (*([Paragraph(text, "quiet")] if text else []), *inside), lang)


def under_way(desk: Desk) -> str:
    """What is being done, and whether it is about to stop."""
    key = f"guided.stopping.{desk.working}"
    return say(key if desk.stopping and has(key) else f"guided.working.{desk.working}", desk.lang)


def problem(desk: Desk) -> Section:
    """What went wrong, or was stopped, in one sentence."""
    unseen = desk.error is not None and desk.error.exit_code is ExitCode.COULD_NOT_LOOK
    title = say(f"guided.problem.{'stopped' if desk.stopped else 'title'}", desk.lang)
    tone: Tone = "off" if desk.stopped else "unk" if unseen else "bad"
    return Section("problem", "", (Status(tone, title, desk.problem()),), desk.lang)
