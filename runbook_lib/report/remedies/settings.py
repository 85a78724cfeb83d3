"""Settings of the service or its target group that leave no way: to which values they have to change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from runbook_lib.diagnosis import tasks
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.evidence.model import Evidence
from runbook_lib.report.remedies.model import Todo

_ROOM = 200  # percent: room for every new task beside the old one


def deadlocked(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """A higher maximum where the bounds leave no room; else the protection of tasks is what to look at."""
    target, facts = evidence.target, verdict.facts
    if facts.get("upper", 0) > facts.get("desired", 0) or facts.get("lower", 0) < facts.get("desired", 0):
        yield from _protection(evidence)
        return
    present = evidence.service.get("deploymentConfiguration") or {}
    kept = {name: value for name, value in present.items() if value != 0}  # no bake time is no setting
    changed = json.dumps({**kept, "maximumPercent": _ROOM}, separators=(",", ":"))
    service = ("--cluster", target.cluster, "--service", target.service)
    values = {"now": str(present.get("maximumPercent", "")), "needed": str(_ROOM)}
    yield Todo(
        "remedies.bounds.raise", ("ecs", "update-service", *service, "--deployment-configuration", changed), values
    )


def _protection(evidence: Evidence) -> Iterator[Todo]:
    running = [str(task.get("taskArn", "")).rpartition("/")[2] for task in tasks.running(evidence)][:10]
    if running:
        of = ("--cluster", evidence.target.cluster, "--tasks", *running)
        yield Todo("remedies.bounds.protected", ("ecs", "get-task-protection", *of), {"tasks": tuple(running)})
        end = ("ecs", "update-task-protection", *of, "--no-protection-enabled")
        yield Todo("remedies.bounds.unprotect", end)


def slow(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """A longer time-out for a slow answer, up to what the interval allows."""
    arn = str(verdict.facts.get("target_group_arn", ""))
    groups: list[dict[str, Any]] = evidence.data("target_groups", [])
    group = next((g for g in groups if g.get("TargetGroupArn") == arn), {})
    interval, now = group.get("HealthCheckIntervalSeconds") or 0, group.get("HealthCheckTimeoutSeconds") or 0
    if verdict.facts.get("kind") != "slow" or not now:
        return
    yield Todo("rules.health_check_timeout.fix.slow.1")
    longer = min(2 * now, 120)
    pace = ("--health-check-interval-seconds", str(min(longer + 5, 300))) if longer >= interval else ()
    change = ("--target-group-arn", arn, "--health-check-timeout-seconds", str(longer), *pace)
    values = {"now": str(now), "needed": str(longer)}
    yield Todo("remedies.check.wait", ("elbv2", "modify-target-group", *change), values)
