"""What EC2 knows of one VPC, read once and only as far as somebody asks."""

from collections.abc import Callable, Iterable
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from runbook_lib.lab import firewall
from runbook_lib.lab.firewall import Peer, Ports
from runbook_lib.lab.state import Document


class Vpc:
    """One VPC as it was when it was first asked about: each kind of thing in it is one call to EC2.

    `subnets` are those of the VPC by id; `prefixes` returns the networks of a prefix list.
    """

    def __init__(self, ec2: Any, vpc_id: str, subnets: dict[str, Document], prefixes: firewall.Prefixes) -> None:
        self._ec2 = ec2
        self._id = vpc_id
        self.subnets = subnets
        self._prefixes = prefixes

    def _read(self, describe: Callable[..., Document], member: str, name: str = "vpc-id") -> list[Document]:
        found: list[Document] = describe(Filters=self._filter(name))[member]
        return found

    def _filter(self, name: str) -> list[Document]:
        return [{"Name": name, "Values": [self._id]}]

    @cached_property
    def _groups(self) -> dict[str, Document]:
        return {group["GroupId"]: group for group in self._read(self._ec2.describe_security_groups, "SecurityGroups")}

    @cached_property
    def _acls(self) -> list[Document]:
        return self._read(self._ec2.describe_network_acls, "NetworkAcls")

    @cached_property
    def _tables(self) -> list[Document]:
        return self._read(self._ec2.describe_route_tables, "RouteTables")

    @cached_property
    def _endpoints(self) -> list[Document]:
        return self._read(self._ec2.describe_vpc_endpoints, "VpcEndpoints")

    @cached_property
    def _internet_gateways(self) -> set[str]:
        found = self._read(self._ec2.describe_internet_gateways, "InternetGateways", "attachment.vpc-id")
        return {gateway["InternetGatewayId"] for gateway in found}

    @cached_property
    def _nat_gateways(self) -> dict[str, Document]:
        # EC2 itself calls this one parameter Filter; boto3 takes Filters for it too, the lab's own clients do not.
        found = self._ec2.describe_nat_gateways(Filter=self._filter("vpc-id"))["NatGateways"]
        return {nat["NatGatewayId"]: nat for nat in found}

    def cidr(self, subnet: str) -> IPv4Network:
        """Return the addresses of a subnet."""
        return firewall.network(self.subnets[subnet]["CidrBlock"])

    def groups_or_default(self, given: Iterable[str]) -> frozenset[str]:
        """Return the security groups of an interface for which these were given; with none it has the default one."""
        named = frozenset(given)
        return named or frozenset(key for key, group in self._groups.items() if group["GroupName"] == "default")

    def groups_admit(self, groups: Iterable[str], egress: bool, peer: Peer, ports: Ports) -> bool:
        """Whether one of some security groups lets TCP out to (egress) or in from a peer."""
        member = "IpPermissionsEgress" if egress else "IpPermissions"
        known = (self._groups[group] for group in groups if group in self._groups)
        return any(firewall.rules_admit(group[member], peer, ports, self._prefixes) for group in known)

    def lets_out(self, subnet: str, net: IPv4Network, ports: Ports) -> bool:
        """Whether a subnet's network ACL lets connections to a network out, and their answers in."""
        return self._acl(subnet, True, net, ports) and self._acl(subnet, False, net, firewall.EPHEMERAL)

    def lets_in(self, subnet: str, net: IPv4Network, ports: Ports) -> bool:
        """Whether a subnet's network ACL lets connections from a network in, and their answers out."""
        return self._acl(subnet, False, net, ports) and self._acl(subnet, True, net, firewall.EPHEMERAL)

    def _acl(self, subnet: str, egress: bool, net: IPv4Network, ports: Ports) -> bool:
        for acl in self._acls:
            if any(association.get("SubnetId") == subnet for association in acl["Associations"]):
                return firewall.acl_admits(acl["Entries"], egress, net, ports)
        return True

    def table(self, subnet: str) -> Document:
        """Return the route table of a subnet: the one associated with it, else the main one."""
        main: Document = {"RouteTableId": "", "Routes": []}
        for table in self._tables:
            for association in table["Associations"]:
                if association.get("SubnetId") == subnet:
                    return table
                if association.get("Main"):
                    main = table
        return main

    def route(self, subnet: str, address: IPv4Address) -> Document:
        """Return the route that traffic of a subnet to an address takes, the most specific one; empty without one."""
        there = [route for route in self.table(subnet)["Routes"] if address in _destination(route)]
        return max(there, key=lambda route: _destination(route).prefixlen, default={})

    def internet_gateway(self, route: Document) -> bool:
        """Whether a route leads to an internet gateway that is attached to the VPC."""
        return _is_active(route) and route.get("GatewayId") in self._internet_gateways

    def nat_subnet(self, route: Document) -> str | None:
        """Return the subnet of the public NAT gateway that a route leads to, None where there is none that works."""
        nat = self._nat_gateways.get(route.get("NatGatewayId", "")) if _is_active(route) else None
        if nat is None or nat["State"] != "available":
            return None
        public = any(address.get("PublicIp") for address in nat.get("NatGatewayAddresses", []))
        return str(nat["SubnetId"]) if public else None

    def interface_endpoint(self, service: str) -> Document | None:
        """Return the interface endpoint that takes the place of a service's public name, if there is one."""
        for endpoint in self._of_service(service, "Interface"):
            if endpoint.get("PrivateDnsEnabled") and endpoint["SubnetIds"]:
                return endpoint
        return None

    def has_gateway_endpoint(self, service: str, subnet: str) -> bool:
        """Whether the route table of a subnet has a gateway endpoint of a service."""
        table = self.table(subnet)["RouteTableId"]
        return any(table in endpoint["RouteTableIds"] for endpoint in self._of_service(service, "Gateway"))

    def _of_service(self, service: str, kind: str) -> list[Document]:
        return [
            endpoint
            for endpoint in self._endpoints
            if endpoint.get("VpcEndpointType", "Gateway") == kind  # moto forgets the default
            and endpoint["State"] == "available"
            and endpoint["ServiceName"].endswith(f".{service}")
        ]


def _destination(route: Document) -> IPv4Network:
    """Where a route leads; one of IPv6 or of a prefix list leads to no single address."""
    return firewall.network(route.get("DestinationCidrBlock") or "255.255.255.255/32")


def _is_active(route: Document) -> bool:
    return bool(route.get("State", "active") == "active")
