"""Prevention: the guide's items with their state as far as the evidence shows it, and the risks that were seen."""

from __future__ import annotations

from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.prevention import Measure, Standing, measures
from runbook_lib.diagnosis.story import Story
from runbook_lib.evidence.model import Evidence
from runbook_lib.report import sections
from runbook_lib.report.blocks import Block, Cell, Heading, Paragraph, Table, Tone, state
from runbook_lib.report.context import Context
from runbook_lib.report.journaled import cause_title
from runbook_lib.report.sections.values import look_stamp
from runbook_lib.text import has, say

_TONES: dict[Standing, Tone] = {
    "set": "ok",
    "part": "risk",
    "unset": "risk",
    "good": "off",  # that the task definition in use is right does not say that anybody checks the next one
    "bad": "bad",
    "unknown": "unk",
    "unlooked": "off",
    "none": "off",
}


def blocks(told: Story, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """The table, and the risks of now."""
    titles = {seen.cause.rule: cause_title(seen.cause, context.lang) for seen in told.causes}
    rows = tuple(_row(found, titles, context) for found in measures(evidence, diagnosis, titles))
    caption = say("story.prevention.caption", context.lang, at=look_stamp(evidence, context))
    heads = (context.say("column.group"), context.say("column.item"), say("story.prevention.state", context.lang))
    inside: list[Block] = [
        Table(caption, heads, rows, "prevention"),
        Paragraph(context.say("page.no_owner"), "quiet"),
    ]
    if diagnosis.failed("risk"):
        inside += [Heading(context.say("page.risks")), *sections.risks(diagnosis, evidence, context).blocks]
    return tuple(inside)


def _row(measure: Measure, titles: dict[str, str], context: Context) -> tuple[Cell, ...]:
    lang = context.lang
    against = " · ".join(titles[rule] for rule in measure.against)
    note = say("story.prevention.against", lang, titles=against) if against else ""
    return (
        Cell(say(f"story.group.{measure.group}", lang)),
        Cell(say(f"story.item.{measure.id}", lang), note=note),
        state(_TONES[measure.standing], say(f"story.standing.{measure.standing}", lang), _told_from(measure, lang)),
    )


def _told_from(measure: Measure, lang: str) -> str:
    """What the state was told from: the item's own words, else those of its group for that state, else the group's."""
    names = (f"{measure.id}.{measure.standing}", f"{measure.group}.{measure.standing}", measure.group, "pipeline")
    found = next(f"story.note.{name}" for name in names if has(f"story.note.{name}"))
    return say(found, lang, **measure.facts)
