"""Timeline with its table, the guide's commands, and every API call that was made."""

from __future__ import annotations

from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.evidence.model import Evidence, at
from runbook_lib.evidence.timeline import Moment, Timeline
from runbook_lib.evidence.timeline import timeline as timeline_of
from runbook_lib.report import words
from runbook_lib.report.blocks import Block, Cell, Paragraph, Shell, number, state, value
from runbook_lib.report.commands import commands as commands_of
from runbook_lib.report.context import Context
from runbook_lib.report.formats import revision
from runbook_lib.report.markup import code
from runbook_lib.report.people_svg import Over
from runbook_lib.report.render import Section
from runbook_lib.report.sections.values import look_stamp, short_revision, table, unfinished_since, when, when_text
from runbook_lib.report.timeline_svg import MOST_ROWS, drawing

MOST_MOMENTS = 12
MOST_TURNS = 8
_DRAWN = ("service", "task_arns", "tasks", "service_deployments", "target_health")


def timeline(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """Deployments, tasks and events on one axis, and the same as a table."""
    found = timeline_of(evidence)
    moments = key_moments(found)
    rows = [row_of(n, m, diagnosis, evidence, context) for n, m in enumerate(moments, 1)]
    listing = table(context, "moments", "number time source what", rows, at=look_stamp(evidence, context))
    over = Over(unfinished_since(diagnosis, evidence))
    picture = drawing(found, context, names(found, context), moments, over)
    inside = (picture, *left_out(found, moments, evidence, context), listing)
    return Section("timeline", context.say("section.timeline"), inside, context.lang)


def key_moments(found: Timeline) -> tuple[Moment, ...]:
    """At most ``MOST_MOMENTS``: deployments and the look first, then failures from the first one on."""
    turns = [moment for moment in found.moments if moment.kind != "failure"][-MOST_TURNS:]
    failures = [moment for moment in found.moments if moment.kind == "failure"][: MOST_MOMENTS - len(turns)]
    return tuple(sorted(turns + failures, key=lambda moment: moment.at))


def names(found: Timeline, context: Context) -> dict[str, str]:
    """Deployments by id as ``:3``; one whose revision is not known is just an earlier one."""
    families = {revision(row.task_definition).partition(":")[0] for row in found.rows if row.task_definition}
    shown = short_revision if len(families) < 2 else revision
    unknown = context.say("timeline.earlier")
    return {row.id: shown(row.task_definition) if row.task_definition else unknown for row in found.rows}


def left_out(found: Timeline, moments: tuple[Moment, ...], evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """Says what is not drawn."""
    counts = {
        "left_out.rows": len(found.rows) - MOST_ROWS,
        "left_out.events": found.earlier,
        "left_out.timeless": sum(at(event.get("createdAt")) is None for event in evidence.service.get("events", ())),
        "left_out.moments": len(found.moments) - len(moments),
    }
    parts = [context.say(key, count=count) for key, count in counts.items() if count > 0]
    kinds = dict.fromkeys(u.request.kind for u in evidence.unread(*_DRAWN))
    if kinds:
        parts.append(context.say("left_out.unread", kinds=", ".join(context.say(f"kind.{kind}") for kind in kinds)))
    return (Paragraph(" ".join(parts), "quiet"),) if parts else ()


def row_of(
    number_: int, moment: Moment, diagnosis: Diagnosis, evidence: Evidence, context: Context
) -> tuple[Cell, ...]:
    """A key moment with the number it has in the drawing."""
    return (
        Cell(str(number_), "number"),
        when(moment.at, evidence, context),
        Cell(context.say(f"source.{moment.kind}")),
        _what(moment, diagnosis, evidence, context),
    )


def _what(moment: Moment, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Cell:
    if moment.kind == "deployment":
        return Cell(context.say("what.deployment", revision=_revision(moment), id=code(moment.subject)))
    if moment.kind == "look":
        causes = len(diagnosis.failed("cause"))
        return Cell(context.say("what.look", state=words.state(diagnosis.state, context.lang), causes=causes))
    more = moment.count - 1
    until = when_text(moment.until, evidence, context)
    note = context.say("what.repeated", until=until, count=more) if more else ""
    return Cell(moment.message, "said", note=note)


def _revision(moment: Moment) -> str:
    return code(revision(moment.message)) if moment.message else "–"


def commands(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """The guide's collection of commands, filled in and quoted."""
    found = commands_of(evidence, context.commands)
    lines = tuple(Shell(context.say(f"commands.{c.name}"), c.text) for c in found)
    inside = (Paragraph(context.say("commands.about"), "quiet"), *lines)
    return Section("commands", context.say("section.commands"), inside, context.lang)


def api_calls(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """Every API call: operation, round, milliseconds, attempts, error."""
    rows = [
        (
            number(n),
            value(call.operation),
            number(call.round),
            number(round(call.ms)),
            number(call.attempts),
            state("unk", code(call.error)) if call.error else Cell("–", "muted"),
        )
        for n, call in enumerate(evidence.calls, 1)
    ]
    facts = {"total": len(rows), "rounds": evidence.rounds, "seconds": f"{evidence.elapsed_s:.1f}"}
    listing = table(context, "api_calls", "number operation round ms attempts error", rows, **facts)
    inside: tuple[Block, ...] = (listing,) if rows else (Paragraph(context.say("nothing.calls")),)
    return Section("api_calls", context.say("section.api_calls"), inside, context.lang)
