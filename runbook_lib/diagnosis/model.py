"""Rules and verdicts. A verdict holds values and where they were seen, and no words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from runbook_lib.evidence.model import Evidence, Request

Role = Literal["cause", "symptom", "risk"]
Confidence = Literal["confirmed", "likely"]


class Outcome(StrEnum):
    """What a rule found. "Could not look" is UNKNOWN: never PASS, never FAIL."""

    FAIL = "FAIL"
    PASS = "PASS"
    UNKNOWN = "UNKNOWN"
    NOT_APPLICABLE = "NOT_APPLICABLE"


@dataclass(frozen=True)
class Cite:
    """Where a fact was seen: operation (``ecs:DescribeServices``), field in AWS's names, and the value or ``""``."""

    operation: str
    field: str
    value: str = ""


@dataclass(frozen=True)
class Finding:
    """What a rule's check returns; the engine makes a :class:`Verdict` of it."""

    outcome: Outcome
    facts: Mapping[str, Any] = field(default_factory=dict)
    cites: tuple[Cite, ...] = ()
    confidence: Confidence | None = None
    label: str = ""


@dataclass(frozen=True)
class Rule:
    """One fault that can be told from evidence.

    ``needs`` are kinds of readings without which nothing can be said: one Unread among them makes the verdict UNKNOWN
    before ``check`` runs. ``uses`` are kinds that help: ``check`` runs without them and may still prove a fault from
    the rest, but an Unread or partial reading among needs or uses never allows PASS or NOT_APPLICABLE.
    ``wants`` names deeper readings, asked only where the service is not healthy; ``deeper`` are their kinds.
    ``labels`` are those of its faults, where it tells several apart; ``label`` alone where none are given.
    ``explains`` are ids of symptoms that this cause accounts for. Lower ``severity`` leads.
    ``stopped`` says that it judges by stopped tasks, which ECS lists for about an hour.
    """

    id: str
    label: str
    role: Role
    needs: tuple[str, ...]
    guide: str
    severity: int
    check: Callable[[Evidence], Finding]
    explains: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    wants: Callable[[Evidence], tuple[Request, ...]] = lambda evidence: ()
    deeper: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    stopped: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", self.labels or (self.label,))


@dataclass(frozen=True)
class Verdict:
    """The outcome of one rule on one evidence. ``explained_by`` names the causes that account for a symptom."""

    rule: str
    label: str
    role: Role
    outcome: Outcome
    confidence: Confidence | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    cites: tuple[Cite, ...] = ()
    explained_by: tuple[str, ...] = ()


def passed(**facts: Any) -> Finding:
    """A PASS with its facts."""
    return Finding(Outcome.PASS, facts)


def not_applicable(**facts: Any) -> Finding:
    """A NOT_APPLICABLE with its facts (``reason``)."""
    return Finding(Outcome.NOT_APPLICABLE, facts)


def unknown(reason: str, **facts: Any) -> Finding:
    """An UNKNOWN for want of an observation, such as ``not-observed``."""
    return Finding(Outcome.UNKNOWN, {"reason": reason, **facts})


def failed(confidence: Confidence, cites: tuple[Cite, ...], *, label: str = "", **facts: Any) -> Finding:
    """A FAIL with its facts and where they were seen."""
    return Finding(Outcome.FAIL, facts, cites, confidence, label)
