"""What users may have noticed, as far as target health tells. "None" is never said without what it was judged from."""

from __future__ import annotations

from typing import Literal

from runbook_lib.evidence.model import Evidence
from runbook_lib.report.blocks import Block, Figure, Paragraph, Tone
from runbook_lib.report.context import Context
from runbook_lib.report.sections.values import look_stamp

Impact = Literal["none", "partial", "likely", "unknown"]
_TONE: dict[Impact, Tone] = {"none": "ok", "partial": "risk", "likely": "bad", "unknown": "unk"}
# Targets that take no requests yet or any more: neither a sign of impact nor of its absence.
_PASSING = ("draining", "initial", "unused")


def figure(evidence: Evidence, context: Context) -> Figure:
    """The key figure, with the healthy targets that it comes from."""
    found = kind(evidence)
    note = context.say("impact.unknown_note") if found == "unknown" else ""
    note = note or context.say("impact.healthy_note", **counts(evidence))
    return Figure(context.say("figure.impact"), context.say(f"impact.{found}"), note, _TONE[found])


def line(evidence: Evidence, context: Context) -> str:
    """One sentence about users."""
    found = kind(evidence)
    name = "unread" if found == "unknown" and evidence.unread("target_health", "target_groups") else found
    return context.say(f"impact.{name}_line", **counts(evidence))


def blocks(evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """The sentence, the counts of tasks, and what it was judged from."""
    service = evidence.service
    sentences = [line(evidence, context)]
    if "runningCount" in service:
        tasks = {"running": service["runningCount"], "desired": service.get("desiredCount", "–")}
        sentences.append(context.say("impact.tasks", **tasks))
    found: list[Block] = [Paragraph(" ".join(sentences))]
    if kind(evidence) != "unknown":
        found.append(Paragraph(context.say("impact.basis", at=look_stamp(evidence, context)), "quiet"))
    return tuple(found)


def facts(evidence: Evidence) -> dict[str, str | int]:
    """The judgement and what it comes from, without words: targets that take requests, and those that are healthy."""
    return {"users": kind(evidence), **counts(evidence)}


def _states(evidence: Evidence) -> list[str]:
    rows = (row for reading in evidence.all("target_health") for row in reading.data)
    return [str(row.get("TargetHealth", {}).get("State", "")) for row in rows]


def counts(evidence: Evidence) -> dict[str, int]:
    """How many targets take requests, and how many of them are healthy."""
    taking = [state for state in _states(evidence) if state not in _PASSING]
    return {"healthy": taking.count("healthy"), "total": len(taking)}


def kind(evidence: Evidence) -> Impact:
    """Whether users may have been hit, as far as target health tells."""
    if not evidence.all("target_health") or evidence.unread("target_health"):
        return "unknown"
    found = counts(evidence)
    if found["healthy"] == 0:
        return "likely" if evidence.service.get("desiredCount", 0) else "unknown"
    return "none" if found["healthy"] == found["total"] else "partial"


def rank(evidence: Evidence) -> int:
    """How hard users were hit; not to know is worse than to see no impact."""
    return ("none", "unknown", "partial", "likely").index(kind(evidence))
