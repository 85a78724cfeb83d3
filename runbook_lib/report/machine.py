"""The diagnosis as the JSON that machines read: ``diagnose --json`` and ``verdicts.json``."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from runbook_lib.diagnosis.changes import Change, Comparison, compare
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.diagnosis.revisions import Revision
from runbook_lib.evidence.model import Evidence
from runbook_lib.report import words

SCHEMA = 1


def as_json(diagnosis: Diagnosis, evidence: Evidence, lang: str = "") -> dict[str, Any]:
    """State, verdicts by role, the seven answers, what changed and the calls, as plain JSON values.

    With ``lang`` every verdict carries its title; without, it holds no words, as archived verdicts do.
    """
    changed = compare(diagnosis, evidence)
    return {
        "schema": SCHEMA,
        "target": asdict(evidence.target),
        "at": evidence.collected_at.isoformat(),
        "state": diagnosis.state.value,
        "causes": [_verdict(v, lang) for v in diagnosis.failed("cause")],
        "symptoms": [_verdict(v, lang) for v in diagnosis.failed("symptom")],
        "risks": [_verdict(v, lang) for v in diagnosis.failed("risk")],
        "unknown": [_verdict(v, lang) for v in diagnosis.unknown],
        "checklist": [
            {"item": a.item, "outcome": a.outcome.value, "rule": a.verdict.rule, "facts": dict(a.verdict.facts)}
            for a in diagnosis.checklist
        ],
        "changes": [_change(change) for change in changed.changes],
        "compared": _compared(changed),
        "calls": _calls(evidence),
        "elapsed_s": evidence.elapsed_s,
    }


def _verdict(verdict: Verdict, lang: str) -> dict[str, Any]:
    found = {
        "rule": verdict.rule,
        "label": verdict.label,
        "outcome": verdict.outcome.value,
        "confidence": verdict.confidence,
        "facts": dict(verdict.facts),
        "cites": [asdict(cite) for cite in verdict.cites],
        "explained_by": list(verdict.explained_by),
    }
    return {**found, "title": words.title(verdict, lang)} if lang else found


def _change(change: Change) -> dict[str, Any]:
    return {**asdict(change), **{name: list(getattr(change, name)) for name in ("before", "after", "labels")}}


def _compared(found: Comparison) -> dict[str, Any]:
    """Between what, why not where it could not be, and what a comparison that was made cannot show."""
    return {
        "before": _revision(found.before),
        "after": _revision(found.after),
        "missing": found.missing,
        "settings": found.settings,
        "hidden": [{"container": container, "field": field} for container, field in found.hidden],
    }


def _revision(found: Revision | None) -> dict[str, Any] | None:
    """``at`` is when the deployment of it completed (before) or began (after)."""
    if found is None:
        return None
    return {
        "task_definition": found.definition,
        "service_revision": found.number,
        "at": found.at.isoformat() if found.at else "",
        "rolled_back": found.rolled_back,
    }


def _calls(evidence: Evidence) -> dict[str, Any]:
    by_operation = Counter(call.operation for call in evidence.calls)
    return {"total": len(evidence.calls), "by_operation": dict(sorted(by_operation.items())), "rounds": evidence.rounds}
