"""The rollback of the deployment made last: how far it is, and what ECS gives as its reason."""

from __future__ import annotations

from dataclasses import dataclass

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.evidence.model import Evidence, at
from runbook_lib.evidence.rollback import last_brief

_UNDER_WAY = ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")


@dataclass(frozen=True)
class Rollback:
    """The deployment that failed, the status and reason of its service deployment, and when it ended (ISO, or "")."""

    deployment: Deployment
    status: str
    reason: str
    at: str


def last_rollback(evidence: Evidence) -> Rollback | None:
    """The rollback that is over or under way; None where the deployment made last was not rolled back."""
    brief, gone = last_brief(evidence), deployments.undone(evidence)
    if not gone and brief.get("status") not in _UNDER_WAY:
        return None
    ended = at(brief.get("finishedAt"))
    when = ended.isoformat() if ended else ""
    return Rollback(
        gone or deployments.newest(evidence), str(brief["status"]), str(brief.get("statusReason", "")), when
    )
