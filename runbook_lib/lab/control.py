"""The lab's own endpoints under ``/_lab/``: clock, faults, permissions, record of calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.lab import policy
from runbook_lib.lab.reply import Reply, plain_json

if TYPE_CHECKING:
    from runbook_lib.lab.front import Front


def answer(front: Front, environ: dict[str, Any], path: str) -> Reply:
    """Answer a control request; GET reads, POST changes."""
    endpoint = _ENDPOINTS.get(path)
    if endpoint is None:
        return plain_json(404, {"error": f"no {path}; there are {sorted(_ENDPOINTS)}"})
    try:
        body = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}")
        return plain_json(200, endpoint(front, environ["REQUEST_METHOD"], body))
    except (ValueError, TypeError, AttributeError) as error:
        return plain_json(400, {"error": str(error)})


def _clock(front: Front, _method: str, body: dict[str, Any]) -> dict[str, Any]:
    """``{"advance": seconds}`` and ``{"rate": simulated seconds a second}``."""
    if "rate" in body:
        front.clock.set_rate(float(body["rate"]))
    front.advance(float(body.get("advance", 0)))
    return {"now": front.clock.now(), "rate": front.clock.rate}


def _faults(front: Front, method: str, body: Any) -> dict[str, Any]:
    """``{"rules": [...]}`` puts rules in force; an empty list takes them away."""
    rules = body if isinstance(body, list) else body.get("rules", [])
    if method != "GET":
        front.faults.set(rules)
    return {"rules": rules, "seen": front.faults.seen()}


def _policy(front: Front, method: str, body: dict[str, Any]) -> dict[str, Any]:
    """``{"policy": document}`` puts an identity policy in force for every client; ``null`` takes it away."""
    if method != "GET":
        if set(body) != {"policy"}:
            raise ValueError('give {"policy": a policy document or null}')
        document = body["policy"]
        front.policy = None if document is None else policy.read(document)
    return {"policy": front.policy.document if front.policy else None}


def _calls(front: Front, method: str, body: dict[str, Any]) -> dict[str, Any]:
    """Every AWS call of a client in order; DELETE, or POST of ``{"reset": true}``, forgets them."""
    calls = list(front.calls)
    if method == "DELETE" or body.get("reset"):
        front.calls.clear()
    return {"calls": calls}


_ENDPOINTS = {"/_lab/clock": _clock, "/_lab/faults": _faults, "/_lab/policy": _policy, "/_lab/calls": _calls}
