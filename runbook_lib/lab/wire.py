"""AWS JSON 1.1 on the server's side, driven by botocore's own service model.

A request is checked as the service checks it (a wrong JSON type is a SerializationException, a missing or impossible
member an InvalidParameterException); a reply may hold only members that the model knows.
"""

import datetime as dt
import json
from typing import Any

from botocore.validate import ParamValidator

from runbook_lib.lab.embedded import service_model
from runbook_lib.lab.errors import AwsError, ReplyShapeError

Document = dict[str, Any]

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
    return json.dumps(_plain(result, shape) if shape else {}).encode()


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


def _plain(value: Any, shape: Any) -> Any:
    if shape.type_name == "structure":
        unknown = set(value) - set(shape.members)
        if unknown:
            raise ReplyShapeError(f"{shape.name} has no members {sorted(unknown)}")
        return {name: _plain(v, shape.members[name]) for name, v in value.items() if v is not None}
    if shape.type_name == "list":
        return [_plain(item, shape.member) for item in value]
    if shape.type_name == "timestamp":
        return round(value.timestamp() if isinstance(value, dt.datetime) else value, 3)
    return value
