"""Edits of a JSON document, by JSON pointer (RFC 6901)."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Edit:
    op: Literal["set", "remove", "append"]
    pointer: str
    value: Any = None


def applied(document: Any, edits: Iterable[Edit]) -> Any:
    document = copy.deepcopy(document)
    for edit in edits:
        parts = [p.replace("~1", "/").replace("~0", "~") for p in edit.pointer.split("/")[1:]]
        if edit.op == "append":
            at(document, edit.pointer).append(edit.value)
            continue
        parent = document
        for p in parts[:-1]:
            parent = parent[int(p)] if isinstance(parent, list) else parent[p]
        key = int(parts[-1]) if isinstance(parent, list) else parts[-1]
        if edit.op == "remove":
            del parent[key]
        else:
            parent[key] = edit.value
    return document


def at(document: Any, pointer: str) -> Any:
    for p in (p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")[1:]):
        document = document[int(p)] if isinstance(document, list) else document[p]
    return document
