"""AWS JSON 1.1 on the server's side, driven by botocore's own service model.

A request is checked as the service checks it (a wrong JSON type is a SerializationException, a missing or impossible
member an InvalidParameterException); a reply may hold only members that the model knows.
"""

import datetime as dt
import json
from collections.abc import Callable, Set
from functools import cache, partial
from typing import Any

from botocore.validate import ParamValidator

from runbook_lib.lab.embedded import service_model
from runbook_lib.lab.errors import AwsError, ReplyShapeError

Document = dict[str, Any]
Converter = Callable[[Any], Any]
_COMPACT = (",", ":")

_ACCEPTED: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "boolean": (bool,),
    "structure": (dict,),
    "list": (list,),
    "map": (dict,),
    "timestamp": (int, float),
}


def parse(service: str, action: str, body: bytes) -> Document:
    """Turn the body of a request into checked parameters; raises `AwsError` as the service would answer."""
    shape = service_model(service).operation_model(action).input_shape
    try:
        given = json.loads(body or b"{}")
    except ValueError as error:
        raise AwsError("SerializationException", "The request body is not valid JSON.") from error
    if shape is None:
        return {}
    params: Document = _typed(given, shape)
    report = ParamValidator().validate(params, shape)
    if report.has_errors():
        code = "ClientException" if action == "RegisterTaskDefinition" else "InvalidParameterException"
        raise AwsError(code, " ".join(report.generate_report().split()))
    return params


def render(service: str, action: str, result: Document) -> bytes:
    """Turn a result into the body of a reply; raises `ReplyShapeError` where it drifts from the API."""
    shape = service_model(service).operation_model(action).output_shape
    return json.dumps(_plain(service, shape.name, result) if shape else {}, separators=_COMPACT).encode()


def _typed(value: Any, shape: Any) -> Any:
    _check_type(value, shape)
    if shape.type_name == "structure":
        known = {name: v for name, v in value.items() if name in shape.members and v is not None}
        return {name: _typed(v, shape.members[name]) for name, v in known.items()}
    if shape.type_name == "list":
        return [_typed(item, shape.member) for item in value]
    if shape.type_name == "map":
        return {key: _typed(item, shape.value) for key, item in value.items()}
    return value


def _check_type(value: Any, shape: Any) -> None:
    accepted = _ACCEPTED.get(shape.type_name)
    if accepted is None:
        return
    is_stray_bool = isinstance(value, bool) and shape.type_name != "boolean"
    if not isinstance(value, accepted) or is_stray_bool:
        given = type(value).__name__.upper()
        raise AwsError("SerializationException", f"{given}_VALUE can not be converted to {shape.type_name.title()}")


def _plain(service: str, name: str, value: Any) -> Any:
    """Return a value of a shape as JSON has it."""
    convert = _converter(service, name)
    return convert(value) if convert else value


@cache
def _converter(service: str, name: str) -> Converter | None:
    """Return what makes JSON of the values of a shape, None where they are JSON already: most of them are."""
    shape: Any = service_model(service).shape_for(name)
    if shape.type_name == "structure":
        found = {key: _converter(service, each.name) for key, each in shape.members.items()}
        return partial(_structure, name, found.keys(), {key: convert for key, convert in found.items() if convert})
    if shape.type_name == "list":
        return _list(_converter(service, shape.member.name))
    return _seconds if shape.type_name == "timestamp" else None


def _structure(shape: str, members: Set[str], converters: dict[str, Converter], value: Document) -> Document:
    if not value.keys() <= members:
        raise ReplyShapeError(f"{shape} has no members {sorted(value.keys() - members)}")
    plain = {name: each for name, each in value.items() if each is not None}
    for name in converters.keys() & plain.keys():
        plain[name] = converters[name](plain[name])
    return plain


def _list(convert: Converter | None) -> Converter | None:
    return (lambda items: [convert(item) for item in items]) if convert else None


def _seconds(value: Any) -> float:
    return round(value.timestamp() if isinstance(value, dt.datetime) else value, 3)
