"""Archived runs that hold evidence, from which their reports can be made again; found by run, incident or folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runbook_lib.archive import journal
from runbook_lib.archive.incidents import filed, find
from runbook_lib.archive.store import NO_INCIDENT
from runbook_lib.errors import InputError, nearest
from runbook_lib.evidence.journal import mark, opened_at
from runbook_lib.evidence.model import Target

EVIDENCE = "evidence.json"
_POSTMORTEM = "-90_postmortem-"


@dataclass(frozen=True)
class Report:
    """A run's folder, and that of its incident where it has one."""

    folder: Path
    incident: Path | None


def find_report(root: Path, target: Target, asked: str) -> Report:
    """The report of a run by its id or its folder; of an incident, by its id or ``latest``, the newest report.

    Raises
    ------
    InputError
        There is no such run or incident, or none that holds evidence.
    """
    named = asked.rstrip("/").rpartition("/")[2]
    if "/" in asked and (Path(asked) / EVIDENCE).is_file():
        return _report(Path(asked).resolve())
    if mark(named):
        return _run(root, target, named)
    return _newest(find(root, target, asked).folder)


def _run(root: Path, target: Target, named: str) -> Report:
    known = {folder.name: folder for folder in _runs(root, target)}
    if named not in known:
        near = nearest(named, list(known))
        raise InputError("report-unknown", run=named, nearest=near or "-")
    return _report(known[named])


def _report(folder: Path) -> Report:
    return Report(folder, folder.parent if opened_at(folder.parent.name) else None)


def _newest(incident: Path) -> Report:
    """The newest postmortem of an incident, else the newest run that has evidence."""
    held = [run for run in journal.runs(incident) if (run / EVIDENCE).is_file()]
    if not held:
        raise InputError("report-none", id=incident.name)
    return Report(max(held, key=lambda run: (_POSTMORTEM in run.name, run.name)), incident)


def _runs(root: Path, target: Target) -> Iterator[Path]:
    """The runs with evidence, those that belong to no incident too."""
    incidents = [found.folder for found in filed(root, target)]
    beside = [
        path for path in root.glob(f"*/*/*/*/{NO_INCIDENT}") if not re.search(r"/\.", str(path.relative_to(root)))
    ]
    for folder in (*incidents, *beside):
        yield from (run for run in journal.runs(folder) if (run / EVIDENCE).is_file())
