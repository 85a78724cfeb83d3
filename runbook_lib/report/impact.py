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
    found = _impact(evidence)
    note = context.say("impact.unknown_note") if found == "unknown" else ""
    note = note or context.say("impact.healthy_note", **_counts(evidence))
    return Figure(context.say("figure.impact"), context.say(f"impact.{found}"), note, _TONE[found])


def line(evidence: Evidence, context: Context) -> str:
    """One sentence about users."""
    found = _impact(evidence)
    name = "unread" if found == "unknown" and evidence.unread("target_health", "target_groups") else found
    return context.say(f"impact.{name}_line", **_counts(evidence))


def blocks(evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """The sentence, the counts of tasks, and what it was judged from."""
    service = evidence.service
    sentences = [line(evidence, context)]
    if "runningCount" in service:
        counts = {"running": service["runningCount"], "desired": service.get("desiredCount", "–")}
        sentences.append(context.say("impact.tasks", **counts))
    found: list[Block] = [Paragraph(" ".join(sentences))]
    if _impact(evidence) != "unknown":
        found.append(Paragraph(context.say("impact.basis", at=look_stamp(evidence, context)), "quiet"))
    return tuple(found)


def facts(evidence: Evidence) -> dict[str, str | int]:
    """The judgement and what it comes from, without words: targets that take requests, and those that are healthy."""
    return {"users": _impact(evidence), **_counts(evidence)}


def _states(evidence: Evidence) -> list[str]:
    rows = (row for reading in evidence.all("target_health") for row in reading.data)
    return [str(row.get("TargetHealth", {}).get("State", "")) for row in rows]


def _counts(evidence: Evidence) -> dict[str, int]:
    taking = [state for state in _states(evidence) if state not in _PASSING]
    return {"healthy": taking.count("healthy"), "total": len(taking)}


def _impact(evidence: Evidence) -> Impact:
    if not evidence.all("target_health") or evidence.unread("target_health"):
        return "unknown"
    counts = _counts(evidence)
    if counts["healthy"] == 0:
        return "likely" if evidence.service.get("desiredCount", 0) else "unknown"
    return "none" if counts["healthy"] == counts["total"] else "partial"
