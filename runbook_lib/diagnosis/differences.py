"""What differs between two task definitions and between two service revisions, field by field in AWS's own names."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from runbook_lib.evidence.redaction import MASK

Scope = Literal["container", "task", "service"]
Document = dict[str, Any]
Values = tuple[str, ...]

# What names a revision or is worked out by ECS from the rest.
_OF_ITSELF = frozenset(
    (
        *("taskDefinitionArn", "revision", "status", "registeredAt", "registeredBy", "deregisteredAt"),
        *("deleteRequestedAt", "compatibilities", "requiresAttributes", "tags", "containerDefinitions", "name"),
        *("serviceRevisionArn", "serviceArn", "clusterArn", "taskDefinition", "createdAt", "containerImages"),
        *("resolvedConfiguration", "ecsManagedResources"),
    )
)
_WORDS = ("command", "entryPoint")  # lists that are one thing: their order counts


@dataclass(frozen=True)
class Difference:
    """A field that is not the same. Of lists only what was taken away (``before``) and what was added (``after``).

    ``container`` is a container's name, and empty for what the whole task or the service has. ``masked`` says that
    values are hidden which may differ too; then ``before`` and ``after`` may both be empty.
    """

    scope: Scope
    container: str
    field: str
    before: Values = ()
    after: Values = ()
    masked: bool = False


@dataclass(frozen=True)
class _Leaf:
    """One field on both sides: each side's values, and whether some are masked, so that they could differ unseen."""

    field: str
    before: Values
    after: Values
    masked: bool = False


def of_definitions(before: Document, after: Document) -> Iterator[Difference]:
    """Between two task definitions: the task's own fields, then container by container."""
    yield from _told("task", "", _fields(before, after))
    old, new = _containers(before), _containers(after)
    for name in dict.fromkeys((*old, *new)):
        if name in old and name in new:
            yield from _told("container", name, _of_container(old[name], new[name]))
        else:
            gone, added = (_one(str(side.get(name, {}).get("image", ""))) for side in (old, new))
            yield Difference("container", name, "container", gone, added)


def of_settings(before: Document, after: Document) -> Iterator[Difference]:
    """Between two service revisions: network, load balancers, platform, capacity, and whatever else is set."""
    yield from _told("service", "", _fields(before, after))


def of_digests(before: Document, after: Document) -> Iterator[Difference]:
    """Between the images of two service revisions: one reference, and yet another image behind it."""
    old, new = _images(before), _images(after)
    for name in old:
        (image, digest), (other, now) = old[name], new.get(name, ("", ""))
        if image == other and digest and now and digest != now:
            yield Difference("container", name, "image.digest", (digest,), (now,))


def _told(scope: Scope, container: str, leaves: Iterator[_Leaf]) -> Iterator[Difference]:
    for leaf in leaves:
        gone, added = _without(leaf.before, leaf.after), _without(leaf.after, leaf.before)
        if gone or added or leaf.masked:
            yield Difference(scope, container, leaf.field, gone, added, leaf.masked)


def _without(values: Values, others: Values) -> Values:
    """The values that the others do not have, each as often as it is missing there."""
    return tuple((Counter(values) - Counter(others)).elements())


def _of_container(before: Document, after: Document) -> Iterator[_Leaf]:
    parts = zip(_image(before.get("image")), _image(after.get("image")), strict=True)
    yield from (_Leaf(f"image.{name}", _one(old), _one(new)) for (name, old), (_, new) in parts)
    sides = ({k: v for k, v in side.items() if k not in ("image", "environment")} for side in (before, after))
    old, new = (_names(side.get("environment")) for side in (before, after))
    yield _Leaf("environment", old, new, masked=bool({*old} & {*new}))
    yield from _fields(*sides)


def _fields(before: Document, after: Document) -> Iterator[_Leaf]:
    for name in dict.fromkeys((*before, *after)):
        if name not in _OF_ITSELF:
            yield from _leaves(name, before.get(name), after.get(name))


def _leaves(field: str, before: Any, after: Any) -> Iterator[_Leaf]:
    """The fields below one: into mappings, and into lists of one mapping each; what one side lacks stays whole."""
    if _is_nothing(before) and _is_nothing(after):
        return
    one, other = _single(field, before), _single(field, after)
    if one and other:
        for name in dict.fromkeys((*one, *other)):
            yield from _leaves(f"{field}.{name}", one.get(name), other.get(name))
        return
    values = _values(field, before), _values(field, after)
    yield _Leaf(field, *values, masked=any(MASK in value for value in values[0]) and bool(values[1]))


def _single(field: str, value: Any) -> Document:
    """A mapping, or the only one of a list where entries have no name of their own; else nothing."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) and "name" not in value[0]:
        value = value[0] if _last(field) != "portMappings" else None
    return value if isinstance(value, dict) else {}


def _values(field: str, value: Any) -> Values:
    if _is_nothing(value):
        return ()
    if isinstance(value, list):
        if _last(field) in _WORDS:
            return (" ".join(_text(word) for word in value),)
        return tuple(_entry(item) for item in value)
    return tuple(_pairs(value)) if isinstance(value, dict) else (_text(value),)


def _entry(item: Any) -> str:
    """One entry of a list on one line: ``NAME=arn…`` of a secret, ``8000/tcp`` of a port, else its fields."""
    if not isinstance(item, dict):
        return _text(item)
    if "valueFrom" in item:
        return f"{_text(item.get('name', ''))}={_text(item['valueFrom'])}"
    if "containerPort" in item and "protocol" in item:
        return _port(item)
    return " ".join(_pairs(item))


def _port(item: Document) -> str:
    port, host = item["containerPort"], item.get("hostPort")
    shown = f"{host}:{port}" if host and host != port else f"{port}"
    rest = {k: v for k, v in item.items() if k not in ("containerPort", "hostPort", "protocol")}
    return " ".join((f"{shown}/{item['protocol']}", *_pairs(rest)))


def _pairs(node: Document, above: str = "") -> Iterator[str]:
    for name, value in node.items():
        path = f"{above}{name}"
        if isinstance(value, dict):
            yield from _pairs(value, f"{path}.")
        elif not _is_nothing(value):
            yield f"{path}={','.join(_values(name, value)) if isinstance(value, list) else _text(value)}"


def _containers(definition: Document) -> dict[str, Document]:
    found = definition.get("containerDefinitions")
    return {str(c.get("name", "")): c for c in found if isinstance(c, dict)} if isinstance(found, list) else {}


def _images(revision: Document) -> dict[str, tuple[str, str]]:
    found = revision.get("containerImages") or []
    return {str(c.get("containerName", "")): (str(c.get("image", "")), str(c.get("imageDigest") or "")) for c in found}


def _image(reference: Any) -> tuple[tuple[str, str], ...]:
    """Repository, tag and digest of an image; ``latest`` where it has neither tag nor digest."""
    name, _, digest = str(reference or "").partition("@")
    host, slash, last = name.rpartition("/")
    repository, _, tag = last.partition(":")
    implied = "latest" if name and not digest else ""
    return ("repository", f"{host}{slash}{repository}"), ("tag", tag or implied), ("digest", digest)


def _names(environment: Any) -> Values:
    found = environment if isinstance(environment, list) else []
    return tuple(_text(entry["name"]) for entry in found if isinstance(entry, dict) and "name" in entry)


def _one(text: str) -> Values:
    return (text,) if text else ()


def _last(field: str) -> str:
    return field.rpartition(".")[2]


def _is_nothing(value: Any) -> bool:
    """Absent, null and empty are the same to ECS."""
    return value is None or value in ("", [], {})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
