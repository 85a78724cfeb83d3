"""The user's own task definition file: read, edited in place with a backup beside it, and put back."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runbook_lib.errors import InputError
from runbook_lib.files import read_text
from runbook_lib.plan.definitions import prefix
from runbook_lib.plan.edits import Edit, EditError
from runbook_lib.plan.json_spans import BOM
from runbook_lib.plan.json_text import edited


def sha256(path: Path) -> str:
    """The hash of a file's bytes; empty where there is no file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InputError("file-unreadable", file=str(path), problem=error.strerror or "") from error


def hash_of(text: str) -> str:
    """The hash that a file with this text has."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def document(path: Path) -> Mapping[str, Any]:
    """What a task definition file holds, with its values; it is for the call that registers it and nothing else.

    Raises
    ------
    InputError
        As :func:`renewed`.
    """
    found: dict[str, Any] = json.loads(edited(_raw(path), (), str(path)).removeprefix(BOM))
    return found


def renewed(path: Path, edits: Sequence[Edit]) -> str:
    """The text of a file with edits of its task definition made, everything else as it was.

    Raises
    ------
    InputError
        It cannot be read or is no JSON: comments and trailing commas are refused with line and column.
    """
    text = _raw(path)
    start = prefix(json.loads(edited(text, (), str(path)).removeprefix(BOM)))
    aimed = [Edit(edit.op, start + edit.pointer, edit.value) for edit in edits]
    try:
        return edited(text, aimed, str(path))
    except EditError as error:
        raise InputError("file-edit-nowhere", file=str(path), pointer=error.pointer) from error


def write(path: Path, text: str, backup: Path) -> None:
    """Puts a text into the file, with what it was in ``backup``; a reader meets the old or the new, never half.

    Raises
    ------
    InputError
        It cannot be written; the file is as it was.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(3)}")
    try:
        if not backup.exists():
            _written(draft, path.read_bytes(), path)
            draft.replace(backup)
        _written(draft, text.encode("utf-8", "surrogatepass"), path)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise InputError("file-unwritable", file=str(path), problem=error.strerror or "") from error


def restore(path: Path, backup: Path) -> None:
    """Puts back what the backup holds, and takes the backup away.

    Raises
    ------
    InputError
        There is no backup, or the file cannot be written.
    """
    try:
        backup.replace(path)
    except OSError as error:
        raise InputError("file-unwritable", file=str(path), problem=error.strerror or "") from error


def _raw(path: Path) -> str:
    """The text with its line ends and its byte order mark; what is no text of ours is said as elsewhere."""
    read_text(path)
    return path.read_bytes().decode("utf-8")


def _written(draft: Path, content: bytes, like: Path) -> None:
    with draft.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(like.stat().st_mode & 0o777)
