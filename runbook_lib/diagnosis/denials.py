"""Each single thing that IAM refuses to an execution role, and what it would take to have it allowed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from runbook_lib.diagnosis import deployments, grants
from runbook_lib.evidence.model import Evidence

By = Literal["nothing", "statement", "boundary", "organization"]
# What AWS's own policy for execution roles allows, on every resource.
MANAGED = frozenset(
    {
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
)


@dataclass(frozen=True)
class Denial:
    """One action on one resource, and what refuses it.

    ``nothing`` allows it, so that a policy is enough; a ``statement`` denies it, of ``policies`` where IAM tells; the
    role's ``boundary`` or the ``organization`` does not allow it.
    """

    action: str
    resource: str
    by: By = "nothing"
    policies: tuple[str, ...] = ()


def of(evidence: Evidence, role: str) -> tuple[Denial, ...]:
    """All that a role is refused of what the newest deployment's tasks need, also what may fail after the start.

    Without a role everything is.
    """
    wanted = grants.needed(evidence, deployments.newest_definition(evidence))
    if not role:
        each = ((action, resource) for g in wanted for action in g.actions + g.besides for resource in g.resources)
        return tuple(Denial(action, resource) for action, resource in each)
    asked = {grant.request(role) for grant in wanted}
    found = (one for r in evidence.all("role_permissions") if r.request in asked for one in r.data)
    return tuple(dict.fromkeys(_denials(found)))


def _denials(found: Iterator[dict[str, Any]]) -> Iterator[Denial]:
    for one in found:
        if one["EvalDecision"] != "allowed" and not one["MissingContextValues"]:
            policies = tuple(one.get("DeniedBy") or ())
            yield Denial(one["EvalActionName"], one["EvalResourceName"], _by(one), policies)


def _by(one: dict[str, Any]) -> By:
    """Who has to act: what the organization refuses no policy of the account allows, nor what a boundary refuses."""
    if one.get("RefusedByOrganization"):
        return "organization"
    if one["EvalDecision"] == "explicitDeny":
        return "statement"
    return "boundary" if one.get("RefusedByBoundary") else "nothing"
