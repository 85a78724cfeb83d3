"""The archive on disk: what is written appears whole or not at all, and no name leaves its folder.

``<root>/<account>/<region>/<cluster>/<service>/<incident>/<UTC>-<notebook>-<6 hex>/``
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runbook_lib.errors import InputError
from runbook_lib.evidence.model import Target
from runbook_lib.text.visible import visible_json

NO_INCIDENT = "no-incident"
# In a run's folder while it is being written: who writes it, and the incident that its kernel joined.
OWNER, INCIDENT = "owner.json", "incident"
ERROR = "error.json"  # our own error that ended the notebook
VERIFY = "verify.json"  # the notebook's last HTTP check
_STAMP = "%Y%m%dT%H%M%SZ"
_LONGEST = 255  # bytes of a name on every common file system; an ECS name has at most as many characters
_RUN_FOLDER = re.compile(r"\.\d{8}T\d{6}Z-(?P<notebook>.+)-[0-9a-f]{6}")
TAKEN = re.compile(r"~[0-9a-f]{6}$")  # ends the name of a folder that another process has taken over


@dataclass
class Run:
    """A run that is being written. ``folder`` is temporary until :meth:`commit`.

    ``facts`` are what was known when it began: target, redacted parameters, who, versions.
    """

    root: Path
    notebook: str
    folder: Path
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """``<UTC>-<notebook>-<6 hex>``."""
        return TAKEN.sub("", self.folder.name.removeprefix("."))

    def write(self, name: str, text: str) -> Path:
        """Writes one file of the run."""
        path = self.folder / name
        path.write_bytes(encoded(text))
        return path

    def files(self) -> list[str]:
        """The names of its files, without those that only a run that is being written has."""
        return sorted(path.name for path in self.folder.iterdir() if path.name not in (OWNER, INCIDENT))

    def commit(self, target: Target, manifest: Mapping[str, Any], incident: str) -> Path:
        """Puts the run where it belongs (``incident`` is an id or ``""``) and returns its final folder.

        Raises
        ------
        InputError
            The archive cannot be written; what there is of the run stays in its temporary folder.
        """
        with writing(self.root):
            parent = service_folder(self.root, target) / (incident or NO_INCIDENT)
            parent.mkdir(parents=True, exist_ok=True)
            self.write("manifest.json", visible_json(dict(manifest)))
            for name in (OWNER, INCIDENT):
                (self.folder / name).unlink(missing_ok=True)
            final = parent / self.id
            self.folder.rename(final)
        return final


def begin(root: Path, notebook: str, owner: Mapping[str, Any], facts: Mapping[str, Any]) -> Run:
    """A new run below ``root``; ``owner`` says which process writes it.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    began = datetime.now(UTC)
    folder = root / f".{began.strftime(_STAMP)}-{safe(notebook, 200)}-{secrets.token_hex(3)}"
    with writing(root):
        folder.mkdir(parents=True)
        run = Run(root, notebook, folder, began, facts)
        create(folder / OWNER, json.dumps({"owner": dict(owner), "notebook": notebook, "facts": dict(facts)}))
    return run


def reopened(folder: Path) -> Run:
    """The run of a prepared folder, for the kernel that writes into it."""
    named = _RUN_FOLDER.fullmatch(folder.name)
    return Run(folder.parent, named["notebook"] if named else folder.name, folder)


def create(path: Path, text: str) -> bool:
    """Writes a new file, whole and on disk when this returns; False where there is one of that name already.

    Of several writers exactly one gets True, without a lock. On S3 the same is a put with ``If-None-Match: *``.

    Raises
    ------
    OSError
        It cannot be written; nothing of it is left.
    """
    draft = path.with_name(f".{secrets.token_hex(6)}.draft")
    try:
        _write_through(draft, text, "xb")
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links: exclusive still, but a reader may meet half of it
            return _create_in_place(path, text)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return True


def replace(path: Path, text: str) -> None:
    """Puts a file, whole and on disk when this returns, where one may be already; one that is there keeps its mode.

    Raises
    ------
    OSError
        It cannot be written; what was there is as it was.
    """
    draft = path.with_name(f".{secrets.token_hex(6)}.draft")
    try:
        _write_through(draft, text, "xb")
        with suppress(FileNotFoundError):
            shutil.copymode(path, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _create_in_place(path: Path, text: str) -> bool:
    try:
        _write_through(path, text, "xb")
    except FileExistsError:
        return False
    return True


def _write_through(path: Path, text: str, mode: str) -> None:
    with path.open(mode) as file:
        try:
            file.write(encoded(text))
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise


def _sync_folder(folder: Path) -> None:
    """Makes a new name survive a power cut, where the system can do that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def encoded(text: str) -> bytes:
    r"""UTF-8; half a surrogate pair, which AWS can send and UTF-8 cannot hold, as JSON's own escape ``\ud800``."""
    return text.encode("utf-8", "backslashreplace")


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Turns a full disk or a missing permission into one sentence about the archive."""
    try:
        yield
    except OSError as error:
        raise InputError("outputs-unwritable", folder=str(root), problem=error.strerror or "") from error


def service_folder(root: Path, target: Target) -> Path:
    """Where the incidents of a service lie."""
    parts = (target.account or "unknown-account", target.region or "unknown-region", target.cluster, target.service)
    return root.joinpath(*map(safe, parts))


def safe(part: str, longest: int = _LONGEST) -> str:
    """A name that cannot leave its folder, whatever it holds; two different names never become one.

    ECS's own names stay as they are. Of another, what is left gets a short hash of the whole.
    """
    if re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*", part) and len(part) <= longest and part != "_":
        return part
    if not part:
        return "_"
    left = re.sub(r"[^A-Za-z0-9_.-]", "_", part).lstrip(".")[:100]
    return f"{left}~{hashlib.sha256(encoded(part)).hexdigest()[:8]}"
