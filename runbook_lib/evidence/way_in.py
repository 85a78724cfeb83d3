"""What is asked to find how a request gets to the service: target groups, their load balancers, listeners and rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runbook_lib.evidence.first_look import target_group_arns
from runbook_lib.evidence.model import Evidence, Request, request


def group_arns(service: dict[str, Any]) -> list[str]:
    """The target groups of the service, also those between which ECS moves the traffic of a blue/green deployment."""
    moved = [lb.get("advancedConfiguration", {}) for lb in service.get("loadBalancers", [])]
    others = [config.get("alternateTargetGroupArn", "") for config in moved]
    return list(dict.fromkeys([*target_group_arns(service), *filter(None, others)]))


def balancer_arns(evidence: Evidence) -> list[str]:
    """The load balancers that the service's target groups belong to, each once."""
    groups = evidence.data("target_groups", [])
    return list(dict.fromkeys(arn for group in groups for arn in group.get("LoadBalancerArns", ())))


def _service(evidence: Evidence) -> tuple[Request, ...]:
    return (request("service"),)


def _groups(evidence: Evidence) -> tuple[Request, ...]:
    arns = group_arns(evidence.service)
    described = (request("target_groups", arns=",".join(arns)),) if arns else ()
    return (*described, *(request("target_health", target_group_arn=arn) for arn in arns))


def _balancers(evidence: Evidence) -> tuple[Request, ...]:
    arns = balancer_arns(evidence)
    described = (request("load_balancers", arns=",".join(arns)),) if arns else ()
    return (*described, *(request("listeners", load_balancer_arn=arn) for arn in arns))


def _rules(evidence: Evidence) -> tuple[Request, ...]:
    """Only listeners of application load balancers have rules."""
    listeners = [row["ListenerArn"] for reading in evidence.all("listeners") for row in reading.data]
    return tuple(request("listener_rules", listener_arn=arn) for arn in listeners if ":listener/app/" in arn)


ROUNDS: tuple[Callable[[Evidence], tuple[Request, ...]], ...] = (_service, _groups, _balancers, _rules)
