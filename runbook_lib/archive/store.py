"""Runs on disk: written to a temporary folder and renamed when complete, so that a reader never meets half a run.

``<root>/<account>/<region>/<cluster>/<service>/<incident>/<UTC>-<notebook>-<6 hex>/``
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runbook_lib.errors import InputError
from runbook_lib.evidence.model import Target

_JOIN_WITHIN = timedelta(hours=24)
_STAMP = "%Y%m%dT%H%M%SZ"
_NO_INCIDENT = "no-incident"


@dataclass
class Run:
    """A run that is being written. ``folder`` is temporary until :meth:`commit`."""

    root: Path
    notebook: str
    folder: Path
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def id(self) -> str:
        """``<UTC>-<notebook>-<6 hex>``."""
        return self.folder.name.removeprefix(".")

    def write(self, name: str, text: str) -> Path:
        """Writes one file of the run."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def commit(self, target: Target, manifest: dict[str, Any], *, incident: bool) -> Path:
        """Puts the run where it belongs and returns its final folder; ``manifest.json`` is written last.

        Raises
        ------
        InputError
            The archive cannot be written; what there is of the run stays in its temporary folder.
        """
        with writing(self.root):
            parent = incident_folder(self.root, target, self.began, incident=incident)
            if incident:
                _write_entry(parent / "journal", self.id, manifest)
            self.write("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
            final = parent / self.id
            self.folder.rename(final)
        return final


def begin(root: Path, notebook: str) -> Run:
    """A new run below ``root``.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    began = datetime.now(UTC)
    folder = root / f".{began.strftime(_STAMP)}-{notebook}-{secrets.token_hex(3)}"
    with writing(root):
        folder.mkdir(parents=True)
    return Run(root, notebook, folder, began)


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Turns a full disk or a missing permission into one sentence about the archive."""
    try:
        yield
    except OSError as error:
        raise InputError("outputs-unwritable", folder=str(root), problem=error.strerror or "") from error


def incident_folder(root: Path, target: Target, now: datetime, *, incident: bool) -> Path:
    """The folder of the incident that a look of now belongs to: the newest within 24 hours, else a new one."""
    parts = (target.account or "unknown-account", target.region or "unknown-region", target.cluster, target.service)
    parent = root.joinpath(*(_safe(part) for part in parts))
    newest = next(iter(_open_incidents(parent, now)), now.strftime(_STAMP))
    folder = parent / (newest if incident else _NO_INCIDENT)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _open_incidents(parent: Path, now: datetime) -> list[str]:
    """Incidents whose newest run began within 24 hours, newest first."""
    if not parent.is_dir():
        return []
    found = [(_newest(p), p.name) for p in parent.iterdir() if p.is_dir() and p.name != _NO_INCIDENT]
    return [name for newest, name in sorted(found, reverse=True) if newest and now - newest <= _JOIN_WITHIN]


def _newest(incident: Path) -> datetime | None:
    stamps = [time for p in (incident, *incident.iterdir()) if (time := _stamped(p.name))]
    return max(stamps, default=None)


def _stamped(name: str) -> datetime | None:
    try:
        return datetime.strptime(name[:16], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _write_entry(journal: Path, name: str, entry: dict[str, Any]) -> None:
    """One file an entry, created exclusively: two writers never share a file, so no lock is needed."""
    journal.mkdir(parents=True, exist_ok=True)
    with (journal / f"{name}.json").open("x", encoding="utf-8") as file:
        json.dump({"kind": "look", **entry}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _safe(part: str) -> str:
    """A name that cannot leave its folder, whatever it holds."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", part).lstrip(".") or "_"
