"""Entries of an incident's journal as frozen data, and what they say of it: open or not, and what each look found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

SCHEMA = 1
READ_AT = "read_at"  # AWS's time when an entry was written, beside the machine's own
WATCH = "watch"  # a deployment that is watched: where that begins, and how it ends
# A look joins an incident whose newest entry is younger than this; without entries for so long it has lapsed.
LAPSES_AFTER = timedelta(hours=24)
_BAD_STATES = ("stuck", "failing")
_STAMP = "%Y%m%dT%H%M%S"
_NAME = re.compile(r"(?P<at>\d{8}T\d{6})(?:\.(?P<part>\d{6}))?Z-(?P<kind>.+)-[0-9a-f]{6}")


class Status(StrEnum):
    """Whether looks still join an incident."""

    OPEN = "open"
    CLOSED = "closed"
    LAPSED = "lapsed"


@dataclass(frozen=True, order=True)
class Mark:
    """What the name of an entry says by itself: when (UTC), and what kind. ``id`` is that name, without ending."""

    at: datetime
    id: str
    kind: str


@dataclass(frozen=True)
class Cause:
    """A fault that a look found, as the journal keeps it: the rule's id, how sure (or ``None``), facts and label."""

    rule: str
    confidence: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class Entry:
    """One entry: when (UTC), its kind, who wrote it, and the rest as JSON values by name.

    The kinds of this version are ``opened``, ``look``, ``run``, ``verify`` and ``closed``; others, and newer schemas,
    are kept as they are. Whoever can write to the archive can write anything here: every value is somebody else's text.
    """

    at: datetime
    id: str
    kind: str
    who: str
    data: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A value that is text, or ``""`` where there is none of that name."""
        found = self.data.get(name)
        return found if isinstance(found, str) else ""

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The causes of a look, the first leading."""
        found = self.data.get("causes")
        return tuple(_cause(item) for item in found if _is_cause(item)) if isinstance(found, list) else ()

    @property
    def faulty(self) -> bool:
        """Whether a look saw a fault, or a service that is stuck or failing."""
        return bool(self.data.get("causes") or self.data.get("symptoms")) or self.text("state") in _BAD_STATES


@dataclass(frozen=True)
class Change:
    """An entry, and for a look which causes are new and which are gone since the look before it, by rule."""

    entry: Entry
    new: tuple[Cause, ...] = ()
    gone: tuple[Cause, ...] = ()


def mark(name: str) -> Mark | None:
    """What a name says, or None where it is no entry's.

    Version 0.1.0 kept runs alone, named as the run: to the second, with the notebook in the place of the kind.
    """
    found = _NAME.fullmatch(name)
    at = _time(found["at"], found["part"]) if found else None
    if found is None or at is None:
        return None
    return Mark(at, name, found["kind"] if found["part"] else "run")


def stamp(at: datetime) -> str:
    """A time as names begin with it: UTC, to the microsecond; names in the order of text are in the order of time."""
    return f"{at.astimezone(UTC):{_STAMP}.%f}Z"


def incident_id(at: datetime) -> str:
    """The id of an incident that was opened at a time: UTC, to the second."""
    return f"{at.astimezone(UTC):{_STAMP}}Z"


def opened_at(incident: str) -> datetime | None:
    """When an incident was opened, by its id (UTC), or None where the text is no id."""
    return _time(incident[:-1], None) if re.fullmatch(r"\d{8}T\d{6}Z", incident) else None


def _time(stamped: str, part: str | None) -> datetime | None:
    try:
        found = datetime.strptime(stamped, _STAMP).replace(tzinfo=UTC, microsecond=int(part or 0))
    except ValueError:
        return None
    return found if 1 < found.year < 9999 else None  # a time zone or a later id would lead out of all years there are


def status(marks: Iterable[Mark], incident: str, now: datetime) -> Status:
    """Whether looks of now (UTC) still join an incident; entries "in the future", of a clock that is ahead, are new."""
    found = tuple(marks)
    if any(entry.kind == "closed" for entry in found):
        return Status.CLOSED
    newest = max([entry.at for entry in found] or [opened_at(incident) or now])
    return Status.LAPSED if now - newest > LAPSES_AFTER else Status.OPEN


def mended(entries: Iterable[Entry], deployment: str) -> Entry | None:
    """The end of the watch that saw this deployment complete; None where a change or a fault came after."""
    found: Entry | None = None
    for entry in sorted(entries, key=lambda e: (e.at, e.id)):
        if entry.kind == WATCH and entry.text("end") == "completed" and entry.text("deployment") == deployment:
            found = entry
        elif entry.kind == "intent" or (entry.kind == "look" and entry.faulty):
            found = None
    return found


def changes(entries: Iterable[Entry]) -> Iterator[Change]:
    """Every entry in the order given, that of time, looks with what changed since the look before."""
    before: dict[str, Cause] = {}
    for entry in entries:
        if entry.kind != "look":
            yield Change(entry)
            continue
        now = {cause.rule: cause for cause in entry.causes}
        yield Change(
            entry,
            tuple(cause for rule, cause in now.items() if rule not in before),
            tuple(cause for rule, cause in before.items() if rule not in now),
        )
        before = now


def _is_cause(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("rule"), str)


def _cause(item: Mapping[str, Any]) -> Cause:
    facts, confidence, label = item.get("facts"), item.get("confidence"), item.get("label")
    return Cause(
        item["rule"],
        confidence if isinstance(confidence, str) else None,
        facts if isinstance(facts, dict) else {},
        label if isinstance(label, str) else "",
    )
