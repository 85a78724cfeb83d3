"""How far an incident has come on the guided path, from its journal and the look of now: plain data, no words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.state import State
from runbook_lib.evidence.journal import WATCH, Cause, Entry

Place = Literal["start", "diagnose", "fix", "watch", "postmortem"]
PLACES: tuple[Place, ...] = ("start", "diagnose", "fix", "watch", "postmortem")
_UNDER_WAY = (State.DEPLOYING, State.STUCK)


@dataclass(frozen=True)
class Trail:
    """The newest entry of each kind that tells how far it has come (None: there is none), and the place that is next.

    ``following`` is empty where nothing is left to do. ``look`` is the newest look, ``faulty`` the newest of those that
    saw most causes, ``planned`` the newest plan, ``applied`` what became of the newest approved one (``undone``: it
    took another back), ``cut`` an approval of which no end is known, ``watched`` the newest watch after that,
    ``verified`` the newest HTTP check after that, ``reported`` the newest postmortem.
    """

    look: Entry | None = None
    faulty: Entry | None = None
    planned: Entry | None = None
    applied: Entry | None = None
    cut: Entry | None = None
    watched: Entry | None = None
    verified: Entry | None = None
    reported: Entry | None = None
    closed: Entry | None = None
    undone: bool = False
    following: Place | Literal[""] = "diagnose"


def trail(entries: Iterable[Entry], diagnosis: Diagnosis | None) -> Trail:
    """How far it has come; ``diagnosis`` is that of a look of now, which need not be in the journal."""
    found: dict[str, Any] = {}
    ways_back: set[str] = set()
    for entry in sorted(entries, key=lambda e: (e.at, e.id)):
        name = _name(entry)
        if name == "planned" and _undoes(entry):  # a way back that nobody approved is no plan of this path
            ways_back.add(entry.text("digest"))
            continue
        if name == "look" and entry.causes and len(entry.causes) >= len(_causes(found.get("faulty"))):
            found["faulty"] = entry
        if name in ("applied", "cut"):  # what was watched and verified before says nothing of what was changed since
            found.update(dict.fromkeys(("watched", "verified", "applied", "cut")))
            found["undone"] = entry.text("plan") in ways_back
        if name == "watched":
            found["verified"] = None
        if name:
            found[name] = entry
    told = replace(Trail(), **found)
    return replace(told, following=_following(told, diagnosis))


def _causes(entry: Entry | None) -> tuple[Cause, ...]:
    return entry.causes if entry else ()


def _undoes(entry: Entry) -> bool:
    plan = entry.data.get("plan")
    base = plan.get("base") if isinstance(plan, dict) else None
    return isinstance(base, dict) and isinstance(base.get("undoes"), str)


def _name(entry: Entry) -> str:
    if entry.kind == "run":
        done = entry.text("notebook") == "90_postmortem" and entry.text("status") == "succeeded"
        return "reported" if done else ""
    names = {"look": "look", "plan": "planned", "approval": "cut", "applied": "applied", WATCH: "watched"}
    return {**names, "verify": "verified", "closed": "closed"}.get(entry.kind, "")


def _following(told: Trail, diagnosis: Diagnosis | None) -> Place | Literal[""]:
    if told.look is None and diagnosis is None:
        return "diagnose"
    if told.closed and not (diagnosis and diagnosis.failed("cause")):
        return "" if told.reported and told.reported.at > told.closed.at else "postmortem"
    if told.cut or (told.applied and told.applied.data.get("good") is not True):
        return "fix"
    if told.watched and told.watched.text("end") == "completed":
        return _after_completed(told)
    if told.applied and not (told.watched and (told.watched.text("end") or _overtaken(told.watched, told.planned))):
        return "watch"
    return _by_look(told, diagnosis)


def _overtaken(watched: Entry, planned: Entry | None) -> bool:
    """Whether somebody has planned since a watch began: one whose page was left ends without a word."""
    return planned is not None and planned.at > watched.at


def _after_completed(told: Trail) -> Place | Literal[""]:
    if not (told.verified and told.verified.data.get("ok") is True):
        return "watch"
    return "" if told.reported and told.reported.at > told.verified.at else "postmortem"


def _by_look(told: Trail, diagnosis: Diagnosis | None) -> Place | Literal[""]:
    faulty = bool(diagnosis.failed("cause")) if diagnosis else bool(told.look and told.look.causes)
    if faulty:
        return "fix"
    state = diagnosis.state if diagnosis else State(_state(told.look))
    if state in _UNDER_WAY:
        return "watch"
    if state is not State.HEALTHY:
        return "diagnose"
    return "postmortem" if told.look and not told.reported else ""


def _state(look: Entry | None) -> str:
    found = look.text("state") if look else ""
    return found if found in [state.value for state in State] else State.UNKNOWN.value
