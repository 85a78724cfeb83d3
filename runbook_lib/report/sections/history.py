"""The timeline of a whole incident: what ECS did and what people did, on one axis, and the same as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.story import Story
from runbook_lib.evidence.journal import Change, Entry, changes
from runbook_lib.evidence.model import Evidence
from runbook_lib.evidence.timeline import timeline as timeline_of
from runbook_lib.report import incidents
from runbook_lib.report.blocks import Block, Cell, Paragraph
from runbook_lib.report.context import Context
from runbook_lib.report.formats import duration, minutes
from runbook_lib.report.people_svg import Act, Bracket, Over
from runbook_lib.report.sections.appendix import key_moments, left_out, names, row_of
from runbook_lib.report.sections.values import look_stamp, table, unfinished_since, when
from runbook_lib.report.timeline_svg import drawing
from runbook_lib.text import say

MOST_ACTS = 26  # the letters of the alphabet
_KINDS = ("look", "run", "plan", "approval", "intent", "change", "watch", "verify", "closed")
_NEAR_END = 0.25  # a last look that comes later than this part of the incident is beyond the drawing
_Told = tuple[Act, Change]


def blocks(told: Story, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """The drawing, what it leaves out, and its table."""
    stretch = _stretch(told)
    found = timeline_of(told.whole, stretch)
    found = replace(found, moments=tuple(m for m in found.moments if m.kind != "look" and m.at <= found.end))
    moments = key_moments(found)
    every, shown, count = acts(told, context)
    drawn = tuple(act for act, _ in shown if act.at <= found.end)
    over = Over(unfinished_since(diagnosis, evidence), drawn, _brackets(told, context))
    picture = drawing(found, context, names(found, context), moments, over)
    rows = [(m.at, 1, row_of(n, m, diagnosis, evidence, context)) for n, m in enumerate(moments, 1)]
    rows += [(act.at, 0, row) for (act, _), row in zip(shown, _rows(shown, evidence, context), strict=True)]
    listed = [row for *_, row in sorted(rows, key=lambda item: item[:2])]
    listing = table(context, "moments", "number time source what", listed, at="")
    caption = say("story.moments", context.lang, at=look_stamp(evidence, context))
    remarks = _remarks(told, every, len(shown), count, context)
    return (picture, *left_out(found, moments, told.whole, context), *remarks, replace(listing, caption=caption))


def acts(told: Story, context: Context) -> tuple[int, tuple[_Told, ...], int]:
    """How many acts there are, those shown with their letters, and how many looks saw nothing new."""
    every = list(changes(e for e in told.telling if e.kind in _KINDS))
    telling = [c for n, c in enumerate(every) if not _quiet(c, every[:n], told)]
    half = MOST_ACTS // 2
    kept = telling if len(telling) <= MOST_ACTS else telling[:half] + telling[-half:]
    shown = tuple((Act(chr(65 + n), c.entry.at, c.entry.kind, _word(c.entry, context)), c) for n, c in enumerate(kept))
    return len(telling), shown, len(every) - len(telling)


def _quiet(change: Change, before: list[Change], told: Story) -> bool:
    """Whether a look says what the one before it said; the last one never is, it tells the state now."""
    if change.entry.kind != "look" or change.entry.at >= told.now or change.new or change.gone:
        return False
    last = next((c.entry for c in reversed(before) if c.entry.kind == "look"), None)
    return last is not None and last.text("state") == change.entry.text("state")


def _word(entry: Entry, context: Context) -> str:
    name = entry.kind
    if name == "look" and entry.text("by") == "90_postmortem":
        name = "report"
    if name == "watch" and entry.text("phase") == "end":
        name = "watched"
    return say(f"story.act.{name}", context.lang)


def _rows(shown: tuple[_Told, ...], evidence: Evidence, context: Context) -> Iterator[tuple[Cell, ...]]:
    """A row each; who it was is said where it is somebody else than before."""
    before = ""
    for act, change in shown:
        who = incidents.who(change.entry)
        yield _row(act, change, who if who != before else "", evidence, context)
        before = who


def _row(act: Act, change: Change, who: str, evidence: Evidence, context: Context) -> tuple[Cell, ...]:
    entry, lang = change.entry, context.lang
    return (
        Cell(act.letter, "number"),
        when(act.at, evidence, context),
        Cell(incidents.kind(entry, lang)),
        Cell(incidents.what(change, lang) or "–", note=say("story.by", lang, who=who) if who else ""),
    )


def _stretch(told: Story) -> tuple[datetime, datetime]:
    """From the deployment at fault to the last that was done about it; a report made long after is not on it."""
    first = min(found for found in (told.began, told.detected, told.now) if found)
    proof = told.recovered
    done = [e.at for e in told.telling if e.kind in _KINDS and not (e.kind == "look" and proof and e.at > proof.at)]
    last = max([*(at for at in done if told.unseen or at <= told.now), proof.at if proof else told.now])
    near = (told.now - last) <= (last - first) * _NEAR_END
    return first, max(last, told.now) if near else last


def _brackets(told: Story, context: Context) -> tuple[tuple[Bracket, ...], ...]:
    """How long until it was over, and beneath it how long until it was seen and until the last change."""
    if not told.over:
        return ()
    end = told.recovered.at if told.recovered else None
    lines = (
        (("recover", told.began, end),),
        (("detect", told.began, told.detected), ("fix", told.detected, told.fixed)),
    )
    made = (tuple(_lengths(line, context)) for line in lines)
    return tuple(line for line in made if line) or ((),)


def _lengths(line: tuple[tuple[str, datetime | None, datetime | None], ...], context: Context) -> Iterator[Bracket]:
    for name, start, end in line:
        if start and end and end >= start:
            seconds, word = (end - start).total_seconds(), say(f"story.figure.{name}", context.lang)
            long, short = duration(seconds, context.lang), minutes(seconds, context.lang)
            yield Bracket(start, end, (f"{word} {long}", f"{word} {short}", short))


def _remarks(told: Story, every: int, shown: int, quiet: int, context: Context) -> tuple[Block, ...]:
    parts = []
    if told.skew:
        parts.append(say("story.skew", context.lang, length=duration(told.skew.total_seconds(), context.lang)))
    if quiet:
        parts.append(say("story.quiet", context.lang))
    if every > shown:
        parts.append(say("story.left_out", context.lang, count=every - shown))
    return (Paragraph(" ".join(parts), "quiet"),) if parts else ()
