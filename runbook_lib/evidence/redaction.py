"""Redaction by field, done before a reading exists: what is not in memory cannot reach disk, screen, log or report.

Only fields that can hold secrets are touched (environment values, commands, log options, labels, values of tags, log
text, users and queries of URLs, fields that AWS does not know); image tags, ARNs and digests are never guessed at and
survive.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from runbook_lib.evidence.health_command import MASK, masked_command, masked_urls

__all__ = ["MASK", "access_requests", "masked_urls", "other_requests", "readiness", "redacted", "task_definition"]

# The fields of ECS's ContainerDefinition and ContainerOverride. What else stands in a file may be anything.
_OF_CONTAINER = (
    "name image repositoryCredentials cpu memory memoryReservation links portMappings essential restartPolicy"
    " entryPoint command environment environmentFiles mountPoints volumesFrom linuxParameters secrets dependsOn"
    " startTimeout stopTimeout versionConsistency hostname user workingDirectory disableNetworking privileged"
    " readonlyRootFilesystem dnsServers dnsSearchDomains extraHosts dockerSecurityOptions interactive pseudoTerminal"
    " dockerLabels ulimits logConfiguration healthCheck systemControls resourceRequirements firelensConfiguration"
    " credentialSpecs"
)
_OF_TASK_DEFINITION = (
    "taskDefinitionArn family taskRoleArn executionRoleArn networkMode revision volumes status requiresAttributes"
    " placementConstraints compatibilities runtimePlatform requiresCompatibilities cpu memory tags pidMode ipcMode"
    " inferenceAccelerators proxyConfiguration registeredAt deregisteredAt deleteRequestedAt registeredBy"
    " ephemeralStorage enableFaultInjection containerDefinitions"
)
_CONTAINER, _TASK_DEFINITION = frozenset(_OF_CONTAINER.split()), frozenset(_OF_TASK_DEFINITION.split())
_KEPT_LOG_OPTIONS = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix", "awslogs-create-group")


def redacted(data: Any) -> Any:
    """An answer of AWS, or a part of one, without what its fields can hold of secrets; twice is the same as once."""
    if isinstance(data, dict):
        return {name: _field(name, value) for name, value in data.items()}
    return [redacted(item) for item in data] if isinstance(data, list) else data


def task_definition(data: dict[str, Any]) -> dict[str, Any]:
    """A task definition (of ECS or of a file) without values that can be secret; names, ARNs and images stay."""
    return {name: _field(name, value) if name in _TASK_DEFINITION else MASK for name, value in data.items()}


def _field(name: object, value: Any) -> Any:
    mask = _FIELDS.get(str(name).lower())
    return mask(value) if mask else redacted(value)


def _text(value: Any) -> Any:
    """Words of AWS: they stay, but for what a URL in them gives away."""
    return masked_urls(value) if isinstance(value, str) else redacted(value)


def _containers(containers: Any) -> Any:
    return [_container(c) for c in containers] if isinstance(containers, list) else MASK


def _container(data: Any) -> Any:
    if not isinstance(data, dict):
        return MASK
    return {name: _field(name, value) if name in _CONTAINER else MASK for name, value in data.items()}


def _named(*kept: str) -> Callable[[Any], Any]:
    """A list of entries of which only these fields are kept, such as the names of variables."""

    def mask(entries: Any) -> Any:
        if not isinstance(entries, list):
            return MASK
        return [{k: v if k in kept else MASK for k, v in e.items()} if isinstance(e, dict) else MASK for e in entries]

    return mask


def _hidden(value: Any) -> str:
    return MASK


def _words(words: Any) -> Any:
    """A command is kept as its length only: its arguments can be anything."""
    return [MASK] * len(words) if isinstance(words, list) else MASK


def _values(mapping: Any) -> Any:
    return dict.fromkeys(mapping, MASK) if isinstance(mapping, dict) else MASK


def _logging(config: Any) -> Any:
    if not isinstance(config, dict):
        return MASK
    options = config.get("options")
    kept = {k: v if k in _KEPT_LOG_OPTIONS else MASK for k, v in options.items()} if isinstance(options, dict) else MASK
    return {name: kept if name == "options" else _field(name, value) for name, value in config.items()}


def _health_check(check: Any) -> Any:
    """The command stays as far as it is evidence: what it asks, and where; see :func:`masked_command`."""
    if not isinstance(check, dict):
        return MASK
    return {name: masked_command(value) if name == "command" else redacted(value) for name, value in check.items()}


def _path(path: Any) -> Any:
    """The path of a target group's check without its query."""
    if not isinstance(path, str):
        return MASK
    before, query, _ = path.partition("?")
    return before + (query + MASK if query else "")


