"""The journal of an incident: one file an entry, created exclusively, so that writers never meet and need no lock."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runbook_lib.archive.owners import who
from runbook_lib.archive.store import create
from runbook_lib.errors import InputError
from runbook_lib.evidence.journal import SCHEMA, Entry, Mark, mark, opened_at, stamp
from runbook_lib.files import read_text
from runbook_lib.text.visible import visible_json

FOLDER = "journal"


@dataclass(frozen=True)
class Journal:
    """The entries of an incident in the order of time, and how many files there are that are no whole entries."""

    entries: tuple[Entry, ...]
    damaged: int


def write(incident: Path, kind: str, facts: Mapping[str, Any]) -> str:
    """Adds an entry of now, which is on disk when this returns; its id.

    Raises
    ------
    OSError
        It cannot be written; nothing of it is left.
    """
    while True:
        at = datetime.now(UTC)
        entry = f"{stamp(at)}-{kind}-{secrets.token_hex(3)}"
        if _created(incident, entry, kind, at, facts):
            return entry


def open_(incident: Path, facts: Mapping[str, Any]) -> None:
    """Adds the entry that an incident was opened, once, whoever comes first: its name follows from the incident's id.

    Raises
    ------
    OSError
        It cannot be written.
    """
    at = opened_at(incident.name) or datetime.now(UTC)
    entry = f"{stamp(at)}-opened-{_digest(incident)}"
    if not (incident / FOLDER / f"{entry}.json").exists():
        _created(incident, entry, "opened", at, facts)


def _created(incident: Path, entry: str, kind: str, at: datetime, facts: Mapping[str, Any]) -> bool:
    folder = incident / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    head = {"schema": SCHEMA, "kind": kind, "at": at.isoformat(), "who": who(), "id": entry}
    return create(folder / f"{entry}.json", visible_json({**head, **facts}))


def marks(incident: Path) -> tuple[Mark, ...]:
    """What the names of the entries say, in the order of time; no file is opened but one that closes."""
    found = (mark(path.stem) for path in _files(incident) if path.suffix == ".json")
    return tuple(sorted(entry for entry in found if entry and _holds(incident, entry)))


def _holds(incident: Path, entry: Mark) -> bool:
    """Whether a name may be believed: an incident is closed by a whole entry, never by the name of a damaged one."""
    return entry.kind != "closed" or read_entry(incident / FOLDER / f"{entry.id}.json") is not None


def close(incident: Path, facts: Mapping[str, Any]) -> bool:
    """Adds the entry that an incident is closed; False where another was quicker.

    Of several at once the first names the entry in a claim, and only one can create it. Who is killed between the two
    leaves the name, and the next one completes it.

    Raises
    ------
    OSError
        It cannot be written.
    """
    claim, ours = incident / ".closed", f"{stamp(datetime.now(UTC))}-closed-{_digest(incident)}"
    create(claim, ours)
    claimed = mark(claim.read_text(encoding="ascii", errors="replace")) or mark(ours)
    return bool(claimed) and _created(incident, claimed.id, "closed", claimed.at, facts)


def _digest(incident: Path) -> str:
    return hashlib.sha256(incident.name.encode()).hexdigest()[:6]


def read(incident: Path) -> Journal:
    """Every entry. A file that is no whole entry is counted: a disk can break, and anybody can edit."""
    files = _files(incident)
    entries = [entry for path in files if (entry := read_entry(path))]
    damaged = len(files) - len(entries)
    told = {entry.text("run") for entry in entries if entry.kind == "run"}
    entries += [entry for run in runs(incident) if run.name not in told and (entry := _of_manifest(run))]
    return Journal(tuple(sorted(entries, key=lambda e: (e.at, e.id))), damaged)


def runs(incident: Path) -> list[Path]:
    """The folders of the runs that lie with an incident."""
    try:
        return sorted(path for path in incident.iterdir() if mark(path.name) and path.is_dir())
    except OSError:
        return []


def _of_manifest(run: Path) -> Entry | None:
    """The entry of a run that has none: its process was killed between the two, or the folder was copied here."""
    named, tree = mark(run.name), _tree(run / "manifest.json")
    if named is None or tree is None:
        return None
    told = {name: tree.get(name, "") for name in ("notebook", "status", "error")}
    return Entry(named.at, named.id, "run", str(tree.get("who", "")), {"run": run.name, **told})


def newest(incident: Path, entries: tuple[Mark, ...], kind: str) -> Entry | None:
    """The newest readable entry of a kind, of those named."""
    wanted = (entry for entry in reversed(entries) if entry.kind == kind)
    return next((entry for m in wanted if (entry := read_entry(incident / FOLDER / f"{m.id}.json"))), None)


def read_entry(path: Path) -> Entry | None:
    """One entry, or None where the file is none: time and kind are its name's, which nobody can write twice."""
    named = mark(path.stem)
    if named is None or path.suffix != ".json":
        return None
    tree = _tree(path)
    if tree is None:
        return None
    by = tree.get("who")
    return Entry(named.at, named.id, named.kind, by if isinstance(by, str) else "", tree)


def _tree(path: Path) -> dict[str, Any] | None:
    try:
        tree = json.loads(read_text(path))
    except (InputError, ValueError, RecursionError):
        return None
    return tree if isinstance(tree, dict) else None


def _files(incident: Path) -> list[Path]:
    """The files of the journal but for drafts, which begin with a dot."""
    try:
        return [path for path in (incident / FOLDER).iterdir() if not path.name.startswith(".")]
    except OSError:  # not made yet, or not ours to read
        return []
