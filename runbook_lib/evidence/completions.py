"""When deployments completed, as AWS tells it in any of several looks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from runbook_lib.evidence.model import Evidence, at

_COMPLETED = re.compile(r"\(deployment (ecs-svc/\d+)\) deployment completed")
_Found = Iterator[tuple[str, datetime | None]]


def completions(looks: Iterable[Evidence]) -> dict[str, datetime]:
    """Deployment ids with the time (UTC) at which they completed: the surest that was read.

    That is the end of the service deployment, else the service event, else ``updatedAt`` where a look first saw it
    COMPLETED, which goes on changing.
    """
    seen = tuple(looks)
    found: dict[str, datetime] = {}
    for tell in (_ends, _events, _turns):
        told: dict[str, datetime] = {}
        for name, when in (pair for look in seen for pair in tell(look)):
            if when:
                told[name] = min(when, told.get(name, when))
        found = told | found
    return found


def _ends(look: Evidence) -> _Found:
    for brief in look.data("service_deployments", []):
        if brief.get("status") == "SUCCESSFUL":
            number = str(brief.get("targetServiceRevisionArn", "")).rpartition("/")[2]
            yield f"ecs-svc/{number}", at(brief.get("finishedAt"))


def _events(look: Evidence) -> _Found:
    for event in look.service.get("events", ()):
        named = _COMPLETED.search(str(event.get("message", ""))[:1_000])
        if named:
            yield named[1], at(event.get("createdAt"))


def _turns(look: Evidence) -> _Found:
    for deployment in look.service.get("deployments", ()):
        if deployment.get("rolloutState") == "COMPLETED":
            yield str(deployment.get("id")), at(deployment.get("updatedAt"))
