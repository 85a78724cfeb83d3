"""What users may have noticed, in words. "None" is never said without what it was judged from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from runbook_lib.diagnosis.story import Story
from runbook_lib.diagnosis.toll import TARGETS, Harm, Toll, toll
from runbook_lib.evidence.clocks import read_at
from runbook_lib.evidence.journal import WATCH, Entry
from runbook_lib.evidence.model import Evidence
from runbook_lib.report import sightings
from runbook_lib.report.blocks import Block, Figure, Paragraph, Tone
from runbook_lib.report.context import Context
from runbook_lib.report.formats import short_id
from runbook_lib.report.sections.values import full_stamp
from runbook_lib.text import say

_STOP = "stop-task:"  # how the ids of such changes begin
_TONE: dict[Harm, Tone] = {"none": "ok", "partial": "risk", "likely": "bad", "unknown": "unk"}


def figure(told: Story, context: Context) -> Figure:
    """The key figure: the worst that was seen, with the healthy targets that it comes from."""
    found = told.toll
    note = "unknown_note" if found.harm == "unknown" else "healthy_note" if found.total else "none_note"
    word, shown = context.say(f"impact.{found.harm}"), context.say(f"impact.{note}", **counts(found))
    return Figure(context.say("figure.impact"), word, shown, _TONE[found.harm])


def line(told: Story, evidence: Evidence, context: Context) -> str:
    """What the look of now tells about users, and the worst that was seen before, where that was worse."""
    now = toll(evidence)
    found = context.say(f"impact.{_name(now)}_line", **counts(now))
    before = told.toll.harm != "unknown" and told.toll.rank > now.rank
    return f"{found} {worst_line(told, evidence, context)}" if before else found


def worst_line(told: Story, evidence: Evidence, context: Context) -> str:
    """The worst that was seen, by a look or a watch, with when that was."""
    found = told.toll
    at = sightings.time(found.at, told, evidence, context)
    return say(f"story.impact.{_name(found)}", context.lang, at=at, **counts(found))


def _name(found: Toll) -> str:
    """The harm; where it is not known whether that is for want of targets, or because they were not read."""
    seen = found.evidence
    if found.harm != "unknown" or seen is None:
        return found.harm
    asked = seen.service and (seen.all("target_health") or not seen.service.get("loadBalancers"))
    return "unknown" if asked and not seen.unread("target_health", "target_groups") else "unread"


def blocks(told: Story, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """The sentence, the counts of tasks, and what it was judged from; of what is over, the worst alone."""
    shown = told.toll if told.over else toll(evidence)
    sentences = [worst_line(told, evidence, context) if told.over else line(told, evidence, context)]
    sentences += _stopped(shown, told, context)
    service = shown.evidence.service if shown.evidence else {}
    if "runningCount" in service:
        tasks = {"running": service["runningCount"], "desired": service.get("desiredCount", "–")}
        sentences.append(context.say("impact.tasks", **tasks))
    found: list[Block] = [Paragraph(" ".join(sentences))]
    if shown.harm != "unknown":
        by = "basis_all" if told.over else "basis"
        found.append(Paragraph(context.say(f"impact.{by}", at=full_stamp(shown.at, context)), "quiet"))
    return tuple(found)


def _stopped(shown: Toll, told: Story, context: Context) -> Iterator[str]:
    """Says of harm which tasks a plan had begun to stop before it was read: they may have been what answered."""
    failed = {_of(entry) for entry in told.failed}
    begun = [e for e in told.entries if e.kind in ("intent", "change") and e.text("change").startswith(_STOP)]
    latest = _latest(shown, told)
    made = [e for e in begun if e.at <= latest and _of(e) not in failed]
    if made and shown.harm in ("partial", "likely"):
        tasks = dict.fromkeys(short_id(entry.text("change").removeprefix(_STOP)) for entry in made)
        yield say("story.impact.stopped", context.lang, tasks=", ".join(f"`{task}`" for task in tasks))


def _latest(shown: Toll, told: Story) -> datetime:
    """The time up to which everything had been done before the harm was read.

    A watch that told it was begun after what stands before it in the journal, though AWS's clock, by which it read, may
    be a second behind that of the machine that wrote.
    """
    watches = [entry for entry in told.entries if entry.kind == WATCH] if shown.evidence is None else []
    told_by = next((n for n, entry in enumerate(watches) if _read_at(entry) == shown.at), -1)
    begun = [entry.at for entry in watches[: told_by + 1] if entry.text("phase") == "begin"]
    return max([shown.at, *begun[-1:]])


def _read_at(watch: Entry) -> datetime | None:
    noted = watch.data.get(TARGETS)
    return read_at(noted.get("at")) if isinstance(noted, dict) else None


def _of(entry: Entry) -> tuple[str, str]:
    """Which change of which plan an entry is about."""
    return entry.text("plan"), entry.text("change")


def facts(evidence: Evidence) -> dict[str, str | int]:
    """The judgement and what it comes from, without words: targets that take requests, and those that are healthy."""
    found = toll(evidence)
    return {"users": found.harm, **counts(found)}


def counts(found: Toll) -> dict[str, int]:
    """How many targets take requests, and how many of them are healthy."""
    return {"healthy": found.healthy, "total": found.total}
