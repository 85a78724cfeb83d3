"""The report as one offline HTML file in one language, in the postmortem's form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runbook_lib.diagnosis.changes import faults_of
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.episodes import episodes
from runbook_lib.diagnosis.story import DAMAGED, Story, story
from runbook_lib.evidence.model import Evidence
from runbook_lib.report import impact, prevented, sections, sightings
from runbook_lib.report.blocks import Block, Bullets, Figure, Figures, Heading, Paragraph
from runbook_lib.report.context import Context
from runbook_lib.report.document import Document, Part
from runbook_lib.report.formats import duration, minutes
from runbook_lib.report.headline import headline
from runbook_lib.report.incidents import record
from runbook_lib.report.journaled import cause_title
from runbook_lib.report.markup import clean, code, unmarked
from runbook_lib.report.postmortem import DONE, PROOF, Postmortem, before, damaged, folded, journal, so_far
from runbook_lib.report.render import page
from runbook_lib.report.sections import history, made
from runbook_lib.report.sections.findings import banner, cause_line, no_causes, status, unread_rows
from runbook_lib.report.sections.values import (
    full_stamp,
    look_stamp,
    shell,
    undated,
    unfinished_since,
    when_text,
)
from runbook_lib.text import say

_FAILED = ("failing", "stuck")  # states that have a title of their own
_DONE = ("plan", "approval", "change", "applied")  # kinds of entries that tell what people did
_APPENDIX = (
    sections.service_state,
    sections.running_tasks,
    sections.task_details,
    sections.service_events,
    sections.image_tags,
    sections.commands,
    sections.api_calls,
)


def html(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> str:
    """The whole page: no script, nothing to fetch, for screen, phone and A4 paper, light and dark."""
    found = document(diagnosis, evidence, context)
    return page("page.html.j2", context.lang, {"plain_title": unmarked(found.title, found.lang), "made": found})


def document(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Document:
    """The report in the context's language, before it has a form: a postmortem once the incident is over."""
    told = story(context.record, evidence, diagnosis)
    ended = Postmortem(told, diagnosis, evidence, context) if told.over else None
    name = str(diagnosis.state) if str(diagnosis.state) in _FAILED else "other"
    ill = told.over or name != "other" or diagnosis.failed("cause")
    strap = context.say("page.strap" if ill else "page.strap_calm")
    return Document(
        lang=context.lang,
        title=ended.title() if ended else context.say(f"page.title_{name}", service=code(evidence.target.service)),
        strap=say("story.strap", context.lang) if ended and not ended.deploying else strap,
        contents=context.say("page.contents"),
        banner=banner(evidence, context),
        head=(ended.head() if ended else status(diagnosis, evidence, context),),
        meta=tuple(_meta(evidence, context)),
        parts=tuple(_numbered(_ended(ended) if ended else _ongoing(told, diagnosis, evidence, context), context)),
        foot=context.say("page.foot", at=look_stamp(evidence, context)),
    )


def _meta(evidence: Evidence, context: Context) -> list[tuple[str, str]]:
    target = evidence.target
    pairs = [
        ("account", target.account),
        ("region", target.region),
        ("cluster", target.cluster),
        ("read", look_stamp(evidence, context)),
    ]
    return [(context.say(f"page.{name}"), clean(value, context.lang)) for name, value in pairs if value]


def _numbered(inside: dict[str, tuple[Block, ...]], context: Context) -> list[Part]:
    """The parts of the page; the appendix has no number."""
    return [
        Part(name, "" if name == "appendix" else str(n), context.say(f"page.{name}"), blocks)
        for n, (name, blocks) in enumerate(inside.items(), 1)
    ]


def _ended(ended: Postmortem) -> dict[str, tuple[Block, ...]]:
    """The postmortem; without the worst look's own words where somebody made them such that they cannot be shown."""
    try:
        return ended.parts()
    except DAMAGED:
        told = replace(ended.told, worst=None, whole=ended.evidence)
        return Postmortem(told, ended.diagnosis, ended.evidence, ended.context).parts()


