"""Cells of values that several sections show: times, tasks, and the hue of AWS's own states."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.model import Outcome
from runbook_lib.diagnosis.state import State, deploying_since
from runbook_lib.evidence.model import Evidence, at
from runbook_lib.evidence.timeline import since
from runbook_lib.report.blocks import Block, Cell, Shell, Table, Tone, state
from runbook_lib.report.commands import command, commands
from runbook_lib.report.context import Context
from runbook_lib.report.formats import clock, revision, stamp
from runbook_lib.report.markup import unticked
from runbook_lib.text import has

OUTCOME_TONE: dict[Outcome, Tone] = {
    Outcome.FAIL: "bad",
    Outcome.PASS: "ok",
    Outcome.UNKNOWN: "unk",
    Outcome.NOT_APPLICABLE: "off",
}
# AWS's words for rollouts, tasks, their health and targets. A word that is not here is shown without a judgement.
_TONES: dict[str, Tone] = {
    "COMPLETED": "ok",
    "HEALTHY": "ok",
    "healthy": "ok",
    "ACTIVE": "off",
    "RUNNING": "run",
    "IN_PROGRESS": "run",
    "PENDING": "run",
    "PROVISIONING": "run",
    "ACTIVATING": "run",
    "initial": "run",
    "FAILED": "bad",
    "UNHEALTHY": "bad",
    "unhealthy": "bad",
    "unavailable": "unk",
}


def aws_state(word: str) -> Cell:
    """A state in AWS's own word with its hue and icon; none gives a dash."""
    return state(_TONES.get(word, "off"), unticked(word)) if word else Cell("–", "muted")


def when(value: Any, evidence: Evidence, context: Context) -> Cell:
    """A time of day; with its date where that is not the day of the look."""
    moment = at(value)
    key = moment.timestamp() if moment else None
    return Cell(when_text(value, evidence, context), "time", key=key)


def when_text(value: Any, evidence: Evidence, context: Context) -> str:
    """``16:11:02``, or ``11-22 16:11:02`` on another day, or a dash."""
    moment = at(value)
    if moment is None:
        return "–"
    local, day = context.local(moment), context.local(evidence.collected_at).date()
    time = clock(moment.isoformat(), context.timezone)
    return time if local.date() == day else f"{local:%m-%d} {time}"


def unfinished_since(diagnosis: Diagnosis, evidence: Evidence) -> datetime | None:
    """When what is unfinished began: the deployment that comes along well, else the oldest one; None where none is."""
    return deploying_since(evidence) if diagnosis.state is State.DEPLOYING else since(evidence)


def undated(evidence: Evidence) -> bool:
    """Whether a deployment is unfinished of which nothing tells when it began."""
    listed = evidence.service.get("deployments", ())
    return any(d.get("rolloutState", "COMPLETED") != "COMPLETED" and not at(d.get("createdAt")) for d in listed)


def look_stamp(evidence: Evidence, context: Context) -> str:
    """When it was looked, with date and zone."""
    return full_stamp(evidence.collected_at, context)


def full_stamp(moment: datetime, context: Context) -> str:
    """A time with date and zone: ``2026-11-23 16:11:02 KST (UTC+09:00)``."""
    return stamp(moment.isoformat(), context.timezone)


def short_revision(arn: str) -> str:
    """``:3`` of a task definition ARN; what is no revision stays as it is."""
    name = revision(arn)
    return ":" + name.rpartition(":")[2] if ":" in name else name


def table(
    context: Context,
    name: str,
    columns: str,
    rows: Sequence[tuple[Cell, ...]],
    rest: Sequence[tuple[Cell, ...]] = (),
    **facts: object,
) -> Table:
    """A table with the caption of ``name`` and the columns named, separated by spaces; ``rest`` is not shown."""
    titles = tuple(context.say(f"column.{column}") for column in columns.split())
    heading = context.say(f"heading.{name}", **facts) if has(f"report.heading.{name}") else ""
    return Table(context.say(f"caption.{name}", **facts), titles, tuple(rows), name, tuple(rest), heading)


def shell(evidence: Evidence, context: Context, *names: str) -> tuple[Block, ...]:
    """The commands a section stands for, ready to copy."""
    known = commands(evidence, context.commands)
    found = [command(known, name) for name in names]
    return tuple(Shell(context.say(f"commands.{c.name}"), c.text) for c in found)
