"""Whose run a temporary folder is, and whether that process still lives: what a killed one left is taken over."""

from __future__ import annotations

import getpass
import json
import os
import re
import secrets
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from runbook_lib.archive.store import OWNER, TAKEN, Run
from runbook_lib.errors import InputError
from runbook_lib.evidence.journal import LAPSES_AFTER, opened_at
from runbook_lib.files import read_text

_FOLDER = re.compile(r"\.(?P<began>\d{8}T\d{6}Z)-(?P<notebook>.+)-[0-9a-f]{6}(?:~[0-9a-f]{6})?")
_DEAD = ("Z", "X")  # a process that has ended, and whose parent has not asked yet how


def who() -> str:
    """The user's name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def me() -> dict[str, Any]:
    """This process: its number, when it started (in the kernel's ticks), and the place where the number means it."""
    return {**_place(), "pid": os.getpid(), "started": _started(os.getpid())}


@cache
def _place() -> dict[str, str]:
    """Where a process number means the same process: not in another container, and not after a restart."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # no Linux
        boot = space = ""
    return {"host": socket.gethostname(), "boot": boot, "space": space}


def _started(pid: int) -> str:
    """When a process started, ``""`` where that cannot be told; a number that is used again has another start."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = status.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    return fields[19] if fields[0] not in _DEAD else ""


def left_behind(root: Path) -> Iterator[Run]:
    """The runs below ``root`` whose process has died, each taken over by us: nobody else gets the same one.

    Taking over is renaming the folder, which of several processes one alone can do. It then holds our name, so that a
    run whose new owner dies as well is found again. A run of another host is left alone for 24 hours.
    """
    try:
        folders = sorted(path for path in root.iterdir() if _FOLDER.fullmatch(path.name))
    except OSError:  # no archive yet, or none that can be read
        return
    for folder in folders:
        known = _known(folder)
        if is_dead(known.get("owner"), _began(folder)) and (run := _taken_over(folder, known)):
            yield run


def _known(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(folder / OWNER))
    except (InputError, ValueError, RecursionError):  # killed before it was written, or damaged since
        return {}
    return found if isinstance(found, dict) else {}


def is_dead(owner: object, began: datetime | None) -> bool:
    """Whether a process has ended, by what :func:`me` said of it; of one elsewhere that is taken on trust for a day."""
    if isinstance(owner, dict) and all(owner.get(name) == value for name, value in _place().items()):
        return not _lives(owner.get("pid"), owner.get("started"))
    return began is None or datetime.now(UTC) - began > LAPSES_AFTER


def _began(folder: Path) -> datetime | None:
    named = _FOLDER.fullmatch(folder.name)
    return opened_at(named["began"]) if named else None


def _lives(pid: object, started: object) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False
    if Path("/proc/self/stat").exists():
        return bool(started) and _started(pid) == started
    return os.name != "posix" or _exists(pid)  # on Windows there is no question that does the process no harm


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it lives, and is another user's
        return True
    return True


def _taken_over(folder: Path, known: Mapping[str, Any]) -> Run | None:
    ours = folder.with_name(f"{TAKEN.sub('', folder.name)}~{secrets.token_hex(3)}")
    named = _FOLDER.fullmatch(folder.name)
    facts, notebook = known.get("facts"), known.get("notebook")
    try:
        folder.rename(ours)
        (ours / OWNER).write_text(json.dumps({**known, "owner": me()}), encoding="utf-8")
    except OSError:  # another was quicker, or the archive cannot be written: theirs to do, or the next one's
        return None
    return Run(
        folder.parent,
        notebook if isinstance(notebook, str) else named["notebook"] if named else "",
        ours,
        (opened_at(named["began"]) if named else None) or datetime.now(UTC),
        facts if isinstance(facts, dict) else {},
    )
