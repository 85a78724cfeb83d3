"""Incidents in the archive: which one a look joins, opening and closing without locks, and finding them again."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runbook_lib.archive import journal
from runbook_lib.archive.store import create, safe, service_folder, writing
from runbook_lib.errors import InputError, nearest
from runbook_lib.evidence.journal import LAPSES_AFTER, Status, incident_id, opened_at, status
from runbook_lib.evidence.model import Target

_LEVELS = 5  # account, region, cluster, service, incident
_CLAIM = ".after-"
_FIRST = "first"
_CLAIM_TRIES = 20
_CLAIM_WAIT_S = 0.05


@dataclass(frozen=True)
class Filed:
    """An incident as it lies in the archive. The names are those of its folders."""

    folder: Path
    account: str
    region: str
    cluster: str
    service: str
    id: str

    @property
    def name(self) -> str:
        """``cluster/service/id``."""
        return f"{self.cluster}/{self.service}/{self.id}"

    @property
    def parts(self) -> tuple[str, ...]:
        """Account, region, cluster, service, id."""
        return self.account, self.region, self.cluster, self.service, self.id


def join(root: Path, target: Target, asked: str, *, fault: bool, may_open: bool = True) -> Path | None:
    """The folder of the incident that a look of now belongs to, opened where there is none; None where it has none.

    ``asked`` is the parameter ``incident_id``: ``""`` joins the newest that is open, and opens one for a ``fault``;
    ``new`` opens one; ``none`` has none; an id joins that one, even where it is closed or old.

    Raises
    ------
    InputError
        The service has no incident of that id, or the archive cannot be written.
    """
    if asked == "none":
        return None
    parent, now = service_folder(root, target), datetime.now(UTC)
    ids = _ids(parent)
    if asked not in ("", "new"):
        if asked not in ids:
            raise InputError("incident-unknown", id=asked, nearest=nearest(asked, ids) or "-")
        return parent / asked
    current = next((i for i in ids if not asked and _status(parent / i, now) is Status.OPEN), "")
    if not current and not (asked == "new" or (fault and may_open)):
        return None
    with writing(root):
        found = parent / (current or _claimed(parent, ids, now))
        found.mkdir(parents=True, exist_ok=True)
        # Also where another process opened it, which may have been killed before it could write this.
        journal.open_(found, {"why": "parameter" if asked else "fault"})
    return found


def closed_lately(root: Path, target: Target) -> Path | None:
    """The service's newest incident, where it was closed less than 24 hours ago: whose postmortem is still to come."""
    parent = service_folder(root, target)
    newest = next(iter(_ids(parent)), "")
    ends = [entry.at for entry in journal.marks(parent / newest) if entry.kind == "closed"] if newest else []
    return parent / newest if ends and datetime.now(UTC) - ends[-1] <= LAPSES_AFTER else None


def open_now(root: Path, target: Target) -> Path | None:
    """The newest open incident of the service, in any account where none is named; nothing is written."""
    now = datetime.now(UTC)
    return next((one.folder for one in filed(root, target) if _status(one.folder, now) is Status.OPEN), None)


def located(root: Path, target: Target) -> Target:
    """The service; where it could not be read, with the account of its open incident, if it has one."""
    known = None if target.account else open_now(root, target)
    return replace(target, account=known.parents[3].name) if known else target


def practised(incident: Path) -> bool:
    """Whether an incident happened on the lab, as its newest look says."""
    look = journal.newest(incident, journal.marks(incident), "look")
    evidence = look.data.get("evidence") if look else None
    return isinstance(evidence, dict) and evidence.get("lab") is True


def close_practice(root: Path) -> None:
    """Closes the incidents of earlier labs: a lab that starts is in none of them.

    Raises
    ------
    InputError
        The archive cannot be written.
    """
    for one in filed(root, Target("", "", "")):
        if _status(one.folder, datetime.now(UTC)) is Status.OPEN and practised(one.folder):
            close(one.folder, root, "", why="practice")


def _ids(parent: Path) -> list[str]:
    """The ids of a service's incidents, newest first."""
    try:
        return sorted((path.name for path in parent.iterdir() if opened_at(path.name)), reverse=True)
    except OSError:
        return []


def _status(incident: Path, now: datetime) -> Status:
    return status(journal.marks(incident), incident.name, now)


