"""Lays out notebooks and parameters files for a user of the package, and refreshes what the user has not changed.

What was laid out is on record beside the notebooks (:data:`RECORD`): of each file the fingerprint of the version that
the user got last. A file that differs from it is the user's own, and stays (docs/adr/0024).
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from runbook_lib import shipped
from runbook_lib.archive import store
from runbook_lib.errors import InputError
from runbook_lib.text.visible import visible_json

RECORD = "notebooks/.ecs-runbook.json"
_FOLDERS = ("notebooks", "parameters", "outputs")
_OURS = ("notebooks", "parameters")  # where we write; outputs may well be a link to another disk
_SCHEMA = 1
_NOTEBOOK = ".ipynb"


@dataclass(frozen=True)
class Laid:
    """What became of one file: ``made``, ``current``, ``refreshed``, ``kept`` (the user's own) or ``withdrawn``.

    ``path`` and ``beside`` are below the user's folder; ``beside`` is the copy of what was refreshed, or our version of
    what was kept, where there is one.
    """

    path: str
    outcome: str
    beside: str = ""


def lay_out(folder: Path) -> tuple[Laid, ...]:
    """Lays out all files and folders below ``folder``, which is made where absent: all of them or, failing, none.

    Raises
    ------
    InputError
        One of the files is there already, the folder cannot be used, or it cannot be written.
    """
    with _writing(folder, "init-unwritable"), ExitStack() as undo:
        _refuse_unusable(folder)
        if there := [name for name in (*_all(), RECORD) if os.path.lexists(folder / name)]:
            raise _present(folder, there)
        for name in _FOLDERS:
            _make_folder(folder / name, undo)
        for name in _all():
            _create(folder, name, shipped.text(name), undo)
        _create(folder, RECORD, _record({name: fingerprint(name, shipped.text(name)) for name in _all()}), undo)
        undo.pop_all()
    return tuple(Laid(name, "made") for name in _all())


def upgrade(folder: Path) -> tuple[Laid, ...]:
    """Brings our files below ``folder`` up to this version of the package; what the user has changed stays.

    Raises
    ------
    InputError
        Nothing of ours is there, the folder cannot be used, or it cannot be written; what was done until then stays.
    """
    with _writing(folder, "upgrade-unwritable"):
        _refuse_unusable(folder)
        known = _known(folder)
        if not known and not any(os.path.lexists(folder / name) for name in _refreshed()):
            raise InputError("init-nothing", folder=str(folder), quoted=shlex.quote(str(folder)))
        for name in _OURS:
            (folder / name).mkdir(exist_ok=True)
        done = [_sample(folder, name) for name in shipped.SAMPLES if name not in known]
        done += [_upgraded(folder, name, known) for name in _refreshed()]
        done += [Laid(name, "withdrawn") for name in _withdrawn(folder, known)]
        now = {name: fingerprint(name, shipped.text(name)) for name in _all()}
        now |= {one.beside: now[one.path] for one in done if one.outcome == "kept" and one.beside}
        store.replace(folder / RECORD, _record({**known, **now}))
    return tuple(one for one in done if one.outcome)


def fingerprint(name: str, text: str) -> str:
    """A hash of what a person writes in a file: of a notebook its cells, and not what running it has left.

    Empty where a notebook cannot be read as one.
    """
    if not name.endswith(_NOTEBOOK):
        return hashlib.sha256(store.encoded(text)).hexdigest()
    try:
        cells = [_written(cell) for cell in json.loads(text)["cells"]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _written(cell: Mapping[str, Any]) -> tuple[str, str, list[str]]:
    return cell["cell_type"], "".join(cell["source"]), list(cell.get("metadata", {}).get("tags", []))


def _all() -> tuple[str, ...]:
    return tuple(sorted((*_refreshed(), *shipped.SAMPLES)))


def _refreshed() -> tuple[str, ...]:
    """What an upgrade refreshes; the samples, which are there to be changed, it never touches."""
    return (*(f"notebooks/{path.name}" for path in shipped.notebooks().values()), shipped.SCHEMA)


def _withdrawn(folder: Path, known: Mapping[str, str]) -> Iterator[str]:
    """What came with an earlier version and not with this one."""
    for name in known:
        if name not in _all() and ".new" not in name and os.path.lexists(folder / name):
            yield name


def _sample(folder: Path, name: str) -> Laid:
    """A sample that this folder never had."""
    made = not os.path.lexists(folder / name) and store.create(folder / name, shipped.text(name))
    return Laid(name, "made" if made else "")


def _upgraded(folder: Path, name: str, known: Mapping[str, str]) -> Laid:
    path, new = folder / name, shipped.text(name)
    if not os.path.lexists(path) and store.create(path, new):
        return Laid(name, "made")
    mine = _read(path)
    ours, theirs = fingerprint(name, new), fingerprint(name, mine or "")
    if theirs == ours:
        return Laid(name, "current")
    if theirs and theirs == known.get(name) and not path.is_symlink():
        return _refresh(folder, name, mine or "", new)
    seen = known.get(name) == ours  # the user has had this version, or an offer of it
    return Laid(name, "kept", _waiting(folder, name, ours) if seen else _offered(folder, name, new, known))


def _refresh(folder: Path, name: str, mine: str, new: str) -> Laid:
    """Our new version in the place of our old one; one that was run is copied first, since it may be all there is."""
    copy = ""
    if _was_run(mine):
        copy = next(free for free in _beside(name, "old") if store.create(folder / free, mine))
    store.replace(folder / name, new)
    return Laid(name, "refreshed", copy)


def _offered(folder: Path, name: str, new: str, known: Mapping[str, str]) -> str:
    """Our new version beside the user's own: its name."""
    return next(beside for beside in _beside(name, "new") if _put(folder, beside, new, known.get(beside, "")))


def _waiting(folder: Path, name: str, ours: str) -> str:
    """The offer of this version that still lies beside the user's own; empty where the user has removed it."""
    for beside in _beside(name, "new"):
        if not os.path.lexists(folder / beside):
            break
        if fingerprint(name, _read(folder / beside) or "") == ours:
            return beside
    return ""


def _put(folder: Path, name: str, new: str, known: str) -> bool:
    """Whether our new version is there now; an earlier one of ours gives way, unless the user has taken to it."""
    path = folder / name
    if not os.path.lexists(path) and store.create(path, new):
        return True
    there = _read(path) or ""
    found = fingerprint(name, there)
    if found == fingerprint(name, new):
        return True
    if not found or found != known or path.is_symlink() or _was_run(there):
        return False
    store.replace(path, new)
    return True


def _beside(name: str, kind: str) -> Iterator[str]:
    """``10_diagnose.new.ipynb``, ``10_diagnose.new-2.ipynb`` and so on."""
    stem, dot, ending = name.rpartition(".")
    yield f"{stem}.{kind}{dot}{ending}"
    number = 1
    while number := number + 1:
        yield f"{stem}.{kind}-{number}{dot}{ending}"


def _was_run(text: str) -> bool:
    """Whether a notebook holds what a cell put out."""
    try:
        return any(cell.get("outputs") for cell in json.loads(text)["cells"])
    except (ValueError, LookupError, TypeError, AttributeError):  # no notebook
        return False


def _read(path: Path) -> str | None:
    """The text of a user's file; None where it cannot be read, which makes it the user's own."""
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return None


def _known(folder: Path) -> dict[str, str]:
    """The fingerprints on record; none where there is no record, or none that this version reads."""
    try:
        tree = json.loads(_read(folder / RECORD) or "")
        found = tree["files"] if tree["schema"] == _SCHEMA else {}
        return {str(name): str(value) for name, value in found.items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _record(files: Mapping[str, str]) -> str:
    return visible_json({"schema": _SCHEMA, "version": version("ecs-runbook"), "files": dict(files)}) + "\n"


def _refuse_unusable(folder: Path) -> None:
    """Refuses the package's own folder, what is no folder, and links that lead out of ``folder``."""
    if folder.exists() and folder.resolve() == shipped.FOLDER.resolve():
        raise InputError("init-own", folder=str(folder))
    for path in (folder, *(folder / name for name in _FOLDERS)):
        if os.path.lexists(path) and not path.is_dir():
            raise InputError("init-not-folder", file=str(path))
    for path in (folder / name for name in _OURS):
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
            raise InputError("init-link", folder=str(path), target=os.path.realpath(path))


def _present(folder: Path, names: list[str]) -> InputError:
    first, count = names[0], len(names)
    return InputError("init-present", folder=str(folder), file=first, count=count, quoted=shlex.quote(str(folder)))


def _make_folder(path: Path, undo: ExitStack) -> None:
    for each in reversed((path, *path.parents)):
        if not each.is_dir():
            each.mkdir()
            undo.callback(_taken_back, each.rmdir)


def _create(folder: Path, name: str, text: str, undo: ExitStack) -> None:
    if not store.create(folder / name, text):  # somebody was quicker than we are
        raise _present(folder, [name])
    undo.callback(_taken_back, partial((folder / name).unlink, missing_ok=True))


def _taken_back(step: Any) -> None:
    with suppress(OSError):  # a folder into which somebody else has written meanwhile
        step()


@contextmanager
def _writing(folder: Path, key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(key, folder=str(folder), problem=error.strerror or "") from error
