"""The guide's seven checklist items, each answered by rules."""

from __future__ import annotations

from dataclasses import dataclass

from runbook_lib.diagnosis.model import Outcome, Verdict

# Guide section "Checklist": item -> the rules that answer it.
ITEMS: dict[int, tuple[str, ...]] = {
    1: ("deployments_overlapping",),
    2: ("tasks_unhealthy",),
    3: ("secret_env_duplicate",),
    4: ("health_check_path_mismatch",),
    5: ("image_tag_absent",),
    6: ("image_pull_failed",),
    7: ("application_exited", "health_check_unanswered"),
}
_WORST_FIRST = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True)
class Answer:
    """One checklist item: its number, the worst outcome among its rules, and the verdict that decided it."""

    item: int
    outcome: Outcome
    verdict: Verdict


def answers(verdicts: tuple[Verdict, ...]) -> tuple[Answer, ...]:
    """The seven answers, in the guide's order. An item whose rules are not among the verdicts is left out."""
    found = {v.rule: v for v in verdicts}
    rows = ((item, [found[rule] for rule in rules if rule in found]) for item, rules in ITEMS.items())
    return tuple(_worst(item, mine) for item, mine in rows if mine)


def _worst(item: int, verdicts: list[Verdict]) -> Answer:
    verdict = min(verdicts, key=lambda v: _WORST_FIRST.index(v.outcome))
    return Answer(item, verdict.outcome, verdict)
