"""Tasks fail a health check: their container's, or the load balancer's.

What it looks for
    RUNNING tasks that are UNHEALTHY, and tasks stopped for a health check of either side.
Why it breaks a rollout
    ECS replaces them, and the count of healthy tasks is never met.
Blind spots
    Containers without a check or within the grace period; what ECS no longer lists.
Readings
    service, task_arns, tasks; target_health where it was read.
Fix
    A symptom: find what the check asks, and why the application does not answer.
Guide section
    Diagnosis 2 and 3; checklist 2.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import deployments, failures, sides, tasks
from runbook_lib.diagnosis.messages import health_failure
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.superseded import replaced
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.first_look import target_group_arns
from runbook_lib.evidence.model import Evidence

_LABEL = "container-health-check-failed"
_BY_TARGET = "load-balancer-health-check-failed"


def check(evidence: Evidence) -> Finding:
    """FAIL where a task is UNHEALTHY now, or was lately stopped for it."""
    if not tasks.seen(evidence):
        return unseen(evidence, tasks.KINDS)
    bad, given_up = tasks.unhealthy(evidence), _given_up(evidence)
    stopped = failures.recent(evidence, lambda task: bool(_failed_side(task)) or task.get("taskArn") in given_up)
    by_target = sum(_failed_side(task) != "container" for task in stopped)
    facts: dict[str, Any] = {
        "unhealthy": len(bad),
        "running": len(tasks.running(evidence)),
        "unhealthy_targets": _with_unhealthy_target(evidence),
        "stopped_for_it": len(stopped),
        "stopped_by_container": len(stopped) - by_target,
        "stopped_by_target": by_target,
        "tasks": [_brief(task) for task in (*bad, *stopped)],
    }
    if bad or stopped:
        side = "container" if bad or by_target < len(stopped) else "target_group"
        label = _LABEL if side == "container" else _BY_TARGET
        superseded = replaced(evidence, (*bad, *stopped))
        return failed("confirmed", _cites(bad, stopped), label=label, side=side, superseded=superseded, **facts)
    if any(task.get("healthStatus") == "UNHEALTHY" for task in tasks.running(evidence)):
        return unknown("in-grace", **facts)
    return passed(**facts) if facts["running"] else not_applicable(reason="no-running-task", **facts)


def _failed_side(task: Task) -> str:
    """Whose health check the task was stopped for: ``container``, ``target_group``, or ``""`` for another reason."""
    if side := tasks.failed_check(task):
        return side
    found = health_failure(task.get("stoppedReason") or "")
    return "container" if found and found.label == _LABEL else ""


def _given_up(evidence: Evidence) -> set[str]:
    """The ARNs of the tasks that were stopped for a target group's check, also where ECS does not say so."""
    if not target_group_arns(evidence.service):
        return set()
    mine = tuple(task for d in deployments.judged(evidence) for task in tasks.of(evidence, d))
    return {str(task.get("taskArn")) for task in sides.failed_target_checks(evidence, mine)}


def _with_unhealthy_target(evidence: Evidence) -> int | None:
    """How many RUNNING tasks have an unhealthy target; None where the targets were not read."""
    arns = target_group_arns(evidence.service)
    if evidence.unread("target_health") or (arns and not evidence.all("target_health")):
        return None
    bad = (t for arn in arns for t in sides.targets(evidence, arn, tasks.running(evidence)) if _is_unhealthy(t))
    return len({target.get("Target", {}).get("Id") for target in bad})


def _is_unhealthy(target: dict[str, Any]) -> bool:
    return bool(target.get("TargetHealth", {}).get("State") == "unhealthy")


def _brief(task: Task) -> dict[str, Any]:
    ended = tasks.ended_at(task)
    return {
        "task": tasks.identity(task),
        "revision": deployments.revision(task.get("taskDefinitionArn", "")),
        "status": task.get("lastStatus", ""),
        "health": task.get("healthStatus", ""),
        "ended_at": ended.isoformat() if ended else "",
    }


def _cites(bad: tuple[Task, ...], stopped: tuple[Task, ...]) -> tuple[Cite, ...]:
    now = [Cite("ecs:DescribeTasks", "tasks[].healthStatus", f"{tasks.identity(t)} UNHEALTHY") for t in bad]
    before = [sides.stop_cite(task) for task in stopped[:1]]
    return (*now, *before)


RULE = Rule(
    id="tasks_unhealthy",
    label=_LABEL,
    role="symptom",
    needs=("service",),
    uses=tasks.KINDS,
    guide="diagnosis 2, 3",
    severity=120,
    check=check,
    labels=(_LABEL, _BY_TARGET),
)
