"""How a file would change, line by line, without a value that can be secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import unified_diff
from typing import Any

from runbook_lib.evidence import redaction
from runbook_lib.evidence.redaction import MASK
from runbook_lib.plan.definitions import prefix
from runbook_lib.plan.json_spans import BOM, LINE_END, Node, scanned

Replacement = tuple[int, int, str]  # from, to, and what stands there instead


def unified(before: str, after: str, name: str) -> str:
    """A unified diff of two texts of a task definition file called ``name``; empty if they show no difference.

    Values are masked in both before they are compared, by field as :mod:`runbook_lib.evidence.redaction` does:
    those under ``environment``, commands, labels, log options, values of tags, and fields that ECS does not know. So a
    changed *value* of an environment variable shows as unchanged: plan no edits of values, which nobody could read
    before approving them. Every line of the file is a line here, with its number.

    Raises
    ------
    InputError
        One of the texts is not JSON.
    """
    left, right = (_lines(masked(text, name)) for text in (before, after))
    return "".join(line + "\n" for line in unified_diff(left, right, name, name, lineterm=""))


def masked(text: str, name: str) -> str:
    """The text of a task definition file with values masked by field, line for line.

    Raises
    ------
    InputError
        It is not JSON.
    """
    tree = scanned(text, name)
    # Numbers stay as they are written: one of thousands of digits cannot be worked out, and need not be.
    document = json.loads(text.removeprefix(BOM), parse_int=str, parse_float=str)
    for start, end, shown in sorted(_hidden(tree, document, _redacted(document)), reverse=True):
        text = text[:start] + shown + text[end:]
    return text


def _lines(text: str) -> list[str]:
    """The lines without their ends, whatever these are; a text that ends its last line has no empty one behind it."""
    lines = LINE_END.split(text)
    return lines if lines[-1] else lines[:-1]


def _redacted(document: Any) -> Any:
    """The document redacted as a task definition, also in the wrapping that ``describe-task-definition`` prints."""
    if not isinstance(document, dict):
        return MASK
    if not prefix(document):
        return redaction.task_definition(document)
    beside = redaction.task_definition({n: v for n, v in document.items() if n != "taskDefinition"})
    inner = redaction.task_definition(document["taskDefinition"])
    return {n: inner if n == "taskDefinition" else beside[n] for n in document}


def _hidden(node: Node, value: Any, shown: Any) -> Iterator[Replacement]:
    """What stands otherwise in the text of ``node``, whose value is ``value`` and redacted ``shown``."""
    if value == shown:
        return
    below = _pairs(value, shown)
    if below is None:
        yield from _words(node, shown)
    for member, (given, redacted) in zip(node.members, below or (), strict=False):
        yield from _hidden(member.node, given, redacted)


def _pairs(value: Any, shown: Any) -> list[tuple[Any, Any]] | None:
    """The members of both sides by their places; None where the redacted side has not the same."""
    if isinstance(value, dict) and isinstance(shown, dict) and list(value) == list(shown):
        return list(zip(value.values(), shown.values(), strict=True))
    if isinstance(value, list) and isinstance(shown, list) and len(value) == len(shown):
        return list(zip(value, shown, strict=True))
    return None


def _words(node: Node, shown: Any) -> Iterator[Replacement]:
    """A value as redacted; of one that is masked as a whole every word, names too, so that its lines stay."""
    if node.kind == "scalar":
        yield node.start, node.end, json.dumps(shown if isinstance(shown, str) else MASK)
    for member in node.members:
        if member.key is not None:
            yield member.start, member.key_end, json.dumps(MASK)
        yield from _words(member.node, MASK)
