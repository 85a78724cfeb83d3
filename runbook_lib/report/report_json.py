"""The report as JSON, ``report.json``: what the pages tell, as data without words (``docs/report.md``)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from runbook_lib import text
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.prevention import Measure, measures
from runbook_lib.diagnosis.story import Seen, Story, story
from runbook_lib.evidence.journal import Entry
from runbook_lib.evidence.model import Evidence, Unread
from runbook_lib.evidence.timeline import DeploymentRow, Moment, Timeline
from runbook_lib.evidence.timeline import timeline as timeline_of
from runbook_lib.report import headline, impact
from runbook_lib.report.context import Context
from runbook_lib.report.machine import as_json
from runbook_lib.report.markup import LONGEST
from runbook_lib.report.sections.appendix import key_moments
from runbook_lib.report.sections.values import unfinished_since
from runbook_lib.report.timeline_svg import MOST_ROWS

SCHEMA = 1


def report_json(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> dict[str, Any]:
    """The report as plain JSON values; times are ISO-8601 in UTC, lengths of time are seconds."""
    began = unfinished_since(diagnosis, evidence)
    told = story(context.record, evidence, diagnosis)
    causes = [seen.cause.rule for seen in told.causes]
    return {
        **as_json(diagnosis, evidence),
        "schema": SCHEMA,
        "lab": evidence.lab or context.lab,
        "headline": headline.name(diagnosis, evidence),
        "unfinished": {"since": began.isoformat(), "seconds": (evidence.collected_at - began).total_seconds()}
        if began
        else None,
        "incident": _incident(told) if told.faulty else None,
        "impact": impact.facts(evidence),
        "tasks": {name: evidence.service.get(f"{name}Count") for name in ("desired", "running", "pending")},
        "timeline": _timeline(timeline_of(evidence)),
        "unread": [_unread(lost) for lost in evidence.unreads],
        "prevention": [v.rule for v in diagnosis.failed("cause") if text.has(f"report.prevent.{v.rule}.item")],
        "measures": [_measure(measure) for measure in measures(evidence, diagnosis, causes)],
        "record": [_entry(entry) for entry in context.record],
        "damaged": context.damaged,
        "rendering": {"timezone": context.timezone, **asdict(context.commands)},
    }


def _incident(told: Story) -> dict[str, Any]:
    """The incident until now, by AWS's clock: its turns, the lengths between them, and every cause that a look saw."""
    proof, fixed = told.recovered, told.fixed if told.over else None
    return {
        "over": told.over,
        "began": _iso(told.began),
        "detected": _iso(told.detected),
        "fixed": _iso(fixed),
        "recovered": _iso(proof.at if proof else None),
        "recovered_by": proof.kind if proof else None,
        "to_detect": _seconds(told.to_detect),
        "to_fix": _seconds(told.to_fix if fixed else None),
        "to_recover": _seconds(told.to_recover),
        "clock_skew": _seconds(told.skew),
        "looks": len(told.looks),
        "unreadable": told.unreadable,
        "causes": [_seen(seen) for seen in told.causes],
    }


def _seen(seen: Seen) -> dict[str, Any]:
    cause = {name: getattr(seen.cause, name) for name in ("rule", "label", "confidence", "facts")}
    return {**cause, "first": _iso(seen.first.at), "last": _iso(seen.last.at), "looks": seen.looks}


def _measure(measure: Measure) -> dict[str, Any]:
    about = {"item": measure.id, "group": measure.group, "state": measure.standing}
    return {**about, "facts": dict(measure.facts), "against": list(measure.against)}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _seconds(length: timedelta | None) -> float | None:
    return length.total_seconds() if length is not None else None


def _unread(lost: Unread) -> dict[str, Any]:
    asked = {"kind": lost.request.kind, "arguments": dict(lost.request.args)}
    told = {name: getattr(lost, name) for name in ("operation", "action", "reason", "code")}
    return {**asked, **told}


def _entry(entry: Entry) -> dict[str, Any]:
    """An entry of the journal but for the evidence of looks, which lies in the journal."""
    bare = {name: value for name, value in entry.data.items() if name != "evidence"}
    return {**bare, "id": entry.id, "kind": entry.kind, "at": entry.at.isoformat(), "who": entry.who}


def _timeline(found: Timeline) -> dict[str, Any]:
    moments = key_moments(found)
    return {
        "start": found.start.isoformat(),
        "end": found.end.isoformat(),
        "deployments": [_deployment(row) for row in found.rows[-MOST_ROWS:]],
        "moments": [_moment(moment) for moment in moments],
        "left_out": {
            "deployments": max(0, len(found.rows) - MOST_ROWS),
            "events": found.earlier,
            "moments": len(found.moments) - len(moments),
        },
    }


def _deployment(row: DeploymentRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "task_definition": row.task_definition,
        "status": row.status,
        "rollout": row.rollout,
        "bars": [{"kind": b.kind, "start": b.start.isoformat(), "end": b.end.isoformat()} for b in row.bars],
        "tasks": len(row.tasks),
        "tasks_failed": sum(task.failed for task in row.tasks),
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        "at": moment.at.isoformat(),
        "kind": moment.kind,
        "subject": moment.subject,
        "message": moment.message[:LONGEST],
        "count": moment.count,
        "until": moment.until.isoformat() if moment.until else None,
    }


def options_of(tree: dict[str, Any]) -> dict[str, str]:
    """How a report was rendered, from its JSON: its time zone and what its commands name; what is no text is none."""
    found = tree.get("rendering")
    return {str(k): v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}


def ids_told(tree: dict[str, Any]) -> frozenset[str]:
    """The ids of the journal's entries that a report tells, from its JSON: what was written later is not its story."""
    record = tree.get("record")
    found = (item.get("id") for item in record if isinstance(item, dict)) if isinstance(record, list) else ()
    return frozenset(id_ for id_ in found if isinstance(id_, str))
