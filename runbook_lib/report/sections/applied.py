"""What became of a plan as a section: every change with its outcome and what was read back, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbook_lib.plan.model import Plan
from runbook_lib.report import plan_commands, plan_words
from runbook_lib.report.blocks import (
    Banner,
    Block,
    Cell,
    Heading,
    Paragraph,
    Quote,
    Shell,
    Status,
    Table,
    number,
    state,
)
from runbook_lib.report.context import Context
from runbook_lib.report.markup import code, unticked
from runbook_lib.report.render import Section
from runbook_lib.text import say

if TYPE_CHECKING:
    from runbook_lib.applying import Applied, Step


def applied_section(done: Applied, context: Context, again: tuple[str, ...]) -> Section:
    """Every change of a plan that was applied, as far as it went."""
    inside = (
        *_banner(context),
        _status(done, context),
        _table(done, context),
        *_failure(done, context),
        *_next(done, context, again),
    )
    title = "undone" if done.plan.kind == "undo" else "applied"
    return Section("applied", say(f"fix.title.{title}", context.lang), inside, context.lang)


def _banner(context: Context) -> tuple[Block, ...]:
    where = code(context.commands.endpoint_url) if context.commands.endpoint_url else ""
    return (Banner(context.say("lab.title"), where),) if context.lab else ()


def _status(done: Applied, context: Context) -> Status:
    total, left = len(done.plan.changes), len(done.left)
    if done.good:
        word = "taken_back" if done.plan.kind == "undo" else "good"
        facts = {"digest": done.plan.digest, "count": plan_words.count(total, context.lang)}
        return Status("ok", say(f"fix.state.{word}", context.lang), say("fix.summary.applied", context.lang, **facts))
    text = say("fix.summary.stopped", context.lang, digest=done.plan.digest, done=total - left, left=left)
    return Status("bad", say("fix.state.stopped", context.lang), text)


def _table(done: Applied, context: Context) -> Table:
    steps = {step.change.id: step for step in done.steps}
    columns = tuple(say(f"fix.column.{name}", context.lang) for name in ("number", "change", "outcome", "found"))
    rows = tuple(
        (number(place), Cell(plan_words.title(change, context.lang)), *_cells(steps.get(change.id), context))
        for place, change in enumerate(done.plan.changes, 1)
    )
    return Table("", columns, rows, "applied")


def _cells(step: Step | None, context: Context) -> tuple[Cell, ...]:
    if step is None:
        return (state("off", plan_words.outcome("left", context.lang)), Cell("–", "muted"))
    read, asked = plan_words.found(step.facts, context.lang), step.facts.get("request_id")
    return (
        state(plan_words.OUTCOME_TONES.get(step.outcome, "off"), plan_words.outcome(step.outcome, context.lang)),
        Cell(read or "–", note=say("fix.request", context.lang, value=unticked(asked)) if asked else ""),
    )


def _failure(done: Applied, context: Context) -> Iterator[Block]:
    """Why it stopped where it did; AWS's words verbatim."""
    last = done.steps[-1] if done.steps else None
    if last is None or last.good:
        return
    told = (
        f"{plan_words.title(last.change, context.lang)} · {plan_words.problem(last.outcome, last.facts, context.lang)}"
    )
    message = str(last.facts.get("message") or "")
    yield Heading(say("fix.label.failed", context.lang))
    yield Quote(message, told) if message else Paragraph(told)


def _next(done: Applied, context: Context, again: tuple[str, ...]) -> Iterator[Block]:
    yield Heading(say("fix.heading.next", context.lang))
    commands = _of_good(done.plan) if done.good else _of_stopped(done)
    for name, words in commands:
        yield Shell(say(f"fix.next.{name}", context.lang), plan_commands.ours(*words, *again))


def _of_good(plan: Plan) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "watch", ("watch",)
    if plan.kind == "fix":
        yield "undo", ("fix", "undo")


def _of_stopped(done: Applied) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where something else has changed the service, going on is refused again: then it is planned anew."""
    last = done.steps[-1] if done.steps else None
    verb = "undo" if done.plan.kind == "undo" else "apply"
    if last and last.outcome in ("stale", "gone"):
        yield "plan", ("fix", "plan" if done.plan.kind == "fix" else "undo")
    else:
        yield "again", ("fix", verb, "--approve", done.plan.digest)
    if done.plan.kind == "fix" and any(step.outcome == "done" for step in done.steps):
        yield "undo", ("fix", "undo", "--plan", done.plan.digest)
