"""Watching, verifying and archiving with somebody in front of it: live, stoppable, on record as headless runs are."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path

from runbook_lib import following, runs, verifying
from runbook_lib.diagnosis.following import Outcome, Poll
from runbook_lib.diagnosis.verification import Verification
from runbook_lib.errors import InputError, RunbookError
from runbook_lib.fix_pages import words_of
from runbook_lib.following import Record, outcome_page, progress_page
from runbook_lib.guided.background import Stop
from runbook_lib.guided.desk import Desk
from runbook_lib.guided.pages import note, problem
from runbook_lib.look import Look
from runbook_lib.parameters import Parameters
from runbook_lib.report.archived import opened
from runbook_lib.report.render import Section
from runbook_lib.report.widgets.view import Action, Face
from runbook_lib.text import say
from runbook_lib.verifying import Kept


class _Doing(ABC):
    """Something that a button begins, with its label before and after the first time."""

    name = ""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.again = False
        self.action = Action(self._face, self.begin, desk.stop, self._shown)
        desk.watch(self._changed)

    def _changed(self) -> None:
        self.action.redraw()

    def _face(self) -> Face:
        desk = self.desk
        which = "_working" if desk.working == self.name else "_again" if self.again else ""
        label = say(f"guided.button.{self.name}{which}", desk.lang)
        stop = say("guided.bar.stop", desk.lang) if desk.working == self.name and self.name == "watch" else ""
        return Face(label, bool(desk.chosen) and not desk.working, stop)

    @abstractmethod
    def begin(self) -> None:
        """Begins."""

    @abstractmethod
    def _page(self) -> Section | None:
        """What there is to show of it, or None."""

    def _shown(self) -> Section | None:
        desk = self.desk
        if desk.failed == self.name:
            return problem(desk)
        page = self._page()
        if desk.stopped == self.name:  # what was seen last is not what is there now
            told = problem(desk)
            return replace(page, blocks=(*told.blocks, *page.blocks)) if page else told
        if page:
            return page
        words = "working" if desk.working == self.name else "idle"
        return note(say(f"guided.{words}.{self.name}", desk.lang), desk.lang)


class Watching(_Doing):
    """One deployment, followed to its end. It begins by itself once the notebook has read the service."""

    name = "watch"

    def __init__(self, desk: Desk) -> None:
        self._poll: Poll | None = None
        self._ended: Outcome | None = None
        self._about = ""
        super().__init__(desk)
        self._changed()

    def _changed(self) -> None:
        desk = self.desk
        key = desk.chosen.key if desk.chosen else ""
        if key != self._about and desk.seen and not desk.working:
            self._about, self._poll, self._ended, self.again = key, None, None, False
            self.begin(desk.seen)
        super()._changed()

    def begin(self, seen: Look | None = None) -> None:
        """Begins; ``seen`` is a look of just now."""
        given, by = self.desk.given, self.desk.by
        self._poll, self._ended, self.again = None, None, True
        self.desk.work("watch", lambda stop: self._follow(given, by, seen, stop), self._over)

    def _follow(self, given: Parameters, by: str, seen: Look | None, stop: Stop) -> Outcome:
        def told(poll: Poll) -> None:
            self.desk.tell(lambda: self._take(poll))
            stop.wait(0)

        record = Record(given, by, lambda error: self.desk.tell(lambda: self._unrecorded(error)))
        return following.follow(given, record, told, stop.wait, seen)

    def _take(self, poll: Poll) -> None:
        self._poll = poll

    def _unrecorded(self, error: InputError) -> None:
        self.desk.error = error

    def _over(self, found: Outcome) -> None:
        self._ended = found
        self.desk.seen = Look(found.last.evidence, found.diagnosis)

    def _page(self) -> Section | None:
        given, lang = self.desk.given, self.desk.lang
        if self._ended:
            return outcome_page(self._ended, given, lang)
        return progress_page(self._poll, given, lang) if self._poll else None


class Verifying(_Doing):
    """The HTTP check: one press, one round of requests."""

    name = "verify"

    def __init__(self, desk: Desk) -> None:
        self._found: tuple[Verification, Kept] | None = None
        super().__init__(desk)

    def begin(self) -> None:
        """Asks."""
        given, by = self.desk.given, self.desk.by
        self._found, self.again = None, True
        self.desk.work("verify", lambda _: _verified(given, by), self._over)

    def _over(self, found: tuple[Verification, Kept, RunbookError | None]) -> None:
        self._found = found[:2]
        self.desk.folder = found[1].folder or self.desk.folder
        self.desk.error = found[2]

    def _page(self) -> Section | None:
        if not self._found:
            return None
        given, lang = self.desk.given, self.desk.lang
        return verifying.page(self._found[0], given, lang, self._found[1], words_of(given))


def _verified(given: Parameters, by: str) -> tuple[Verification, Kept, RunbookError | None]:
    found = verifying.verify(given)
    try:
        return found, verifying.record(found, given, by), None
    except InputError as error:
        return found, Kept(), error


class Archiving(_Doing):
    """The report, written into the archive in every form."""

    name = "report"

    def __init__(self, desk: Desk) -> None:
        self._folder: Path | None = None
        super().__init__(desk)

    def _face(self) -> Face:
        face = super()._face()
        return face if self.desk.seen else Face(face.label, False)

    def begin(self) -> None:
        """Writes it, from the look that this notebook shows."""
        seen, given, incident = self.desk.seen, self.desk.given, self.desk.folder
        self._folder, self.again = None, False
        if seen:
            self.desk.work("report", lambda _: runs.archive(seen, given, incident), self._over)

    def _over(self, folder: Path) -> None:
        self._folder, self.again = folder, True

    def _page(self) -> Section | None:
        return opened(self._folder, _relative, self.desk.context) if self._folder else None


def _relative(path: Path) -> str:
    """A path as a link from this notebook, which runs in its own folder."""
    return Path(os.path.relpath(path)).as_posix()
