"""The finding for what could not be looked at: which readings, by which operation and IAM action, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from runbook_lib.diagnosis.model import Finding, Outcome
from runbook_lib.evidence.model import Evidence


def unseen(evidence: Evidence, kinds: tuple[str, ...]) -> Finding:
    """UNKNOWN for want of readings. Facts: ``reason``, ``operation``, ``action``, ``kinds``."""
    unreads = evidence.unread(*kinds)
    partial = [r for kind in kinds for r in evidence.all(kind) if r.partial]
    absent = [kind for kind in kinds if not evidence.all(kind) and not evidence.unread(kind)]
    first: dict[str, Any] = asdict(unreads[0]) if unreads else {}
    without = {u.request.kind for u in unreads} | {r.request.kind for r in partial}
    return Finding(
        Outcome.UNKNOWN,
        {
            "reason": first.get("reason") or ("partial" if partial else "not-asked"),
            "operation": first.get("operation") or (partial[0].operation if partial else ""),
            "action": first.get("action", ""),
            "kinds": sorted(without or set(absent)),
        },
    )