def _ongoing(told: Story, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> dict[str, tuple[Block, ...]]:
    drawn = history.blocks(told, diagnosis, evidence, context) if _is_told(told) else ()
    return {
        "summary": _summary(told, diagnosis, evidence, context),
        "impact": impact.blocks(told, evidence, context),
        "timeline": drawn or sections.timeline(diagnosis, evidence, context).blocks,
        "symptoms": _symptoms(told, diagnosis, evidence, context),
        "causes": _causes(told, diagnosis, evidence, context),
        "fix": _fix(told, diagnosis, evidence, context),
        "verify": _verify(told, evidence, context),
        "checklist": sections.checklist(diagnosis, evidence, context).blocks,
        "unread": (*sections.unread(diagnosis, evidence, context).blocks, *damaged(context)),
        "prevention": prevented.blocks(told, diagnosis, evidence, context),
        "appendix": _appendix(told, diagnosis, evidence, context),
    }


def _is_told(told: Story) -> bool:
    """Whether the journal has more to tell than the look of now: then the timeline is the whole incident's."""
    return bool(told.faulty) and any(e.kind in _DONE or (e.kind == "look" and e.at < told.now) for e in told.entries)


def _summary(told: Story, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    lead = Paragraph(_lead(told, diagnosis, evidence, context), "lead")
    causes = tuple(cause_line(verdict, context) for verdict in diagnosis.failed("cause"))
    named = (Bullets(causes),) if causes else ()
    figures = _tiles((*_figures(told, diagnosis, evidence, context), *so_far(told, context)), diagnosis, evidence)
    return (lead, *named, *_were(diagnosis, context), *before(told, evidence, context), *damaged(context), figures)


def _tiles(found: tuple[Figure, ...], diagnosis: Diagnosis, evidence: Evidence) -> Figures:
    """Six at most, which fill their rows, where the one of what could not be checked has nothing to tell."""
    idle = not diagnosis.unknown and not evidence.unreads
    return Figures(found[:4] + found[5:] if len(found) > 6 and idle else found)


def _lead(told: Story, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> str:
    """What, since when, whom it hit and where it stands, for somebody who reads nothing else."""
    began = unfinished_since(diagnosis, evidence)
    name = "unseen" if not evidence.service else "undated" if undated(evidence) else "done"
    parts = [context.say(f"page.lead_{name}")]
    if began is not None:
        length = minutes((evidence.collected_at - began).total_seconds(), context.lang)
        parts = [context.say("page.lead_open", began=when_text(began, evidence, context), length=length)]
    if not diagnosis.failed("cause"):
        parts.append(no_causes(diagnosis, context))
    now = context.say("page.lead_state", state=headline(diagnosis, evidence, context.lang)[1])
    parts += [impact.line(told, evidence, context), now, _changed(told, context)]
    return " ".join(parts)


def _figures(told: Story, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> tuple[Figure, ...]:
    unknown, unread = len(diagnosis.unknown), len(unread_rows(evidence, context))
    return (
        impact.figure(told, context),
        *_unfinished(diagnosis, evidence, context),
        _cause_figure(diagnosis, context),
        _task_figure(diagnosis, evidence, context),
        Figure(
            context.say("figure.unknown"),
            context.say("figure.causes_value", count=unknown),
            context.say("figure.unknown_note", total=len(diagnosis.verdicts), unread=unread),
            "unk" if unknown or unread else None,
        ),
    )


def _unfinished(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> tuple[Figure, ...]:
    began = unfinished_since(diagnosis, evidence)
    if began is None:
        return ()
    length = duration((evidence.collected_at - began).total_seconds(), context.lang)
    threshold = context.say("figure.threshold", length=minutes(evidence.stuck_after_s, context.lang))
    return (Figure(context.say("figure.unfinished"), length, threshold),)


def _cause_figure(diagnosis: Diagnosis, context: Context) -> Figure:
    causes = diagnosis.failed("cause")
    sure = sum(verdict.confidence == "confirmed" for verdict in causes)
    note = context.say("figure.causes_note", confirmed=sure, likely=len(causes) - sure)
    return Figure(context.say("figure.causes"), context.say("figure.causes_value", count=len(causes)), note)


def _task_figure(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Figure:
    """Unhealthy ones, and those with an unhealthy target, are counted only where every task was read."""
    service = evidence.service
    if "runningCount" not in service:
        return Figure(context.say("figure.tasks"), "–", context.say("since.unread"))
    counted: dict[str, Any] = next((dict(v.facts) for v in diagnosis.verdicts if v.rule == "tasks_unhealthy"), {})
    seen = "unhealthy" in counted and evidence.all("tasks") and not evidence.unread("tasks", "task_arns")
    value = context.say("figure.tasks_value", running=service["runningCount"])
    facts = {"desired": service.get("desiredCount", 0), "unhealthy": counted.get("unhealthy", 0)}
    note = context.say("figure.tasks_note" if seen else "figure.tasks_unseen", **facts)
    if seen and counted.get("unhealthy_targets"):
        note += context.say("figure.tasks_targets", count=counted["unhealthy_targets"])
    return Figure(context.say("figure.tasks"), value, note)


def _symptoms(told: Story, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    found, began = sections.symptoms(diagnosis, evidence, context).blocks, unfinished_since(diagnosis, evidence)
    if began is None:
        return found
    last = next(reversed(episodes(told)), None)
    seen = last.detected if last else evidence.collected_at
    length = duration((seen - ((last and last.began) or began)).total_seconds(), context.lang)
    return (*found, Paragraph(context.say("page.detected", at=full_stamp(seen, context), length=length)))


def _causes(told: Story, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    cards = sections.causes(diagnosis, evidence, context).blocks
    lead = (Paragraph(context.say("page.direct"), "quiet"),) if diagnosis.failed("cause") else ()
    now = {verdict.rule for verdict in diagnosis.failed("cause")}
    gone = sightings.cards((s for s in told.causes if s.cause.rule not in now), told, evidence, context)
    about = (Heading(say("story.earlier", context.lang)), *gone) if gone else ()
    return (*lead, *cards, *about, *_changes(diagnosis, evidence, context))


def _were(diagnosis: Diagnosis, context: Context) -> tuple[Block, ...]:
    """The causes that looks of this incident found before, where this one, after the fix, finds none."""
    before = {cause.rule: cause for entry in context.record if entry.kind == "look" for cause in entry.causes}
    if diagnosis.failed("cause") or not before:
        return ()
    titles = tuple(cause_title(cause, context.lang) for cause in before.values())
    return (Paragraph(context.say("page.were")), Bullets(titles))


def _changes(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """What changed since the last revision that completed, where anything failed."""
    if not faults_of(diagnosis):
        return ()
    section = sections.what_changed(diagnosis, evidence, context)
    return (Heading(section.title), *section.blocks)


def _changed(told: Story, context: Context) -> str:
    """What was changed, and what may have been; of a record with holes no more than what it holds."""
    count, lang = len(told.changes), context.lang
    others = {"story.lead.failed": len(told.failed), "story.cut": len(told.cut_short)}
    parts = [context.say("page.lead_changes", count=count)] if count else []
    parts += [say(name, lang, count=each) for name, each in others.items() if each]
    none = say("story.lead.no_changes_read", lang) if context.damaged else context.say("page.lead_no_change")
    return " ".join(parts) or none


def _fix(told: Story, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """What was seen, planned, approved, changed and watched, by whom; where nothing was done, that is said."""
    if any(entry.kind in _DONE for entry in told.entries):
        done = [entry for entry in told.telling if entry.kind in DONE]
        return (*record(done, context.lang, context.timezone), *made.blocks(told, evidence, context))
    if context.damaged:
        return (Paragraph(say("story.lead.no_changes_read", context.lang)),)
    name = "no_fix" if diagnosis.failed("cause") else "no_fix_needed"
    return (Paragraph(context.say(f"page.{name}")),)


def _verify(told: Story, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """The checks on record and the closing; where nobody has checked, how to."""
    proof = [entry for entry in told.entries if entry.kind in PROOF]
    if proof:
        return record(proof, context.lang, context.timezone)
    return (Paragraph(context.say("page.no_verify")), *shell(evidence, context, "load_balancer", "curl"))


def _appendix(told: Story, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    found = [section(diagnosis, evidence, context) for section in _APPENDIX]
    kept = journal(told, context) if told.entries else Paragraph(context.say("page.no_journal"), "quiet")
    return (*(folded(section, context) for section in found), kept)
