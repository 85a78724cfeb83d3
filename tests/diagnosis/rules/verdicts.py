"""The verdict of one rule, engine included: what a reader of a test wants to see."""

from typing import Any

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.model import Outcome, Verdict
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.evidence.model import Evidence

FAIL, PASS, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE


def verdict(rule: str, evidence: Evidence) -> Verdict:
    """The verdict of the rule of this id; a fault has one of the labels that the rule declares."""
    [asked] = [r for r in RULES if r.id == rule]
    [found] = judge(evidence, (asked,)).verdicts
    assert found.outcome is not FAIL or found.label in asked.labels
    assert {wish.kind for wish in asked.wants(evidence)} <= set(asked.deeper)
    return found


def facts(found: Verdict, *names: str) -> dict[str, Any]:
    """Some of a verdict's facts."""
    return {name: found.facts[name] for name in names}
