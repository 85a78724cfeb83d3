"""Readings that come from the user's own files and words, not from AWS."""

from __future__ import annotations

import json
import re
from pathlib import Path

from runbook_lib.errors import InputError
from runbook_lib.evidence import redaction
from runbook_lib.evidence.model import Reading, request
from runbook_lib.files import read_text

# AWS's own words in a pasted log, up to the end of their sentence. Nothing else of it is kept: a log can hold anything.
_AWS_WORDS = re.compile(
    r"An error occurred \(\w{1,80}\)[^\n]{0,600}"
    r"|\b(?:Client|Server|InvalidParameter|AccessDenied|ClusterNotFound|ServiceNot\w{1,9})Exception: [^\n]{0,600}"
    r"|The secret name must be unique[^\n]{0,600}"
)
# Logs come with line ends of every kind, and as one string in which these are written out.
_END = re.compile(r"[\r\v\f\x1b\x1c-\x1e\x85\u2028\u2029]|\\[nr]|%0[AD]|(?<=\.)['\")\]]*\s", re.IGNORECASE)
# What AWS quotes of the request, and what a script has added to the line.
_QUOTED = re.compile(r"\b(?P<before>value )(?:'[^']*'?|\"[^\"]*\"?)|(?P<name>\b\w{1,80}=)\S+", re.IGNORECASE)
_MOST = 50


def task_definition_file(path: Path) -> Reading:
    """A task definition file of the user's repository, values masked.

    Raises
    ------
    InputError
        The file cannot be read, is not JSON (with line and column), or holds no task definition.
    """
    tree = _json(path)
    definition = tree.get("taskDefinition", tree) if isinstance(tree, dict) else None
    containers = definition.get("containerDefinitions") if isinstance(definition, dict) else None
    if not isinstance(definition, dict) or not isinstance(containers, list) or not all(map(_is_container, containers)):
        raise InputError("task-definition-file-shape", file=str(path))
    data = {"path": str(path), "task_definition": redaction.task_definition(definition)}
    return Reading(request("task_definition_file", path=str(path)), "file", data)


def _is_container(entry: object) -> bool:
    """Whether an entry has the shape that all rules rely on: an object whose lists of names are lists of objects."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name", ""), str):
        return False
    lists = [entry.get(name) or [] for name in ("environment", "secrets")]
    return all(isinstance(pairs, list) and all(isinstance(pair, dict) for pair in pairs) for pairs in lists)


def deploy_message(text: str) -> Reading:
    """AWS's own words in a pasted deploy log, each once, values and URLs masked."""
    return Reading(request("deploy_message"), "user", {"messages": aws_words(text)})


def aws_words(text: str) -> list[str]:
    """The sentences of AWS in ``text``, each once, at most 50."""
    found = (_sentence(match[0]) for match in _AWS_WORDS.finditer(text))
    return list(dict.fromkeys(found))[:_MOST]


def _sentence(text: str) -> str:
    words = redaction.masked_urls(_END.split(text, maxsplit=1)[0].strip())
    return _QUOTED.sub(
        lambda m: f"{m['before']}'{redaction.MASK}'" if m["before"] else m["name"] + redaction.MASK, words
    )


def _json(path: Path) -> object:
    try:
        tree: object = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError("file-not-json", file=str(path), line=error.lineno, column=error.colno) from error
    except (RecursionError, ValueError) as error:  # ValueError: a number of thousands of digits
        raise InputError("task-definition-file-shape", file=str(path)) from error
    return tree
