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

from runbook_lib.diagnosis import balancers, failing_checks, sides, tasks
from runbook_lib.diagnosis.failing_checks import Target
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
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
    return passed() if any(target.side.passing for target in found) else not_applicable(reason="no-time-out")


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The load balancers' and the tasks' security groups; the logs are asked for by health_check_code."""
    target = next(iter(_silent(evidence, failing_checks.targets(evidence))), None)
    if target is None:
        return ()
    own = balancers.task_security_groups(evidence)
    groups = (request("security_groups", ids=",".join(own)),) if own else ()
    return (*balancers.wishes(evidence, target.arn), *groups)


def _silent(evidence: Evidence, found: tuple[Target, ...]) -> list[Target]:
    """Targets that fail without any code or refusal, on a port that the task has."""
    quiet = (t for t in found if t.side.failing and (t.side.unreachable or not t.side.told))
    silent = (target for target in quiet if not failing_checks.codes(evidence, target)[0])
    return [t for t in silent if t.port in failing_checks.ports(evidence.task_definitions()[t.definition])]


def _kind(evidence: Evidence, target: Target) -> str:
    """``slow`` where requests are seen to arrive, ``blocked`` where no rule lets them in, else ``unknown``."""
    if target.path and sides.logged(evidence, target.definition, target.path, "remote").status:
        return "slow"
    return "blocked" if balancers.admitted(evidence, target.arn, target.port or 0) is False else "unknown"


def _failed(evidence: Evidence, target: Target, kind: str) -> Finding:
    own, theirs = balancers.task_security_groups(evidence), balancers.security_groups(evidence, target.arn)
    cites = [Cite("elbv2:DescribeTargetHealth", "TargetHealthDescriptions[].TargetHealth.Reason", "Target.Timeout")]
    if not target.side.unreachable:
        cites = [Cite("elbv2:DescribeTargetHealth", "TargetHealthDescriptions[].TargetHealth.State", "unhealthy")]
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
