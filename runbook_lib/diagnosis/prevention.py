"""The guide's prevention items and their state, as far as what was read shows it; no words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.model import Outcome
from runbook_lib.evidence.model import Evidence

Group = Literal["pipeline", "definition", "monitoring"]
# set, part, unset: a setting that was read. good, bad: a check of what runs now. unknown: could not be read or judged.
# unlooked: nothing of it is in AWS's answers (a pipeline, a subscription), so that nothing can be said.
Standing = Literal["set", "part", "unset", "good", "bad", "unknown", "unlooked", "none"]
_OF_VERDICT: dict[Outcome, Standing] = {
    Outcome.PASS: "good",
    Outcome.FAIL: "bad",
    Outcome.UNKNOWN: "unknown",
    Outcome.NOT_APPLICABLE: "none",
}
# Guide section "Prevention": item -> group, and the causes that it would have prevented or told of.
ITEMS: dict[str, tuple[Group, tuple[str, ...]]] = {
    "wait": ("pipeline", ("deployments_overlapping",)),
    "timeout": ("pipeline", ()),
    "rollback": ("pipeline", ()),
    "schema": ("definition", ()),
    "duplicates": ("definition", ("secret_env_duplicate",)),
    "paths": ("definition", ("health_check_path_mismatch",)),
    "image_tag": ("definition", ("image_tag_absent",)),
    "alarms": ("monitoring", ()),
    "notify": ("monitoring", ()),
    "health_metric": ("monitoring", ()),
}


@dataclass(frozen=True)
class Measure:
    """One item: its group, its state, what that was told from, and the causes of this incident that it is against."""

    id: str
    group: Group
    standing: Standing
    facts: Mapping[str, Any] = field(default_factory=dict)
    against: tuple[str, ...] = ()


def measures(evidence: Evidence, diagnosis: Diagnosis, causes: Iterable[str]) -> tuple[Measure, ...]:
    """Every item with its state at this look; ``causes`` are the rules that the incident's looks saw."""
    seen = set(causes)
    return tuple(_measure(name, evidence, diagnosis, seen) for name in ITEMS)


def _measure(name: str, evidence: Evidence, diagnosis: Diagnosis, seen: set[str]) -> Measure:
    group, against = ITEMS[name]
    read = {"rollback": _rollback, "alarms": _alarms}
    standing, facts = read[name](evidence) if name in read else (_judged(against, diagnosis, group), {})
    return Measure(name, group, standing, facts, tuple(rule for rule in against if rule in seen))


def _judged(rules: tuple[str, ...], diagnosis: Diagnosis, group: Group) -> Standing:
    """What runs now, by the rule that looks at it; what a pipeline does before it deploys is not to be seen."""
    verdict = next((v for v in diagnosis.verdicts if v.rule in rules), None)
    return _OF_VERDICT[verdict.outcome] if verdict and group == "definition" else "unlooked"


def _rollback(evidence: Evidence) -> tuple[Standing, dict[str, Any]]:
    """The circuit breaker; other controllers than ECS's own have none."""
    controller = evidence.service.get("deploymentController")
    if isinstance(controller, dict) and controller.get("type", "ECS") != "ECS":
        return "none", {"controller": str(controller["type"])}
    settings = _settings(evidence)
    if settings is None:
        return "unknown", {}
    breaker = settings.get("deploymentCircuitBreaker")
    found = breaker if isinstance(breaker, dict) else {}
    enabled, back = found.get("enable") is True, found.get("rollback") is True
    return ("set" if back else "part") if enabled else "unset", {"enable": enabled, "rollback": back}


def _alarms(evidence: Evidence) -> tuple[Standing, dict[str, Any]]:
    settings = _settings(evidence)
    if settings is None:
        return "unknown", {}
    alarms = settings.get("alarms")
    found = alarms if isinstance(alarms, dict) else {}
    names = found.get("alarmNames")
    count = len(names) if isinstance(names, list) else 0
    return "set" if found.get("enable") is True and count else "unset", {"count": count}


def _settings(evidence: Evidence) -> dict[str, Any] | None:
    found = evidence.service.get("deploymentConfiguration")
    return found if isinstance(found, dict) else None
