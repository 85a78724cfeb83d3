"""A lab that runs: where it is, and its control endpoints."""

import json
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runbook_lib.errors import AccessError, InputError

_PATIENCE = 5  # seconds for a lab to say that it is one
_LONGEST = 120  # seconds for what was asked: a long time may have to be played


def address(params: Path | None, endpoint_url: str) -> str:
    """The address of the lab: the option's, else the parameters file's, the environment's, the default port's.

    Raises
    ------
    InputError
        It is an address of another computer.
    """
    from runbook_lib import parameters
    from runbook_lib.lab import DEFAULT_PORT

    option = {"endpoint_url": (endpoint_url, "--endpoint-url")} if endpoint_url else {}
    file = parameters.from_file(params) if params else {}
    found = parameters.layered([parameters.from_environment(), file, option]).endpoint_url
    found = found or f"http://127.0.0.1:{DEFAULT_PORT}"
    if not _is_loopback(urlsplit(found).hostname or ""):
        raise InputError("lab-elsewhere", endpoint_url=found)
    return found


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def ask(url: str, endpoint: str, body: Any = None) -> dict[str, Any]:
    """What ``/_lab/<endpoint>`` answers; without ``body`` it is only read.

    Raises
    ------
    AccessError
        Nothing answers there, or not in time.
    InputError
        What answers is no lab, or the lab refuses what was asked.
    """
    status, clock = _exchange(url, "GET", "clock", None, _PATIENCE)
    if status != 200 or not {"now", "rate"} <= set(clock):
        raise InputError("lab-foreign", endpoint_url=url)
    if body is None and endpoint == "clock":
        return clock
    method = "GET" if body is None else "DELETE" if body == {} else "POST"
    status, answer = _exchange(url, method, endpoint, body, _LONGEST)
    if status != 200:
        raise InputError("lab-refused", problem=answer.get("error", status))
    return answer


def _exchange(url: str, method: str, endpoint: str, body: Any, seconds: float) -> tuple[int, dict[str, Any]]:
    from http.client import HTTPConnection, HTTPException

    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=seconds)
    try:
        connection.request(method, f"/_lab/{endpoint}", None if body is None else json.dumps(body))
        answer = connection.getresponse()
        return answer.status, _object(answer.read())
    except (OSError, HTTPException) as error:
        raise AccessError("lab-silent", endpoint_url=url) from error
    finally:
        connection.close()


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
