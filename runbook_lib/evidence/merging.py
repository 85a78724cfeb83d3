"""Many looks at one service as one evidence, for the timeline of an incident: nothing twice, nothing forgotten. Pure.

ECS forgets: a superseded deployment leaves the list once the next one completes, stopped tasks go after an hour, and of
events it keeps the newest hundred. What an earlier look saw is taken from there, as it was seen last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from runbook_lib.evidence.completions import completions
from runbook_lib.evidence.model import Evidence, Reading, request
from runbook_lib.evidence.timeline import GONE, SEEN, TARGETS, UNHEALTHY, addresses, target_states

_Item = dict[str, Any]
_DRAWN = ("service", "tasks", "service_deployments", "target_health")


def merged(looks: Sequence[Evidence]) -> Evidence:
    """The newest of the looks (at least one) with the deployments, tasks, events and target states of all of them."""
    ordered = sorted(looks, key=lambda look: look.collected_at)
    newest = ordered[-1]
    service = next((look.service for look in reversed(ordered) if look.service), {})
    told = {**service, "deployments": _deployments(ordered), "events": _events(ordered)}
    drawn = (
        Reading(request("service"), "ecs:DescribeServices", told),
        Reading(request("tasks"), "ecs:DescribeTasks", _tasks(ordered)),
        Reading(request("service_deployments"), "ecs:ListServiceDeployments", _briefs(ordered)),
    )
    kept = (r for look in ordered for r in look.readings if r.request.kind not in _DRAWN)
    unreads = tuple(dict.fromkeys(unread for look in ordered for unread in look.unreads))
    return replace(newest, readings=(*drawn, *kept), unreads=unreads)


def _events(looks: Iterable[Evidence]) -> list[_Item]:
    found = (event for look in looks for event in look.service.get("events", ()))
    return list({str(e.get("id") or (e.get("createdAt"), e.get("message"))): e for e in found}.values())


def _briefs(looks: Iterable[Evidence]) -> list[_Item]:
    found = (brief for look in looks for brief in look.data("service_deployments", []))
    return list({str(brief.get("serviceDeploymentArn") or brief): brief for brief in found}.values())


def _deployments(looks: Sequence[Evidence]) -> list[_Item]:
    """Every deployment as it was listed last; one that is listed no more was superseded, and when at the latest.

    What completed between two looks, and was superseded by the second, has completed all the same.
    """
    listing, done = [look for look in looks if look.service], completions(looks)
    last = {str(d.get("id")): (d, look) for look in listing for d in look.service.get("deployments", ())}
    others = {name: [when for other, when in done.items() if other != name] for name in last}
    return [_until(_completed(d, done.get(name)), look, listing, others[name]) for name, (d, look) in last.items()]


def _completed(deployment: _Item, when: datetime | None) -> _Item:
    return {**deployment, "rolloutState": "COMPLETED", "updatedAt": when.isoformat()} if when else deployment


def _until(deployment: _Item, seen: Evidence, listing: Sequence[Evidence], completed: Iterable[datetime]) -> _Item:
    """The next look does not list it; where a newer one completed in between, it was gone by then."""
    after = next((look.collected_at for look in listing if look.collected_at > seen.collected_at), None)
    if after is None:
        return deployment
    gone = min((when for when in completed if seen.collected_at < when < after), default=after)
    return {**deployment, "status": "ACTIVE", GONE: gone.isoformat()}


def _tasks(looks: Sequence[Evidence]) -> list[_Item]:
    """Every task as it was seen last, with when that was, and what earlier looks saw of its health."""
    found: dict[str, _Item] = {}
    for look in looks:
        targets = target_states(look)
        for task in look.tasks():
            name = str(task.get("taskArn"))
            found[name] = _seen(task, found.get(name, {}), targets, look.collected_at)
    return list(found.values())


def _seen(task: _Item, before: _Item, targets: dict[str, str], now: datetime) -> _Item:
    ill = task.get("healthStatus") == "UNHEALTHY" and task.get("lastStatus") != "STOPPED"
    since = before.get(UNHEALTHY) or (now.isoformat() if ill else None)
    living = task.get("lastStatus") != "STOPPED"
    state = next((targets[a] for a in addresses(task) if a in targets), "") if living else ""
    here = ((now.isoformat(), state),) if state else ()
    targets_seen = tuple(dict.fromkeys((*before.get(TARGETS, ()), *here)))
    return {**task, SEEN: now.isoformat(), UNHEALTHY: since, TARGETS: targets_seen}
