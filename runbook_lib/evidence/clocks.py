"""Entries of a journal by AWS's clock, the one that counts: laptops, runners and the lab have clocks of their own.

A look tells both times, its own by the machine and its evidence's by AWS; a change that made a deployment is as old as
that deployment; a watch ended so many seconds after it began. Between these the last known difference holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from runbook_lib.evidence.journal import WATCH, Entry
from runbook_lib.evidence.model import Evidence, at

# Below this, two clocks agree: AWS tells whole seconds, and a look takes a few.
AGREE = timedelta(seconds=5)
_NONE = timedelta()
_LAST = datetime.max.replace(tzinfo=UTC)


def by_aws(entries: Sequence[Entry], read: Mapping[str, Evidence]) -> tuple[tuple[Entry, ...], timedelta]:
    """The entries (in order) with AWS's times, and the largest difference; ``read`` is the looks' evidence by entry."""
    known = _known(entries, read)
    offset, largest = _first_offset(entries, known), _NONE
    begun: dict[str, datetime] = {}
    times: list[datetime] = []
    for entry in entries:
        when = known.get(entry.id) or _watched(entry, begun)
        if when is not None:
            offset = _difference(when, entry.at)
        found = known.get(entry.id) or _moved(entry.at, offset)
        if entry.kind == WATCH and entry.text("phase") == "begin":
            begun[entry.text("deployment")] = found
        largest = max(largest, abs(offset))
        times.append(found)
    return tuple(_in_order(entries, times, known)), largest


def _known(entries: Iterable[Entry], read: Mapping[str, Evidence]) -> dict[str, datetime]:
    """What AWS itself says of when an entry was: that of a look, and of a change that made a deployment."""
    made = {
        str(d.get("id")): created
        for evidence in read.values()
        for d in evidence.service.get("deployments", ())
        if (created := at(d.get("createdAt")))
    }
    found = {name: evidence.collected_at for name, evidence in read.items()}
    for entry in entries:
        facts = entry.data.get("facts")
        new = facts.get("deployment") if entry.kind == "change" and isinstance(facts, dict) else None
        if isinstance(new, str) and new in made and entry.text("outcome") == "done":
            found[entry.id] = made[new]
    return found


def _first_offset(entries: Iterable[Entry], known: Mapping[str, datetime]) -> timedelta:
    return next((_difference(known[e.id], e.at) for e in entries if e.id in known), _NONE)


def _difference(aws: datetime, machine: datetime) -> timedelta:
    found = aws - machine
    return found if abs(found) >= AGREE else _NONE


def _watched(entry: Entry, begun: Mapping[str, datetime]) -> datetime | None:
    """When a watch ended: so many seconds after it began, as the watch itself counted them."""
    seconds = entry.data.get("elapsed_s")
    began = begun.get(entry.text("deployment")) if entry.kind == WATCH and entry.text("phase") == "end" else None
    if began is None or isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return _moved(began, timedelta(seconds=seconds)) if 0 <= seconds < 10**8 else None


def _moved(when: datetime, offset: timedelta) -> datetime:
    try:
        return when + offset
    except OverflowError:
        return when


def _in_order(entries: Sequence[Entry], times: Sequence[datetime], known: Mapping[str, datetime]) -> Iterable[Entry]:
    """No entry after what AWS says of a later one, none before an earlier one: the journal's order holds."""
    limit, capped = _LAST, []
    for entry, when in zip(reversed(entries), reversed(times), strict=True):
        limit = min(limit, when) if entry.id in known else limit
        capped.append(when if entry.id in known else min(when, limit))
    floor = min(times, default=_LAST)
    for entry, when in zip(entries, reversed(capped), strict=True):
        floor = when if entry.id in known else max(when, floor)
        yield replace(entry, at=floor)
