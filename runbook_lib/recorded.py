"""Plans in the journals of incidents: found again by their digest, with everything that was recorded about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from runbook_lib.archive import journal
from runbook_lib.archive.incidents import filed
from runbook_lib.errors import InputError, SafetyError
from runbook_lib.evidence.journal import Entry
from runbook_lib.evidence.model import Target
from runbook_lib.look import Look
from runbook_lib.parameters import Parameters, resolve
from runbook_lib.plan.model import Plan, from_tree
from runbook_lib.plan.situation import Wishes

PLAN, APPROVAL, APPLIED = "plan", "approval", "applied"  # kinds of entries


@dataclass(frozen=True)
class Recorded:
    """A plan as a journal holds it, with everything that was recorded about it."""

    plan: Plan
    wishes: Wishes
    incident: Path
    entries: tuple[Entry, ...]

    @property
    def begun(self) -> bool:
        """Whether a change of it was begun."""
        return any(entry.kind == "intent" for entry in self.entries)

    @property
    def applied(self) -> bool:
        """Whether all of it was made."""
        return any(entry.kind == APPLIED and entry.data.get("good") is True for entry in self.entries)


def recorded(given: Parameters, digest: str) -> Recorded:
    root = resolve(given.outputs)
    for incident in filed(root, Target(given.cluster, given.service, given.region)):
        found = _in(incident.folder, digest)
        if found:
            return found
    elsewhere = next((i for i in filed(root, Target("", "", "")) if _in(i.folder, digest)), None)
    if elsewhere:
        raise SafetyError("plan-elsewhere", digest=digest, service=f"{elsewhere.cluster}/{elsewhere.service}")
    raise SafetyError("plan-unknown", digest=digest, service=given.service)


def _in(incident: Path, digest: str) -> Recorded | None:
    if not any(mark.kind == PLAN for mark in journal.marks(incident)):
        return None
    entries = journal.read(incident).entries
    for entry in reversed(entries):
        if entry.kind == PLAN and entry.data.get("digest") == digest:
            return _believed(incident, entry, digest, entries)
    return None


def _believed(incident: Path, entry: Entry, digest: str, entries: tuple[Entry, ...]) -> Recorded | None:
    """A recorded plan; one whose content is not what its digest says was edited, and is none."""
    try:
        made, asked = from_tree(entry.data["plan"]), entry.data["wishes"]
        wishes = Wishes(
            answers=dict(asked["answers"]), guide_order=asked["guide_order"], desired_count=asked["desired_count"]
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if made.digest != digest:
        return None
    return Recorded(made, wishes, incident, _about(entries, digest))


def _about(entries: tuple[Entry, ...], digest: str) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if entry.data.get("plan") == digest)


def entries_of(incident: Path, digest: str) -> tuple[Entry, ...]:
    return _about(journal.read(incident).entries, digest)


def to_undo(given: Parameters, found: Look, digest: str) -> Recorded:
    """The plan of the digest, else the fix whose changes were begun last."""
    if digest:
        return recorded(given, digest)
    for incident in filed(resolve(given.outputs), replace(found.evidence.target, account="")):
        entries = journal.read(incident.folder).entries
        begun = dict.fromkeys(str(e.data.get("plan")) for e in reversed(entries) if e.kind == "intent")
        plans = [known for each in begun if (known := _in(incident.folder, each))]
        undone = {known.plan.base.get("undoes") for known in plans if known.plan.kind == "undo" and known.applied}
        for known in plans:
            if known.plan.kind == "fix" and known.plan.digest not in undone:
                return known
    raise InputError("nothing-applied", service=given.service)
