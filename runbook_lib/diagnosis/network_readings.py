"""Which readings tell the network path of tasks that do not start: two rounds, at most seven calls."""

from __future__ import annotations

from collections.abc import Iterator

from runbook_lib.diagnosis import deployments, silent_starts
from runbook_lib.diagnosis.network_needs import Need, needs
from runbook_lib.diagnosis.vpc import Vpc
from runbook_lib.evidence.model import Evidence, Request, once, request

KINDS = ("subnets", "route_tables", "vpc_endpoints", "security_groups", "network_acls", "nat_gateways")
# Without one of these, or with a part of one, no way can be said to be absent.
DECISIVE = ("subnets", "route_tables", "vpc_endpoints")


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """Subnets, endpoints and the task's security groups; then, by the VPC that these name, what is in it."""
    found = silent_starts.found(evidence) or silent_starts.expected(evidence)
    starts = [start for start in found if start.fargate]
    if not starts:
        return ()
    network = silent_starts.configuration(evidence)
    subnets = {*(network.get("subnets") or []), *(start.subnet for start in starts if start.subnet)}
    services = {name for need in needed(evidence) for name in need.endpoint_names()}
    return (
        *_named("subnets", "ids", subnets),
        *_named("vpc_endpoints", "services", services),
        *_named("security_groups", "ids", set(network.get("securityGroups") or [])),
        *_of_vpc(evidence, bool(network.get("securityGroups"))),
    )


@once
def needed(evidence: Evidence) -> tuple[Need, ...]:
    """What tasks of the deployment made last need as they start; nothing where their definition was not read."""
    return needs(deployments.newest_definition(evidence), evidence.target.region)


def vpc_id(evidence: Evidence) -> str:
    """The VPC of the subnets; ECS takes subnets of one VPC only. ``""`` before they were read."""
    return next((str(s["VpcId"]) for reading in evidence.all("subnets") for s in reading.data), "")


def _of_vpc(evidence: Evidence, grouped: bool) -> Iterator[Request]:
    name = vpc_id(evidence)
    if not name:
        return
    for kind in ("route_tables", "network_acls", "nat_gateways"):
        yield request(kind, vpc=name)
    if not grouped:
        yield request("security_groups", vpc=name, name="default")
    known = set(silent_starts.configuration(evidence).get("securityGroups") or [])
    endpoints = Vpc.of(evidence, name).endpoints
    groups = {str(group.get("GroupId")) for endpoint in endpoints for group in endpoint.get("Groups") or []}
    yield from _named("security_groups", "ids", groups - known)


def _named(kind: str, argument: str, names: set[str]) -> Iterator[Request]:
    if names:
        yield request(kind, **{argument: ",".join(sorted(names))})
