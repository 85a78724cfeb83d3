"""What a file that should hold saved evidence lacks, or has otherwise: named by its place in the JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any, Literal

from runbook_lib.evidence.model import Call, Reading, Target, Unread

Fault = tuple[Literal["lacks", "wrong"], str]
_NUMBER = (int, float)
_TOP: dict[str, type | tuple[type, ...]] = {
    "target": dict,
    "collected_at": str,
    "readings": list,
    "unreads": list,
    "calls": list,
    "rounds": int,
    "elapsed_s": _NUMBER,
    "stuck_after_s": _NUMBER,
    "lab": bool,
}
_LISTS: dict[str, type] = {"readings": Reading, "unreads": Unread, "calls": Call}
_REQUEST: dict[str, type | tuple[type, ...]] = {"kind": str, "args": dict}


def fault(tree: Any) -> Fault | None:
    """The first thing that is missing or not as it was saved, such as ``readings[3].operation``; None where all is."""
    return next(_faults(tree), None)


def _faults(tree: Any) -> Iterator[Fault]:
    yield from _members(tree, _TOP, "")
    yield from _record(tree["target"], Target, "target")
    if not _is_time(tree["collected_at"]):
        yield "wrong", "collected_at"
    for name, kind in _LISTS.items():
        for number, item in enumerate(tree[name]):
            yield from _record(item, kind, f"{name}[{number}]")
    for number, reading in enumerate(tree["readings"]):
        yield from _times(reading["data"], f"readings[{number}].data")


def _members(tree: Any, expected: Mapping[str, type | tuple[type, ...]], above: str) -> Iterator[Fault]:
    if not isinstance(tree, dict):
        yield "wrong", above.rstrip(".") or "{}"
        return
    for name, kind in expected.items():
        if name not in tree:
            yield "lacks", f"{above}{name}"
        elif not isinstance(tree[name], kind):
            yield "wrong", f"{above}{name}"


def _record(item: Any, kind: type, place: str) -> Iterator[Fault]:
    """One target, reading, unread or call: what it must have, and nothing that it cannot have."""
    known = {field.name: field.default is MISSING for field in fields(kind)}
    yield from _members(item, {name: object for name, needed in known.items() if needed}, f"{place}.")
    yield from (("wrong", f"{place}.{name}") for name in item if name not in known)
    if "request" in known:
        yield from _members(item["request"], _REQUEST, f"{place}.request.")


def _times(node: Any, place: str) -> Iterator[Fault]:
    """AWS names a time ``…At``."""
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from _times(item, f"{place}[{number}]")
    elif isinstance(node, dict):
        for name, value in node.items():
            if name.endswith("At") and isinstance(value, str) and not _is_time(value):
                yield "wrong", f"{place}.{name}"
            elif isinstance(value, dict | list):
                yield from _times(value, f"{place}.{name}")


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
