"""A VPC in EC2's own shapes: one subnet for tasks and one for NAT and endpoints; a test changes what it is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from runbook_lib.evidence.model import Evidence, Reading, Unread
from tests.diagnosis.builder import (
    ACCOUNT,
    REGION,
    container,
    definition,
    deployment,
    reading,
    service,
    stopped,
    whole,
)

VPC, TASKS, HOME, OTHER = "vpc-1", "subnet-tasks", "subnet-home", "subnet-other"
GROUP, ENDPOINTS = "sg-tasks", "sg-endpoints"
LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
ANYWHERE = "0.0.0.0/0"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/execution"
SILENT = "Task failed to start"
UNREACHED = (
    "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from "
    "Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. "
    "operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error "
    "StatusCode: 0"
)
NO_SECRET = (
    "ResourceInitializationError: unable to retrieve secret from asm: There is a connection issue between the task"
)
ALL_SERVICES = ("secretsmanager", "ecr.api", "logs", "ecr.dkr")


def route(to: str = ANYWHERE, state: str = "active", **target: str) -> dict[str, Any]:
    return {"DestinationCidrBlock": to, "State": state, **target}


IGW, NAT, TRANSIT = route(GatewayId="igw-1"), route(NatGatewayId="nat-1"), route(TransitGatewayId="tgw-1")
INSIDE = route("10.0.0.0/8", TransitGatewayId="tgw-1")


def table(name: str, *routes: dict[str, Any], subnet: str = "") -> dict[str, Any]:
    association = {"Main": False, "SubnetId": subnet} if subnet else {"Main": True}
    return {"RouteTableId": name, "VpcId": VPC, "Associations": [association], "Routes": [LOCAL, *routes]}


def tcp(peer: str = ANYWHERE, low: int = 443, high: int = 443) -> dict[str, Any]:
    """A rule of a security group, about addresses, a group or a prefix list."""
    given: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": low, "ToPort": high}
    named = {"sg-": ("UserIdGroupPairs", "GroupId"), "pl-": ("PrefixListIds", "PrefixListId")}
    member, key = named.get(peer[:3], ("IpRanges", "CidrIp"))
    return {**given, "UserIdGroupPairs": [], "IpRanges": [], "PrefixListIds": [], member: [{key: peer}]}


OPEN = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}], "UserIdGroupPairs": [], "PrefixListIds": []}


def group(name: str, egress: tuple[dict[str, Any], ...] = (OPEN,), ingress: tuple[dict[str, Any], ...] = ()) -> Any:
    rules = {"IpPermissions": list(ingress), "IpPermissionsEgress": list(egress)}
    return {"GroupId": name, "GroupName": name.removeprefix("sg-"), "VpcId": VPC, **rules}


def entry(number: int, action: str, *, egress: bool, cidr: str = ANYWHERE, ports: tuple[int, int] | None = None) -> Any:
    ranged = {"Protocol": "6", "PortRange": {"From": ports[0], "To": ports[1]}} if ports else {"Protocol": "-1"}
    return {"RuleNumber": number, "RuleAction": action, "Egress": egress, "CidrBlock": cidr, **ranged}


def acl(*entries: dict[str, Any], name: str = "acl-1", subnets: tuple[str, ...] = (TASKS, HOME, OTHER)) -> Any:
    closing = [entry(32767, "deny", egress=egress) for egress in (True, False)]
    associations = [{"SubnetId": subnet} for subnet in subnets]
    return {"NetworkAclId": name, "VpcId": VPC, "Associations": associations, "Entries": [*entries, *closing]}


WIDE = (entry(100, "allow", egress=True), entry(100, "allow", egress=False))


def endpoint(service_name: str, *, home: str = HOME, groups: tuple[str, ...] = (ENDPOINTS,), **changes: Any) -> Any:
    return {
        "VpcEndpointId": f"vpce-{service_name}",
        "VpcEndpointType": "Interface",
        "VpcId": VPC,
        "ServiceName": f"com.amazonaws.{REGION}.{service_name}",
        "State": "available",
        "RouteTableIds": [],
        "SubnetIds": [home],
        "Groups": [{"GroupId": name} for name in groups],
        "PrivateDnsEnabled": True,
        **changes,
    }


def s3(*tables: str) -> Any:
    """The gateway endpoint of S3 in these route tables."""
    changes = {"VpcEndpointType": "Gateway", "RouteTableIds": list(tables), "SubnetIds": [], "PrivateDnsEnabled": False}
    return endpoint("s3", groups=(), **changes)


S3_ROUTE = {"DestinationPrefixListId": "pl-s3", "GatewayId": "vpce-s3", "State": "active"}


def nat(**changes: Any) -> dict[str, Any]:
    known = {"SubnetId": HOME, "State": "available", "ConnectivityType": "public"}
    return {"NatGatewayId": "nat-1", "VpcId": VPC, **known, **changes}


@dataclass(frozen=True)
class Site:
    """The VPC of a test. Unless changed, the tasks' subnet has no route out, and no task a public IP address."""

    routes: tuple[dict[str, Any], ...] = ()
    home_routes: tuple[dict[str, Any], ...] = (IGW,)
    tables: tuple[dict[str, Any], ...] | None = None
    public_ip: str = "DISABLED"
    nats: tuple[dict[str, Any], ...] = ()
    endpoints: tuple[dict[str, Any], ...] = ()
    egress: tuple[dict[str, Any], ...] = (OPEN,)
    ingress: tuple[dict[str, Any], ...] = (tcp(GROUP),)
    acls: tuple[dict[str, Any], ...] = (acl(*WIDE),)
    subnets: tuple[str, ...] = (TASKS,)
    groups: tuple[str, ...] = (GROUP,)
    owner: str = ACCOUNT
    subnet: dict[str, Any] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()

    def awsvpc(self) -> dict[str, Any]:
        known = {"subnets": list(self.subnets), "securityGroups": list(self.groups), "assignPublicIp": self.public_ip}
        return {"awsvpcConfiguration": known}

    def data(self) -> dict[str, list[Any]]:
        cidrs = {TASKS: "10.0.1.0/24", OTHER: "10.0.2.0/24"}
        known = {"VpcId": VPC, "OwnerId": self.owner, "Ipv6Native": False, **self.subnet}
        made = self.tables or (table("rtb-tasks", *self.routes, subnet=TASKS), table("rtb-home", *self.home_routes))
        default = group("sg-default", self.egress) if not self.groups else None
        groups = [group(name, self.egress) for name in self.groups] + ([default] if default else [])
        return {
            "subnets": [{"SubnetId": name, "CidrBlock": cidrs[name], **known} for name in self.subnets],
            "vpc_endpoints": list(self.endpoints),
            "security_groups": [*groups, group(ENDPOINTS, ingress=self.ingress)],
            "route_tables": list(made),
            "network_acls": list(self.acls),
            "nat_gateways": list(self.nats),
        }

    def readings(self) -> tuple[Reading, ...]:
        kept = ((kind, data) for kind, data in self.data().items() if kind not in self.unread)
        return tuple(reading(kind, data, partial=kind in self.partial, vpc=VPC) for kind, data in kept)


