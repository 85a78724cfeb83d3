"""The Availability Zones that a service may start tasks in, and subnets of others that are as good as its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runbook_lib.diagnosis import silent_starts
from runbook_lib.diagnosis.network_readings import vpc_id
from runbook_lib.diagnosis.vpc import Vpc
from runbook_lib.evidence.model import Evidence, Request, request

KINDS = ("subnets", "route_tables")


@dataclass(frozen=True)
class Zones:
    """``used``: the service's subnets by zone, as far as they were read; ``others``: one subnet of each further zone.

    Those lead to the internet in the same way as the service's first subnet does: what starts in one starts in them.
    """

    used: dict[str, str]
    others: dict[str, str]


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The service's subnets; then, by the VPC that they name, its other subnets and the route tables."""
    subnets = silent_starts.configuration(evidence).get("subnets") or []
    if not subnets:
        return ()
    asked = request("subnets", ids=",".join(sorted(subnets)))
    vpc = vpc_id(evidence)
    return (asked, request("subnets", vpc=vpc), request("route_tables", vpc=vpc)) if vpc else (asked,)


def of(evidence: Evidence) -> Zones:
    """The zones of the deployment made last, by what was read."""
    mine: list[str] = silent_starts.configuration(evidence).get("subnets") or []
    vpc = Vpc.of(evidence, vpc_id(evidence))
    used = {subnet: _zone(vpc, subnet) for subnet in mine if _zone(vpc, subnet)}
    way = _way(vpc, mine[0]) if mine else ""
    fit = (name for name in sorted(vpc.subnets) if name not in mine and way and _way(vpc, name) == way)
    free = {_zone(vpc, name): name for name in reversed(list(fit)) if _zone(vpc, name) not in used.values()}
    return Zones(used, {subnet: zone for zone, subnet in sorted(free.items()) if zone})


def _zone(vpc: Vpc, subnet: str) -> str:
    return str(vpc.subnets.get(subnet, {}).get("AvailabilityZone") or "")


def _way(vpc: Vpc, subnet: str) -> str:
    """How a subnet's traffic leaves: ``igw``, ``nat``, or the id of anything else; ``""`` where no route was read."""
    route: dict[str, Any] = vpc.default_route(subnet)
    if not route or route.get("State") == "blackhole":
        return ""
    target = next((str(route[name]) for name in ("GatewayId", "NatGatewayId") if route.get(name)), "")
    kind = target.partition("-")[0]
    return kind if kind in ("igw", "nat") else (target or str(sorted(map(str, route.values()))))
