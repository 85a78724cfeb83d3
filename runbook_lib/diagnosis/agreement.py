"""One verdict does not deny what others have seen: where both checks are known to fail, an answer was observed."""

from __future__ import annotations

from dataclasses import replace

from runbook_lib.diagnosis.model import Outcome, Verdict

_PATHS = "health_check_path_mismatch"
_CONTAINER = ("container_check_failing",)
_TARGET = ("health_check_code", "health_check_port", "health_check_timeout")


def agreeing(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """The same verdicts; two paths are ``both-failing`` where other rules saw both fail."""
    failed = {v.rule for v in verdicts if v.outcome is Outcome.FAIL}
    both = not failed.isdisjoint(_CONTAINER) and not failed.isdisjoint(_TARGET)
    return tuple(_seen(v) if both and _is_unobserved(v) else v for v in verdicts)


def _is_unobserved(verdict: Verdict) -> bool:
    unknown = verdict.rule == _PATHS and verdict.outcome is Outcome.UNKNOWN
    return unknown and verdict.facts.get("reason") == "not-observed"


def _seen(verdict: Verdict) -> Verdict:
    return replace(verdict, facts={**verdict.facts, "reason": "both-failing"})
