"""The deployments of a service: which there are, which is newest, and which still decide what happens next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from runbook_lib.evidence.model import Evidence, at, once
from runbook_lib.evidence.rollback import rolled_back

Deployment = dict[str, Any]  # one entry of DescribeServices deployments[]
_NEVER = datetime.min.replace(tzinfo=UTC)


@once
def current(evidence: Evidence) -> tuple[Deployment, ...]:
    """Every deployment that DescribeServices lists, newest ``createdAt`` first."""
    listed: list[Deployment] = evidence.service.get("deployments") or []
    return tuple(sorted(listed, key=created, reverse=True))


def created(deployment: Deployment) -> datetime:
    """``createdAt`` as UTC. A deployment that ECS rolls back to keeps its old one."""
    return at(deployment.get("createdAt")) or _NEVER


@once
def primary(evidence: Evidence) -> Deployment:
    """The PRIMARY deployment, or an empty one."""
    return next((d for d in current(evidence) if d.get("status") == "PRIMARY"), {})


@once
def newest(evidence: Evidence) -> Deployment:
    """What was deployed last, which in a rollback and after one is not the PRIMARY. May be empty."""
    return undone(evidence) or next(iter(current(evidence)), {})


@once
def undone(evidence: Evidence) -> Deployment:
    """The deployment that ECS has rolled back and no longer lists, if it is the last one made; else an empty one.

    DescribeServices forgets it, ListServiceDeployments does not. Its task definition is that of its tasks, which ECS
    lists for an hour; ``""`` after that.
    """
    return rolled_back(evidence)


def newest_definition(evidence: Evidence) -> dict[str, Any]:
    """The task definition of what was deployed last, as read; empty where it was not."""
    return evidence.task_definitions().get(str(newest(evidence).get("taskDefinition", "")), {})


def newest_revision(evidence: Evidence) -> str:
    """``family:42`` of what was deployed last."""
    return revision(str(newest(evidence).get("taskDefinition", "")))


def in_progress(evidence: Evidence) -> tuple[Deployment, ...]:
    """The deployments whose ``rolloutState`` is IN_PROGRESS, newest first."""
    return tuple(d for d in current(evidence) if d.get("rolloutState") == "IN_PROGRESS")


@once
def judged(evidence: Evidence) -> tuple[Deployment, ...]:
    """The deployments that decide what happens next, newest first.

    The newest, the PRIMARY, and any older one that has or wants tasks. What is wrong with a deployment that was
    superseded and has nothing left to run is over.
    """
    gone = undone(evidence)
    decisive = (newest(evidence).get("id"), primary(evidence).get("id"))
    listed = tuple(d for d in current(evidence) if d.get("id") in decisive or _has_or_wants_tasks(d))
    return (gone, *listed) if gone else listed


def revision(arn: str) -> str:
    """``family:42`` out of a task definition ARN."""
    return arn.rpartition("/")[2]


def completed_at(evidence: Evidence, deployment: Deployment) -> datetime | None:
    """When a COMPLETED deployment completed, by ECS's event or ListServiceDeployments; None where neither tells."""
    if deployment.get("rolloutState") != "COMPLETED":
        return None
    by_event = (at(event.get("createdAt")) for event in _events_of(evidence, deployment, "deployment completed"))
    return next(by_event, None) or at(_brief(evidence, deployment).get("finishedAt"))


def _events_of(evidence: Evidence, deployment: Deployment, said: str) -> Iterator[dict[str, Any]]:
    """The events that say this of the deployment, with or without parentheses around its id."""
    named = re.compile(rf"\b{re.escape(str(deployment.get('id')))}\b")
    for event in evidence.service.get("events") or []:
        text = str(event.get("message") or "")
        if said in text and named.search(text):
            yield event


def _brief(evidence: Evidence, deployment: Deployment) -> dict[str, Any]:
    """The service deployment whose revision number is that of the deployment's id."""
    number = str(deployment.get("id", "")).rpartition("/")[2]
    briefs: list[dict[str, Any]] = evidence.data("service_deployments", [])
    return next((b for b in briefs if b.get("targetServiceRevisionArn", "").rpartition("/")[2] == number), {})


def _has_or_wants_tasks(deployment: Deployment) -> bool:
    return any(deployment.get(count, 0) for count in ("runningCount", "pendingCount", "desiredCount"))