# By field name in lower case: AWS's services spell theirs in two ways, and people in more.
_FIELDS: dict[str, Callable[[Any], Any]] = {
    "containerdefinitions": _containers,
    "containeroverrides": _containers,
    "environment": _named("name"),
    "secrets": _named("name", "valueFrom"),
    "secretoptions": _named("name", "valueFrom"),
    "tags": _named("key"),
    "command": _words,
    "entrypoint": _words,
    "dockerlabels": _values,
    "labels": _values,
    "driveropts": _values,
    "options": _values,
    "hookdetails": _hidden,
    "properties": _named("name"),
    "logconfiguration": _logging,
    "healthcheck": _health_check,
    "healthcheckpath": _path,
    **dict.fromkeys(("message", "reason", "description", "failurereason"), _text),
    **dict.fromkeys(("stoppedreason", "statusreason", "rolloutstatereason"), _text),
}

# uvicorn, gunicorn, nginx, Apache, Node (morgan) and most others: client ... "METHOD /path HTTP/1.1" STATUS
_ACCESS = re.compile(
    r"\"(?P<method>[A-Z]{3,7}) (?P<path>/[^\s?\"]{0,500})(?:\?[^\s\"]*)? HTTP/[\d.]+\"\s+(?P<status>\d{3})\b"
)
# uvicorn, gunicorn, Flask, Spring Boot, Tomcat, Express, Nest, Next, ASP.NET, Puma, nginx, Go and most others.
_READY = re.compile(
    r"\b(?:application startup complete|(?:uvicorn )?running on https?://|running at:? https?://|now listening on"
    r"|listening (?:at|on)\b|tomcat started on port|started server on"
    r"|server (?:is )?(?:running|started|listening|ready)"
    r"|nest application successfully started|ready in \d"
    r"|started \w{1,60} in [\d.]+ ?s(?:econds)?\b|ready for connections"
    r"|ready to handle connections|start worker process\b)",
    re.IGNORECASE,
)
_PORT = re.compile(r"(?:\bport(?:\(s\))?:?\s+|[\w\].]:)(\d{2,5})\b", re.IGNORECASE)
_HOST = re.compile(r"(?:https?://|\bat:? |\bon )(\d{1,3}(?:\.\d{1,3}){3}|localhost|\[[0-9a-f:]*\]|all )", re.IGNORECASE)
_LOOPBACK = re.compile(r"127\.|localhost|\[::1\]", re.IGNORECASE)
_CLIENT = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|::1")


def access_requests(events: list[dict[str, Any]], paths: tuple[str, ...]) -> list[dict[str, Any]]:
    """The requests for ``paths`` in log events (``timestamp`` ms, ``message``): time, client, method, path, status.

    Besides the known sentences of :mod:`runbook_lib.evidence.log_lines` this is all that is ever kept of a log: no
    other text of it leaves this function.
    """
    found = ((e.get("timestamp"), e.get("message", "")[:2000]) for e in events)
    requests = (_access_request(at, message) for at, message in found)
    return [r for r in requests if r and r["path"] in paths]


def other_requests(events: list[dict[str, Any]], paths: tuple[str, ...]) -> dict[str, int]:
    """How many requests for other paths were answered with which status: numbers, and no text of the log."""
    requests = (_access_request(0, str(e.get("message", ""))[:2000]) for e in events)
    return dict(Counter(str(r["status"]) for r in requests if r and r["path"] not in paths))


def readiness(events: list[dict[str, Any]]) -> dict[str, Any]:
    """What the lines of a log that say that its server listens tell, as numbers; no text of them is kept.

    ``ready_at`` is the ``timestamp`` (ms) of the first, ``ready_port`` the port that one names, and ``ready_local``
    whether all addresses that they name are the container's own: each None where none tells.
    """
    said = [(e.get("timestamp"), str(e.get("message", ""))[:2000]) for e in events]
    said = [(moment, text[found.start() :]) for moment, text in said if (found := _READY.search(text))]
    ports = [port[1] for _, text in said if (port := _PORT.search(text))]
    hosts = [host[1] for _, text in said if (host := _HOST.search(text))]
    return {
        "ready_at": next((moment for moment, _ in said if isinstance(moment, int)), None),
        "ready_port": next(map(int, ports), None),
        "ready_local": all(_LOOPBACK.match(host) for host in hosts) if hosts else None,
    }


def _access_request(at: Any, message: str) -> dict[str, Any] | None:
    match = _ACCESS.search(message)
    if not match:
        return None
    client = _CLIENT.search(message, 0, match.start())
    return {
        "at": at,
        "client": client[0] if client else "",
        "method": match["method"],
        "path": match["path"],
        "status": int(match["status"]),
    }
