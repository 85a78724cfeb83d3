"""What the evidence means: state, checklist, causes, symptoms, risks, and what could not be read."""

from __future__ import annotations

import re
from collections import Counter

from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.model import Outcome, Verdict
from runbook_lib.evidence.model import Evidence, Unread
from runbook_lib.report import steps, words
from runbook_lib.report.blocks import (
    Banner,
    Block,
    Card,
    Cell,
    Checklist,
    Fact,
    Facts,
    Heading,
    Item,
    Paragraph,
    Status,
    Step,
    Tag,
    state,
    value,
)
from runbook_lib.report.context import Context
from runbook_lib.report.formats import minutes
from runbook_lib.report.headline import headline
from runbook_lib.report.markup import code
from runbook_lib.report.render import Section
from runbook_lib.report.sections.values import (
    OUTCOME_TONE,
    full_stamp,
    look_stamp,
    table,
    undated,
    unfinished_since,
)
from runbook_lib.text import has

_PER_CARD = 8
_BRIEF = 48


def overview(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """State, since when, which service, and the causes at a glance."""
    inside = (
        *banner(evidence, context),
        status(diagnosis, evidence, context),
        Facts(tuple(_glance(diagnosis, evidence, context))),
    )
    return Section("overview", context.say("section.overview"), inside, context.lang)


def banner(evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """Says that this is the lab, where it is."""
    if not (context.lab or evidence.lab):
        return ()
    where = code(context.commands.endpoint_url) if context.commands.endpoint_url else ""
    return (Banner(context.say("lab.title"), where),)


def status(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Status:
    """The state with how long what is unfinished has been going on."""
    began = unfinished_since(diagnosis, evidence)
    name = "unread" if not evidence.service else "undated" if undated(evidence) else "none"
    text = context.say(f"since.{name}")
    if began is not None:
        length = minutes((evidence.collected_at - began).total_seconds(), context.lang)
        text = context.say("since.known", at=full_stamp(began, context), length=length)
    tone, word = headline(diagnosis, evidence, context.lang)
    unknown = sum(answer.outcome is Outcome.UNKNOWN for answer in diagnosis.checklist)
    if unknown and evidence.service:  # a state is told from less than the checklist asks
        text = f"{text} · {context.say('since.unanswered', count=unknown)}"
    return Status(tone, word, text)


def _glance(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> list[Fact]:
    target = evidence.target
    where = " · ".join(code(part) for part in (target.region, target.account) if part)
    causes = diagnosis.failed("cause")
    lines = tuple(f"{words.title(v, context.lang)} · {words.standing(v, context.lang)}" for v in causes)
    risky = tuple(words.title(v, context.lang) for v in diagnosis.failed("risk"))
    found = [
        Fact(context.say("label.target"), (f"{code(target.cluster)} / {code(target.service)}", where)),
        Fact(context.say("label.causes"), lines or (no_causes(diagnosis, context),)),
        Fact(context.say("section.risks"), risky),
        Fact(context.say("label.unknown"), (unknown_line(diagnosis, evidence, context),)),
        Fact(context.say("label.look"), (look_line(evidence, context),)),
    ]
    return [fact for fact in found if not fact.empty]


def unknown_line(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> str:
    """How much could not be judged and read, as its section lists it, or that everything could."""
    counts = {"judged": len(diagnosis.unknown), "read": len(unread_rows(evidence, context))}
    found = [context.say(f"unknown.{name}", count=count) for name, count in counts.items() if count]
    return context.say("unknown.some", counts=" · ".join(found)) if found else context.say("unknown.none")


def unread_rows(evidence: Evidence, context: Context) -> list[tuple[Cell, ...]]:
    """What could not be read, a row each; two logs that nobody may read are one sentence."""
    return list(dict.fromkeys(_unread_row(lost, context) for lost in evidence.unreads))


def look_line(evidence: Evidence, context: Context) -> str:
    """When, with how many calls and how long the look took."""
    seconds = f"{evidence.elapsed_s:.1f}"
    return context.say("look", at=look_stamp(evidence, context), calls=len(evidence.calls), seconds=seconds)


def no_causes(diagnosis: Diagnosis, context: Context) -> str:
    """That no cause was found: not the same as that there is none where something could not be checked."""
    blind = [v for v in diagnosis.unknown if v.role == "cause"]
    return context.say("nothing.causes_blind", count=len(blind)) if blind else context.say("nothing.causes")


def checklist(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """The guide's seven questions with what was found."""
    items = tuple(
        Item(
            answer.item,
            words.checklist_question(answer.item, context.lang),
            OUTCOME_TONE[answer.outcome],
            words.outcome(answer.outcome, context.lang),
            words.line(answer.verdict, context.lang),
        )
        for answer in diagnosis.checklist
    )
    counts = Counter(answer.outcome for answer in diagnosis.checklist)
    named = [f"{words.outcome(o, context.lang)}: {counts[o]}" for o in Outcome if counts[o]]
    count = context.say("checklist.count", total=len(items), counts=" · ".join(named))
    return Section("checklist", context.say("section.checklist"), (Checklist(items, count),), context.lang)


def causes(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """One card a cause: sure ones filled, likely ones outlined."""
    found = diagnosis.failed("cause")
    cards: tuple[Block, ...] = tuple(_cause(verdict, diagnosis, evidence, context) for verdict in found)
    inside = cards or (Paragraph(no_causes(diagnosis, context)),)
    if steps.jointly(found):
        inside += _closing(evidence, context)
    return Section("causes", context.say("section.causes"), inside, context.lang)


def cause_line(verdict: Verdict, context: Context) -> str:
    """A cause with the first sentence of what it means."""
    return context.say(
        "page.lead_cause",
        title=words.title(verdict, context.lang),
        confidence=words.standing(verdict, context.lang),
        means=re.split(r"(?<=\.) ", words.means(verdict, context.lang))[0],
    )


def _cause(verdict: Verdict, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Card:
    tag = Tag(words.standing(verdict, context.lang), "bad", "solid" if verdict.confidence == "confirmed" else "")
    rows = tuple(_card_rows(verdict, diagnosis, evidence, context))
    return Card(words.title(verdict, context.lang), tag, (Facts(rows),))


def _closing(evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """What is left to do once every card's change has been made."""
    todo = Fact(context.say("label.fix"), steps=tuple(steps.closing(evidence, context)))
    return (Heading(words.joint_title(context.lang)), Facts((todo,)))


def _card_rows(verdict: Verdict, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> list[Fact]:
    joint = steps.jointly(diagnosis.failed("cause"))
    explained = [v for v in diagnosis.verdicts if verdict.rule in v.explained_by and v.outcome is Outcome.FAIL]
    rows = what(verdict, context)
    rows.append(Fact(context.say("label.evidence"), (), cites(verdict, context)))
    rows.append(Fact(context.say("label.means"), (words.means(verdict, context.lang),)))
    todo = (*_first(verdict, diagnosis, evidence, context), *steps.fix(verdict, evidence, context, joint=joint))
    rows.append(Fact(context.say("label.fix"), steps=todo))
    if explained:
        titles = " · ".join(dict.fromkeys(words.title(v, context.lang) for v in explained))
        rows.append(Fact(context.say("label.explains"), (titles,)))
    rows.append(Fact(context.say("label.page"), link=words.page(verdict, context.lang)))
    return [row for row in rows if not row.empty]


def _first(verdict: Verdict, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> tuple[Step, ...]:
    """What comes before a change of a target group that may be another service's: to see whether it is."""
    group = verdict.facts.get("target_group_arn")
    doubts = (v for v in diagnosis.failed("risk") if v.rule == "target_group_foreign")
    doubt = next((v for v in doubts if group and v.facts.get("target_group_arn") == group), None)
    return tuple(steps.fix(doubt, evidence, context)[:1]) if doubt else ()


def what(verdict: Verdict, context: Context) -> list[Fact]:
    """The facts of a fault: short ones share a line, long ones have their own."""
    facts = words.facts(verdict, context.lang, context.timezone)
    brief = [f"{label}: {text}" for label, text in facts if len(text) <= _BRIEF]
    rows = [Fact(context.say("label.what"), (" · ".join(brief),))] if brief else []
    return rows + [Fact(label, (text,)) for label, text in facts if len(text) > _BRIEF]


def cites(verdict: Verdict, context: Context) -> tuple[str, ...]:
    """Where it was seen: operation, field, value; like ones once."""
    lines = [f"{c.operation} · {c.field}" + (f": {c.value}" if c.value else "") for c in verdict.cites]
    unique = list(dict.fromkeys(lines))
    more = (context.say("label.more", count=len(unique) - _PER_CARD),) if len(unique) > _PER_CARD else ()
    return (*unique[:_PER_CARD], *more)


def symptoms(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """What was seen to go wrong, and the cause that accounts for it."""
    titles = {v.rule: words.title(v, context.lang) for v in diagnosis.failed("cause")}
    rows = [
        (
            state("bad", words.title(verdict, context.lang)),
            Cell(words.line(verdict, context.lang)),
            Cell(_accounted(verdict, titles, context)),
        )
        for verdict in diagnosis.failed("symptom")
    ]
    found = table(context, "symptoms", "symptom observed cause", rows)
    inside: tuple[Block, ...] = (found,) if rows else (Paragraph(context.say("nothing.symptoms")),)
    return Section("symptoms", context.say("section.symptoms"), inside, context.lang)


def _accounted(verdict: Verdict, titles: dict[str, str], context: Context) -> str:
    """The causes that explain a symptom; where none does, that it is on its way out."""
    causes = " · ".join(titles[rule] for rule in verdict.explained_by if rule in titles)
    leaving = context.say("symptom.leaving") if verdict.facts.get("superseded") else ""
    return causes or leaving or "–"


def risks(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """What is no fault yet. Never in red."""
    joint = steps.jointly(diagnosis.failed("cause"))
    cards = tuple(_risk(verdict, evidence, context, joint=joint) for verdict in diagnosis.failed("risk"))
    inside: tuple[Block, ...] = cards or (Paragraph(context.say("nothing.risks")),)
    return Section("risks", context.say("section.risks"), inside, context.lang)


def risks_seen(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section | None:
    """The risks for a terminal; None where there are none."""
    return risks(diagnosis, evidence, context) if diagnosis.failed("risk") else None


def _risk(verdict: Verdict, evidence: Evidence, context: Context, *, joint: bool) -> Card:
    rows = what(verdict, context)
    rows.append(Fact(context.say("label.means"), (words.means(verdict, context.lang),)))
    rows.append(Fact(context.say("label.fix"), steps=tuple(steps.fix(verdict, evidence, context, joint=joint))))
    shown = tuple(row for row in rows if not row.empty)
    return Card(words.title(verdict, context.lang), Tag(context.say("risk"), "risk"), (Facts(shown),))


def unread(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """What could not be read or judged, why, and what to do; says so where there is nothing of the kind."""
    readings = unread_rows(evidence, context)
    verdicts = [_unknown_row(v, context) for v in diagnosis.unknown]
    inside: list[Block] = []
    if readings:
        inside.append(table(context, "unread", "reading outcome why action", readings))
    if verdicts:
        inside.append(table(context, "unknown", "check outcome why", verdicts))
    shown = tuple(inside) or (Paragraph(context.say("nothing.unread")),)
    return Section("unread", context.say("section.unread"), shown, context.lang)


def _unread_row(unread: Unread, context: Context) -> tuple[Cell, ...]:
    cell = state("unk", words.outcome(Outcome.UNKNOWN, context.lang))
    if unread.reason in ("absent", "not-asked"):
        cell = state("off", context.say(f"unread.{unread.reason}"))
    why = Cell(words.unread(unread, context.lang))
    missing = unread.action if unread.reason == "access-denied" else ""  # no other reason is cured by a permission
    return (Cell(_kind(unread.request.kind, context)), cell, why, value(missing))


def _kind(kind: str, context: Context) -> str:
    """A kind of reading in words, or its own name where it is newer than our words."""
    return context.say(f"kind.{kind}") if has(f"report.kind.{kind}") else code(kind)


def _unknown_row(verdict: Verdict, context: Context) -> tuple[Cell, ...]:
    cell = state("unk", words.outcome(Outcome.UNKNOWN, context.lang))
    return (Cell(words.title(verdict, context.lang)), cell, Cell(words.line(verdict, context.lang)))
