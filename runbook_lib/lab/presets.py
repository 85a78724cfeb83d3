"""Named faults, and how each service words them."""

from typing import Any

_PROXY_PAGE = (
    "<!doctype html><html><head><title>Access denied</title></head>"
    "<body><h1>Access denied</h1><p>The web proxy has blocked this request.</p></body></html>"
)
# What a preset sets in a rule; what the rule gives itself goes before.
PRESETS: dict[str, dict[str, Any]] = {
    "throttling": {},
    "access-denied": {},
    "expired-token": {},
    "server-error": {},
    "slow": {"delay": 5.0},
    "time-out": {"hang": True},
    "reset": {"reset": True},
    "garbled": {"garble": True},
    "proxy-page": {"body": _PROXY_PAGE, "status": 403},
    "hold-before": {"hold": "before"},
    "hold-after": {"hold": "after"},
    "lost-answer": {"reset": True, "late": True},
    "ecs-rates": {"service": "ecs", "rates": True},
}

Error = tuple[str, str, int]  # code, message, HTTP status
_RATE = "Rate exceeded"
_EXPIRED = "The security token included in the request is expired"
_FAILED = "The request processing has failed because of an unknown error, exception or failure."
# By service, else by protocol. Sources: the services' "Common errors" pages and "Request throttling for the Amazon ECS
# API"; of S3 "Error responses", of EC2 "Error codes for the Amazon EC2 API".
_THROTTLING: dict[str, Error] = {
    "s3": ("SlowDown", "Please reduce your request rate.", 503),
    "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
    "json": ("ThrottlingException", _RATE, 400),
    "rest-json": ("TooManyRequestsException", _RATE, 429),
    "query": ("Throttling", _RATE, 400),
}
_EXPIRED_TOKEN: dict[str, Error] = {
    "s3": ("ExpiredToken", "The provided token has expired.", 400),
    "ec2": ("RequestExpired", "Request has expired.", 400),
    "json": ("ExpiredTokenException", _EXPIRED, 400),
    "rest-json": ("ExpiredTokenException", _EXPIRED, 403),
    "query": ("ExpiredToken", _EXPIRED, 403),
}
_SERVER_ERROR: dict[str, Error] = {
    "s3": ("InternalError", "We encountered an internal error. Please try again.", 500),
    "ec2": ("InternalError", "An internal error has occurred", 500),
    "ecs": ("ServerException", "Service Unavailable. Please try again later.", 500),
    "ecr": ("ServerException", "Service Unavailable. Please try again later.", 500),
    "json": ("InternalFailure", _FAILED, 500),
    "query": ("InternalFailure", _FAILED, 500),
}
_ERRORS = {
    "throttling": _THROTTLING,
    "ecs-rates": _THROTTLING,
    "expired-token": _EXPIRED_TOKEN,
    "server-error": _SERVER_ERROR,
}


def error_of(preset: str | None, service: str, protocol: str) -> Error | None:
    """Return the error of a preset as a service answers it, or None where the preset is no error of this table."""
    table = _ERRORS.get(preset or "")
    if table is None:
        return None
    return table.get(service) or table.get(protocol) or table["query"]
