"""A watched deployment as sections: how it comes along, and how it ended, with causes, fix, and what is next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runbook_lib.diagnosis import tasks
from runbook_lib.diagnosis.following import Outcome, Poll, targets
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.diagnosis.toll import toll
from runbook_lib.evidence.model import Evidence
from runbook_lib.report import plan_commands, steps, words
from runbook_lib.report.blocks import (
    Block,
    Card,
    Cell,
    Fact,
    Facts,
    Heading,
    Paragraph,
    Quote,
    Shell,
    Status,
    Table,
    Tag,
    Tone,
    number,
    state,
    value,
)
from runbook_lib.report.context import Context
from runbook_lib.report.formats import duration, short_id
from runbook_lib.report.markup import code
from runbook_lib.report.render import Section
from runbook_lib.report.sections.findings import banner, cites
from runbook_lib.report.sections.values import aws_state, short_revision, when
from runbook_lib.report.watch_lines import reason
from runbook_lib.text import say

Words = tuple[str, ...]
TONES: dict[str, Tone] = {
    "completed": "ok",
    "failed": "bad",
    "rolled-back": "bad",
    "doomed": "bad",
    "empty": "bad",
    "superseded": "off",
    "stopped": "off",
    "timeout": "risk",
    "unreachable": "unk",
    "unseen": "unk",
}
_NEXT: dict[str, Words] = {
    "completed": ("verify",),
    "superseded": ("watch",),
    "stopped": ("diagnose",),
    "empty": ("diagnose",),
    "timeout": ("watch",),
    "unreachable": ("watch",),
    "unseen": ("diagnose",),
}
_MOST_TASKS, _MOST_TARGETS, _MOST_EVENTS = 10, 10, 4


def _say(context: Context, key: str, **facts: object) -> str:
    return say(f"watch.{key}", context.lang, **facts)


# How it comes along


def progress(poll: Poll, expected_s: float | None, context: Context) -> Section:
    """How a deployment comes along: since when and how long is usual, deployments, tasks, targets, newest events."""
    inside = (*banner(poll.evidence, context), status(poll, expected_s, context), *tables(poll, context))
    return Section("watch", _say(context, "title.watch"), inside, context.lang)


def status(poll: Poll, expected_s: float | None, context: Context) -> Status:
    """The rollout state with how long it has been going on and how long is usual."""
    told = [_say(context, "progress.under_way", revision=poll.revision, elapsed=duration(poll.elapsed_s, context.lang))]
    if expected_s:
        told.append(_say(context, "progress.usual", expected=duration(expected_s, context.lang)))
        longer = poll.elapsed_s - expected_s
        told += [_say(context, "progress.longer", longer=duration(longer, context.lang))] if longer >= 1 else []
    if poll.lost:
        told.append(_say(context, "progress.lost", why=reason(poll.lost, context.lang)))
    word = str(poll.own.get("rolloutState") or "-")
    return Status("unk" if poll.lost else aws_state(word).tone or "run", word, " · ".join(told))


def tables(poll: Poll, context: Context) -> Iterator[Block]:
    """Causes so far, deployments, the tasks of the one that is watched, targets, and the newest events."""
    evidence = poll.evidence
    if poll.causes:
        rows = [
            (state("bad", words.title(v, context.lang)), Cell(words.standing(v, context.lang))) for v in poll.causes
        ]
        yield Table("", (_say(context, "label.causes"), _say(context, "label.sure")), tuple(rows))
    listed = [_deployment(d, poll, context) for d in evidence.service.get("deployments") or []]
    yield _table(context, "deployments", "revision rollout created desired running pending failed", listed)
    own = sorted(tasks.of(evidence, poll.own), key=lambda task: str(task.get("createdAt", "")), reverse=True)
    if own:
        rows = [_task(task, evidence, context) for task in own[:_MOST_TASKS]]
        columns = "task task_status health created started stopped"
        yield _table(context, "tasks", columns, rows, total=len(own))
    states = [row for reading in evidence.all("target_health")[:1] for row in reading.data][:_MOST_TARGETS]
    if states:
        yield _table(context, "targets", "target task_status why", [_target(row) for row in states])
    if toll(evidence).harm == "likely":
        yield Status("risk", _say(context, "outage.title"), _say(context, "outage.text", count=len(states)))
    events = (evidence.service.get("events") or [])[:_MOST_EVENTS]
    if events:
        rows = [(when(e.get("createdAt"), evidence, context), Cell(str(e.get("message", "")), "said")) for e in events]
        yield _table(context, "events", "time event", rows)


def _table(context: Context, name: str, columns: str, rows: list[tuple[Cell, ...]], **facts: object) -> Table:
    own = {"why": _say(context, "label.why")}
    titles = tuple(own.get(column) or context.say(f"column.{column}") for column in columns.split())
    return Table(_say(context, f"caption.{name}", **facts), titles, tuple(rows))


def _deployment(d: dict[str, Any], poll: Poll, context: Context) -> tuple[Cell, ...]:
    counts = (number(d.get(name)) for name in ("desiredCount", "runningCount", "pendingCount", "failedTasks"))
    mark = "▸ " if d.get("id") == poll.deployment else ""
    revision = short_revision(str(d.get("taskDefinition", "")))
    rollout = aws_state(str(d.get("rolloutState", "")))
    return (Cell(mark + code(revision)), rollout, when(d.get("createdAt"), poll.evidence, context), *counts)


def _task(task: dict[str, Any], evidence: Evidence, context: Context) -> tuple[Cell, ...]:
    times = (when(task.get(name), evidence, context) for name in ("createdAt", "startedAt", "stoppedAt"))
    states = (aws_state(str(task.get(name, ""))) for name in ("lastStatus", "healthStatus"))
    return (value(short_id(str(task.get("taskArn", "")))), *states, *times)


def _target(row: dict[str, Any]) -> tuple[Cell, ...]:
    where, health = row.get("Target", {}), row.get("TargetHealth", {})
    return (value(f"{where.get('Id')}:{where.get('Port')}"), aws_state(str(health.get("State", ""))),
            value(health.get("Reason")))  # fmt: skip


# How it ended


def outcome(found: Outcome, limit_s: float, context: Context, again: Words) -> Section:
    """How it ended, after how long, with the causes, the exact fix, and what to do next."""
    inside = (
        *banner(found.last.evidence, context),
        Status(TONES[found.word], _say(context, f"end.{found.word}"), sentence(found, limit_s, context)),
        Facts(tuple(_facts(found, limit_s, context))),
        *_said(found, context),
        *causes(found.causes, found.last.evidence, context),
        *_unexplained(found, context),
        *_next(found, context, again),
    )
    return Section("watch", _say(context, "title.watch"), inside, context.lang)


def sentence(found: Outcome, limit_s: float, context: Context) -> str:
    """How it ended in one sentence."""
    known = found.end.facts if found.end else {}
    facts = {name: known.get(name) or "-" for name in ("to", "by", "status")}
    limit = duration(limit_s, context.lang)
    word = "deleted" if known.get("deleted") else found.word
    return _say(context, f"told.{word}", **facts | {"revision": found.last.revision, "limit": limit})


def _facts(found: Outcome, limit_s: float, context: Context) -> Iterator[Fact]:
    last, lang = found.last, context.lang
    healthy, total = targets(last.evidence)
    yield Fact(_say(context, "label.deployment"), (f"{code(last.revision)} · {code(last.deployment)}",))
    elapsed = duration(found.took_s, lang)
    if found.word == "timeout":
        elapsed = _say(context, "elapsed", elapsed=elapsed, limit=duration(limit_s, lang))
    yield Fact(_say(context, "label.elapsed"), (elapsed,))
    yield Fact(_say(context, "label.tasks"), (_say(context, "counts", **last.counts),))
    if total:
        yield Fact(_say(context, "label.targets"), (_say(context, "of", healthy=healthy, total=total),))
    if last.lost:
        yield Fact(_say(context, "label.why"), (words.unread(last.lost, lang),))
    if found.word == "unseen":
        lost = last.evidence.unread(*tasks.KINDS, "target_health")
        yield Fact(_say(context, "label.why"), tuple(dict.fromkeys(words.unread(each, lang) for each in lost)))
    yield Fact(_say(context, "label.polled"), (_say(context, "polled", polls=found.polls, calls=found.calls),))


def _said(found: Outcome, context: Context) -> Iterator[Block]:
    """AWS's own reason of a failure."""
    why = str(found.end.facts.get("reason") or "") if found.end else ""
    if why:
        yield Quote(why, _say(context, "label.reason"))


