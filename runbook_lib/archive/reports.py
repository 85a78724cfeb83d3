"""What reports can be made of again: runs that hold evidence, else looks of a journal; found by run or incident."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from runbook_lib.archive import journal
from runbook_lib.archive.incidents import filed, find
from runbook_lib.archive.store import NO_INCIDENT
from runbook_lib.errors import InputError, nearest
from runbook_lib.evidence.journal import Entry, mark, opened_at
from runbook_lib.evidence.model import Evidence, Target
from runbook_lib.evidence.serialisation import from_tree, load

EVIDENCE = "evidence.json"
_POSTMORTEM = "-90_postmortem-"


@dataclass(frozen=True)
class Report:
    """A run's folder, and that of its incident where it has one.

    ``look`` is the newest look of an incident that holds no run, as `diagnose` leaves it; ``folder`` is the incident's.
    """

    folder: Path
    incident: Path | None
    look: Entry | None = None

    def evidence(self) -> Evidence:
        """What was read. Raises InputError where that is damaged."""
        if self.look:
            return from_tree(self.look.data.get("evidence"), self.source)
        return load(self.folder / EVIDENCE)

    @property
    def source(self) -> str:
        """The file or the folder that errors name."""
        return str(self.folder / journal.FOLDER / f"{self.look.id}.json") if self.look else str(self.folder)


def find_report(root: Path, target: Target, asked: str) -> Report:
    """The report of a run by its id or its folder; of an incident, by its id or ``latest``, the newest report.

    Raises
    ------
    InputError
        There is no such run or incident, or nothing of it holds evidence.
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
    """The newest postmortem of an incident, else the newest run that has evidence, else the newest look that has."""
    held = [run for run in journal.runs(incident) if (run / EVIDENCE).is_file()]
    if held:
        return Report(max(held, key=lambda run: (_POSTMORTEM in run.name, run.name)), incident)
    looks = (entry for entry in reversed(journal.read(incident).entries) if entry.kind == "look")
    found = next((entry for entry in looks if _evidence(entry)), None)
    if found is None:
        raise InputError("report-none", id=incident.name)
    return Report(incident, incident, found)


def newest_evidence(entries: Iterable[Entry]) -> Evidence | None:
    """That of the newest look that holds any, of entries in the order of time."""
    looks = (entry for entry in reversed(tuple(entries)) if entry.kind == "look")
    return next((found for entry in looks if (found := _evidence(entry))), None)


def _evidence(look: Entry) -> Evidence | None:
    try:
        return from_tree(look.data.get("evidence"))
    except (InputError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return None


def _runs(root: Path, target: Target) -> Iterator[Path]:
    """The runs with evidence, those that belong to no incident too."""
    incidents = [found.folder for found in filed(root, target)]
    beside = [
        path for path in root.glob(f"*/*/*/*/{NO_INCIDENT}") if not re.search(r"/\.", str(path.relative_to(root)))
    ]
    for folder in (*incidents, *beside):
        yield from (run for run in journal.runs(folder) if (run / EVIDENCE).is_file())
