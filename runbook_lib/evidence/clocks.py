"""Entries of a journal by AWS's clock, the one that counts: laptops, runners and the lab have clocks of their own.

A look tells both times, its own by the machine and its evidence's by AWS, and so do other entries that note when AWS
was read (``read_at``); a change that made a deployment is as old as that deployment. Of a watch without that note the
age of its deployment tells. Between these the difference holds that was found last: of the same run, else of the same
person, else of anybody.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from runbook_lib.evidence.causality import deployment_of, in_order
from runbook_lib.evidence.journal import READ_AT, WATCH, Entry
from runbook_lib.evidence.model import Evidence, at

# Below this, two clocks agree: AWS tells whole seconds, and a look takes a few.
AGREE = timedelta(seconds=5)
_NONE = timedelta()
_LAST = datetime.max.replace(tzinfo=UTC)
_APPLIES = ("approval", "intent", "change", "applied")  # kinds of entries that one run writes


def by_aws(entries: Sequence[Entry], read: Mapping[str, Evidence]) -> tuple[tuple[Entry, ...], timedelta]:
    """The entries with AWS's times, in the order in which they can have happened, and the largest difference.

    ``entries`` are in the order of the machines' times, ``read`` is the looks' evidence by entry.
    """
    made = _made(read.values())
    fixed = {name: evidence.collected_at for name, evidence in read.items()}
    fixed |= {e.id: made[new] for e in entries if e.kind == "change" and (new := deployment_of(e)) in made}
    known = fixed | {e.id: when for e in entries if e.id not in fixed and (when := _noted(e) or _aged(e, made))}
    known |= _ends(entries, known, _Offsets(entries, known))
    offsets = _Offsets(entries, known)
    moved = [offsets.of(place, entry) for place, entry in enumerate(entries)]
    order = in_order(entries, [_moved(entry.at, by) for entry, by in zip(entries, moved, strict=True)])
    times = [known.get(entry.id) or _moved(entry.at, by) for entry, by in zip(entries, moved, strict=True)]
    told = _held([entries[place] for place in order], [times[place] for place in order], fixed)
    return tuple(told), max(map(abs, moved), default=_NONE)


def read_at(value: object) -> datetime | None:
    """AWS's time that an entry notes, or None where it is none."""
    try:
        return at(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _made(looks: Iterable[Evidence]) -> dict[str, datetime]:
    """When each deployment that a look saw was created."""
    return {
        str(d.get("id")): created
        for evidence in looks
        for d in evidence.service.get("deployments", ())
        if (created := at(d.get("createdAt")))
    }


def _noted(entry: Entry) -> datetime | None:
    return None if entry.kind == "look" else read_at(entry.data.get(READ_AT))


def _aged(entry: Entry, made: Mapping[str, datetime]) -> datetime | None:
    """When a watch began or was given up, by the age of its deployment. One that completed may have done so before."""
    created, age = made.get(entry.text("deployment")), _age(entry)
    if entry.kind != WATCH or created is None or age is None or entry.text("end") == "completed":
        return None
    return _moved(created, age)


def _age(entry: Entry) -> timedelta | None:
    seconds = entry.data.get("elapsed_s")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 10**8:
        return None
    return timedelta(seconds=seconds)


def _ends(entries: Sequence[Entry], known: Mapping[str, datetime], offsets: _Offsets) -> dict[str, datetime]:
    """When watches began and ended whose deployment grew older than the machine's clock tells: the lab's clock runs."""
    begun: dict[str, tuple[Entry, datetime]] = {}
    found: dict[str, datetime] = {}
    for place, entry in enumerate(entries):
        name = entry.text("deployment")
        if entry.kind == WATCH and entry.text("phase") == "begin":
            begun[name] = entry, known.get(entry.id) or _moved(entry.at, offsets.of(place, entry))
        elif entry.kind == WATCH and entry.id not in known and name in begun and (age := _age(entry)) is not None:
            begin, when = begun[name]
            older = age - (_age(begin) or _NONE)
            if older >= entry.at - begin.at:
                found |= {begin.id: when, entry.id: _moved(when, older)}
    return found


class _Offsets:
    """How far the clocks of machines are from AWS's, at the entries of which both times are known."""

    def __init__(self, entries: Sequence[Entry], known: Mapping[str, datetime]) -> None:
        self._points: dict[tuple[str, ...], tuple[list[int], list[timedelta]]] = defaultdict(lambda: ([], []))
        self._exact = {}
        for place, entry in enumerate(entries):
            if entry.id in known:
                self._exact[entry.id] = _difference(known[entry.id], entry.at)
                for name in _clocks(entry):
                    self._points[name][0].append(place)
                    self._points[name][1].append(self._exact[entry.id])

    def of(self, place: int, entry: Entry) -> timedelta:
        """That of this entry; else the last before it of a clock that may be the same, or the first after it."""
        if entry.id in self._exact:
            return self._exact[entry.id]
        for name in _clocks(entry):
            if name in self._points:
                places, found = self._points[name]
                return found[max(0, bisect_right(places, place) - 1)]
        return _NONE


def _clocks(entry: Entry) -> Iterator[tuple[str, ...]]:
    """By whose clock an entry may be, the surest first: a plan is applied by one run, on a machine of its own."""
    applies = entry.kind in _APPLIES
    if applies:
        yield "run", entry.text("plan")
    else:
        yield "person", entry.who
        yield ("people",)
    yield ("any",)


def _difference(aws: datetime, machine: datetime) -> timedelta:
    found = aws - machine
    return found if abs(found) >= AGREE else _NONE


def _moved(when: datetime, offset: timedelta) -> datetime:
    try:
        return when + offset
    except OverflowError:
        return when


def _held(entries: Sequence[Entry], times: Sequence[datetime], fixed: Mapping[str, datetime]) -> Iterable[Entry]:
    """No entry after what AWS says of a later one, none before an earlier one."""
    limit, capped = _LAST, []
    for entry, when in zip(reversed(entries), reversed(times), strict=True):
        limit = min(limit, when) if entry.id in fixed else limit
        capped.append(when if entry.id in fixed else min(when, limit))
    floor = min(times, default=_LAST)
    for entry, when in zip(entries, reversed(capped), strict=True):
        floor = when if entry.id in fixed else max(when, floor)
        yield replace(entry, at=floor)
