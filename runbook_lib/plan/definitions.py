"""Task definitions as RegisterTaskDefinition takes them and as ECS stores them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Document = dict[str, Any]

# The members of RegisterTaskDefinition's request.
ACCEPTED = frozenset(
    (
        *("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "volumes"),
        *("placementConstraints", "requiresCompatibilities", "cpu", "memory", "tags", "pidMode", "ipcMode"),
        *("proxyConfiguration", "inferenceAccelerators", "ephemeralStorage", "runtimePlatform"),
        *("enableFaultInjection", "trustedExecutionConfiguration"),
    )
)
_RESERVED = "aws:"  # keys of tags that only AWS gives

_SIZES = ("cpu", "memory", "memoryReservation")
_SIZE = re.compile(r"(\d*\.?\d+)\s*(?:vcpu|gb)", re.IGNORECASE)
_BY_NAME = ("environment", "secrets")  # lists whose order says nothing
_ON_HOST = ("awsvpc", "host")  # network modes in which a container's port is the host's
_CONTAINER_DEFAULTS = {
    "cpu": "0",
    "essential": True,
    "disableNetworking": False,
    "interactive": False,
    "privileged": False,
    "pseudoTerminal": False,
    "readonlyRootFilesystem": False,
}
_CHECK_DEFAULTS = {"interval": 30, "timeout": 5, "retries": 3, "startPeriod": 0}
_MOUNT_DEFAULTS = {"readOnly": False}


def prefix(document: Mapping[str, Any]) -> str:
    """The pointer below which the task definition stands in a file, for edits to be aimed at.

    ``/taskDefinition`` if the file is what ``aws ecs describe-task-definition`` prints, else the empty string.
    """
    return "/taskDefinition" if isinstance(document.get("taskDefinition"), dict) else ""


def registrable(document: Mapping[str, Any]) -> Document:
    """The request of RegisterTaskDefinition that registers a task definition once more.

    Taken out of what ``aws ecs describe-task-definition`` prints, with the tags beside it, and without what ECS adds.
    Tags that only AWS can give are left out, and so is an empty list of them, which ECS refuses. The values are the
    document's own, not copies.
    """
    definition = document["taskDefinition"] if prefix(document) else document
    taken = {name: value for name, value in definition.items() if name in ACCEPTED and name != "tags"}
    tags = [tag for tag in _tags(document) or _tags(definition) if not _is_reserved(tag)]
    return {**taken, "tags": tags} if tags else taken


def same(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether ECS would store the same revision for both: defaults count as given, and nothing as an empty list.

    Tags are not of a revision and do not count. Where it is not certain that a difference says nothing, it counts:
    then a revision is registered that was there before, which does no harm.
    """
    return _stored(left) == _stored(right)


def _tags(document: Mapping[str, Any]) -> list[Any]:
    tags = document.get("tags")
    return tags if isinstance(tags, list) else []


def _is_reserved(tag: object) -> bool:
    return isinstance(tag, dict) and str(tag.get("key", "")).lower().startswith(_RESERVED)


def _stored(document: Mapping[str, Any]) -> Document:
    definition = {name: value for name, value in registrable(document).items() if name != "tags"}
    on_host = definition.get("networkMode") in _ON_HOST
    stored: Document = _without_nothing(_sized({"enableFaultInjection": False, **definition}))
    stored["containerDefinitions"] = [_container(c, on_host) for c in _objects(stored, "containerDefinitions")]
    return stored


def _container(given: Document, on_host: bool) -> Document:
    container = {**_CONTAINER_DEFAULTS, **_sized(given)}
    for name in _BY_NAME:
        # Twice the same name: the later one counts, so their order must stay.
        container[name] = sorted(_objects(given, name), key=lambda pair: str(pair.get("name")))
    for name in ("mountPoints", "volumesFrom"):
        container[name] = [{**_MOUNT_DEFAULTS, **entry} for entry in _objects(given, name)]
    container["portMappings"] = [_port(mapping, on_host) for mapping in _objects(given, "portMappings")]
    if isinstance(given.get("healthCheck"), dict):
        container["healthCheck"] = {**_CHECK_DEFAULTS, **given["healthCheck"]}
    return container


def _port(mapping: Document, on_host: bool) -> Document:
    port = {"protocol": "tcp", **mapping}
    if "containerPort" in port and not (port.get("hostPort") and on_host):
        # 0 asks for any port of the host; where it has none of its own, it is the container's.
        port["hostPort"] = port["containerPort"] if on_host else port.get("hostPort", 0)
    return port


def _sized(given: Document) -> Document:
    """Sizes as ECS writes them: ``1024`` and ``"1 vCPU"`` are both ``"1024"``."""
    return {name: _size(value) if name in _SIZES else value for name, value in given.items()}


def _size(value: Any) -> Any:
    units = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if units:
        return str(int(Decimal(units[1]) * 1024))
    return str(value) if isinstance(value, int) else value


def _objects(holder: Document, name: str) -> list[Document]:
    """A list of objects, of which whatever is none stands as one, so that it stays a difference."""
    given = holder.get(name) or []
    entries = given if isinstance(given, list) else [given]
    return [entry if isinstance(entry, dict) else {"": entry} for entry in entries]


def _without_nothing(value: Any) -> Any:
    """Without members that are null, an empty list or an empty object."""
    if isinstance(value, dict):
        kept = {name: _without_nothing(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item is not None and item not in ([], {})}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value
