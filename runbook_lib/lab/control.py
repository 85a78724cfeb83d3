"""The lab's own endpoints under ``/_lab/``: clock, faults, held calls, permissions, capacity, record of calls."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from runbook_lib.lab import calls, fault_rules, policy
from runbook_lib.lab.clock import FASTEST, LONGEST_STEP
from runbook_lib.lab.presets import PRESETS
from runbook_lib.lab.reply import Reply, plain_json

if TYPE_CHECKING:
    from runbook_lib.lab.front import Front

Body = dict[str, Any]
_RULES = "/_lab/faults"
_LONGEST_WAIT = 600  # seconds
_ZONE = re.compile(r"[a-z]{2}(-[a-z]+)+-\d[a-z]")


def answer(front: Front, environ: dict[str, Any], path: str) -> Reply:
    """Answer a control request; GET reads, POST changes. What makes no sense is 400 with a sentence in ``error``."""
    endpoint = _ENDPOINTS.get(path)
    if endpoint is None:
        return plain_json(404, {"error": f"no {path}; there are {', '.join(_ENDPOINTS)}"})
    try:
        return plain_json(200, endpoint(front, environ["REQUEST_METHOD"], _body(environ, path == _RULES)))
    except (ValueError, RecursionError) as error:
        return plain_json(400, {"error": str(error)})


def _body(environ: dict[str, Any], takes_list: bool) -> Body:
    """The JSON object of a request; where it takes a list, that is one of fault rules. Of a GET the query is read."""
    if environ["REQUEST_METHOD"] == "GET":
        return dict(parse_qsl(environ.get("QUERY_STRING", "")))
    sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    body = json.loads(sent or b"{}", parse_constant=_no_number)
    if takes_list and isinstance(body, list):
        return {"rules": body}
    if not isinstance(body, dict):
        raise ValueError(f"send a JSON object, not {sent[:40].decode('utf-8', 'replace')}")
    return body


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _only(body: Body, *keys: str) -> None:
    for key in body:
        if key not in keys:
            raise ValueError(f"unknown key {key[:40]!r}; known are {', '.join(keys)}")


def _number(body: Body, key: str, most: float, unit: str) -> float:
    """A number from 0 to `most`."""
    given = body[key]
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= most:
        raise ValueError(f"{key} takes a number from 0 to {most:g} of {unit}, not {repr(given)[:40]}")
    return float(given)


def _clock(front: Front, method: str, body: Body) -> Body:
    """``{"advance": seconds}``, ``{"rate": simulated seconds a second}`` (0 freezes), or both."""
    if method != "GET":
        _only(body, "advance", "rate")
        step = _number(body, "advance", LONGEST_STEP, "seconds") if "advance" in body else 0
        if "rate" in body:
            front.clock.set_rate(_number(body, "rate", FASTEST, "simulated seconds a second"))
        front.advance(step)
    now = front.clock.now()
    return {"now": now, "at": datetime.fromtimestamp(now, UTC).isoformat("T", "seconds"), "rate": front.clock.rate}


def _faults(front: Front, method: str, body: Body) -> Body:
    """``{"rules": [...]}`` puts rules in force instead of those before, ``{"add": [...]}`` adds some, ``{"remove":
    [ids]}`` takes some away, DELETE all."""
    if method == "DELETE":
        front.faults.set([])
    elif method != "GET":
        _only(body, "rules", "add", "remove")
        if len(body) != 1:
            raise ValueError("give one of rules, add, remove")
        _change_faults(front, *next(iter(body.items())))
    held = front.faults.holds.listed()
    return {"rules": front.faults.listed(), "seen": front.faults.seen(), "held": held, "presets": list(PRESETS)}


def _change_faults(front: Front, change: str, given: Any) -> None:
    if change == "remove":
        if not isinstance(given, list) or not all(isinstance(one, int) for one in given):
            raise ValueError(f"remove takes a list of ids, not {repr(given)[:40]}")
        front.faults.remove(given)
        return
    put: Callable[..., None] = front.faults.set if change == "rules" else front.faults.add
    put(fault_rules.read(given))


def _held(front: Front, method: str, body: Body) -> Body:
    """The calls that are held; ``?wait=30`` waits as many seconds at most until one is, ``?none=30`` until none is."""
    if method != "GET":
        raise ValueError("GET the held calls; a call goes on once its fault rule is taken away")
    _only(body, "wait", "none")
    holds, seconds = front.faults.holds, {key: _seconds(key, text) for key, text in body.items()}
    if "none" in seconds:
        holds.await_none(seconds["none"])
    return {"held": holds.await_one(seconds["wait"]) if "wait" in seconds else holds.listed()}


def _seconds(key: str, text: str) -> float:
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", text, re.ASCII) or float(text) > _LONGEST_WAIT:
        raise ValueError(f"{key} takes a number from 0 to {_LONGEST_WAIT} of seconds, not {text[:40]!r}")
    return float(text)


def _policy(front: Front, method: str, body: Body) -> Body:
    """``{"policy": document}`` puts an identity policy in force for every client; ``null`` takes it away."""
    if method != "GET":
        if set(body) != {"policy"}:
            raise ValueError('give {"policy": a policy document or null}')
        document = body["policy"]
        try:
            front.policy = None if document is None else policy.read(document)
        except (TypeError, AttributeError) as error:
            raise ValueError(f"policy: {error}") from error
    return {"policy": front.policy.document if front.policy else None}


def _capacity(front: Front, method: str, body: Body) -> Body:
    """``{"zones": {"ap-northeast-2a": false}}``: Fargate has no room in a zone; true gives it back."""
    if method != "GET":
        _only(body, "zones")
        zones = body.get("zones")
        if not isinstance(zones, dict) or not all(isinstance(room, bool) for room in zones.values()):
            raise ValueError("zones takes an object of zones, each true or false")
        wrong = [zone for zone in zones if not _ZONE.fullmatch(zone)]
        if wrong:
            raise ValueError(f"{wrong[0][:40]!r} is no availability zone such as ap-northeast-2a")
        for zone, room in zones.items():
            front.set_capacity(zone[:-1], {zone[-1]: room})
    return {"full": front.full_zones()}


def _calls(front: Front, method: str, body: Body) -> Body:
    """The newest AWS calls of clients in order (``?last=20``: of those the last; ``?changes=true``: those that are no
    reads); DELETE, or POST of ``{"reset": true}``, forgets them."""
    found = front.calls.changes() if body.get("changes") == "true" else list(front.calls)
    answered = {"calls": found, "kept": calls.KEPT, "dropped": front.calls.dropped}
    if method == "GET":
        _only(body, "last", "changes")
        last = body.get("last", str(calls.KEPT))
        if not last.isascii() or not last.isdigit():
            raise ValueError(f"last takes a whole number, not {last[:40]!r}")
        answered["calls"] = list(islice(found, max(0, len(found) - int(last)), None))
    else:
        _only(body, "reset")
    if method == "DELETE" or body.get("reset") is True:
        front.calls.clear()
    return answered


_ENDPOINTS: dict[str, Callable[[Front, str, Body], Body]] = {
    "/_lab/clock": _clock,
    _RULES: _faults,
    "/_lab/held": _held,
    "/_lab/policy": _policy,
    "/_lab/capacity": _capacity,
    "/_lab/calls": _calls,
}
