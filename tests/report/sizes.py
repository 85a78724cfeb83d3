"""A large incident: 5,000 service events and 2,000 tasks, no two of which say the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from runbook_lib.evidence.model import Evidence, at
from tests.report import sample

EVENTS, TASKS = 5_000, 2_000
_APART = timedelta(seconds=12)


def large(events: int = EVENTS, tasks: int = TASKS) -> Evidence:
    """The guide's incident, many times over: its events and tasks again and again, each with ids of its own."""
    return _with(sample.guide(), service=_service(events), tasks=_tasks(tasks))


def _with(evidence: Evidence, **data: Any) -> Evidence:
    left = dict(data)
    kinds = [(r, left.pop(r.request.kind, [] if r.request.kind in data else r.data)) for r in evidence.readings]
    return replace(evidence, readings=tuple(replace(r, data=found) for r, found in kinds))


def _service(count: int) -> dict[str, Any]:
    made = [event for event in sample.events() if "deployment completed" not in event["message"]]
    listed = [
        {**made[n % len(made)], "id": sample.identity("event", n), "createdAt": _earlier(made[0]["createdAt"], n)}
        for n in range(count)
    ]
    for n, event in enumerate(listed):
        event["message"] = f"{event['message']} (attempt {n}, host ip-10-0-{n // 250}-{n % 250})"
    return {**sample.service(), "events": listed}


def _tasks(count: int) -> list[dict[str, Any]]:
    made = sample.tasks()
    return [_task(made[n % len(made)], n) for n in range(count)]


def _task(one: dict[str, Any], n: int) -> dict[str, Any]:
    arn = one["taskArn"].rpartition("/")[0] + "/" + sample.identity("task", n)
    times = {field: _earlier(one[field], n // 10) for field in one if field.endswith("At") or field == "stoppingAt"}
    reason = {"stoppedReason": f"{one['stoppedReason']} (attempt {n})"} if "stoppedReason" in one else {}
    return {**one, **times, **reason, "taskArn": arn}


def _earlier(iso: str, times: int) -> str:
    moment = at(iso)
    assert moment
    return (moment - _APART / 12 * (times % 1_200)).isoformat()
