"""One process at a time for what two must not do at once; who is killed holds nothing."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runbook_lib.archive.owners import is_dead, me, who
from runbook_lib.archive.store import create
from runbook_lib.errors import InputError, SafetyError
from runbook_lib.files import read_text


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Holds the lock that a file is while the block runs.

    Raises
    ------
    SafetyError
        Another process holds it; of one that has died it is taken over, which one alone can do.
    OSError
        It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    held = {"owner": me(), "who": who(), "at": datetime.now(UTC).isoformat()}
    while not create(path, json.dumps(held)):
        _take_over(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def is_held(path: Path) -> bool:
    """Whether a process that lives, or may, holds the lock that a file is."""
    found = _holder(path)
    return found is not None and not is_dead(found.get("owner"), _since(found))


def _take_over(path: Path) -> None:
    found = _holder(path)
    if found is None:  # it was given back just now
        return
    if not is_dead(found.get("owner"), _since(found)):
        owner = found.get("owner")
        facts = owner if isinstance(owner, dict) else {}
        raise SafetyError(
            "apply-elsewhere", who=str(found.get("who", "")), pid=facts.get("pid", ""), host=facts.get("host", ""),
            at=f"{str(found.get('at', ''))[:19].replace('T', ' ')} UTC", file=str(path),
        )  # fmt: skip
    gone = path.with_name(f"{path.name}~{secrets.token_hex(3)}")
    with suppress(FileNotFoundError):  # another was quicker
        path.rename(gone)
        gone.unlink()


def _holder(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(read_text(path))
    except ValueError:
        return {}
    except InputError:
        return {} if path.exists() else None
    return found if isinstance(found, dict) else {}


def _since(found: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(found.get("at")))
    except ValueError:
        return None
