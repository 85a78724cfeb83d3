"""The services that a notebook can be about: those of open incidents and of parameters files, the likeliest first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runbook_lib.archive import journal
from runbook_lib.archive.incidents import Filed, filed, practised
from runbook_lib.errors import RunbookError
from runbook_lib.evidence.journal import LAPSES_AFTER, Status, opened_at, status
from runbook_lib.evidence.model import Target
from runbook_lib.parameters import Parameters, from_environment, from_file, home, layered, parameters, resolve

FOLDER = "parameters"
_LANGUAGE = ".language"
_NAMES = ("cluster", "service", "region")
_CHOSEN, _KEPT = ".chosen.json", (*_NAMES, "profile")
_LASTS = timedelta(hours=24)


@dataclass(frozen=True)
class Candidate:
    """A service with its parameters, its open incident (``""``: none), and when something of it was last recorded."""

    given: Parameters
    incident: str = ""
    at: datetime | None = None
    file: Path | None = None

    @property
    def key(self) -> str:
        """What tells it from the others: the lab has services of the same names as the real AWS."""
        return "/".join((*(getattr(self.given, name) for name in _NAMES), self.given.endpoint_url, self.given.evidence))


@dataclass(frozen=True)
class Remembered:
    """The service that was chosen last in this folder, in any notebook: its key, when, and what led before it.

    ``candidate`` is one for whom there is no file, as it is reached from here.
    """

    key: str
    at: datetime
    over: str
    candidate: Candidate | None


def candidates(given: Parameters) -> tuple[Candidate, ...]:
    """Every service that is known here: of the newest open incident first, then those of parameters files by name.

    Last comes the one that was chosen last, where it is none of these.

    Where ``given`` names a service itself, that one leads. Files that cannot be read are left out; whoever names one
    on the command line is told why.
    """
    files = tuple(_files(given))
    opened = tuple(_opened(given, files))
    named = [Candidate(given)] if given.service or given.evidence else []
    found: dict[str, Candidate] = {}
    last = remembered(given)
    chosen = [last.candidate] if last and last.candidate else []
    for one in (*named, *opened, *files, *chosen):
        known = found.setdefault(one.key, one)
        found[one.key] = replace(known, incident=known.incident or one.incident, at=known.at or one.at)
    return tuple(found.values())


def preselected(known: tuple[Candidate, ...], given: Parameters, last: Remembered | None) -> Candidate | None:
    """The one to begin with: named by parameters, else of the newest record or chosen since, else the only one.

    A service that only the environment names gives way to what was chosen in the same environment less than a day ago.
    """
    first = known[0] if known else None
    chosen = within(known, last.key) if last else None
    if first is None or last is None or chosen is None:
        return first if first and (given.service or given.evidence or first.incident or len(known) == 1) else None
    if given.service or given.evidence:
        by_environment = not given.evidence and from_environment().get("service", ("",))[0] == given.service
        lately = last.over == first.key and datetime.now(UTC) - last.at < _LASTS
        return chosen if by_environment and lately else first
    return first if first.incident and first.at and first.at > last.at else chosen


def within(known: Iterable[Candidate], key: str) -> Candidate | None:
    """The candidate of a key."""
    return next((one for one in known if one.key == key), None)


def remember(one: Candidate, known: tuple[Candidate, ...], given: Parameters) -> None:
    """Leaves word of the choice for the other notebooks; where it cannot be written, they ask."""
    root = resolve(given.outputs)
    kept = {name: getattr(one.given, name) for name in _KEPT}
    word = {"key": one.key, "at": datetime.now(UTC).isoformat(), "over": known[0].key if known else "", "given": kept}
    with suppress(OSError):
        root.mkdir(parents=True, exist_ok=True)
        (root / _CHOSEN).write_text(json.dumps(word), encoding="utf-8")


def forget(one: Candidate, given: Parameters) -> None:
    """Takes the word of a choice back that AWS does not have: no other notebook begins with it."""
    last = remembered(given)
    if last and last.key == one.key:
        with suppress(OSError):
            (resolve(given.outputs) / _CHOSEN).unlink()


def remembered(given: Parameters) -> Remembered | None:
    """The choice of which :func:`remember` left word; None where there is none, or it was edited."""
    try:
        word = json.loads((resolve(given.outputs) / _CHOSEN).read_text(encoding="utf-8"))
        key, at, over = word["key"], datetime.fromisoformat(word["at"]).astimezone(UTC), word["over"]
        one = Candidate(reached(given, {name: word["given"][name] for name in _KEPT}))
    except (OSError, ValueError, KeyError, TypeError, RunbookError):
        return None
    # The address is that of here, never one that a file among the outputs names: requests to it are signed.
    return Remembered(key, at, over, one if one.key == key and not given.evidence else None)


def reached(given: Parameters, names: dict[str, Any]) -> Parameters:
    """What was given to the notebook, about the service of these names; empty ones are taken as they are."""
    told = {name: getattr(given, name) for name in given.model_fields_set}
    return parameters({**told, **names})


def _opened(given: Parameters, files: tuple[Candidate, ...]) -> Iterator[Candidate]:
    """The services of open incidents, the one with the newest record first, each with its parameters file's values."""
    found = []
    for one in filed(resolve(given.outputs), Target("", "", "")):
        marks = journal.marks(one.folder)
        if status(marks, one.id, datetime.now(UTC)) is Status.OPEN:
            at = max([mark.at for mark in marks] or [opened_at(one.id) or datetime.now(UTC)])
            found.append((at, one))
    for at, one in sorted(found, key=lambda pair: pair[0], reverse=True):
        with suppress(RunbookError):  # a folder that somebody made by hand may have any name
            given_then = _of_file(one, files) or _with(given, {name: getattr(one, name) for name in _NAMES})
            yield Candidate(given_then, one.id, at)


def _of_file(one: Filed, files: tuple[Candidate, ...]) -> Parameters | None:
    """The parameters of the file about an incident's service; one of the lab is none of the real AWS's."""
    same = [f.given for f in files if all(getattr(f.given, name) == getattr(one, name) for name in _NAMES)]
    return next((read for read in same if (read.credentials == "lab") is practised(one.folder)), None)


def _files(given: Parameters) -> Iterator[Candidate]:
    for path in sorted([*(home() / FOLDER).glob("*.yaml"), *(home() / FOLDER).glob("*.yml")]):
        with suppress(RunbookError):
            layer = from_file(path)
            read = layered([layer])
            if read.cluster and read.service:
                yield Candidate(_with(given, {name: getattr(read, name) for name in layer}), file=path)


def _with(given: Parameters, values: dict[str, Any]) -> Parameters:
    """What was given to the notebook, about another service: its own parameters count where nothing else was given.

    So whoever practises on the lab, whose endpoint is given by variables, goes on doing so.
    """
    told = {name: getattr(given, name) for name in given.model_fields_set if name not in _NAMES}
    return parameters({**values, **told})


def remember_language(given: Parameters, lang: str) -> None:
    """Leaves word of the language that somebody switched to, for the notebooks that follow."""
    with suppress(OSError):
        folder = resolve(given.outputs)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _LANGUAGE).write_text(lang, encoding="ascii")


def spoken(given: Parameters) -> str:
    """The language that somebody switched to within the last 24 hours, or nothing."""
    file = resolve(given.outputs) / _LANGUAGE
    try:
        switched = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        lang = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return lang if datetime.now(UTC) - switched < LAPSES_AFTER else ""
