"""What changed between the last revision that completed and the one that was deployed last, where to look first."""

from __future__ import annotations

from runbook_lib.diagnosis.changes import Change, Comparison, compare, faults_of
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.revisions import Revision
from runbook_lib.evidence.model import Evidence
from runbook_lib.report import words
from runbook_lib.report.blocks import Block, Cell, Fact, Facts, Paragraph, Shell, Table, number, value
from runbook_lib.report.commands import aimed
from runbook_lib.report.context import Context
from runbook_lib.report.formats import revision
from runbook_lib.report.markup import code
from runbook_lib.report.render import Section
from runbook_lib.report.sections.values import table, when_text

MOST_CHANGES = 40
MOST_BRIEFLY = 5
_PER_CELL = 8
_DIFF = ("ecs", "describe-task-definition", "--task-definition", "{revision}", "--query", "taskDefinition")


def what_changed(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """The two revisions, what differs between them, and what the comparison cannot show; or why there is none."""
    found = compare(diagnosis, evidence)
    if found.missing:
        inside = (*_sides(found, evidence, context), *_why_not(found, evidence, context))
    else:
        inside = (
            *_sides(found, evidence, context),
            *_listed(found, diagnosis, context, MOST_CHANGES),
            *_elsewhere(found, context),
            *_limits(found, context),
            *_commands(found, evidence, context),
        )
    return Section("what_changed", context.say("section.what_changed"), inside, context.lang)


def briefly(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section | None:
    """The first changes alone, for a terminal; None where no fault was found or nothing is known to have changed."""
    found = compare(diagnosis, evidence)
    if not found.changes or not faults_of(diagnosis):
        return None
    old, new = (code(revision(side.definition)) if side else "" for side in (found.before, found.after))
    sides = Paragraph(context.say("changes.sides", before=old, after=new))
    inside = (sides, *_listed(found, diagnosis, context, MOST_BRIEFLY), *_elsewhere(found, context))
    return Section("what_changed", context.say("section.what_changed"), inside, context.lang)


def _sides(found: Comparison, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """The revisions that are compared, each with when, and with the number that tells two of one name apart."""
    rows = [
        Fact(context.say(f"changes.{label}"), (_side(side, label, evidence, context),))
        for label, side in (("completed", found.before), ("rolled_back" if _is_back(found) else "last", found.after))
        if side
    ]
    return (Facts(tuple(rows)),) if rows else ()


def _is_back(found: Comparison) -> bool:
    return bool(found.after and found.after.rolled_back)


def _side(side: Revision, label: str, evidence: Evidence, context: Context) -> str:
    name = code(revision(side.definition)) if side.definition else context.say("changes.unnamed")
    when = context.say(f"changes.at_{label}", at=when_text(side.at, evidence, context)) if side.at else ""
    return " · ".join(filter(None, (name, when, context.say("changes.number", number=code(side.number)))))


def _why_not(found: Comparison, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """Why there is nothing to show, and what to do: what could not be read in its own words."""
    told = tuple(Paragraph(words.unread(unread, context.lang)) for unread in found.unreads)
    if told:
        return (Paragraph(context.say("changes.not_compared")), *told)
    count = len(evidence.data("service_deployments", []))
    return (Paragraph(context.say(f"changes.missing.{found.missing}", count=count)),)


def _listed(found: Comparison, diagnosis: Diagnosis, context: Context, most: int) -> tuple[Block, ...]:
    if not found.changes:
        return (Paragraph(context.say("nothing.changes" if found.settings else "nothing.changes_in_part")),)
    more = len(found.changes) - most
    rest = (Paragraph(context.say("changes.more", count=more), "quiet"),) if more > 0 else ()
    return (_table(found, diagnosis, context, most), *rest)


def _table(found: Comparison, diagnosis: Diagnosis, context: Context, most: int) -> Table:
    rows = [_row(change, diagnosis, context) for change in found.changes[:most]]
    columns = "rank where field before after bears_on"
    return table(context, "what_changed", columns, rows, total=len(found.changes))


def _row(change: Change, diagnosis: Diagnosis, context: Context) -> tuple[Cell, ...]:
    where = code(change.container) if change.scope == "container" else context.say(f"changes.scope.{change.scope}")
    return (
        number(change.rank),
        Cell(where),
        value(change.field),
        _values(change.before, context),
        _values(change.after, context),
        _bears_on(change, diagnosis, context),
    )


def _values(found: tuple[str, ...], context: Context) -> Cell:
    if not found:
        return Cell("–", "muted")
    more = len(found) - _PER_CELL
    return Cell(", ".join(map(code, found[:_PER_CELL])), note=context.say("label.more", count=more) if more > 0 else "")


def _bears_on(change: Change, diagnosis: Diagnosis, context: Context) -> Cell:
    """The causes and symptoms that the field can have to do with."""
    found = faults_of(diagnosis)
    titles = dict.fromkeys(words.title(fault, context.lang) for fault in found if fault.label in change.labels)
    return Cell(" · ".join(titles)) if titles else Cell("–", "muted")


def _elsewhere(found: Comparison, context: Context) -> tuple[Block, ...]:
    """The causes of another revision: the two that are compared do not show them."""
    return tuple(
        Paragraph(
            context.say(
                "changes.elsewhere", title=words.title(v, context.lang), revision=code(str(v.facts["revision"]))
            )
        )
        for v in found.elsewhere
    )


def _limits(found: Comparison, context: Context) -> tuple[Block, ...]:
    """That a change is not a cause, and what this comparison cannot show."""
    lines = [context.say("changes.no_cause")] if found.changes else []
    if found.hidden:
        lines.append(context.say("changes.hidden", fields=", ".join(dict.fromkeys(code(f) for _, f in found.hidden))))
    if not found.settings:
        lines.append(context.say("changes.no_settings"))
    told = tuple(Paragraph(words.unread(unread, context.lang), "quiet") for unread in found.unreads)
    return ((Paragraph(" ".join(lines), "quiet"),) if lines else ()) + told


def _commands(found: Comparison, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """The AWS CLI's way to see the same, values included."""
    sides = [side.definition for side in (found.before, found.after) if side]
    names = dict.fromkeys(map(revision, sides))
    return tuple(
        Shell(
            context.say("changes.command", revision=code(name)),
            aimed(_DIFF, evidence, context.commands, {"revision": name}),
        )
        for name in names
    )
