"""The load balancers of a target group, and whether a task's security groups admit them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runbook_lib.evidence.model import Evidence, Request, request

_ANYWHERE = ("0.0.0.0/0", "::/0")


def arns(evidence: Evidence, group_arn: str) -> tuple[str, ...]:
    """The load balancers that forward to a target group; none where no listener does."""
    groups = (g for reading in evidence.all("target_groups") for g in reading.data)
    found: list[str] = next(
        (g.get("LoadBalancerArns") or [] for g in groups if g.get("TargetGroupArn") == group_arn), []
    )
    return tuple(dict.fromkeys(found))


def names(evidence: Evidence, group_arn: str) -> tuple[str, ...]:
    """Their names, out of their ARNs (``loadbalancer/app/NAME/ID``)."""
    return tuple(arn.split("/")[-2] for arn in arns(evidence, group_arn) if arn.count("/") > 1)


def zones(evidence: Evidence, group_arn: str) -> tuple[str, ...]:
    """The Availability Zones that they have enabled; empty where they were not read."""
    enabled = (
        zone.get("ZoneName", "") for b in _read(evidence, group_arn) for zone in b.get("AvailabilityZones") or []
    )
    return tuple(dict.fromkeys(enabled))


def security_groups(evidence: Evidence, group_arn: str) -> tuple[str, ...]:
    """Their security groups; empty where they were not read, or have none as some network load balancers."""
    return tuple(dict.fromkeys(sg for b in _read(evidence, group_arn) for sg in b.get("SecurityGroups") or []))


def wishes(evidence: Evidence, group_arn: str) -> tuple[Request, ...]:
    """The reading of the load balancers of a target group; none where there are none."""
    found = arns(evidence, group_arn)
    return (request("load_balancers", arns=",".join(found)),) if found else ()


def task_security_groups(evidence: Evidence) -> tuple[str, ...]:
    """The security groups that the service gives its tasks."""
    network = (evidence.service.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    return tuple(sorted(network.get("securityGroups") or []))


def admitted(evidence: Evidence, group_arn: str, port: int) -> bool | None:
    """Whether one of the tasks' security groups admits the load balancers on a TCP port; None where nothing tells.

    A rule for some range of addresses may hold the load balancer's own: then nothing tells either.
    """
    own, theirs = task_security_groups(evidence), security_groups(evidence, group_arn)
    known = {g.get("GroupId"): g for reading in evidence.all("security_groups") for g in reading.data}
    if not own or not theirs or not set(own) <= set(known):
        return None
    sources = [s for sg in own for rule in known[sg].get("IpPermissions") or [] for s in _sources(rule, port)]
    if any(source in theirs or source in _ANYWHERE for source in sources):
        return True
    return None if any("/" in source or source.startswith("pl-") for source in sources) else False


def _sources(rule: dict[str, Any], port: int) -> Iterator[str]:
    """Whom a rule admits on this port: ids of security groups and prefix lists, and ranges of addresses."""
    protocol = str(rule.get("IpProtocol", ""))
    low, high = rule.get("FromPort", 0), rule.get("ToPort", 65535)
    if protocol not in ("-1", "tcp", "6") or (protocol != "-1" and not low <= port <= high):
        return
    yield from (pair.get("GroupId", "") for pair in rule.get("UserIdGroupPairs") or [])
    yield from (found.get("CidrIp", "") for found in rule.get("IpRanges") or [])
    yield from (found.get("CidrIpv6", "") for found in rule.get("Ipv6Ranges") or [])
    yield from (found.get("PrefixListId", "") for found in rule.get("PrefixListIds") or [])


def _read(evidence: Evidence, group_arn: str) -> list[dict[str, Any]]:
    mine = arns(evidence, group_arn)
    return [b for reading in evidence.all("load_balancers") for b in reading.data if b.get("LoadBalancerArn") in mine]
