"""Who asks which path on which port: the container's own health check, and the target group's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runbook_lib.evidence.model import Evidence

_LONGEST = 4_000
_LOCAL = r"(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[::1?\]|\$\{?HOSTNAME\}?|\$\(hostname(?: -[iIf])?\))"
_REST = r"(?::(?P<port>\d{1,5}|\$\{?\w{1,64}\}?))?(?P<path>/[^\s'\"`;|&)<>\\,]*)?"
_URL = re.compile(rf"(?P<scheme>https?)://{_LOCAL}{_REST}", re.IGNORECASE)
_BARE = re.compile(rf"(?<![\w./@:-]){_LOCAL}{_REST}", re.IGNORECASE)
_FETCHES = re.compile(
    r"(?:^|[\s;&|/])(?:curl|wget|http|iwr|Invoke-WebRequest|Invoke-RestMethod)(?:\.exe)?\s", re.IGNORECASE
)
_OPTION_PATH = re.compile(r"\bpath['\"]?\s?[:=]\s?['\"](/[^'\"\s]{0,512})['\"]")
_OPTION_PORT = re.compile(r"\bport['\"]?\s?[:=]\s?['\"]?(\d{1,5})\b")
_CONNECTION = re.compile(rf"HTTPS?Connection\(\s?['\"]{_LOCAL}['\"]\s?,\s?(?:port\s?=\s?)?(\d{{1,5}})")
_REQUEST = re.compile(r"\b(?:request\(\s?)?['\"]?(?:GET|HEAD)['\"]?\s?,?\s?['\"]?(/[^'\"\s,)]{0,512})")
_DEV_TCP = re.compile(rf"/dev/tcp/{_LOCAL}/(\d{{1,5}})")


@dataclass(frozen=True)
class ContainerProbe:
    """An HTTP check of a container's ``healthCheck.command``. ``port`` is None where a shell variable gives it."""

    container: str
    path: str
    port: int | None


@dataclass(frozen=True)
class TargetProbe:
    """A target group's HTTP check of the container that the service registers with it."""

    arn: str
    name: str
    container: str
    path: str
    port: int | None
    matcher: str


def container_probes(definition: dict[str, Any]) -> tuple[ContainerProbe, ...]:
    """The HTTP checks of every container of a task definition."""
    return tuple(
        ContainerProbe(str(container.get("name", "")), path, port)
        for container in definition.get("containerDefinitions") or []
        for path, port in urls((container.get("healthCheck") or {}).get("command") or [])
    )


def matches(matcher: str, status: str) -> bool:
    """Whether a status is one of a ``Matcher``: ``200``, ``200,202`` or ``200-299``; an empty one takes 200 to 399."""
    for part in (matcher or "200-399").split(","):
        low, _, high = part.strip().partition("-")
        if low.isdigit() and int(low) <= int(status) <= int(high or low):
            return True
    return False


def urls(command: list[str]) -> tuple[tuple[str, int | None], ...]:
    """Path (without query) and port of every local HTTP request in a ``CMD`` or ``CMD-SHELL`` command."""
    text = " ".join(command[1:] if command[:1] in (["CMD"], ["CMD-SHELL"]) else command)[:_LONGEST]
    found = [_asked(match, match["scheme"]) for match in _URL.finditer(text)]
    if not found and _FETCHES.search(text):
        found = [_asked(match, "http") for match in _BARE.finditer(text)]
    return tuple(dict.fromkeys(found or _by_parts(text)))


def target_probes(evidence: Evidence) -> tuple[TargetProbe, ...]:
    """The HTTP checks of the service's target groups; those over TCP or gRPC have no path to compare."""
    groups = {g.get("TargetGroupArn"): g for reading in evidence.all("target_groups") for g in reading.data}
    return tuple(
        _target_probe(balancer, groups[balancer["targetGroupArn"]])
        for balancer in evidence.service.get("loadBalancers") or []
        if _asks_http(groups.get(balancer.get("targetGroupArn"), {}))
    )


def _asks_http(group: dict[str, Any]) -> bool:
    over_http = group.get("HealthCheckProtocol", group.get("Protocol")) in ("HTTP", "HTTPS")
    return over_http and group.get("ProtocolVersion") != "GRPC" and group.get("HealthCheckEnabled", True)


def _target_probe(balancer: dict[str, Any], group: dict[str, Any]) -> TargetProbe:
    port = str(group.get("HealthCheckPort", "traffic-port"))
    return TargetProbe(
        arn=str(group["TargetGroupArn"]),
        name=str(group.get("TargetGroupName") or str(group["TargetGroupArn"]).split("/")[-2]),
        container=str(balancer.get("containerName", "")),
        path=plain_path(group.get("HealthCheckPath") or "/"),
        port=int(port) if port.isdigit() else balancer.get("containerPort"),
        matcher=str((group.get("Matcher") or {}).get("HttpCode", "")),
    )


def plain_path(path: str) -> str:
    """A path without query and fragment; none at all is ``/``."""
    return path.partition("?")[0].partition("#")[0] or "/"


def _asked(match: re.Match[str], scheme: str) -> tuple[str, int | None]:
    port = match["port"]
    if port is None:
        return plain_path(match["path"] or ""), 443 if scheme.lower() == "https" else 80
    return plain_path(match["path"] or ""), int(port) if port.isdigit() else None


def _by_parts(text: str) -> list[tuple[str, int | None]]:
    """Requests that name host, port and path apart: Node's options, Python's http.client, bash's /dev/tcp."""
    return list(_parts(text))


def _parts(text: str) -> Iterator[tuple[str, int | None]]:
    if path := _OPTION_PATH.search(text):
        port = _OPTION_PORT.search(text)
        yield plain_path(path[1]), int(port[1]) if port else 80
    elif connection := _CONNECTION.search(text) or _DEV_TCP.search(text):
        asked = _REQUEST.search(text)
        if asked:
            yield plain_path(asked[1]), int(connection[1])
