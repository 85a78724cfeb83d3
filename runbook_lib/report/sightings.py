"""Causes that a report's own look did not see, but others of the incident did: short cards, told from the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import get_args

from runbook_lib.diagnosis.model import Confidence, Outcome, Verdict
from runbook_lib.diagnosis.story import DAMAGED, Seen, Story
from runbook_lib.evidence.model import Evidence
from runbook_lib.report import words
from runbook_lib.report.blocks import Card, Fact, Facts, Tag
from runbook_lib.report.context import Context
from runbook_lib.report.journaled import cause_title
from runbook_lib.report.sections.findings import cause_line, what
from runbook_lib.report.sections.values import when_text
from runbook_lib.text import say


def cards(others: Iterable[Seen], told: Story, evidence: Evidence, context: Context) -> tuple[Card, ...]:
    """A card each: what was found, what it means, and which looks saw it."""
    return tuple(_card(seen, told, evidence, context) for seen in others)


def _card(seen: Seen, told: Story, evidence: Evidence, context: Context) -> Card:
    level = _level(seen)
    word = words.confidence(level, context.lang) or say("story.unknown", context.lang)
    tag = Tag(word, "bad", "solid" if level == "confirmed" else "")
    by = Fact(say("story.label.seen", context.lang), (period(seen, told, evidence, context),))
    return Card(cause_title(seen.cause, context.lang), tag, (Facts((*_explained(seen, context), by)),))


def line(seen: Seen, context: Context) -> str:
    """A cause with what it means, where its entry tells enough for that; else its name."""
    try:
        return cause_line(_verdict(seen), context)
    except DAMAGED:
        return cause_title(seen.cause, context.lang)


def _verdict(seen: Seen) -> Verdict:
    cause = seen.cause
    return Verdict(cause.rule, cause.label, "cause", Outcome.FAIL, _level(seen), cause.facts)


def _level(seen: Seen) -> Confidence | None:
    """How sure the look was; None where its entry holds another word."""
    return next((level for level in get_args(Confidence) if level == seen.cause.confidence), None)


def _explained(seen: Seen, context: Context) -> tuple[Fact, ...]:
    """What the cause's own words make of its entry; nothing of another version's rule, or of facts that were edited."""
    verdict = _verdict(seen)
    try:
        rows = (*what(verdict, context), Fact(context.say("label.means"), (words.means(verdict, context.lang),)))
        return tuple(row for row in rows if not row.empty)
    except DAMAGED:
        return ()


def period(seen: Seen, told: Story, evidence: Evidence, context: Context) -> str:
    """When the first and the last look saw a cause, and how many did."""
    ends = dict.fromkeys(time(look.at, told, evidence, context) for look in (seen.first, seen.last))
    name = "seen" if len(ends) > 1 else "seen_once"
    return say(f"story.{name}", context.lang, **dict(zip(("first", "last"), ends, strict=False)), count=seen.looks)


def time(moment: datetime, told: Story, evidence: Evidence, context: Context) -> str:
    """A time of day; with its date where the incident or the look of now is of another day."""
    days = {context.local(found).date() for found in (*_ends(told), moment)}
    return f"{context.local(moment):%m-%d %H:%M:%S}" if len(days) > 1 else when_text(moment, evidence, context)


def _ends(told: Story) -> Iterator[datetime]:
    yield told.now
    yield min(found for found in (told.began, told.detected, told.now) if found)
