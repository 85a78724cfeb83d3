"""What a Fargate task can reach, and who can reach it, from the EC2 configuration that moto has.

Rules of the VPC User Guide and of the guide to AWS PrivateLink, for IPv4 and for what ECS itself opens: TCP to port 443
of AWS services and registries, and a load balancer's connections to a task. What is left out is in docs/lab.md.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from runbook_lib.lab import firewall
from runbook_lib.lab.firewall import ANYWHERE, HTTPS, Peer, Ports
from runbook_lib.lab.state import Document
from runbook_lib.lab.vpc import Vpc

INTERNET = "internet"
_S3 = "s3"
_MOST_SUBNETS, _MOST_GROUPS = 16, 5
# Where public names of services lead to: networks of AWS in which captured messages show them.
_PUBLIC = {
    "ap-northeast-2": "54.180.0.0/16",
    "ap-south-1": "13.234.0.0/16",
    "eu-north-1": "13.53.0.0/16",
    "us-east-1": "44.213.0.0/16",
    "us-west-2": "34.223.0.0/16",
}
_ELSEWHERE = "52.119.128.0/17"
_BUCKETS = "52.216.0.0/15"  # in the prefix list of S3, which security groups and routes may name
_REGISTRIES = "3.210.0.0/16"


@dataclass(frozen=True)
class Placement:
    """Where a task's network interface is; without `groups` it has the default security group of its VPC."""

    subnet: str
    groups: tuple[str, ...]
    public_ip: bool
    address: str = ""

    @classmethod
    def of(cls, awsvpc: Document, subnet: str, address: str) -> "Placement":
        """Read an `awsvpcConfiguration` of ECS for a task in one of its subnets."""
        groups = tuple(awsvpc.get("securityGroups") or ())
        return cls(subnet, groups, awsvpc.get("assignPublicIp") == "ENABLED", address)


@dataclass(frozen=True)
class Sources:
    """Where a load balancer's connections come from: its security groups (none for most NLBs), its subnets."""

    groups: tuple[str, ...]
    subnets: tuple[str, ...]


