"""Stands before moto: what its service would refuse is refused here, and what moto chokes on becomes a clear 4xx.

moto reads the bodies of requests without looking whether they fit the API, and answers HTTP 500 with a page of HTML
where they do not, and where it does not have an operation.
"""

import logging
import threading
from typing import Any

from flask import got_request_exception

from runbook_lib.lab import reply, wire
from runbook_lib.lab.call import Call
from runbook_lib.lab.embedded import service_model, service_names
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.reply import Reply
from runbook_lib.lab.transport import WsgiApplication, ask

ABSENT = "NotImplementedByLab"  # no code of AWS's: nobody is to take it for one of its answers
# What bad input raises in moto before one of its applications is found that could catch it.
_CRASHES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
_INVALID = {"ecr": "InvalidParameterException", "logs": "InvalidParameterException"}
_caught = threading.local()


def _note(_application: Any, exception: BaseException, **_: Any) -> None:
    _caught.error = exception


got_request_exception.connect(_note)
logging.getLogger("moto").disabled = True  # its web server would print each of those errors with a traceback


def refuse(asked: Call) -> Reply | None:
    """Return the refusal of a call to another service than ECS that does not fit that service's API, or None."""
    try:
        _check(asked)
    except AwsError as error:
        return reply.error(asked.protocol, error.code, error.message, error.status)
    return None


def answer(application: WsgiApplication, asked: Call, environ: dict[str, Any]) -> Reply:
    """Return moto's answer to a call, which is never a failure of its own."""
    _caught.error = None
    try:
        done = ask(application, environ)
    except _CRASHES as error:
        return _failed(asked, error)
    return _failed(asked, _caught.error) if done.status >= 500 else done


def absent(service: str, action: str) -> AwsError:
    """Return the error for an operation that AWS has and the lab does not."""
    return AwsError(ABSENT, f"The lab does not have {service}:{action}; see docs/lab.md for what it has.")


def _check(asked: Call) -> None:
    """Check a JSON request against the model of its service, where botocore has one of that name."""
    if asked.protocol != "json" or asked.service not in service_names():
        return
    model = service_model(asked.service)
    if model.metadata.get("protocol") != "json":
        return
    if asked.action not in model.operation_names:
        raise AwsError("UnknownOperationException", "")
    wire.parse(asked.service, asked.action, asked.body, _INVALID.get(asked.service, "ValidationException"))


def _failed(asked: Call, error: BaseException | None) -> Reply:
    # moto's error for an operation that it does not have is the one kind of RuntimeError that input can cause.
    if isinstance(error, RuntimeError) and not isinstance(error, RecursionError):
        lacking = absent(asked.service or "?", asked.action)
        return reply.error(asked.protocol, lacking.code, lacking.message, lacking.status)
    code = "ValidationError" if asked.protocol in ("query", "ec2") else "ValidationException"
    why = type(error).__name__ if error else "an error of its own"
    message = f"The lab's embedded moto could not answer {asked.service or '?'}:{asked.action}: {why}."
    return reply.error(asked.protocol, code, message, 400)
