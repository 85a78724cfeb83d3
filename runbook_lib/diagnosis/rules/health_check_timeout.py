"""The load balancer's health check gets no answer in time.

What it looks for
    ``Target.Timeout`` on the right port; security groups, and requests in the access log.
Why it breaks a rollout
    The target never becomes healthy.
Blind spots
    Network ACLs; outbound rules; ranges of addresses.
Readings
    service, tasks, task_definition, target_groups, target_health; load_balancers, security_groups, log_tail.
Fix
    A rule of the task's security group for the load balancer's; a faster answer; or listening on ``0.0.0.0``.
Guide section
    Checklist 7.
References
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-load-balancers.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html
"""

from __future__ import annotations

from runbook_lib.diagnosis import access_logs, balancers, deployments, failing_checks, sides, tasks
from runbook_lib.diagnosis.failing_checks import Target
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.evidence.model import Evidence, Request, request


def check(evidence: Evidence) -> Finding:
    """The newest deployment whose targets time out, or cannot be reached through its security groups, decides."""
    if untold := failing_checks.untold(evidence):
        return untold
    found = failing_checks.targets(evidence)
    for target in _silent(evidence, found):
        kind = _kind(evidence, target)
        if target.side.unreachable or kind == "blocked":
            other = failing_checks.explained(evidence, target.definition, "target_group", target.arn)
            return other or _failed(evidence, target, kind)
    if left := _replaced(evidence):
        return left
    return passed() if any(target.side.passing for target in found) else not_applicable(reason="no-time-out")


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The load balancers' and the tasks' security groups; the logs are asked for by health_check_code."""
    found = (*failing_checks.targets(evidence), *_timing_out(evidence))
    target = next(iter(_silent(evidence, found)), None)
    if target is None:
        return ()
    own = balancers.task_security_groups(evidence)
    groups = (request("security_groups", ids=",".join(own)),) if own else ()
    return (*balancers.wishes(evidence, target.arn), *groups)


def _timing_out(evidence: Evidence) -> tuple[Target, ...]:
    """The targets that time out of revisions that are being replaced."""
    return tuple(target for target in failing_checks.replaced_targets(evidence) if target.side.unreachable)


def _replaced(evidence: Evidence) -> Finding | None:
    """A new deployment does not make targets time out: what shuts the old ones off may shut off its own as well."""
    found = _silent(evidence, _timing_out(evidence))
    shut = next((target for target in found if _kind(evidence, target) == "blocked"), None)
    if shut:
        return _failed(evidence, shut, "blocked")
    if not found or any(target.side.passing for target in failing_checks.targets(evidence)):
        return None
    return unknown("not-observed", revision=deployments.newest_revision(evidence))


def _silent(evidence: Evidence, found: tuple[Target, ...]) -> list[Target]:
    """Targets that fail without any code or refusal, on a port that the task has."""
    quiet = (t for t in found if t.side.failing and (t.side.unreachable or not t.side.told))
    silent = (target for target in quiet if not failing_checks.codes(evidence, target)[0])
    return [t for t in silent if t.port in failing_checks.ports(evidence.task_definitions()[t.definition])]


def _kind(evidence: Evidence, target: Target) -> str:
    """``slow`` where requests are seen to arrive all the same, ``blocked`` where no rule lets them in."""
    mine = sides.tasks_of(evidence, target.definition)
    if target.path and any(_arrive(evidence, target, task) for task in mine):
        return "slow"
    return "blocked" if balancers.admitted(evidence, target.arn, target.port or 0) is False else "unknown"


def _arrive(evidence: Evidence, target: Target, task: Task) -> bool:
    """Whether a task was asked while its checks were failing: what it answered before that tells nothing."""
    groups = [g for r in evidence.all("target_groups") for g in r.data if g.get("TargetGroupArn") == target.arn]
    spans = [g.get("HealthCheckIntervalSeconds", 30) * (g.get("UnhealthyThresholdCount", 2) + 1) for g in groups]
    until = (tasks.ended_at(task) or evidence.collected_at).timestamp()
    last = access_logs.last_asked(evidence, task, target.path)
    return last is not None and last >= until - max(spans, default=90)


def _failed(evidence: Evidence, target: Target, kind: str) -> Finding:
    own, theirs = balancers.task_security_groups(evidence), balancers.security_groups(evidence, target.arn)
    cites = [target.side.cite] if target.side.cite else []
    if kind == "blocked":
        cites.append(Cite("ec2:DescribeSecurityGroups", "SecurityGroups[].IpPermissions", ", ".join(own)))
        cites.append(Cite("elbv2:DescribeLoadBalancers", "LoadBalancers[].SecurityGroups", ", ".join(theirs)))
    if kind == "slow":
        cites.append(Cite("logs:GetLogEvents", f"GET {target.path}", "answered"))
    return failed(
        "confirmed" if kind != "unknown" and target.side.unreachable else "likely",
        tuple(cites),
        kind=kind,
        task_groups=list(own) if kind == "blocked" else [],
        balancer_groups=list(theirs) if kind == "blocked" else [],
        **target.facts,
    )


RULE = Rule(
    id="health_check_timeout",
    label="lb-health-check-timeout",
    role="cause",
    needs=("service", "task_definition"),
    uses=(*tasks.KINDS, "target_groups", "target_health"),
    guide="checklist 7",
    severity=33,
    check=check,
    explains=("tasks_unhealthy", "health_check_unanswered", "rolled_back"),
    wants=wants,
    deeper=("load_balancers", "security_groups"),
    stopped=True,
)
