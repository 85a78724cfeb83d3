"""What of an incident came after what, whatever the clocks of the machines that wrote it say. Pure.

A plan is approved after it was made, a change follows its approval, a deployment is watched after a change made it, and
an incident is closed by the check that passed after a watch saw the deployment complete.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from heapq import heapify, heappop, heappush

from runbook_lib.evidence.journal import WATCH, Entry

_Name = tuple[str, ...]  # of something that entries do, and that others come after


def in_order(entries: Sequence[Entry], times: Sequence[datetime]) -> list[int]:
    """The places of the entries by time, but none before what it follows from; of one time in the order given."""
    left = _predecessors(entries)
    followers: dict[int, list[int]] = defaultdict(list)
    for place, before in enumerate(left):
        for each in before:
            followers[each].append(place)
    ready = [(when, place) for place, when in enumerate(times) if not left[place]]
    heapify(ready)
    found = []
    while ready:
        _, place = heappop(ready)
        found.append(place)
        for each in followers[place]:
            left[each].discard(place)
            if not left[each]:
                heappush(ready, (times[each], each))
    return found


def _predecessors(entries: Sequence[Entry]) -> list[set[int]]:
    """Of each entry the first that does what it follows. Kinds follow one another one way: there is no circle."""
    first: dict[_Name, int] = {}
    for place, entry in enumerate(entries):
        for name in _does(entry):
            first.setdefault(name, place)
    found = [{first[name] for name in _follows(entry) if name in first} for entry in entries]
    for check, watched in _closings(entries).items():
        found[check] |= {first[name] for name in watched if name in first}
    return found


def _does(entry: Entry) -> Iterator[_Name]:
    plan, change = entry.text("digest" if entry.kind == "plan" else "plan"), entry.text("change")
    if entry.kind in ("plan", "approval") and plan:
        yield entry.kind, plan
    elif entry.kind == "intent" and plan and change:
        yield "intent", plan, change
    elif entry.kind == "change" and (made := deployment_of(entry)):
        yield "made", made
    elif entry.kind == WATCH and entry.text("deployment"):
        yield ("begin" if entry.text("phase") == "begin" else entry.text("end")), entry.text("deployment")
    elif entry.kind == "opened":
        yield ("opened",)


def _follows(entry: Entry) -> Iterator[_Name]:
    plan = entry.text("plan")
    if entry.kind not in ("opened", "look", "run"):
        yield ("opened",)
    if entry.kind in ("approval", "intent", "change", "applied"):
        yield "plan", plan
    if entry.kind in ("intent", "change", "applied"):
        yield "approval", plan
    if entry.kind == "change":
        yield "intent", plan, entry.text("change")
    if entry.kind == WATCH:
        yield "made", entry.text("deployment")
        if entry.text("phase") == "end":
            yield "begin", entry.text("deployment")


def _closings(entries: Sequence[Entry]) -> Mapping[int, list[_Name]]:
    """What the check that closed the incident, and the closing, came after."""
    found: dict[int, list[_Name]] = {}
    passed: int | None = None
    for place, entry in enumerate(entries):
        if entry.kind == "verify" and entry.data.get("ok") is True:
            passed = place
        elif entry.kind == "closed" and entry.text("why") == "verified":
            watched: list[_Name] = [("completed", entry.text("deployment"))]
            found |= {each: watched for each in (passed, place) if each is not None}
    return found


def deployment_of(entry: Entry) -> str:
    """The deployment that a change has made, ``""`` where it has made none."""
    facts = entry.data.get("facts")
    found = facts.get("deployment") if entry.text("outcome") == "done" and isinstance(facts, dict) else None
    return found if isinstance(found, str) else ""
