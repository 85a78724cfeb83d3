"""What EC2 said of one VPC: its subnets' tables and network ACLs, its gateways, endpoints and security groups."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from runbook_lib.diagnosis import firewalls
from runbook_lib.diagnosis.firewalls import HTTPS, Passage, Peer, Ports
from runbook_lib.diagnosis.network_needs import Need
from runbook_lib.evidence.model import Evidence

Document = dict[str, Any]
_HALVES = ("0.0.0.0/1", "128.0.0.0/1")
_DEFAULT = "0.0.0.0/0"
_LOCAL = "local"


@dataclass(frozen=True)
class Vpc:
    """One VPC, as far as it was read. ``account`` is the service's own: a shared subnet shows it only in part."""

    id: str
    account: str
    subnets: dict[str, Document]
    tables: tuple[Document, ...]
    acls: tuple[Document, ...]
    endpoints: tuple[Document, ...]
    groups: dict[str, Document]
    nats: dict[str, Document] | None  # None where they could not be read, or not all of them

    @classmethod
    def of(cls, evidence: Evidence, vpc_id: str) -> Vpc:
        """The VPC of this id, out of the readings of the deeper looks."""
        nats = evidence.all("nat_gateways")
        known = bool(nats) and not any(r.partial for r in nats)
        return cls(
            vpc_id,
            evidence.target.account,
            {s["SubnetId"]: s for s in _read(evidence, "subnets") if s["VpcId"] == vpc_id},
            tuple(_read(evidence, "route_tables")),
            tuple(_read(evidence, "network_acls")),
            tuple(e for e in _read(evidence, "vpc_endpoints") if e["VpcId"] == vpc_id),
            {g["GroupId"]: g for g in _read(evidence, "security_groups")},
            {n["NatGatewayId"]: n for n in _read(evidence, "nat_gateways")} if known else None,
        )

    def default_group(self) -> str:
        """The id of the security group that an interface without one has, or ``""``."""
        mine = (g for g in self.groups.values() if g.get("VpcId") == self.id and g.get("GroupName") == "default")
        return str(next(mine, {}).get("GroupId", ""))

    def is_shared(self, subnet: str) -> bool:
        """Whether another account owns the subnet: what is in its VPC is not all shown to us."""
        owner = self.subnets[subnet].get("OwnerId")
        return bool(owner and self.account and owner != self.account)

    def cidr(self, subnet: str) -> tuple[IPv4Network, ...]:
        """The addresses of a subnet; those of the whole VPC for one that was not read."""
        known = self.subnets.get(subnet, {}).get("CidrBlock")
        return (firewalls.network(known),) if known else self._cidrs()

    def _cidrs(self) -> tuple[IPv4Network, ...]:
        routes = (route for table in self.tables for route in table.get("Routes") or [])
        own = {
            r["DestinationCidrBlock"] for r in routes if r.get("GatewayId") == _LOCAL and "DestinationCidrBlock" in r
        }
        return tuple(firewalls.network(cidr) for cidr in sorted(own))

    def table(self, subnet: str) -> Document:
        """The route table of a subnet: the one associated with it, else the VPC's main one, else an empty one."""
        main: Document = {}
        for table in self.tables:
            for association in table.get("Associations") or []:
                if association.get("SubnetId") == subnet:
                    return table
                if association.get("Main") and not association.get("SubnetId"):
                    main = table
        return main

    def default_route(self, subnet: str) -> Document:
        """The route that traffic to the internet takes, or an empty one. Two halves of it count as one."""
        routes: dict[str, Document] = {
            str(r.get("DestinationCidrBlock")): r for r in self.table(subnet).get("Routes") or []
        }
        if all(half in routes for half in _HALVES):
            return min((routes[half] for half in _HALVES), key=lambda r: r.get("State") != "blackhole")
        return routes.get(_DEFAULT) or {}

    def other_ways(self, subnet: str) -> bool:
        """Whether traffic may leave the VPC beside the default route: a transit gateway, peering, some addresses."""
        routes = self.table(subnet).get("Routes") or []
        others = (r for r in routes if r.get("DestinationCidrBlock") not in (_DEFAULT, *_HALVES))
        return any(not _stays(route) for route in others if route.get("State") != "blackhole")

    def interface(self, need: Need) -> Document:
        """The interface endpoint of a service, one with private DNS first, or an empty document."""
        found = [e for e in self._of(need) if e.get("VpcEndpointType") == "Interface"]
        return next(iter(sorted(found, key=lambda e: (not is_open(e), not takes_the_name(e)))), {})

    def gateway(self, need: Need, subnet: str) -> Document:
        """The gateway endpoint of a service that the subnet's route table has, or an empty document."""
        table = self.table(subnet).get("RouteTableId")
        kinds = (e for e in self._of(need) if e.get("VpcEndpointType") == "Gateway" and is_open(e))
        return next((e for e in kinds if table in (e.get("RouteTableIds") or [])), {})

    def prefix_lists(self, endpoint: Document) -> frozenset[str]:
        """The prefix lists whose traffic route tables lead to a gateway endpoint."""
        routes = (route for table in self.tables for route in table.get("Routes") or [])
        mine = (r for r in routes if r.get("GatewayId") == endpoint["VpcEndpointId"])
        return frozenset(str(r["DestinationPrefixListId"]) for r in mine if r.get("DestinationPrefixListId"))

    def _of(self, need: Need) -> list[Document]:
        return [e for e in self.endpoints if e.get("ServiceName") in need.endpoint_names()]

    def groups_admit(self, groups: frozenset[str], peer: Peer, *, egress: bool) -> Passage:
        """Whether one of some security groups lets 443 out to (egress) or in from a peer."""
        member = "IpPermissionsEgress" if egress else "IpPermissions"
        known = [self.groups[group] for group in groups if group in self.groups]
        best = max((firewalls.group_admits(g.get(member) or [], peer) for g in known), default=Passage.UNSURE)
        return best if len(known) == len(groups) else max(best, Passage.UNSURE)

    def lets_out(self, subnet: str, networks: tuple[IPv4Network, ...]) -> Passage:
        """Whether a subnet's network ACL lets connections to 443 out, and their answers in."""
        return min(self._acl(subnet, True, networks, HTTPS), self._acl(subnet, False, networks, firewalls.EPHEMERAL))

    def lets_in(self, subnet: str, networks: tuple[IPv4Network, ...]) -> Passage:
        """Whether a subnet's network ACL lets connections to 443 in, and their answers out."""
        return min(self._acl(subnet, False, networks, HTTPS), self._acl(subnet, True, networks, firewalls.EPHEMERAL))

    def acl(self, subnet: str) -> Document:
        """The network ACL of a subnet, or an empty document."""
        each = ((acl, a) for acl in self.acls for a in acl.get("Associations") or [])
        return next((acl for acl, association in each if association.get("SubnetId") == subnet), {})

    def _acl(self, subnet: str, egress: bool, networks: tuple[IPv4Network, ...], ports: Ports) -> Passage:
        found = self.acl(subnet)
        if not found or not networks:
            return Passage.UNSURE
        return firewalls.acl_admits(found.get("Entries") or [], egress=egress, networks=networks, ports=ports)


def is_open(endpoint: Document) -> bool:
    """Whether the endpoint is there for use."""
    return str(endpoint.get("State", "")).lower() == "available"


def takes_the_name(endpoint: Document) -> bool:
    """Whether the service's public name leads to the endpoint inside the VPC.

    An S3 endpoint whose private DNS is for inbound resolvers only leaves the name to the gateway endpoint.
    """
    only_inbound = (endpoint.get("DnsOptions") or {}).get("PrivateDnsOnlyForInboundResolverEndpoint")
    return bool(endpoint.get("PrivateDnsEnabled")) and not only_inbound


def _stays(route: Document) -> bool:
    """Whether a route stays in the VPC, leads to an AWS service's gateway endpoint, or is of IPv6 alone."""
    target = str(route.get("GatewayId") or "")
    to_endpoint = target.startswith("vpce-") and bool(route.get("DestinationPrefixListId"))
    of_ipv6 = not route.get("DestinationCidrBlock") and not route.get("DestinationPrefixListId")
    return target == _LOCAL or to_endpoint or of_ipv6


def _read(evidence: Evidence, kind: str) -> list[Document]:
    return [each for reading in evidence.all(kind) for each in reading.data]
