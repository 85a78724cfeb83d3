"""What security groups and network ACLs let pass, as far as their rules tell.

A security group only allows, and remembers connections: one rule that fits is enough, and answers need none. A
network ACL is read in the order of its rule numbers and remembers nothing, so answers, to the port that the other side
opened the connection from, need a rule too (https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from ipaddress import IPv4Network, collapse_addresses
from typing import Any

HTTPS = (443, 443)
EPHEMERAL = (32768, 60999)  # ports from which Linux opens connections
ANYWHERE = IPv4Network("0.0.0.0/0")
_NOT_PUBLIC = tuple(
    IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
)
_TCP, _ALL = ("tcp", "6"), "-1"

Ports = tuple[int, int]
Rule = dict[str, Any]  # one of IpPermissions or IpPermissionsEgress
Entry = dict[str, Any]  # one of a network ACL's Entries


class Passage(IntEnum):
    """Whether a connection passes. UNSURE where that depends on addresses that were not seen."""

    NO = 0
    UNSURE = 1
    YES = 2


@dataclass(frozen=True)
class Peer:
    """The other end: its addresses, and the security groups and prefix lists by which a rule may name it."""

    networks: tuple[IPv4Network, ...]
    groups: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()


@cache
def network(cidr: str) -> IPv4Network:
    """A network as EC2 reads it: without the bits of a host."""
    return IPv4Network(cidr, strict=False)


def together(passages: Iterable[Passage]) -> Passage:
    """YES or NO where all say so."""
    found = set(passages)
    return found.pop() if len(found) == 1 else Passage.UNSURE


def group_admits(rules: Iterable[Rule], peer: Peer) -> Passage:
    """Whether a security group's rules let TCP 443 to or from a peer pass."""
    ours = [rule for rule in rules if _has_https(rule)]
    if any(_names(rule, peer) for rule in ours):
        return Passage.YES
    given = collapse_addresses(network(r["CidrIp"]) for rule in ours for r in rule.get("IpRanges") or [])
    passages = [_within(list(given), net) for net in peer.networks]
    if together(passages) is Passage.NO and any(rule.get("PrefixListIds") for rule in ours):
        return Passage.UNSURE
    return together(passages)


def acl_admits(entries: Iterable[Entry], *, egress: bool, networks: Iterable[IPv4Network], ports: Ports) -> Passage:
    """Whether a network ACL lets TCP of all ``ports`` to (egress) or from these networks pass."""
    ours = [e for e in entries if e.get("Egress") is egress and e.get("Protocol") in (_ALL, *_TCP) and _block(e)]
    ordered = sorted(ours, key=lambda e: int(e.get("RuleNumber", 0)))
    return together(_first_fit(ordered, net, ports) for net in networks)


def _first_fit(entries: list[Entry], net: IPv4Network, ports: Ports) -> Passage:
    doubt = False
    for entry in entries:
        (low, high), block = _ports(entry), network(_block(entry))
        if high < ports[0] or low > ports[1] or not _meets(block, net):
            continue
        allows = entry.get("RuleAction") == "allow"
        if low <= ports[0] and ports[1] <= high and net.subnet_of(block):
            found = Passage.YES if allows else Passage.NO
            return Passage.UNSURE if doubt else found
        # To shut a part of the internet out leaves the rest of it open.
        doubt = doubt or allows or net != ANYWHERE or net.subnet_of(block)
    return Passage.UNSURE if doubt else Passage.NO


def _has_https(rule: Rule) -> bool:
    if rule.get("IpProtocol") == _ALL:
        return True
    low, high = int(rule.get("FromPort", 0)), int(rule.get("ToPort", 65535))
    return rule.get("IpProtocol") in _TCP and low <= HTTPS[0] <= high


def _names(rule: Rule, peer: Peer) -> bool:
    groups = {pair.get("GroupId") for pair in rule.get("UserIdGroupPairs") or []}
    prefixes = {each.get("PrefixListId") for each in rule.get("PrefixListIds") or []}
    return bool(groups & peer.groups or prefixes & peer.prefixes)


def _within(given: list[IPv4Network], net: IPv4Network) -> Passage:
    if any(net.subnet_of(each) for each in given):
        return Passage.YES
    return Passage.UNSURE if any(_meets(each, net) for each in given) else Passage.NO


def _meets(block: IPv4Network, net: IPv4Network) -> bool:
    """Whether they share addresses; private ones are no part of the internet."""
    if net == ANYWHERE and any(block.subnet_of(private) for private in _NOT_PUBLIC):
        return False
    return block.overlaps(net)


def _block(entry: Entry) -> str:
    return str(entry.get("CidrBlock") or "")


def _ports(entry: Entry) -> Ports:
    given = entry.get("PortRange") or {}
    if entry.get("Protocol") == _ALL or not given:
        return 0, 65535
    return int(given.get("From", 0)), int(given.get("To", 65535))
