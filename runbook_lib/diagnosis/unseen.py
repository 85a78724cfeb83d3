"""The finding for what could not be looked at: which readings, by which operation and IAM action, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from runbook_lib.diagnosis.model import Finding, Outcome
from runbook_lib.evidence.model import Evidence, Unread

# What a reading was named by: without the one, the other could not be asked for.
_NAMED_BY = {
    "tasks": "task_arns",
    "task_definition": "service",
    "target_groups": "service",
    "target_health": "service",
    "image_tags": "task_definition",
    "images": "task_definition",
    "log_tail": "task_definition",
    "role": "task_definition",
    "role_permissions": "task_definition",
    "route_tables": "subnets",
    "network_acls": "subnets",
    "nat_gateways": "subnets",
    "service_revisions": "service_deployments",
    "service_deployment": "service_deployments",
    "load_balancers": "target_groups",
    "security_groups": "service",
    "log_lines": "task_definition",
    "secret": "task_definition",
    "parameter": "task_definition",
    "log_group": "task_definition",
    "image_platforms": "image_tags",
}


def unseen(evidence: Evidence, kinds: tuple[str, ...]) -> Finding:
    """UNKNOWN for want of readings. Facts: ``reason``, ``operation``, ``action``, ``kinds``."""
    unreads = evidence.unread(*kinds)
    partial = [r for kind in kinds for r in evidence.all(kind) if r.partial]
    absent = [kind for kind in kinds if not evidence.all(kind) and not evidence.unread(kind)]
    without = {u.request.kind for u in unreads} | {r.request.kind for r in partial}
    if not without:
        unreads = next((lost for kind in absent if (lost := _kept_from(evidence, kind))), ())
    first: dict[str, Any] = asdict(unreads[0]) if unreads else {}
    return Finding(
        Outcome.UNKNOWN,
        {
            "reason": first.get("reason") or ("partial" if partial else "not-asked"),
            "operation": first.get("operation") or (partial[0].operation if partial else ""),
            "action": first.get("action", ""),
            "kinds": sorted(without or set(absent)),
        },
    )


def _kept_from(evidence: Evidence, kind: str) -> tuple[Unread, ...]:
    """Why a kind was never asked for: what could not be read of the kinds that would have named it."""
    before = _NAMED_BY.get(kind, "")
    return evidence.unread(before) or (_kept_from(evidence, before) if before else ())
