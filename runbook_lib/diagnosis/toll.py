"""What users may have noticed, as far as target health tells it: at one look, and at the worst of an incident. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from runbook_lib.evidence.clocks import read_at
from runbook_lib.evidence.journal import WATCH, Entry
from runbook_lib.evidence.model import Evidence

# In the order of how hard users were hit; not to know is worse than to see no harm.
Harm = Literal["none", "unknown", "partial", "likely"]
_RANK: tuple[Harm, ...] = ("none", "unknown", "partial", "likely")
# Targets that take no requests yet or any more: neither a sign of harm nor of its absence.
_PASSING = ("draining", "initial", "unused")
TARGETS = "targets"  # what a watch notes: the worst target health that it saw


@dataclass(frozen=True)
class Toll:
    """When (UTC, AWS's clock), what users may have noticed, how many targets took requests, and how many were healthy.

    ``evidence`` is that of the look which tells it, None where a watch does.
    """

    at: datetime
    harm: Harm
    healthy: int
    total: int
    evidence: Evidence | None = None

    @property
    def rank(self) -> tuple[int, float]:
        """How hard it was: the greater, the harder."""
        return _RANK.index(self.harm), 1 - self.healthy / self.total if self.total else 1.0

    def as_fact(self) -> dict[str, Any]:
        """As a watch notes it in the journal."""
        return {"at": self.at.isoformat(), "healthy": self.healthy, "total": self.total}


def toll(evidence: Evidence) -> Toll:
    """What one look tells."""
    rows = (row for reading in evidence.all("target_health") for row in reading.data)
    states = [str(row.get("TargetHealth", {}).get("State", "")) for row in rows]
    taking = [state for state in states if state not in _PASSING]
    healthy, total = taking.count("healthy"), len(taking)
    read = evidence.all("target_health") and not evidence.unread("target_health")
    unasked = healthy == 0 and not evidence.service.get("desiredCount")
    harm = _harm(healthy, total) if read and not unasked else "unknown"
    return Toll(evidence.collected_at, harm, healthy, total, evidence)


def worst(looks: Iterable[Evidence], entries: Iterable[Entry] = ()) -> Toll | None:
    """The worst of looks, the first of them among equals, and of what watches saw; None where there is neither."""
    found = [*(toll(evidence) for evidence in looks), *_watched(entries)]
    return max(found, key=lambda each: each.rank, default=None)


def worse(found: Toll | None, other: Toll) -> Toll | None:
    """The worse of the two, of those that tell something."""
    if other.harm == "unknown":
        return found
    return other if found is None or other.rank > found.rank else found


def _harm(healthy: int, total: int) -> Harm:
    if healthy == 0:
        return "likely"
    return "none" if healthy == total else "partial"


def _watched(entries: Iterable[Entry]) -> Iterator[Toll]:
    for entry in entries:
        found = entry.data.get(TARGETS) if entry.kind == WATCH else None
        noted = found if isinstance(found, dict) else {}
        healthy, total = _count(noted.get("healthy")), _count(noted.get("total"))
        if 0 <= healthy <= total:
            yield Toll(read_at(noted.get("at")) or entry.at, _harm(healthy, total), healthy, total)


def _count(found: object) -> int:
    """The number, or one that no count is."""
    return found if isinstance(found, int) and not isinstance(found, bool) else -1
