"""A target group of the service gets no traffic: no load balancer has it, or not in the task's zone.

What it looks for
    Targets in state ``unused``, and why: no listener, or a zone that the load balancer lacks.
Why it breaks a rollout
    Nobody checks such a target.
Blind spots
    Target groups without a task that lives.
Readings
    service, tasks, target_groups, target_health; load_balancers where targets are unused.
Fix
    A listener, or a listener rule, that forwards to the target group; or the zone's subnet on the load balancer.
Guide section
    Checklist 7.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-load-balancers.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancer-subnets.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import balancers, deployments, sides, tasks
from runbook_lib.diagnosis.model import Cite, Confidence, Finding, Rule, failed, not_applicable, passed
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.first_look import target_group_arns
from runbook_lib.evidence.model import Evidence, Request

_NOT_THAT = ("Target.NotRegistered", "Target.IpUnusable", "Target.InvalidState", "Target.DeregistrationInProgress")


def check(evidence: Evidence) -> Finding:
    """FAIL where a task that lives has an unused target."""
    arns = target_group_arns(evidence.service)
    if not arns:
        return not_applicable(reason="no-target-group")
    if not evidence.all("target_groups"):
        return unseen(evidence, ("target_groups",))
    for arn in arns:
        if unused := _unused(evidence, arn):
            return _failed(evidence, arn, unused)
    attached = [name for arn in arns for name in balancers.names(evidence, arn)]
    return passed(balancers=list(dict.fromkeys(attached)))


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The zones of the load balancers whose target group has unused targets."""
    arns = (arn for arn in target_group_arns(evidence.service) if _unused(evidence, arn))
    return balancers.wishes(evidence, next(arns, ""))


def _unused(evidence: Evidence, arn: str) -> list[dict[str, Any]]:
    mine = tuple(
        task for d in deployments.judged(evidence) for task in tasks.of(evidence, d) if not tasks.ended_at(task)
    )
    health = [(target, target.get("TargetHealth", {})) for target in sides.targets(evidence, arn, mine)]
    return [t for t, now in health if now.get("State") == "unused" and now.get("Reason") not in _NOT_THAT]


def _failed(evidence: Evidence, arn: str, unused: list[dict[str, Any]]) -> Finding:
    zone = str(unused[0].get("Target", {}).get("AvailabilityZone", ""))
    attached, zones = balancers.arns(evidence, arn), balancers.zones(evidence, arn)
    said = str(unused[0]["TargetHealth"].get("Description", ""))
    missing = bool(zones) and zone not in zones
    kind = "zone" if attached and (missing or "Availability Zone" in said) else "listener"
    state = Cite("elbv2:DescribeTargetHealth", "TargetHealthDescriptions[].TargetHealth", f"unused {said}".strip())
    cites = (
        [state, Cite("elbv2:DescribeLoadBalancers", "LoadBalancers[].AvailabilityZones[].ZoneName", ", ".join(zones))]
        if kind == "zone"
        else [state, Cite("elbv2:DescribeTargetGroups", "TargetGroups[].LoadBalancerArns", ", ".join(attached) or "[]")]
    )
    sure: Confidence = "confirmed" if said or missing or not attached else "likely"
    return failed(
        sure,
        tuple(cites),
        kind=kind,
        zone=zone if kind == "zone" else "",
        zones=list(zones) if kind == "zone" else [],
        unused=len(unused),
        target_group=arn.split("/")[-2],
        target_group_arn=arn,
        balancer_arn=next(iter(attached), ""),
    )


RULE = Rule(
    id="target_group_detached",
    label="target-group-misconfigured",
    role="cause",
    needs=("service",),
    uses=(*tasks.KINDS, "target_groups", "target_health"),
    guide="checklist 7",
    severity=28,
    check=check,
    explains=("tasks_unhealthy", "health_check_unanswered", "rolled_back"),
    wants=wants,
    deeper=("load_balancers",),
)
