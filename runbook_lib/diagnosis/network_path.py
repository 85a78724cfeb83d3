"""Whether a Fargate task in a subnet reaches a service over port 443, and what it lacks where it does not.

The ways are those of the VPC User Guide and the guide to AWS PrivateLink: an interface endpoint that takes the
service's name, a gateway endpoint of S3, an internet gateway with a public IP address, a NAT gateway. Where traffic may
leave the VPC another way (transit gateway, peering, NAT instance, firewall), or depends on addresses not seen, nothing
is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from runbook_lib.diagnosis.firewalls import ANYWHERE, Passage, Peer
from runbook_lib.diagnosis.model import Cite
from runbook_lib.diagnosis.network_needs import Need
from runbook_lib.diagnosis.vpc import Document, Vpc, is_open, takes_the_name

_TABLES, _NATS, _ENDPOINTS = "ec2:DescribeRouteTables", "ec2:DescribeNatGateways", "ec2:DescribeVpcEndpoints"
_GROUPS, _ACLS = "ec2:DescribeSecurityGroups", "ec2:DescribeNetworkAcls"
_PUBLIC_IP = "services[0].deployments[].networkConfiguration.awsvpcConfiguration.assignPublicIp"
_INTERNET = Peer((ANYWHERE,))


@dataclass(frozen=True)
class Place:
    """Where a task's network interface is."""

    subnet: str
    groups: frozenset[str]
    public_ip: bool


@dataclass(frozen=True)
class Way:
    """Whether a service is reached. What ``lacks`` is ``public-ip``, ``route``, ``nat``, ``endpoint:SERVICE``,
    ``egress`` or ``acl``; ``state`` tells of an endpoint whether it is ``absent``, ``closed``, ``not-available`` or
    has no ``private-dns``; ``where`` is the id of what to look at. An UNSURE way that lacks something is a suspicion.
    """

    passage: Passage
    lacks: str = ""
    where: str = ""
    cite: Cite | None = None
    state: str = ""


_THERE, _UNTOLD = Way(Passage.YES), Way(Passage.UNSURE)


def way_to(vpc: Vpc, place: Place, need: Need, others: tuple[Need, ...] = ()) -> Way:
    """How a task at a place reaches what it needs; ``others`` are what else it needs."""
    if vpc.subnets[place.subnet].get("Ipv6Native"):
        return _UNTOLD
    found = _way(vpc, place, need, others)
    # The owner of a shared subnet sees gateways and endpoints that we do not.
    return replace(found, passage=Passage.UNSURE) if vpc.is_shared(place.subnet) and not found.passage else found


def _way(vpc: Vpc, place: Place, need: Need, others: tuple[Need, ...]) -> Way:
    endpoint = vpc.interface(need)
    if endpoint and is_open(endpoint) and takes_the_name(endpoint):
        return _first(_to_endpoint(vpc, place, need, endpoint))
    if gateway := vpc.gateway(need, place.subnet):
        peer = Peer((ANYWHERE,), prefixes=vpc.prefix_lists(gateway))
        return _first((_egress(vpc, place, peer), _acl(place.subnet, vpc, vpc.lets_out(place.subnet, (ANYWHERE,)))))
    route = _by_route(vpc, place, vpc.default_route(place.subnet))
    if route.passage is not Passage.YES:
        return _without_route(vpc, need, others, endpoint, route)
    acl = _acl(place.subnet, vpc, vpc.lets_out(place.subnet, (ANYWHERE,)))
    return _first((route, _egress(vpc, place, _INTERNET), acl))


def _first(ways: Iterator[Way] | tuple[Way, ...]) -> Way:
    """The first that does not pass, else the first that is unsure, else a way that is there."""
    found = tuple(ways)
    return min(found, key=lambda each: each.passage)


def _to_endpoint(vpc: Vpc, place: Place, need: Need, endpoint: Document) -> Iterator[Way]:
    groups = frozenset(str(g.get("GroupId")) for g in endpoint.get("Groups") or [])
    homes = [str(subnet) for subnet in endpoint.get("SubnetIds") or []]
    networks = tuple(dict.fromkeys(net for home in homes for net in vpc.cidr(home)))
    yield _egress(vpc, place, Peer(networks, groups))
    task = Peer(vpc.cidr(place.subnet), place.groups)
    admitted = vpc.groups_admit(groups, task, egress=False)
    cite = Cite(_GROUPS, "SecurityGroups[].IpPermissions[]", ",".join(sorted(groups)))
    yield _lacking(admitted, f"endpoint:{need.service}", ",".join(sorted(groups)), cite, "closed")
    if place.subnet not in homes:  # no network ACL acts within a subnet
        yield _acl(place.subnet, vpc, vpc.lets_out(place.subnet, networks))
        inward = [(vpc.lets_in(home, task.networks), home) for home in homes]
        best, home = max(inward, default=(Passage.UNSURE, ""))
        yield _acl(home, vpc, best)


