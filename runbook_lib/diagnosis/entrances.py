"""The ways in to a service: every listener and rule that sends requests to it, each with what to ask there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from runbook_lib.diagnosis.listener_rules import DEFAULT, Rule, example, rules, winner
from runbook_lib.evidence.health_command import MASK
from runbook_lib.evidence.model import Evidence
from runbook_lib.evidence.way_in import balancer_arns, group_arns

MOST_REQUESTS = 20
# What any answer of an application but a server error says where nobody told what its right answer there is.
ANY_ANSWER = "200-499"
_CHECKED = "200"  # a health check's own default
_ENCRYPTED = ("HTTPS", "TLS")
_DATAGRAMS = ("UDP", "QUIC")


@dataclass(frozen=True)
class Wish:
    """What somebody wants asked instead of what the configuration suggests; empty is not wanted."""

    path: str = ""
    host: str = ""
    expect: str = ""


@dataclass(frozen=True)
class Entrance:
    """A way in: load balancer (``arn`` is its), listener and rule, and what to ask there.

    ``expect`` are the codes of a good answer, as a target group's matcher writes them. ``skipped`` says why nothing
    is asked: an outcome. ``about`` are the conditions behind it; ``notes`` what a reader must know of the request.
    """

    balancer: str = ""
    arn: str = ""
    dns: str = ""
    internal: bool = False
    network: bool = False
    protocol: str = ""
    listener: int = 0
    rule: str = DEFAULT
    group: str = ""
    scheme: str = "http"
    host: str = ""
    path: str = "/"
    expect: str = _CHECKED
    skipped: str = ""
    about: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, str, int, str]:
        """What makes two requests the same."""
        return self.scheme, self.host, self.listener, self.path


def entrances(evidence: Evidence, wish: Wish | None = None) -> tuple[Entrance, ...]:
    """Every way in, each request once; where there is none, one entry that says why.

    Nothing where what is needed could not be read: that is said by ``evidence.unreads``.
    """
    asked = wish or Wish()
    if not evidence.service:
        return ()
    if not group_arns(evidence.service):
        return (Entrance(skipped="classic" if _classic(evidence) else "no-balancer"),)
    found = [
        entrance for balancer in evidence.data("load_balancers", []) for entrance in _of(balancer, evidence, asked)
    ]
    return _few((*_once(found), *_unused(evidence, found)))


def _few(found: tuple[Entrance, ...]) -> tuple[Entrance, ...]:
    return tuple(e if n < MOST_REQUESTS or e.skipped else replace(e, skipped="too-many") for n, e in enumerate(found))


def _classic(evidence: Evidence) -> bool:
    return any(lb.get("loadBalancerName") for lb in evidence.service.get("loadBalancers", ()))


def _once(found: list[Entrance]) -> tuple[Entrance, ...]:
    """Each request once, the first: a rule that asks the same is covered by it."""
    return tuple({e.asked: e for e in reversed(found)}.values())[::-1]


def _unused(evidence: Evidence, found: list[Entrance]) -> Iterator[Entrance]:
    """Target groups, where no load balancer sends anything to any: one of a blue/green pair has nothing for a while."""
    missing = evidence.unread("listeners", "load_balancers")
    deleted = bool(missing) and all(u.reason == "absent" for u in missing) and not evidence.all("listeners")
    if any(entrance.group for entrance in found) or (missing and not deleted):
        return
    for group in evidence.data("target_groups", []):
        reason = "not-routed" if group.get("LoadBalancerArns") and not deleted else "detached"
        yield Entrance(group=group["TargetGroupArn"], skipped=reason)


@dataclass(frozen=True)
class _Listener:
    """A listener with its load balancer and its rules in the order in which they are tried."""

    balancer: dict[str, Any]
    row: dict[str, Any]
    rules: tuple[Rule, ...]

    @property
    def protocol(self) -> str:
        return str(self.row.get("Protocol", ""))

    @property
    def port(self) -> int:
        return int(self.row.get("Port", 0))


def _of(balancer: dict[str, Any], evidence: Evidence, wish: Wish) -> Iterator[Entrance]:
    """The ways in of one load balancer: first what forwards, then what redirects there."""
    listeners = _listeners(balancer, evidence)
    forwarding = [e for where in listeners for rule in where.rules for e in _forwarded(where, rule, evidence, wish)]
    yield from forwarding
    for where in listeners:
        for rule in where.rules:
            yield from _redirected(where, rule, forwarding)


def _listeners(balancer: dict[str, Any], evidence: Evidence) -> list[_Listener]:
    own = (r for r in evidence.all("listeners") if r.request["load_balancer_arn"] == balancer["LoadBalancerArn"])
    told = {r.request["listener_arn"]: r.data for r in evidence.all("listener_rules")}
    return [_Listener(balancer, row, rules(row, told.get(row["ListenerArn"], ()))) for r in own for row in r.data]


def _forwarded(where: _Listener, rule: Rule, evidence: Evidence, wish: Wish) -> Iterator[Entrance]:
    weights = rule.groups()
    ours = [arn for arn in group_arns(evidence.service) if arn in weights]
    if not ours:
        return
    group = _group(max(ours, key=lambda arn: weights[arn]), evidence)
    asked = _asking(_way(where, rule, group, wish), rule, group, wish)
    shared = ("shared",) if len(ours) < len(weights) else ()
    yield _judged(replace(asked, notes=(*asked.notes, *shared)), where, rule, group)


def _group(arn: str, evidence: Evidence) -> dict[str, Any]:
    groups = evidence.data("target_groups", [])
    return next((g for g in groups if g["TargetGroupArn"] == arn), {"TargetGroupArn": arn})


def _way(where: _Listener, rule: Rule, group: dict[str, Any], wish: Wish) -> Entrance:
    balancer = where.balancer
    return Entrance(
        balancer=balancer.get("LoadBalancerName", ""),
        arn=balancer["LoadBalancerArn"],
        dns=balancer.get("DNSName", ""),
        internal=balancer.get("Scheme") == "internal",
        network=balancer.get("Type") == "network",
        protocol=where.protocol,
        listener=where.port,
        rule=rule.priority,
        group=group["TargetGroupArn"],
        scheme=_scheme(where.protocol, group, wish),
    )


def _scheme(protocol: str, group: dict[str, Any], wish: Wish) -> str:
    """What is spoken there. Of a TCP or TLS listener only a path that is wished or checked tells that it is HTTP."""
    if protocol in ("HTTP", "HTTPS"):
        return protocol.lower()
    check = group.get("HealthCheckProtocol", "")
    checked = check in ("HTTP", "HTTPS") and group.get("HealthCheckPort", "traffic-port") == "traffic-port"
    if not (wish.path or checked):
        return "tls" if protocol in _ENCRYPTED else "tcp"
    return "https" if protocol in _ENCRYPTED or check == "HTTPS" else "http"


def _asking(way: Entrance, rule: Rule, group: dict[str, Any], wish: Wish) -> Entrance:
    """Host, path and expected codes of the request, and whether they are guesses."""
    host = wish.host or example(rule.hosts, way.dns)
    checked, query = _health_path(group)
    path = wish.path or example(rule.paths, checked)
    own = path == checked
    notes = [
        *(["host-guessed"] if not wish.host and rule.hosts and "*" in rule.hosts[0] else []),
        *(["path-guessed"] if not wish.path and not own else []),
        *(["query-left-out"] if own and query and not wish.path else []),
    ]
    matcher = str(group.get("Matcher", {}).get("HttpCode") or _CHECKED)
    expect = wish.expect or (matcher if own or wish.path else ANY_ANSWER)
    return replace(way, host=host, path=path, expect=expect, notes=tuple(notes))


def _health_path(group: dict[str, Any]) -> tuple[str, bool]:
    """The path of the health check, and whether a query was masked away behind it."""
    path, mark, query = str(group.get("HealthCheckPath") or "/").partition("?")
    return path + (f"?{query}" if query and query != MASK else ""), bool(mark and query == MASK)


def _judged(asked: Entrance, where: _Listener, rule: Rule, group: dict[str, Any]) -> Entrance:
    """The entrance with why it is not asked, where the answer would say nothing of the service."""
    takes = winner(where.rules, asked.host, asked.path)
    reasons = {
        "datagrams": asked.protocol in _DATAGRAMS,
        "client-certificate": where.row.get("MutualAuthentication", {}).get("Mode") == "verify",
        "grpc": group.get("ProtocolVersion") == "GRPC",
        "sign-in": rule.signs_in,
        "condition": bool(rule.others),
        "elsewhere": takes is not rule and asked.group not in takes.groups(),
    }
    reason = next((name for name, holds in reasons.items() if holds), "")
    about = rule.others if reason == "condition" else (takes.priority,) if reason == "elsewhere" else ()
    return replace(asked, skipped=reason, about=about)


def _redirected(where: _Listener, rule: Rule, forwarding: list[Entrance]) -> Iterator[Entrance]:
    """The same request by a listener that redirects to one which forwards, as HTTP to HTTPS mostly does."""
    config = rule.redirect()
    if not config or config.get("Host", "#{host}") != "#{host}":
        return
    port = str(config.get("Port", "#{port}")).replace("#{port}", str(where.port))
    scheme = config.get("Protocol", "#{protocol}").replace("#{protocol}", where.protocol).lower()
    for led in forwarding:
        same = (led.scheme, str(led.listener)) == (scheme, port) and not led.skipped
        if same and winner(where.rules, led.host, led.path) is rule:
            yield replace(
                led,
                protocol=where.protocol,
                scheme=where.protocol.lower(),
                listener=where.port,
                rule=rule.priority,
                notes=(*led.notes, "redirects"),
            )
            return


def unfinished(evidence: Evidence) -> bool:
    """Whether tasks of several deployments run: an answer does not say which of them it is of."""
    return sum(1 for d in evidence.service.get("deployments", ()) if d.get("runningCount")) > 1


def read_all(evidence: Evidence) -> bool:
    """Whether every load balancer of the service was read with all its listeners and rules."""
    kinds = ("service", "target_groups", "load_balancers", "listeners", "listener_rules")
    partial = any(reading.partial for kind in kinds for reading in evidence.all(kind))
    described = {b["LoadBalancerArn"] for b in evidence.data("load_balancers", [])}
    return not evidence.unread(*kinds) and not partial and described >= set(balancer_arns(evidence))
