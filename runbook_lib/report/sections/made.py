"""What was changed: each change that was made or tried, with old and new values and its command, from the journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from runbook_lib.diagnosis.story import DAMAGED, Story
from runbook_lib.evidence.journal import Entry
from runbook_lib.evidence.model import Evidence
from runbook_lib.plan.model import Change, Plan, from_tree
from runbook_lib.report import plan_words
from runbook_lib.report.blocks import Block, Card, Fact, Facts, Heading, Paragraph, Tag
from runbook_lib.report.context import Context
from runbook_lib.report.incidents import who
from runbook_lib.report.sections import fixing
from runbook_lib.report.sections.values import full_stamp
from runbook_lib.text import say

MOST = 20  # changes with a card of their own


def blocks(told: Story, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """A card each, under a heading; nothing where no change was tried or no plan can be read."""
    plans = dict(_plans(told, evidence))
    tried = [
        e for e in told.entries if e.kind == "change" and e.text("plan") in plans and e.text("outcome") != "already"
    ]
    cards = tuple(card for entry in tried[:MOST] for card in _card(entry, *plans[entry.text("plan")], context))
    left = (Paragraph(say("story.made.left", context.lang, count=len(tried) - MOST), "quiet"),) if tried[MOST:] else ()
    return (Heading(say("story.made.title", context.lang)), *cards, *left) if cards else ()


def _plans(told: Story, evidence: Evidence) -> Iterator[tuple[str, tuple[Plan, Evidence]]]:
    """The plans by digest, each with the look that it was made from; one that was edited is none."""
    looks = {look.entry.id: look.evidence for look in told.looks if look.entry and look.evidence}
    seen = replace(evidence, readings=())
    for entry in told.entries:
        seen = looks.get(entry.id) or seen
        if entry.kind == "plan":
            try:
                made = from_tree(entry.data["plan"])
                if made.digest == entry.text("digest"):
                    yield made.digest, (made, seen)
            except DAMAGED:
                continue


def _card(entry: Entry, plan: Plan, seen: Evidence, context: Context) -> Iterator[Card]:
    planned = next((change for change in plan.changes if change.id == entry.text("change")), None)
    if planned is None:
        return
    outcome, lang = entry.text("outcome"), context.lang
    found = entry.data.get("facts")
    facts: Mapping[str, Any] = found if isinstance(found, dict) else {}
    change = _as_made(planned, facts)
    when = Fact(say("story.made.when", lang), (f"{full_stamp(entry.at, context)} · {who(entry) or '–'}",))
    inside = (
        Facts((when,)),
        *fixing.difference(change, seen, context),
        *fixing.command(change, plan, seen, context),
    )
    tag = Tag(plan_words.outcome(outcome, lang), plan_words.OUTCOME_TONES.get(outcome, "off"))
    yield Card(plan_words.title(change, lang), tag, inside)


def _as_made(change: Change, facts: Mapping[str, Any]) -> Change:
    """A change of the service with the revision that it got, which no plan can know."""
    revision = facts.get("taskDefinition")
    if change.after.get("taskDefinition") == "" and isinstance(revision, str):
        return replace(change, after={**change.after, "taskDefinition": revision})
    return change