def _by_route(vpc: Vpc, place: Place, route: Document) -> Way:
    table = str(vpc.table(place.subnet).get("RouteTableId", ""))
    cite = Cite(_TABLES, "RouteTables[].Routes[]", table)
    # The name may have been led to where another route leads: an endpoint behind a transit gateway, say.
    broken = Passage.UNSURE if vpc.other_ways(place.subnet) else Passage.NO
    if not route:
        return Way(Passage.NO, "route", table, cite) if table and broken is Passage.NO else _UNTOLD
    if route.get("NatGatewayId"):
        found = _by_nat(vpc, place, route)
        return replace(found, passage=max(found.passage, broken))
    if route.get("State") == "blackhole":
        return Way(broken, "route", table, replace(cite, field="RouteTables[].Routes[].State", value="blackhole"))
    if _is_internet(route):
        address = Cite("ecs:DescribeServices", _PUBLIC_IP, "DISABLED")
        return _THERE if place.public_ip else Way(broken, "public-ip", place.subnet, address)
    return _UNTOLD


def _is_internet(route: Document) -> bool:
    return str(route.get("GatewayId") or "").startswith("igw-")


def _by_nat(vpc: Vpc, place: Place, route: Document) -> Way:
    name = str(route["NatGatewayId"])
    if route.get("State") == "blackhole":
        return Way(Passage.NO, "nat", name, Cite(_TABLES, "RouteTables[].Routes[].State", "blackhole"))
    if vpc.nats is None:
        return _UNTOLD
    nat = vpc.nats.get(name, {})
    state = str(nat.get("State") or "absent")
    if state != "available":
        way = Way(Passage.NO, "nat", name, Cite(_NATS, "NatGateways[].State", state))
        return _UNTOLD if state == "pending" else way
    if nat.get("ConnectivityType") == "private":
        return _UNTOLD
    home = nat.get("SubnetId")
    return _beyond_nat(vpc, place, name, str(home)) if home else _THERE  # a regional one has no subnet


def _beyond_nat(vpc: Vpc, place: Place, name: str, home: str) -> Way:
    """A NAT gateway is a way out where its own subnet's route leads to an internet gateway."""
    route = vpc.default_route(home)
    lost = not route or route.get("State") == "blackhole" or route.get("NatGatewayId") == name
    if _is_internet(route) and not lost:
        passage = min(vpc.lets_in(home, vpc.cidr(place.subnet)), vpc.lets_out(home, (ANYWHERE,)))
        return _acl(home, vpc, passage) if home != place.subnet else _THERE
    table = str(vpc.table(home).get("RouteTableId", ""))
    if not table or not lost or vpc.other_ways(home):
        return _UNTOLD
    return Way(Passage.NO, "nat", name, Cite(_TABLES, "RouteTables[].Routes[]", table))


def _without_route(vpc: Vpc, need: Need, others: tuple[Need, ...], endpoint: Document, route: Way) -> Way:
    """What is wanting where no route leads out: the endpoint, in a VPC that has some of them, else the route."""
    lacks = f"endpoint:{need.service}"
    if endpoint and not is_open(endpoint):
        cite = Cite(_ENDPOINTS, "VpcEndpoints[].State", str(endpoint.get("State", "")))
        return Way(route.passage, lacks, str(endpoint["VpcEndpointId"]), cite, "not-available")
    if endpoint:  # a private hosted zone of one's own may still lead the name there
        cite = Cite(_ENDPOINTS, "VpcEndpoints[].PrivateDnsEnabled", str(endpoint.get("PrivateDnsEnabled")).lower())
        return Way(Passage.UNSURE, lacks, str(endpoint["VpcEndpointId"]), cite, "private-dns")
    if route.lacks == "route" and need.region and any(vpc.interface(other) for other in others):
        return Way(route.passage, lacks, vpc.id, Cite(_ENDPOINTS, "VpcEndpoints[].ServiceName"), "absent")
    return route


def _egress(vpc: Vpc, place: Place, peer: Peer) -> Way:
    named = ",".join(sorted(place.groups))
    cite = Cite(_GROUPS, "SecurityGroups[].IpPermissionsEgress[]", named)
    return _lacking(vpc.groups_admit(place.groups, peer, egress=True), "egress", named, cite)


def _acl(subnet: str, vpc: Vpc, passage: Passage) -> Way:
    name = str(vpc.acl(subnet).get("NetworkAclId", ""))
    return _lacking(passage, "acl", name, Cite(_ACLS, "NetworkAcls[].Entries[]", name))


def _lacking(passage: Passage, lacks: str, where: str, cite: Cite, state: str = "") -> Way:
    """What is lacking where nothing passes; where that is unsure, nothing is named."""
    return Way(passage, lacks, where, cite, state) if passage is Passage.NO else Way(passage)
