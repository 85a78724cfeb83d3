"""A deployment that is followed, as plain data: each poll, how it ended, and how long such a deployment takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.diagnosis.watched import End, Ended, brief_of
from runbook_lib.errors import ExitCode
from runbook_lib.evidence.model import Evidence, Unread, at

CODES = {
    End.COMPLETED: ExitCode.GOOD,
    End.FAILED: ExitCode.BAD,
    End.DOOMED: ExitCode.BAD,
    End.EMPTY: ExitCode.BAD,
    End.ROLLED_BACK: ExitCode.ROLLED_BACK,
    End.SUPERSEDED: ExitCode.SUPERSEDED,
    End.STOPPED: ExitCode.SUPERSEDED,
}
TIMED_OUT, UNREACHABLE, UNSEEN = "timeout", "unreachable", "unseen"
LIMITS = {
    TIMED_OUT: ExitCode.TIMED_OUT,
    UNREACHABLE: ExitCode.COULD_NOT_LOOK,
    UNSEEN: ExitCode.COULD_NOT_LOOK,
}
# The ends that are faults: such a one opens an incident. No task is what somebody may have wanted.
FAULTS = (End.FAILED, End.DOOMED, End.ROLLED_BACK)


@dataclass(frozen=True)
class Poll:
    """One poll of a deployment: when (AWS's clock), what is known now, and how many calls it took.

    ``own`` is the deployment as it was listed last, ``causes`` what a close look names at this time. ``lost`` is why
    nothing could be read this time, or None.
    """

    at: datetime
    own: Deployment
    evidence: Evidence
    calls: int
    close: bool = False
    lost: Unread | None = None
    causes: tuple[Verdict, ...] = ()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the deployment began."""
        began = at(self.own.get("createdAt"))
        return max(0.0, (self.at - began).total_seconds()) if began else 0.0

    @property
    def deployment(self) -> str:
        """Its id."""
        return str(self.own.get("id", ""))

    @property
    def revision(self) -> str:
        """``family:42``."""
        return deployments.revision(str(self.own.get("taskDefinition", "")))

    @property
    def counts(self) -> dict[str, Any]:
        """Its running, pending, desired and failed tasks, as ECS counts them."""
        named = {"running": "runningCount", "pending": "pendingCount", "desired": "desiredCount"}
        return {name: self.own.get(field, 0) for name, field in named.items()} | {
            "failed": self.own.get("failedTasks", 0)
        }


@dataclass(frozen=True)
class Outcome:
    """How following ended.

    ``end`` is None where a limit did: ``limit`` is ``timeout``, ``unreachable``, or ``unseen``: ECS calls it completed,
    and what else has to be right could not be read.
    """

    last: Poll
    end: Ended | None
    limit: str
    polls: int
    calls: int
    diagnosis: Diagnosis
    causes: tuple[Verdict, ...] = ()

    @property
    def word(self) -> str:
        """The end or the limit, by its name."""
        return self.end.end.value if self.end else self.limit

    @property
    def exit_code(self) -> ExitCode:
        """The documented exit code of this end."""
        return CODES[self.end.end] if self.end else LIMITS[self.limit]

    @property
    def fault(self) -> bool:
        """Whether the deployment did not work out, or is kept from it by a cause that was seen."""
        return self.end.end in FAULTS if self.end else bool(self.causes)

    @property
    def finished(self) -> datetime | None:
        """When the deployment ended, as AWS tells it."""
        return at(brief_of(self.last.evidence, self.last.deployment).get("finishedAt"))

    @property
    def took_s(self) -> float:
        """Seconds from its start to its end by AWS's clock; to the last poll where AWS tells no end."""
        began, over = at(self.last.own.get("createdAt")), self.finished
        return (over - began).total_seconds() if began and over and over >= began else self.last.elapsed_s


def targets(evidence: Evidence) -> tuple[int, int]:
    """Healthy targets and all of them, of the first target group: the one that every poll reads."""
    states = [
        str(health.get("TargetHealth", {}).get("State"))
        for reading in evidence.all("target_health")[:1]
        for health in reading.data
    ]
    return states.count("healthy"), len(states)


def expected_s(evidence: Evidence, watched: str) -> float | None:
    """How long a deployment of this service takes, in seconds: the median of its earlier SUCCESSFUL ones."""
    own = brief_of(evidence, watched)
    briefs: list[dict[str, Any]] = evidence.data("service_deployments", [])
    taken = [
        (ended - began).total_seconds()
        for brief in briefs
        if brief.get("status") == "SUCCESSFUL" and brief is not own
        if (began := at(brief.get("createdAt"))) and (ended := at(brief.get("finishedAt")))
    ]
    return median(taken) if taken else None
