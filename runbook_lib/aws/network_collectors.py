"""What a VPC is like: one call a kind of reading, and of each thing only what is judged. No names, no tags."""

from __future__ import annotations

from typing import Any

from runbook_lib.aws.collector import Collector, Data
from runbook_lib.aws.reader import Reader
from runbook_lib.evidence.model import Request, Target
from runbook_lib.evidence.serialisation import plain

Document = dict[str, Any]

# A filter finds what is there; to ask for an id that is gone would be an error for all of them.
_FILTERS = {"ids": "", "vpc": "vpc-id", "name": "group-name", "services": "service-name"}
_SUBNET = ("SubnetId", "VpcId", "AvailabilityZone", "CidrBlock", "OwnerId", "Ipv6Native")
_TABLE = ("RouteTableId", "VpcId", "Associations", "Routes")
_ASSOCIATION = ("Main", "SubnetId")
_ENDPOINT = (
    *("VpcEndpointId", "VpcEndpointType", "VpcId", "ServiceName", "State", "RouteTableIds", "SubnetIds", "Groups"),
    *("PrivateDnsEnabled", "DnsOptions"),
)
_GROUP = ("GroupId", "GroupName", "VpcId", "IpPermissions", "IpPermissionsEgress")
_RULE = ("IpProtocol", "FromPort", "ToPort", "UserIdGroupPairs", "IpRanges", "Ipv6Ranges", "PrefixListIds")
_RULE_PEERS = {
    "UserIdGroupPairs": ("GroupId",),
    "IpRanges": ("CidrIp",),
    "Ipv6Ranges": ("CidrIpv6",),
    "PrefixListIds": ("PrefixListId",),
}
_ACL = ("NetworkAclId", "VpcId", "Associations", "Entries")
_NAT = ("NatGatewayId", "VpcId", "SubnetId", "State", "ConnectivityType")


def _subnets(reader: Reader, target: Target, wish: Request) -> Data:
    found, partial = _described(reader, "DescribeSubnets", "Subnets", wish, id_filter="subnet-id")
    return [_kept(each, _SUBNET) for each in found], partial


def _route_tables(reader: Reader, target: Target, wish: Request) -> Data:
    found, partial = _described(reader, "DescribeRouteTables", "RouteTables", wish)
    return [_with(_kept(each, _TABLE), "Associations", _ASSOCIATION) for each in found], partial


def _vpc_endpoints(reader: Reader, target: Target, wish: Request) -> Data:
    found, partial = _described(reader, "DescribeVpcEndpoints", "VpcEndpoints", wish)
    return [_with(_kept(each, _ENDPOINT), "Groups", ("GroupId",)) for each in found], partial


def _security_groups(reader: Reader, target: Target, wish: Request) -> Data:
    found, partial = _described(reader, "DescribeSecurityGroups", "SecurityGroups", wish, id_filter="group-id")
    return [_group(each) for each in found], partial


def _network_acls(reader: Reader, target: Target, wish: Request) -> Data:
    found, partial = _described(reader, "DescribeNetworkAcls", "NetworkAcls", wish)
    return [_with(_kept(each, _ACL), "Associations", ("SubnetId",)) for each in found], partial


def _nat_gateways(reader: Reader, target: Target, wish: Request) -> Data:
    answer = reader.call("ec2", "DescribeNatGateways", "NatGateways", Filter=_filters(wish))
    return [_kept(plain(each), _NAT) for each in answer["NatGateways"]], bool(answer.get("NextToken"))


def _described(reader: Reader, operation: str, member: str, wish: Request, id_filter: str = "") -> tuple[Any, bool]:
    """The members of one answer: asked without a page size, EC2 answers with all of them, or says that it does not."""
    answer = reader.call("ec2", operation, member, Filters=_filters(wish, id_filter))
    return plain(answer[member]), bool(answer.get("NextToken"))


def _filters(wish: Request, id_filter: str = "") -> list[Document]:
    names = {**_FILTERS, "ids": id_filter}
    return [{"Name": names[name], "Values": value.split(",")} for name, value in wish.args]


def _group(given: Document) -> Document:
    found = _kept(given, _GROUP)
    for member in ("IpPermissions", "IpPermissionsEgress"):
        found[member] = [_rule(rule) for rule in given.get(member) or []]
    return found


def _rule(given: Document) -> Document:
    found = _kept(given, _RULE)
    for member, names in _RULE_PEERS.items():
        found = _with(found, member, names)
    return found


def _kept(given: Document, names: tuple[str, ...]) -> Document:
    return {name: given[name] for name in names if name in given}


def _with(given: Document, member: str, names: tuple[str, ...]) -> Document:
    """The document with no more than these fields of each entry of a list; descriptions are people's words."""
    return {**given, member: [_kept(entry, names) for entry in given.get(member) or []]}


COLLECTORS: dict[str, Collector] = {
    "subnets": Collector("ec2:DescribeSubnets", _subnets),
    "route_tables": Collector("ec2:DescribeRouteTables", _route_tables),
    "vpc_endpoints": Collector("ec2:DescribeVpcEndpoints", _vpc_endpoints),
    "security_groups": Collector("ec2:DescribeSecurityGroups", _security_groups),
    "network_acls": Collector("ec2:DescribeNetworkAcls", _network_acls),
    "nat_gateways": Collector("ec2:DescribeNatGateways", _nat_gateways),
}
