"""A plan as a section: what it does, how it is approved, what is to be chosen, each change, and what is by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from runbook_lib.diagnosis import revisions
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.state import State
from runbook_lib.evidence.model import Evidence
from runbook_lib.plan.model import Change, Plan
from runbook_lib.report import plan_commands, plan_words, steps, words
from runbook_lib.report.blocks import (
    Block,
    Card,
    Difference,
    Fact,
    Facts,
    Fold,
    Heading,
    Line,
    Paragraph,
    Shell,
    Status,
    Tag,
    Tone,
)
from runbook_lib.report.context import Context
from runbook_lib.report.plan_edits import differences, named
from runbook_lib.report.render import Section
from runbook_lib.report.sections.choosing import answered, choices
from runbook_lib.report.sections.findings import banner
from runbook_lib.report.sections.outage import outage
from runbook_lib.text import say

Standing = Literal["ready", "unrecorded", "open", "by_hand", "nothing", "settled", "unknown", "unexplained", "undone"]
_TONES: dict[Standing, Tone] = {
    "ready": "run",
    "unrecorded": "off",
    "open": "risk",
    "by_hand": "risk",
    "nothing": "ok",
    "settled": "ok",
    "unknown": "unk",
    "unexplained": "bad",
    "undone": "ok",
}


@dataclass(frozen=True)
class Asking:
    """How the plan was asked for: the options that name the service, those that shape the plan, whether it is recorded.

    ``patches`` are the unified diffs of edited files, values masked, by the id of their change; ``pressed`` says that
    answers and approval come from widgets beside it, so that no command is shown for them; ``before`` are the names of
    the causes that were seen before the plan that would be taken back.
    """

    again: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()
    recorded: bool = True
    patches: Mapping[str, str] = field(default_factory=dict)
    pressed: bool = False
    before: tuple[str, ...] = ()


def standing(plan: Plan, diagnosis: Diagnosis, *, recorded: bool = True) -> Standing:
    """Where a plan stands: whether it can be approved, waits for an answer, or why there is nothing in it."""
    if plan.ready:
        return "ready" if recorded else "unrecorded"
    if plan.open:
        return "open"
    if plan.kind == "undo":
        return "undone"
    return "by_hand" if plan.by_hand else _empty(plan, diagnosis)


def _empty(plan: Plan, diagnosis: Diagnosis) -> Standing:
    if plan.choices:
        return "settled"
    ill = diagnosis.failed("cause") + diagnosis.failed("symptom")
    if ill or diagnosis.state in (State.STUCK, State.FAILING):
        return "unexplained"
    return "unknown" if diagnosis.unknown or diagnosis.state is State.UNKNOWN else "nothing"


def plan_section(plan: Plan, diagnosis: Diagnosis, evidence: Evidence, context: Context, asking: Asking) -> Section:
    """The whole plan."""
    inside = (
        *banner(evidence, context),
        *_head(plan, diagnosis, evidence, context, asking),
        *(() if asking.pressed else choices(plan, context, asking.again, asking.wishes)),
        *(() if asking.pressed else answered(plan, context)),
        *_changes(plan, diagnosis, evidence, context, asking),
        *_by_hand(plan, diagnosis, evidence, context),
        *_order(plan, context),
    )
    return Section("plan", say(f"fix.title.{plan.kind}", context.lang), inside, context.lang)


def approval_section(plan: Plan, diagnosis: Diagnosis, evidence: Evidence, context: Context, asking: Asking) -> Section:
    """How the plan is approved, without the plan."""
    inside = (*banner(evidence, context), *_head(plan, diagnosis, evidence, context, asking))
    return Section("approval", say("fix.title.approve", context.lang), inside, context.lang)


def _head(plan: Plan, diagnosis: Diagnosis, evidence: Evidence, context: Context, asking: Asking) -> Iterator[Block]:
    found = standing(plan, diagnosis, recorded=asking.recorded)
    word = "nothing" if found == "settled" else found
    yield Status(_TONES[found], say(f"fix.state.{word}", context.lang), _summary(plan, found, diagnosis, context))
    if found == "ready" and not asking.pressed:
        yield from _approval(plan, context, asking)
    if found == "unrecorded":
        yield Paragraph(say("fix.summary.unrecorded", context.lang))
    if asking.before and plan.changes:
        yield Status(
            "risk",
            say("fix.before.title", context.lang),
            say("fix.before.text", context.lang, causes=" · ".join(asking.before)),
        )
    yield from outage(plan.changes, evidence, context)
    blind = sum(verdict.role == "cause" for verdict in diagnosis.unknown)
    if blind and plan.changes and plan.kind == "fix":
        yield Paragraph(say("fix.summary.blind", context.lang, count=blind), "quiet")


def _summary(plan: Plan, found: Standing, diagnosis: Diagnosis, context: Context) -> str:
    key = {"ready": "undo" if plan.kind == "undo" else "plan", "unrecorded": "plan"}.get(found, found)
    counted = len(plan.changes) if found == "open" else plan_words.count(len(plan.changes), context.lang)
    facts = {
        "service": plan.target.service,
        "count": len(diagnosis.unknown) if found == "unknown" else counted,
        "what": plan_words.brief(plan, context.lang),
        "digest": plan.digest,
        "undoes": plan.base.get("undoes", ""),
        "open": len(plan.open),
    }
    return say(f"fix.summary.{key}", context.lang, **facts)


def _approval(plan: Plan, context: Context, asking: Asking) -> Iterator[Block]:
    verb = "undo" if plan.kind == "undo" else "apply"
    typed = plan_commands.ours("fix", verb, "--approve", plan.digest, *asking.again)
    yield Shell(say(f"fix.approve.{verb}", context.lang), typed)
    yield Paragraph(say("fix.approve.notebook", context.lang, digest=plan.digest), "quiet")


def _changes(plan: Plan, diagnosis: Diagnosis, evidence: Evidence, context: Context, asking: Asking) -> Iterator[Block]:
    if plan.changes:
        yield Heading(say(f"fix.heading.{'settled' if plan.open else 'changes'}", context.lang))
    for number, change in enumerate(plan.changes, 1):
        tag = Tag(plan_words.risk(change, context.lang), plan_words.RISK_TONES[change.risk])
        inside = (
            Facts(tuple(_facts(change, plan, diagnosis, context))),
            *difference(change, evidence, context, asking.patches.get(change.id, "")),
            *command(change, plan, evidence, context),
        )
        yield Card(f"{number}. {plan_words.title(change, context.lang)}", tag, inside)


def _facts(change: Change, plan: Plan, diagnosis: Diagnosis, context: Context) -> Iterator[Fact]:
    lang = context.lang
    rows = {
        "why": (" · ".join(plan_words.why(change, plan, diagnosis, lang)),),
        "risk": (plan_words.effect(change, plan, lang),),
        "before": (plan_words.only_if(change, lang),),
        "undo": (plan_words.taken_back(change, lang),) if plan.kind == "fix" else ("",),
    }
    return (Fact(say(f"fix.label.{name}", lang), lines) for name, lines in rows.items() if any(lines))


def command(change: Change, plan: Plan, evidence: Evidence, context: Context) -> Iterator[Block]:
    """The AWS CLI command that makes a change, where one does."""
    found = plan_commands.command(change, plan, evidence, context)
    if found:
        label = "restore" if change.kind == "restore-file" else "command"
        yield Shell(say(f"fix.label.{label}", context.lang), found)


# What differs


def difference(change: Change, evidence: Evidence, context: Context, patch: str = "") -> Iterator[Block]:
    """What a change makes of what: old and new values, those of the environment masked."""
    if change.kind == "register" and not change.edits:
        yield Paragraph(say("fix.of_file", context.lang), "quiet")
    elif change.edits:
        yield Difference(tuple(_edit_lines(change, evidence)))
        if patch:
            inside = (Difference(tuple(_patch_lines(patch))),)
            yield Fold(say("fix.heading.patch", context.lang), "", inside)
    elif change.kind in ("modify-target-group", "update-service", "roll-back"):
        yield from _member_lines(change)


def _edit_lines(change: Change, evidence: Evidence) -> Iterator[Line]:
    document = _document(change, evidence)
    for each in differences(document, change.edits):
        yield Line("place", named(document, each.pointer))
        if each.before is not None:
            yield Line("before", each.before)
        if each.after is not None:
            yield Line("after", each.after)


def _document(change: Change, evidence: Evidence) -> Mapping[str, Any]:
    """What the edits are against, with values masked; empty where it was not read."""
    if "path" in change.about:
        found: Mapping[str, Any] = evidence.data("task_definition_file", {}).get("task_definition", {})
        return found
    return revisions.definitions(evidence).get(str(change.about.get("base", "")), {})


_SIDES: dict[str, Literal["before", "after", "place"]] = {"-": "before", "+": "after", "@": "place"}


def _patch_lines(patch: str) -> Iterator[Line]:
    """The lines of a unified diff but for its two names, which the card has in its title."""
    for line in patch.splitlines()[2:]:
        side = _SIDES.get(line[:1], "same")
        yield Line(side, line if side == "place" else line[1:])


def _member_lines(change: Change) -> Iterator[Block]:
    """Members that are another afterwards; what stays (and the revision that is not yet there) is not one."""
    lines: list[Line] = []
    for name, after in change.after.items():
        before = change.before.get(name)
        if name != "forceNewDeployment" and after not in (before, ""):
            lines += (Line("place", f"/{name}"), *_sides(before, after))
    if lines:
        yield Difference(tuple(lines))


def _sides(before: Any, after: Any) -> Iterator[Line]:
    if before is not None:
        yield Line("before", plan_words.plain_member(before))
    if after is not None:
        yield Line("after", plan_words.plain_member(after))


# What a person does, and why in this order


def _by_hand(plan: Plan, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Iterator[Block]:
    found = [v for v in (*diagnosis.failed("cause"), *diagnosis.failed("risk")) if v.rule in plan.by_hand]
    if found:
        yield Heading(say("fix.heading.by_hand", context.lang))
    for verdict in found:
        rows = (
            Fact(say("fix.label.means", context.lang), (words.means(verdict, context.lang),)),
            Fact(say("fix.label.fix", context.lang), steps=tuple(steps.fix(verdict, evidence, context))),
        )
        tag = Tag(say("fix.label.person", context.lang), "risk")
        yield Card(words.title(verdict, context.lang), tag, (Facts(tuple(row for row in rows if not row.empty)),))


def _order(plan: Plan, context: Context) -> Iterator[Block]:
    if len(plan.changes) > 1:
        yield Heading(say("fix.heading.order", context.lang))
        yield Paragraph(say(f"fix.order.{_order_of(plan)}", context.lang), "quiet")


def _order_of(plan: Plan) -> str:
    if plan.kind == "undo":
        return "undo"
    kinds = [change.kind for change in plan.changes]
    if "stop-task" not in kinds or "update-service" not in kinds:
        return "plain"
    return "guide" if kinds.index("stop-task") < kinds.index("update-service") else "safe"
