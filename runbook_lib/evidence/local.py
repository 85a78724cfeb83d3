"""Readings that come from the user's own files and words, not from AWS."""

from __future__ import annotations

import json
import re
from pathlib import Path

from runbook_lib.errors import InputError
from runbook_lib.evidence import redaction
from runbook_lib.evidence.model import Reading, request

# A line of ECS or of a client that quotes it; the rest of a pasted log is not kept.
_ECS_LINE = re.compile(
    r"(An error occurred \(|ClientException|Exception:|\(service |service \S+ |Error:|secret name must)"
)
_MAX_LINES = 50


def task_definition_file(path: Path) -> Reading:
    """A task definition file of the user's repository, values masked.

    Raises
    ------
    InputError
        The file cannot be read, is not JSON (with line and column), or holds no task definition.
    """
    tree = _json(path)
    definition = tree.get("taskDefinition", tree) if isinstance(tree, dict) else None
    if not isinstance(definition, dict) or not isinstance(definition.get("containerDefinitions"), list):
        raise InputError("task-definition-file-shape", file=str(path))
    data = {"path": str(path), "task_definition": redaction.task_definition(definition)}
    return Reading(request("task_definition_file", path=str(path)), "file", data)


def deploy_message(text: str) -> Reading:
    """The lines of a pasted deploy log that quote ECS, URLs masked."""
    lines = [redaction.masked_urls(line.strip())[:2000] for line in text.splitlines() if _ECS_LINE.search(line[:2000])]
    return Reading(request("deploy_message"), "user", {"messages": lines[:_MAX_LINES]})


def _json(path: Path) -> object:
    try:
        tree: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "file-unreadable", file=str(path), problem=getattr(error, "strerror", None) or "UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise InputError("file-not-json", file=str(path), line=error.lineno, column=error.colno) from error
    return tree
