"""What a call gave, in boto3's names; values that may be secrets are left out."""

import json
from typing import Any

from runbook_lib.lab.call import Call
from runbook_lib.lab.embedded import service_model, service_names

HIDDEN = "***"
_SECRET = ("SecretString", "SecretBinary", "Password", "MasterUserPassword")
_OF_REQUEST = ("Action", "Version")


def given(asked: Call) -> dict[str, Any]:
    """Return the parameters of a call as boto3 takes them; none of a REST service or of what can not be read."""
    if asked.protocol == "json":
        return dict(_shown(_object(asked.body)))
    if asked.protocol in ("query", "ec2"):
        return dict(_shown(_of_query(asked)))
    return {}


def names(asked: Call) -> set[str]:
    """Return the names of the parameters of a call; members of lists and maps of a query are not told apart."""
    if asked.protocol == "json":
        return set(_object(asked.body))
    if asked.protocol in ("query", "ec2"):
        return {name.partition(".")[0] for name in asked.query} - set(_OF_REQUEST)
    return set()


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _shown(value: Any, within: str = "") -> Any:
    """Return a value without secrets: those members, and the values of environment variables."""
    if isinstance(value, list):
        return [_shown(item, within) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: HIDDEN if _is_secret(name, within) else _shown(each, name) for name, each in value.items()}


def _is_secret(name: str, within: str) -> bool:
    """Whether a member may hold a secret: some by their names, a parameter's value, and an environment variable's."""
    return name in _SECRET or (name, within) in (("Value", ""), ("value", "environment"))


def _of_query(asked: Call) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in asked.query.items():
        *path, last = name.split(".")
        node = tree
        for part in path:
            below = node.setdefault(part, {})
            node = below if isinstance(below, dict) else {}
        node[last] = value
    found = {name: value for name, value in tree.items() if name not in _OF_REQUEST}
    return dict(_typed(found, _shape(asked)))


def _shape(asked: Call) -> Any:
    """Return the shape of what a query gives, where it is known; EC2 has names of its own for its members."""
    if asked.protocol != "query" or asked.service not in service_names():
        return None
    model = service_model(asked.service)
    return model.operation_model(asked.action).input_shape if asked.action in model.operation_names else None


def _typed(value: Any, shape: Any) -> Any:
    """Return a value of a query as its shape has it; what does not fit its shape stays as it was sent."""
    kind = shape.type_name if shape else ""
    if kind == "structure" and isinstance(value, dict):
        return {name: _typed(each, shape.members.get(name)) for name, each in value.items()}
    if kind == "list" and isinstance(value, dict):
        items = value.get("member", value)
        if not isinstance(items, dict):
            return items
        return [_typed(items[number], shape.member) for number in sorted(items, key=_order)]
    if kind in ("integer", "long") and isinstance(value, str) and value.removeprefix("-").isdecimal():
        return int(value)
    return value == "true" if kind == "boolean" and value in ("true", "false") else value


def _order(number: str) -> tuple[int, str]:
    return len(number), number
