"""ECS stops tasks for a health check before their application can be ready.

What it looks for
    Tasks stopped for a health check before, or just when, their log says that they were ready.
Why it breaks a rollout
    Every task is stopped while it starts.
Blind spots
    Applications that log nothing.
Readings
    service, tasks, task_definition, target_groups; log_tail of the newest failing tasks.
Fix
    More time (``startPeriod`` for the container's check, the grace period for both), or a faster start.
Guide section
    Checklist 7.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html
"""

from __future__ import annotations

from math import ceil

from runbook_lib.diagnosis import deployments, failing_checks, slow_starts, tasks
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
from runbook_lib.diagnosis.slow_starts import SlowStart
from runbook_lib.evidence.model import Evidence

_LABELS = {"container": "container-health-check-failed", "target_group": "load-balancer-health-check-failed"}
_MOST_START_PERIOD = 300  # seconds (API reference, HealthCheck)


def check(evidence: Evidence) -> Finding:
    """The newest deployment decides; PASS where its tasks were stopped for no health check."""
    for definition in failing_checks.revisions(evidence):
        for side in _LABELS:
            if slow := slow_starts.found(evidence, definition, side):
                return _failed(evidence, definition, side, slow)
    if not any(tasks.has_started(task) for task in evidence.tasks()):
        return not_applicable(reason="nothing-started")
    return passed()


def _failed(evidence: Evidence, definition: str, side: str, slow: SlowStart) -> Finding:
    needed = ceil((slow.ready_s or slow.stopped_s * 1.2) * 1.25 / 30) * 30
    seen = "no line" if slow.ready_s is None else f"{slow.ready_s:.0f} s"
    checks = [c.get("healthCheck") or {} for c in evidence.task_definitions()[definition]["containerDefinitions"]]
    return failed(
        "likely",
        (
            Cite("ecs:DescribeTasks", "tasks[].startedAt to stoppingAt", f"{slow.stopped_s:.0f} s"),
            Cite("logs:GetLogEvents", "events[].timestamp", seen),
        ),
        label=_LABELS[side],
        side=side,
        ready_after_s=None if slow.ready_s is None else round(slow.ready_s),
        stopped_after_s=round(slow.stopped_s),
        start_period_s=max((int(c.get("startPeriod") or 0) for c in checks), default=0) if side == "container" else 0,
        grace_s=int(evidence.service.get("healthCheckGracePeriodSeconds") or 0),
        needed=needed if side == "target_group" else min(needed, _MOST_START_PERIOD),
        passed_later=slow.passed,
        task=tasks.identity(slow.task),
        revision=deployments.revision(definition),
    )


RULE = Rule(
    id="start_too_slow",
    label="container-health-check-failed",
    role="cause",
    needs=("service", "task_definition"),
    uses=(*tasks.KINDS, "target_groups"),
    guide="checklist 7",
    severity=29,
    check=check,
    labels=tuple(_LABELS.values()),
    stopped=True,
    explains=("tasks_unhealthy", "health_check_unanswered", "rolled_back"),
)