def causes(found: tuple[Verdict, ...], evidence: Evidence, context: Context) -> Iterator[Block]:
    """A card a cause: how sure, the first evidence, and the exact fix; then what several share."""
    joint = steps.jointly(found)
    for verdict in found:
        rows = (
            Fact(_say(context, "label.first"), (), cites(verdict, context)[:1]),
            Fact(_say(context, "label.fix"), steps=tuple(steps.fix(verdict, evidence, context, joint=joint))),
        )
        sure = Tag(words.standing(verdict, context.lang), "bad", "solid" if verdict.confidence == "confirmed" else "")
        yield Card(words.title(verdict, context.lang), sure, (Facts(tuple(row for row in rows if not row.empty)),))
    if joint:
        todo = Fact(_say(context, "label.fix"), steps=tuple(steps.closing(evidence, context)))
        yield from (Heading(words.joint_title(context.lang)), Facts((todo,)))


def _unexplained(found: Outcome, context: Context) -> Iterator[Block]:
    """What else would stand in the way of the next deployment; or that nothing was found."""
    others = [words.title(v, context.lang) for v in found.diagnosis.failed("cause") if v not in found.causes]
    if found.causes and others:
        yield Paragraph(_say(context, "others", causes=" · ".join(others)))
    if found.word not in ("completed", "superseded", "unreachable", "unseen", "empty", "stopped") and not found.causes:
        yield Paragraph(_say(context, "no_cause"))


def _next(found: Outcome, context: Context, again: Words) -> Iterator[Block]:
    if found.end and found.end.facts.get("deleted"):
        return
    verb = _NEXT.get(found.word, ("fix", "plan") if found.causes else ("diagnose",))
    same = found.word in ("timeout", "unreachable")
    own = ("--deployment", found.last.deployment) if same else ()
    yield Shell(_say(context, f"next.{found.word}"), plan_commands.ours(*verb, *again, *own))
