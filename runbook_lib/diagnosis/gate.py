"""Whether a new deployment may begin: a gate waits until earlier ones have ended. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.following import LIMITS, UNREACHABLE
from runbook_lib.errors import ExitCode
from runbook_lib.evidence.model import Evidence, Unread


@dataclass(frozen=True)
class Gate:
    """How waiting ended: free where ``limit`` is empty, else ``timeout`` or ``unreachable``.

    ``blocking`` are the deployments that were still in progress, newest first. ``new`` is a service that there is not
    yet. ``seen`` is one look at the service, taken where it stayed blocked.
    """

    at: datetime
    waited_s: float
    evidence: Evidence
    blocking: tuple[Deployment, ...]
    limit: str
    polls: int
    calls: int
    new: bool = False
    lost: Unread | None = None
    seen: Diagnosis | None = None

    @property
    def word(self) -> str:
        """``free``, ``blocked`` or ``unreachable``."""
        return "unreachable" if self.limit == UNREACHABLE else "blocked" if self.limit else "free"

    @property
    def exit_code(self) -> ExitCode:
        """0 free, 4 timed out, 3 could not look."""
        return LIMITS[self.limit] if self.limit else ExitCode.GOOD
