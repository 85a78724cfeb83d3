"""Plans and what became of them as JSON: ``fix plan --json``, ``fix apply --json``, ``fix undo --json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.evidence.model import Evidence
from runbook_lib.plan.model import Change, Plan, as_tree
from runbook_lib.report import plan_commands, plan_words
from runbook_lib.report.context import Context

if TYPE_CHECKING:
    from runbook_lib.applying import Applied, Step

SCHEMA = 1


def plan_json(plan: Plan, diagnosis: Diagnosis, evidence: Evidence, context: Context, incident: str) -> dict[str, Any]:
    """A plan's own tree; each change with its title and command; ``incident`` is where it is recorded, or empty."""
    tree = as_tree(plan)
    for change, shown in zip(plan.changes, tree["changes"], strict=True):
        shown["title"] = _title(change, context.lang)
        shown["command"] = plan_commands.command(change, plan, evidence, context)
    return {
        **tree,
        "ready": plan.ready,
        "open": [choice.id for choice in plan.open],
        "state": diagnosis.state.value,
        "incident": incident,
    }


def applied_json(done: Applied, lang: str) -> dict[str, Any]:
    """What became of each change, in order, and which were not made."""
    return {
        "schema": SCHEMA,
        "digest": done.plan.digest,
        "kind": done.plan.kind,
        "good": done.good,
        "steps": [_step(step, lang) for step in done.steps],
        "left": [change.id for change in done.left],
        "incident": done.incident.name,
    }


def _step(step: Step, lang: str) -> dict[str, Any]:
    return {
        "change": step.change.id,
        "kind": step.change.kind,
        "title": _title(step.change, lang),
        "outcome": step.outcome,
        "facts": dict(step.facts),
    }


def _title(change: Change, lang: str) -> str:
    return plan_words.title(change, lang).replace("`", "")
