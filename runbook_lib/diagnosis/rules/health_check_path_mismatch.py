"""The container's own health check and the target group's ask different paths or ports, and one of them fails.

What it looks for
    Path and port of the container's HTTP check against those of each target group, where one side alone fails.
Why it breaks a rollout
    A task must pass both.
Blind spots
    A missing tool looks the same; checks that are no HTTP request; what is behind the path.
Readings
    service, tasks, task_definition, target_groups, target_health; log_tail of the newest failing tasks.
Fix
    Let both ask the path that the application answers: the task definition's where the container side fails, the target
    group's where that side fails.
Guide section
    Root cause 2.2; fix step 2.2; checklist 4.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

from runbook_lib.diagnosis import deployments, tasks
from runbook_lib.diagnosis.model import Finding, Outcome, Rule, not_applicable
from runbook_lib.diagnosis.path_pairs import judgements, log_requests, why_none
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.first_look import target_group_arns
from runbook_lib.evidence.model import Evidence, Request

_WORST_FIRST = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS)
_OBSERVED = ("task_arns", "tasks", "target_health")


def check(evidence: Evidence) -> Finding:
    """The newest revision decides; an older one speaks only where the newest differs too and was not yet observed."""
    if target_group_arns(evidence.service) and not evidence.all("target_groups"):
        return unseen(evidence, ("target_groups",))
    arns = _revisions(evidence)
    newest = _judged(evidence, arns[0]) if arns else None
    if newest is None:
        return not_applicable(reason=why_none(evidence, arns[0] if arns else ""))
    finding = newest
    if newest.outcome is Outcome.UNKNOWN:
        older = (_judged(evidence, arn) for arn in arns[1:])
        finding = next((f for f in older if f and f.outcome is Outcome.FAIL), newest)
    blind = finding.outcome is Outcome.UNKNOWN and evidence.unread(*_OBSERVED)
    return unseen(evidence, _OBSERVED) if blind else finding


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The log tails of up to two failing tasks, newest first, where paths differ."""
    wishes = (
        wish
        for arn in _revisions(evidence)
        for pair, _ in judgements(evidence, arn)
        for wish in log_requests(evidence, pair)
    )
    return tuple(dict.fromkeys(wishes))[:2]


def _revisions(evidence: Evidence) -> list[str]:
    """The task definitions of the deployments that count and were read, newest deployment first."""
    arns = (d.get("taskDefinition", "") for d in deployments.judged(evidence))
    return [arn for arn in dict.fromkeys(arns) if arn in evidence.task_definitions()]


def _judged(evidence: Evidence, arn: str) -> Finding | None:
    findings = [finding for _, finding in judgements(evidence, arn)]
    return min(findings, key=lambda f: _WORST_FIRST.index(f.outcome), default=None)


RULE = Rule(
    id="health_check_path_mismatch",
    label="health-check-path-mismatch",
    role="cause",
    needs=("service", "task_definition"),
    uses=(*tasks.KINDS, "target_groups", "target_health"),
    guide="root cause 2.2",
    severity=30,
    check=check,
    explains=("tasks_unhealthy", "health_check_unanswered", "rolled_back"),
    wants=wants,
    deeper=("log_tail",),
)
