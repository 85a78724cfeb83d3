"""Evidence as JSON and back: what is saved replays to the same verdicts, without AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runbook_lib.errors import InputError
from runbook_lib.evidence.model import SCHEMA, Call, Evidence, Reading, Request, Target, Unread
from runbook_lib.evidence.redaction import redacted
from runbook_lib.evidence.shape import fault
from runbook_lib.files import read_text

# From a schema to the next, so that what was saved loads for ever: a change of SCHEMA comes with its entry here.
_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def plain(value: Any) -> Any:
    """AWS's answer as JSON values, redacted: times become ISO-8601 text in UTC, what can be secret becomes ``***``.

    Every answer comes through here, so that no collector can forget to redact.
    """
    return redacted(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple | set):
        return [_plain(v) for v in value]
    return value


def as_tree(evidence: Evidence) -> dict[str, Any]:
    """Evidence as plain JSON values."""
    tree = asdict(evidence)
    tree["collected_at"] = evidence.collected_at.isoformat()
    for item in [*tree["readings"], *tree["unreads"]]:
        item["request"] = {"kind": item["request"]["kind"], "args": dict(item["request"]["args"])}
    return tree


def dumps(evidence: Evidence) -> str:
    """Evidence as indented JSON text that can be written as UTF-8: half a surrogate pair becomes JSON's own escape."""
    text = json.dumps(as_tree(evidence), ensure_ascii=False, indent=1)
    return text.encode("utf-8", "backslashreplace").decode()


def loads(text: str, source: str = "") -> Evidence:
    """Evidence from JSON text.

    Raises
    ------
    InputError
        The text is not JSON, not evidence, or of a schema newer than this version; ``source`` names it in the sentence.
    """
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError("evidence-not-json", file=source, line=error.lineno, column=error.colno) from error
    except (ValueError, RecursionError) as error:
        raise InputError("evidence-damaged", file=source) from error
    return from_tree(tree, source)


def from_tree(tree: Any, source: str = "") -> Evidence:
    """Evidence from plain JSON values, as :func:`as_tree` makes them; errors as :func:`loads`."""
    return _evidence(_sound(_upgraded(tree, source), source))


def load(path: Path) -> Evidence:
    """Evidence from a file; errors as :func:`loads` and :func:`runbook_lib.files.read_text`."""
    return loads(read_text(path), str(path))


def _upgraded(tree: dict[str, Any], source: str) -> dict[str, Any]:
    """What was saved, by whatever version, as this one would have saved it."""
    schema = _schema(tree, source)
    while schema != SCHEMA:
        if schema not in _UPGRADES:
            raise InputError("evidence-schema", file=source, schema=schema, known=SCHEMA)
        tree, schema = _UPGRADES[schema](tree), schema + 1
    return tree


def _schema(tree: Any, source: str) -> int:
    if not isinstance(tree, dict):
        raise InputError("evidence-damaged", file=source)
    if "schema" not in tree:
        raise InputError("evidence-lacks", file=source, name="schema")
    schema: int = tree["schema"]
    return schema


def _sound(tree: dict[str, Any], source: str) -> dict[str, Any]:
    if found := fault(tree):
        raise InputError(f"evidence-{found[0]}", file=source, name=found[1])
    return tree


def _evidence(tree: dict[str, Any]) -> Evidence:
    return Evidence(
        target=Target(**tree["target"]),
        collected_at=datetime.fromisoformat(tree["collected_at"]),
        readings=tuple(Reading(**{**r, "request": _request(r["request"])}) for r in tree["readings"]),
        unreads=tuple(Unread(**{**u, "request": _request(u["request"])}) for u in tree["unreads"]),
        calls=tuple(Call(**c) for c in tree["calls"]),
        rounds=tree["rounds"],
        elapsed_s=tree["elapsed_s"],
        stuck_after_s=tree["stuck_after_s"],
        lab=tree["lab"],
    )


def _request(tree: dict[str, Any]) -> Request:
    return Request(tree["kind"], tuple(sorted(tree["args"].items())))
