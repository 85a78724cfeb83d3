"""Running tasks fail their container health check.

What it looks for
    RUNNING tasks whose ``healthStatus`` is UNHEALTHY, or tasks stopped in the last 30 minutes because their container
    health check failed.
Why it breaks a rollout
    ECS stops and replaces an UNHEALTHY task of a service, so the deployment never has its full count of healthy tasks.
Blind spots
    A container without a health check stays UNKNOWN and is never UNHEALTHY; a HEALTHCHECK of the image is ignored.
    Stopped tasks are listed for about an hour. A single failure of a service that is fine now is left out.
Readings
    service, task_arns, tasks.
Fix
    A symptom: find what the check asks, and why the container does not answer.
Guide section
    Diagnosis 2 and 3; checklist 2.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import failures, tasks
from runbook_lib.diagnosis.deployments import revision
from runbook_lib.diagnosis.messages import health_failure
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence

_LABEL = "container-health-check-failed"


def check(evidence: Evidence) -> Finding:
    """FAIL where a task is UNHEALTHY now, or was lately stopped for it."""
    if not tasks.seen(evidence):
        return unseen(evidence, tasks.KINDS)
    bad, stopped = tasks.unhealthy(evidence), failures.recent(evidence, _stopped_for_it)
    facts: dict[str, Any] = {
        "unhealthy": len(bad),
        "running": len(tasks.running(evidence)),
        "stopped_for_it": len(stopped),
        "tasks": [_brief(task) for task in (*bad, *stopped)],
    }
    if bad or stopped:
        return failed("confirmed", _cites(bad, stopped), **facts)
    return passed(**facts) if facts["running"] else not_applicable(reason="no-running-task", **facts)


def _stopped_for_it(task: Task) -> bool:
    said = health_failure(task.get("stoppedReason") or "")
    return said is not None and said.label == _LABEL


def _brief(task: Task) -> dict[str, Any]:
    ended = tasks.ended_at(task)
    return {
        "task": tasks.identity(task),
        "revision": revision(task.get("taskDefinitionArn", "")),
        "status": task.get("lastStatus", ""),
        "health": task.get("healthStatus", ""),
        "ended_at": ended.isoformat() if ended else "",
    }


def _cites(bad: tuple[Task, ...], stopped: tuple[Task, ...]) -> tuple[Cite, ...]:
    now = [Cite("ecs:DescribeTasks", "tasks[].healthStatus", f"{tasks.identity(t)} UNHEALTHY") for t in bad]
    before = [Cite("ecs:DescribeTasks", "tasks[].stoppedReason", t["stoppedReason"]) for t in stopped[:1]]
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
)