def attached(subnet: str) -> list[dict[str, Any]]:
    """A task's attachments, its network interface in this subnet."""
    details = [{"name": "subnetId", "value": subnet}] if subnet else []
    return [{"type": "ElasticNetworkInterface", "status": "DELETED", "details": details}]


def start(number: int = 1, reason: str = SILENT, subnet: str = TASKS, minutes: float = 2, **changes: Any) -> Any:
    """A Fargate task of revision 2 that never ran, so many minutes ago."""
    known = {"launchType": "FARGATE", "attachments": attached(subnet)}
    return stopped(number, 2, minutes, reason, ran=False, **known | changes)


def failing(
    site: Site | None = None, *tasks: dict[str, Any], with_container: dict[str, Any] | None = None, **changes: Any
) -> Evidence:
    """A first deployment none of whose tasks starts, and the VPC that the deeper looks read."""
    there = site or Site()
    given: dict[str, Any] = {
        "described": service(deployment(2, 10, failedTasks=2, networkConfiguration=there.awsvpc())),
        "tasks": list(tasks) or [start(1), start(2, minutes=7)],
        "definitions": [{**definition(2, with_container or container()), "executionRoleArn": ROLE}],
        "group": {},
        "more": there.readings(),
    }
    return whole(**given | changes)


def refused(kind: str) -> Unread:
    """A reading of the VPC that IAM does not allow."""
    operation = f"ec2:{ {'subnets': 'DescribeSubnets', 'vpc_endpoints': 'DescribeVpcEndpoints'}.get(kind, kind) }"
    return Unread(
        reading(kind, [], vpc=VPC).request, operation, operation, "access-denied", "UnauthorizedOperation", "no"
    )
