"""New tasks do not start, and ECS says why.

What it looks for
    Why the newest deployment's tasks stopped before they ran, or could not be placed, in ECS's words.
Why it breaks a rollout
    No task starts while it lasts.
Blind spots
    What ECS's words leave open.
Readings
    service, task_arns, tasks; where Fargate has no capacity subnets and route_tables: which other zones there are.
Fix
    As the message's cause asks: see the catalogue of causes.
Guide section
    Diagnosis 3 and 4; checklist 6.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/failed-to-start-error.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
"""

from __future__ import annotations

from runbook_lib.diagnosis import deployments, mended, starts, tasks, told, zones
from runbook_lib.diagnosis.model import Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence, Request

_NO_CAPACITY = "fargate-capacity-unavailable"


def check(evidence: Evidence) -> Finding:
    """FAIL where the last attempts of the newest deployment to start a task failed for a reason that ECS names."""
    newest = deployments.newest(evidence)
    name = deployments.newest_revision(evidence)
    if found := told.reasons(evidence, newest):
        first, *before = found
        if now := mended.proof(evidence, first.judgement.label, first.text):
            return mended.finding(evidence, first.judgement.label, first.moment, (first.cite, now))
        return failed(
            "confirmed" if first.judgement.certain else "likely",
            (first.cite,),
            label=first.judgement.label,
            message=first.text,
            count=first.count,
            revision=name,
            last_at=first.moment.isoformat(),
            before=[each.judgement.label for each in before],
        )
    if not tasks.seen(evidence):
        return unseen(evidence, tasks.KINDS)
    started = any(tasks.has_started(task) for task in tasks.of(evidence, newest))
    if started and not starts.is_silent(evidence):
        return passed(revision=name)
    if not evidence.service.get("desiredCount"):
        return not_applicable(reason="no-task-desired")
    return unknown("not-observed" if started else "not-started", revision=name)


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """Where Fargate has no capacity, the zones that the service uses and those that it could."""
    first = next(iter(told.reasons(evidence, deployments.newest(evidence))), None)
    return zones.wants(evidence) if first and first.judgement.label == _NO_CAPACITY else ()


RULE = Rule(
    id="task_start_failed",
    label="unknown",
    role="cause",
    needs=("service",),
    uses=tasks.KINDS,
    guide="diagnosis 3, 4",
    severity=15,
    check=check,
    stopped=True,
    labels=told.LABELS,
    explains=("image_pull_failed", "tasks_unhealthy", "health_check_unanswered"),
    wants=wants,
    deeper=zones.KINDS,
)