def _claimed(parent: Path, ids: list[str], now: datetime) -> str:
    """The id of the incident that follows those there are: ours, or that of whoever was quicker.

    The file ``.after-<newest id>`` can be created once. Who creates it names the next incident in it, all others read
    that name. So of two processes that meet a fault at one moment one opens, and both write into the same incident.
    """
    parent.mkdir(parents=True, exist_ok=True)
    last = ids[0] if ids else ""
    claim = last or _FIRST
    while True:
        ours = _later(last, now)
        if create(parent / f"{_CLAIM}{claim}", ours):
            return ours
        theirs = _read_claim(parent / f"{_CLAIM}{claim}")
        if theirs <= last:  # damaged: it leads nowhere, and so for everybody
            claim += "~"
        elif _joinable(parent / theirs, now):
            return theirs
        else:
            last = claim = theirs


def _later(last: str, now: datetime) -> str:
    """An id of now, or where another clock is ahead, one just after the last: ids rise, whatever the clocks say."""
    before = opened_at(last)
    return incident_id(max(now, before + timedelta(seconds=1)) if before else now)


def _read_claim(path: Path) -> str:
    """The id in a claim, ``""`` where it holds none.

    Without hard links a claim can be met between its creation and its content, so an empty one is asked again.
    """
    for _ in range(_CLAIM_TRIES):
        try:
            text = path.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return ""
        if text:
            return text if opened_at(text) else ""
        time.sleep(_CLAIM_WAIT_S)
    return ""


def _joinable(incident: Path, now: datetime) -> bool:
    """Whether a claimed incident is there and open, or only about to be: its folder comes after its claim.

    One whose folder has been missing for a day was removed from the archive, and does not come back.
    """
    if incident.is_dir():
        return _status(incident, now) is Status.OPEN
    opened = opened_at(incident.name)
    return opened is not None and now - opened <= LAPSES_AFTER


def close(incident: Path, root: Path, reason: str, **facts: str) -> bool:
    """Closes an incident; False where it is closed already, and nothing is written. ``facts`` go into the entry too.

    Raises
    ------
    InputError
        The archive cannot be written.
    """
    if any(entry.kind == "closed" for entry in journal.marks(incident)):
        return False
    with writing(root):
        return journal.close(incident, {"reason": reason, **facts})


def filed(root: Path, target: Target) -> tuple[Filed, ...]:
    """The incidents below ``root``, newest first; only those of account, region, cluster and service where given."""
    wanted = (target.account, target.region, target.cluster, target.service, "")
    found: list[tuple[Path, tuple[str, ...]]] = [(root, ())]
    for name in wanted:
        found = [(path, (*parts, path.name)) for folder, parts in found for path in _below(folder, name)]
    made = (Filed(folder, *parts) for folder, parts in found if opened_at(parts[-1]))
    return tuple(sorted(made, key=lambda f: (f.id, f.parts), reverse=True))


def _below(folder: Path, name: str) -> Iterator[Path]:
    """The folders in a folder, or the one of that name; links are not followed: they may lead out of the archive."""
    try:
        for path in [folder / safe(name)] if name else list(folder.iterdir()):
            if not path.name.startswith(".") and path.is_dir() and not path.is_symlink():
                yield path
    except OSError:  # not ours to read
        return


def find(root: Path, target: Target, asked: str) -> Filed:
    """One incident by its id, by ``latest``, or by more of its path: ``service/id``, ``cluster/service/latest``.

    Raises
    ------
    InputError
        There is none (the nearest is named), or several.
    """
    known = filed(root, target)
    *before, last = re.split(r"/+", asked.strip("/"))
    matching = [f for f in known if f.parts[_LEVELS - 1 - len(before) : _LEVELS - 1] == tuple(before)]
    if last == "latest" and matching:
        return matching[0]
    matching = [f for f in matching if f.id == last]
    if len(matching) > 1:
        depth = 0 if len({f.name for f in matching}) < len(matching) else 2
        raise InputError(
            "incident-ambiguous", id=asked, candidates="`, `".join("/".join(f.parts[depth:]) for f in matching)
        )
    if not known:
        raise InputError("incident-none", folder=str(root))
    if not matching:
        near = nearest(last, [f.id for f in known]) or nearest(asked, [f.name for f in known]) or known[0].id
        raise InputError("incident-unknown", id=asked, nearest=near)
    return matching[0]
