"""Rules of security groups and network ACLs: which TCP connections they let through.

A security group only allows, and remembers connections: one rule that fits is enough, and answers need none. A
network ACL is read in the order of its rule numbers and remembers nothing, so the answer, to the port that the other
side opened the connection from, needs a rule too (VPC User Guide, "Control traffic").
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network

from runbook_lib.lab.state import Document

HTTPS = (443, 443)
# Ports from which Linux opens connections. A rule that allows only some of them is taken to refuse.
EPHEMERAL = (32768, 60999)
ANYWHERE = IPv4Network("0.0.0.0/0")
_TCP = ("tcp", "6")
_ALL = "-1"

Ports = tuple[int, int]
Prefixes = Callable[[str], tuple[IPv4Network, ...]]


@dataclass(frozen=True)
class Peer:
    """The other end of a connection: its addresses, and the security groups of its interface where it has any."""

    net: IPv4Network
    groups: frozenset[str] = frozenset()


@cache
def network(cidr: str) -> IPv4Network:
    """Read a network; the bits of a host in it are left out, as EC2 leaves them out."""
    return IPv4Network(cidr, strict=False)


def rules_admit(rules: Iterable[Document], peer: Peer, ports: Ports, prefixes: Prefixes) -> bool:
    """Whether one of a security group's rules (`IpPermissions` of EC2) admits TCP of all `ports` with a peer.

    `prefixes` returns the networks of a prefix list.
    """
    return any(_has_ports(rule, ports) and _is_about(rule, peer, prefixes) for rule in rules)


def _has_ports(rule: Document, ports: Ports) -> bool:
    if rule["IpProtocol"] == _ALL:
        return True
    if rule["IpProtocol"] not in _TCP:
        return False
    low, high = int(rule.get("FromPort", 0)), int(rule.get("ToPort", 65535))
    return low <= ports[0] and ports[1] <= high


def _is_about(rule: Document, peer: Peer, prefixes: Prefixes) -> bool:
    if any(pair.get("GroupId") in peer.groups for pair in rule.get("UserIdGroupPairs", [])):
        return True
    own = [network(given["CidrIp"]) for given in rule.get("IpRanges", [])]
    for given in rule.get("PrefixListIds", []):
        own += prefixes(given["PrefixListId"])
    return any(peer.net.subnet_of(each) for each in own)


def acl_admits(entries: Iterable[Document], egress: bool, net: IPv4Network, ports: Ports) -> bool:
    """Whether a network ACL (`Entries` of EC2) lets TCP of all `ports` to (egress) or from a network pass."""
    for entry in sorted(entries, key=lambda each: int(each["RuleNumber"])):
        if entry["Egress"] is not egress or entry["Protocol"] not in (_ALL, *_TCP) or "CidrBlock" not in entry:
            continue
        block, (low, high) = network(entry["CidrBlock"]), _acl_ports(entry)
        if entry["RuleAction"] == "allow":
            if net.subnet_of(block) and low <= ports[0] and ports[1] <= high:
                return True
        elif net.overlaps(block) and low <= ports[1] and ports[0] <= high:
            return False
    return False


def _acl_ports(entry: Document) -> Ports:
    given = entry.get("PortRange") or {}
    whole = entry["Protocol"] == _ALL or not given
    return (0, 65535) if whole else (int(given["From"]), int(given["To"]))
