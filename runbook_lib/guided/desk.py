"""What the views of one notebook show: the service, what was read of it, the language, and the work under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from runbook_lib import runs
from runbook_lib.archive import journal
from runbook_lib.archive.incidents import closed_lately, open_now
from runbook_lib.archive.store import writing
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.trail import Place, Trail, trail
from runbook_lib.errors import InputError, RunbookError, TargetError
from runbook_lib.evidence.journal import Entry
from runbook_lib.evidence.model import Target
from runbook_lib.guided.background import Ended, Job, Stop
from runbook_lib.guided.candidates import (
    Candidate,
    candidates,
    forget,
    preselected,
    remember,
    remember_language,
    remembered,
    within,
)
from runbook_lib.look import Look, look
from runbook_lib.parameters import Parameters, resolve
from runbook_lib.report.context import Context
from runbook_lib.report.sections.trail import NOTEBOOKS
from runbook_lib.text import has, say, sentence

# What is not waited for when it is stopped: its answer is dropped.
_DROPPED = ("look", "account")


class Desk:
    """The one state behind a notebook's views: whatever changes it tells all of them.

    What has to outlast the kernel does not stand here but in the incident's journal.
    """

    def __init__(self, given: Parameters, lang: str, place: Place | None) -> None:
        self._asked, self.lang, self.place = given, lang, place
        self.known = candidates(given)
        self.chosen = preselected(self.known, given, remembered(given))
        self._adjusted: dict[str, dict[str, Any]] = {}
        self.seen: Look | None = None
        self.folder: Path | None = None
        self.working = ""
        self.error: RunbookError | None = None
        self.lacking: Callable[[], bool] = lambda: False  # whether lists of AWS say that there is no such service
        self._absent = False  # whether a look said so
        self.note = ""
        self.failed = self.stopped = ""  # the work that ended so
        self._job: Job | None = None
        self._stands: tuple[object, ...] = ()
        self._journal: tuple[Entry, ...] = ()
        self._watchers: list[Callable[[], None]] = []

    # What views ask

    @property
    def stopping(self) -> bool:
        """Whether the work under way was asked to end, and has not yet."""
        return bool(self.working and self._job and self._job.stop.asked)

    @property
    def absent(self) -> bool:
        """Whether AWS has said that there is no such service."""
        return self._absent or self.lacking()

    @property
    def asked(self) -> Parameters:
        """What was given to the notebook, whatever service is chosen."""
        return self._asked

    @property
    def given(self) -> Parameters:
        """The parameters of the service that is chosen."""
        if not self.chosen:
            return self._asked
        return self.chosen.given.model_copy(update=self._adjusted.get(self.chosen.key))

    @property
    def target(self) -> Target:
        """The service that is chosen, as far as it is known."""
        return (
            self.seen.evidence.target
            if self.seen
            else Target(self.given.cluster, self.given.service, self.given.region)
        )

    @property
    def by(self) -> str:
        """The notebook, as records name who wrote them."""
        return NOTEBOOKS[self.place].removesuffix(".ipynb") if self.place else "notebook"

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What the newest look says."""
        return self.seen.diagnosis if self.seen else None

    @property
    def context(self) -> Context:
        """How sections are rendered now."""
        if self.seen:
            return runs.context(self.given, self.seen.evidence, self.lang)
        given = self.given
        return Context(self.lang, given.timezone, given.credentials == "lab", runs.command_options(given))

    @property
    def incident(self) -> Path | None:
        """The folder of the incident that this is about: the open one, else the one that was closed last."""
        if not self.chosen:
            return None
        root = resolve(self.given.outputs)
        found = self.folder or open_now(root, self.target)
        return found or (closed_lately(root, self.target) if self.seen else None)

    @property
    def trail(self) -> Trail:
        """How far it has come, by the journal of the incident as it is on disk now."""
        return trail(self._entries(self.incident), self.diagnosis)

    def _entries(self, folder: Path | None) -> tuple[Entry, ...]:
        """What the journal holds; read again only where there is something new: a look of it is not small."""
        if folder is None:
            return ()
        stands = (folder, journal.marks(folder), len(journal.runs(folder)))
        if stands != self._stands:
            self._stands, self._journal = stands, journal.read(folder).entries
        return self._journal

    def problem(self) -> str:
        """What went wrong, in the language of now."""
        return told(self.error, self.lang) if self.error else self.note and say(self.note, self.lang)

    # What changes it

    def watch(self, changed: Callable[[], None]) -> None:
        """Calls ``changed`` after every change."""
        self._watchers.append(changed)

    def changed(self) -> None:
        """Tells the views."""
        for watcher in self._watchers:
            watcher()

    def speak(self, lang: str) -> None:
        """Says everything in another language; nothing is read again."""
        self.lang = lang
        remember_language(self._asked, lang)
        self.changed()

    def choose(self, key: str) -> None:
        """Takes another service, remembers that it was chosen, and reads it.

        One that AWS does not have is no choice for the notebooks that follow.
        """
        found = within(self.known, key)
        if found is None or found == self.chosen:
            return
        self.stop()
        self.chosen, self.seen, self.folder, self._absent = found, None, None, False
        if not self.lacking():
            remember(found, candidates(self._asked), self._asked)
        self.read()

    def take(self, one: Candidate) -> None:
        """Chooses a service, whether it is known or not."""
        others = tuple(known for known in self.known if known.key != one.key)
        same = within(self.known, one.key)
        self.known = (*others, replace(same, given=one.given) if same else one)
        self.choose(one.key)

    def adjust(self, values: Mapping[str, Any]) -> None:
        """Takes other parameters for the service that is chosen, in this notebook alone, and reads it with them."""
        if self.chosen and not self.working:
            self._adjusted[self.chosen.key] = {**self._adjusted.get(self.chosen.key, {}), **values}
            self.read()

    def read(self) -> None:
        """Looks at the service, beside the kernel; not where one only chooses it."""
        if self.place == "start":
            self.changed()
        elif self.chosen:
            given, by, lang = self.given, self.by, self.lang
            self.work("look", lambda _: _looked(given, by, lang), self._read)

    def _read(self, found: Any) -> None:
        self.seen, self.folder, problem = found
        self._absent = False
        if problem:
            self.error = problem
        self.known = candidates(self._asked)
        if self.chosen:
            self.chosen = within(self.known, self.chosen.key) or self.chosen

    def work(self, name: str, work: Callable[[Stop], Any], then: Callable[[Any], None]) -> None:
        """Does something beside the kernel; one thing at a time. ``then`` gets its result, in the kernel's thread."""
        if self.working:
            return
        self.working, self.error, self.note, self.failed, self.stopped = name, None, "", "", ""
        self._job = job = Job(work, lambda ended: self._ended(job, name, ended, then))
        job.start()
        self.changed()

    def tell(self, what: Callable[[], None]) -> None:
        """From work under way: changes something here, in the kernel's thread, and tells the views."""

        def told() -> None:
            what()
            self.changed()

        if self._job:
            self._job.tell(told)

    def stop(self) -> None:
        """Asks the work under way to end. What only reads is not waited for: its answer is dropped."""
        if self._job and self.working:
            self._job.stop.ask()
            if self.working in _DROPPED:
                self._ended(self._job, self.working, Ended(stopped=True), lambda _: None)
            else:
                self.changed()

    def wait(self) -> None:
        """Waits until the work under way, and what its end began, has ended: for callers without an event loop."""
        awaited = None
        while self._job is not awaited:
            awaited = self._job
            if awaited:
                awaited.join()

    def _ended(self, job: Job, name: str, ended: Ended, then: Callable[[Any], None]) -> None:
        if job is not self._job or not self.working:
            return  # it was dropped meanwhile
        self.working = ""
        if ended.error:
            self.error, self.failed = ended.error, name
            if isinstance(ended.error, TargetError):
                self._absent = True
                if self.chosen:
                    forget(self.chosen, self._asked)
            _recorded(self.given, self.by, ended.error)
        elif ended.crash:
            self.note, self.failed = "guided.problem.crashed", name
        elif ended.stopped:
            self.stopped = name
            self.note = f"guided.stopped.{name if has(f'guided.stopped.{name}') else 'other'}"
        else:
            then(ended.result)
        self.changed()


def told(error: RunbookError, lang: str) -> str:
    """What an error says to somebody who has the buttons of a notebook, not a command line."""
    return sentence(error.key, error.facts, lang, "guided.error")


def _looked(given: Parameters, by: str, lang: str) -> tuple[Look, Path | None, InputError | None]:
    """A look and the incident that it belongs to; where it cannot be recorded, why."""
    found = look(given)
    try:
        return found, runs.record(found, given, by), None
    except InputError as error:
        return found, None, InputError("unrecorded", problem=sentence(error.key, error.facts, lang))


def _recorded(given: Parameters, by: str, error: RunbookError) -> None:
    """Leaves what went wrong in the journal of the service's open incident, where there is one."""
    root = resolve(given.outputs)
    found = open_now(root, Target(given.cluster, given.service, given.region)) if given.service else None
    if found:
        with suppress(InputError), writing(root):  # the error itself matters more than its record
            journal.write(found, "problem", {"by": by, "error": error.key, "exit_code": int(error.exit_code)})