class Network:
    """The VPCs of one account and Region.

    What it has read it keeps: an object is good for as long as nobody can change EC2, such as one sync.
    """

    def __init__(self, client: Callable[[str], Any], region: str) -> None:
        self._client = client
        self._region = region
        self._vpcs: dict[str, Vpc] = {}
        self._lists: dict[str, tuple[IPv4Network, ...]] = {}
        self._ways: dict[tuple[Placement, str], str | None] = {}
        self._admitted: dict[tuple[Placement, Sources, int], bool] = {}

    @cached_property
    def _ec2(self) -> Any:
        return self._client("ec2")

    @cached_property
    def _subnets(self) -> dict[str, Document]:
        return {subnet["SubnetId"]: subnet for subnet in self._ec2.describe_subnets()["Subnets"]}

    def _vpc(self, subnet: str) -> Vpc | None:
        """The VPC of a subnet, None for a subnet that EC2 does not have."""
        if subnet not in self._subnets:
            return None
        name = self._subnets[subnet]["VpcId"]
        if name not in self._vpcs:
            own = {key: each for key, each in self._subnets.items() if each["VpcId"] == name}
            self._vpcs[name] = Vpc(self._ec2, name, own, self._prefixes)
        return self._vpcs[name]

    def _prefixes(self, name: str) -> tuple[IPv4Network, ...]:
        if name not in self._lists:
            entries = self._ec2.get_managed_prefix_list_entries(PrefixListId=name)["Entries"]
            self._lists[name] = tuple(firewall.network(entry["Cidr"]) for entry in entries if ":" not in entry["Cidr"])
        return self._lists[name]

    def problem(self, awsvpc: Document) -> str | None:
        """Return why ECS refuses an `awsvpcConfiguration` (InvalidParameterException), None where it does not."""
        subnets, groups = awsvpc.get("subnets") or [], awsvpc.get("securityGroups") or []
        if not subnets:
            return "subnets can not be empty."
        for name, given, most in (("subnets", subnets, _MOST_SUBNETS), ("securityGroups", groups, _MOST_GROUPS)):
            if len(given) > most:
                return f"{name} can have at most {most} items."
        for subnet in subnets:
            if subnet not in self._subnets:
                absent = f"The subnet ID '{subnet}' does not exist (ErrorCode: InvalidSubnetID.NotFound)"
                return f"Error retrieving subnet information for [{subnet}]: {absent}"
        return self._problem_of_groups({self._subnets[subnet]["VpcId"] for subnet in subnets}, groups)

    def _problem_of_groups(self, vpcs: set[str], groups: list[str]) -> str | None:
        if len(vpcs) > 1:
            return "subnets must belong to the same VPC."
        if not groups:
            return None
        found = self._ec2.describe_security_groups(Filters=[{"Name": "group-id", "Values": groups}])["SecurityGroups"]
        homes = {group["GroupId"]: group["VpcId"] for group in found}
        for group in groups:
            if group not in homes:
                absent = f"The security group '{group}' does not exist (ErrorCode: InvalidGroup.NotFound)"
                return f"Error retrieving security group information for [{group}]: {absent}"
            if homes[group] not in vpcs:
                return f"Security group {group} does not appear to belong to the same VPC as the input subnets."
        return None

    def unreachable(self, place: Placement, service: str) -> str | None:
        """Return the ``ip:443`` of a service that never answers a task, None where the task reaches it.

        `service` is ``ecr.api``, ``ecr.dkr``, ``s3`` (image layers), ``logs``, ``secretsmanager``, ``ssm``, or
        ``internet`` for any other registry. The address is the same each time; behind an interface endpoint it is
        the endpoint's private one.
        """
        if (place, service) not in self._ways:
            self._ways[place, service] = self._find_way(place, service)
        return self._ways[place, service]

    def _find_way(self, place: Placement, service: str) -> str | None:
        public = self._public_address(service)
        vpc = self._vpc(place.subnet)
        endpoint = vpc.interface_endpoint(f"{self._region}.{service}") if vpc else None
        if vpc is None:
            address, reached = public, False
        elif endpoint:
            address, reached = self._through_endpoint(vpc, place, endpoint, service)
        else:
            address, reached = public, self._through_gateways(vpc, place, public, service)
        return None if reached else f"{address}:{HTTPS[0]}"

    def _through_endpoint(
        self, vpc: Vpc, place: Placement, endpoint: Document, service: str
    ) -> tuple[IPv4Address, bool]:
        """The endpoint's address that DNS gives a task, one in its subnet if there is one, and whether it answers."""
        homes = sorted(endpoint["SubnetIds"], key=vpc.cidr)  # not by id: moto makes ids by chance
        home = place.subnet if place.subnet in homes else homes[0]
        address = _pick(vpc.cidr(home), f"{self._region}/{service}")
        groups = vpc.groups_or_default(group["GroupId"] for group in endpoint.get("Groups", []))
        task, there = _task(vpc, place), Peer(IPv4Network(address), groups)
        reached = (
            vpc.groups_admit(task.groups, True, there, HTTPS)
            and vpc.groups_admit(groups, False, task, HTTPS)
            and _crosses(vpc, (place.subnet, task.net), (home, there.net), HTTPS)
        )
        return address, reached

    def _through_gateways(self, vpc: Vpc, place: Placement, address: IPv4Address, service: str) -> bool:
        """Whether a task reaches a public address over a gateway endpoint, an internet gateway or a NAT gateway."""
        there, task = Peer(IPv4Network(address)), _task(vpc, place)
        if not vpc.groups_admit(task.groups, True, there, HTTPS):
            return False
        if not vpc.lets_out(place.subnet, there.net, HTTPS):
            return False
        if service == _S3 and vpc.has_gateway_endpoint(f"{self._region}.{_S3}", place.subnet):
            return True
        route = vpc.route(place.subnet, address)
        if vpc.internet_gateway(route):
            return place.public_ip
        home = vpc.nat_subnet(route)
        return (
            home is not None
            and vpc.internet_gateway(vpc.route(home, address))
            and vpc.lets_out(home, there.net, HTTPS)
            and vpc.lets_in(home, task.net, HTTPS)
        )

    def admits(self, place: Placement, sources: Sources, port: int) -> bool:
        """Whether a load balancer's connections get to a port of a task.

        The task's security groups must let every node of it in (by group, or by the addresses of its subnets), its
        own security groups must let them out, and the network ACLs of the subnets must let them pass.
        """
        key = (place, sources, port)
        if key not in self._admitted:
            self._admitted[key] = self._lets_in(*key)
        return self._admitted[key]

    def _lets_in(self, place: Placement, sources: Sources, port: int) -> bool:
        vpc, ports = self._vpc(place.subnet), (port, port)
        if vpc is None:
            return False
        task, groups = _task(vpc, place), frozenset(sources.groups)
        if groups and not vpc.groups_admit(groups, True, task, ports):
            return False
        nodes = [(subnet, vpc.cidr(subnet)) for subnet in sources.subnets if subnet in vpc.subnets]
        peers = [Peer(net, groups) for _, net in nodes] or [Peer(ANYWHERE, groups)]
        return all(vpc.groups_admit(task.groups, False, peer, ports) for peer in peers) and all(
            _crosses(vpc, node, (place.subnet, task.net), ports) for node in nodes
        )

    def _public_address(self, service: str) -> IPv4Address:
        networks = {INTERNET: _REGISTRIES, _S3: _BUCKETS}
        network = networks.get(service) or _PUBLIC.get(self._region, _ELSEWHERE)
        return _pick(firewall.network(network), f"{self._region}/{service}")


def _task(vpc: Vpc, place: Placement) -> Peer:
    address = firewall.network(place.address or str(vpc.cidr(place.subnet)[4]))
    return Peer(address, vpc.groups_or_default(place.groups))


def _crosses(vpc: Vpc, opener: tuple[str, IPv4Network], other: tuple[str, IPv4Network], ports: Ports) -> bool:
    """Whether network ACLs let one end (subnet, addresses) open connections to another; none acts within a subnet."""
    if opener[0] == other[0]:
        return True
    return vpc.lets_out(opener[0], other[1], ports) and vpc.lets_in(other[0], opener[1], ports)


def _pick(network: IPv4Network, about: str) -> IPv4Address:
    """An address of a network, the same one each time; the first four and the last one of a subnet are AWS's."""
    return network[4 + zlib.crc32(about.encode()) % (network.num_addresses - 5)]
