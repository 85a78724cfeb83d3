"""AWS JSON 1.1 on the server's side, and the replies of query services, driven by botocore's own service model.

A request is checked as the service checks it (a wrong JSON type is a SerializationException, a missing or impossible
member an InvalidParameterException); a reply may hold only members that the model knows.
"""

import base64
import datetime as dt
import json
from collections.abc import Callable, Set
from functools import cache, partial
from typing import Any
from xml.sax.saxutils import escape

from botocore.validate import ParamValidator

from runbook_lib.lab.embedded import service_model
from runbook_lib.lab.errors import AwsError, ReplyShapeError
from runbook_lib.lab.state import Plain

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
    "blob": (str,),
}
_RANGES: dict[str, tuple[float, float]] = {
    "integer": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "timestamp": (-(10**10), 2.5e11),  # seconds; what a date can hold
}


def parse(service: str, action: str, body: bytes, invalid: str | None = None) -> Document:
    """Turn the body of a request into checked parameters; raises `AwsError` as the service would answer.

    `invalid` is the code for a missing or impossible member; where it is not given, the one that ECS uses.
    """
    shape = service_model(service).operation_model(action).input_shape
    given = _decoded(body)
    if shape is None:
        return {}
    params: Document = _typed(given, shape, "")
    report = ParamValidator().validate(params, shape)
    if report.has_errors():
        code = "ClientException" if action == "RegisterTaskDefinition" else "InvalidParameterException"
        raise AwsError(invalid or code, " ".join(report.generate_report().split()))
    return params


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}", parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise AwsError("SerializationException", "The request body is not valid JSON.") from error


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def render(service: str, action: str, result: Document) -> bytes:
    """Turn a result into the body of a reply; raises `ReplyShapeError` where it drifts from the API."""
    shape = service_model(service).operation_model(action).output_shape
    return json.dumps(_plain(service, shape.name, result) if shape else {}, separators=_COMPACT).encode()


def render_xml(service: str, action: str, result: Document, request_id: str) -> str:
    """Turn a result into the reply of a query service; raises `ReplyShapeError` where it drifts from the API."""
    model = service_model(service)
    shape: Any = model.operation_model(action).output_shape
    return (
        f'<{action}Response xmlns="{model.metadata["xmlNamespace"]}">'
        f"<{action}Result>{_xml(result, shape)}</{action}Result>"
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
    )


def _xml(value: Any, shape: Any) -> str:
    if shape.type_name == "list":
        return "".join(f"<member>{_xml(item, shape.member)}</member>" for item in value)
    if shape.type_name != "structure":
        return escape(str(value).lower() if isinstance(value, bool) else str(value))
    if not value.keys() <= shape.members.keys():
        raise ReplyShapeError(f"{shape.name} has no members {sorted(value.keys() - shape.members.keys())}")
    return "".join(f"<{name}>{_xml(each, shape.members[name])}</{name}>" for name, each in value.items())


def _typed(value: Any, shape: Any, member: str) -> Any:
    _check_type(value, shape)
    if shape.type_name == "structure":
        known = {name: v for name, v in value.items() if name in shape.members and v is not None}
        return {name: _typed(v, shape.members[name], name) for name, v in known.items()}
    if shape.type_name == "list":
        return [_typed(item, shape.member, member) for item in value]
    if shape.type_name == "map":
        return {_text(key): _typed(item, shape.value, member) for key, item in value.items()}
    if shape.type_name == "blob":
        return _blob(value)
    if shape.type_name == "string":
        _check_enum(_text(value), shape, member)
    return value


def _check_type(value: Any, shape: Any) -> None:
    accepted = _ACCEPTED.get(shape.type_name)
    if accepted is None:
        return
    is_stray_bool = isinstance(value, bool) and shape.type_name != "boolean"
    if not isinstance(value, accepted) or is_stray_bool:
        given = type(value).__name__.upper()
        raise AwsError("SerializationException", f"{given}_VALUE can not be converted to {shape.type_name.title()}")
    bounds = _RANGES.get(shape.type_name)
    if bounds and isinstance(value, int | float) and not bounds[0] <= value <= bounds[1]:
        raise AwsError("SerializationException", f"{shape.type_name.title()} out of range")


def _text(value: str) -> str:
    """Return a string that UTF-8 can hold; JSON's escapes can also make half of a pair of surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise AwsError("SerializationException", "The request body is not valid UTF-8.") from error
    return value


def _blob(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise AwsError("SerializationException", "The value is not valid Base64.") from error


def _check_enum(value: str, shape: Any, member: str) -> None:
    """Refuse a value outside an enumeration, in the words that ECS has for it."""
    if shape.enum and value not in shape.enum:
        allowed = ",".join(sorted(shape.enum))
        raise AwsError("InvalidParameterException", f"{member} should be one of [{allowed}]")


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
    if isinstance(value, Plain):
        return value
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
