"""The one place that composes reading, judging, wording and archiving, as notebooks and the command line use it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import runs
from runbook_lib.archive import journal
from runbook_lib.cells import Cells
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.trail import Place, Trail, trail
from runbook_lib.errors import InputError, RunbookError
from runbook_lib.evidence import serialisation
from runbook_lib.evidence.model import Evidence, Target
from runbook_lib.look import Look, look
from runbook_lib.parameters import RUN_FOLDER, Parameters, home, resolve
from runbook_lib.text import explained, language, say

if TYPE_CHECKING:
    from runbook_lib.fix_cells import FixCells
    from runbook_lib.guided.incident import Guided
    from runbook_lib.report.context import Context
    from runbook_lib.start_cells import StartCells


class Incident(Cells):
    """A service under diagnosis in a notebook that runs headless: every method returns what there is to show at once.

    Parameters
    ----------
    given : Parameters
        The validated parameters of the run.
    notebook : str
        Which notebook this is, where it is one of the path.

    Raises
    ------
    RunbookError
        As :func:`look`; reading happens here, once.
    """

    def __init__(self, given: Parameters, notebook: str = "") -> None:
        self.parameters = given
        self._place = place_of(notebook)
        self.lang = language(given.lang)
        self._look = look(given)
        self._folder = self._recorded()

    def _recorded(self) -> Path | None:
        """The incident's folder; where no record can be kept, a look that somebody watches goes on, and says so."""
        try:
            return runs.keep(self._look, self.parameters)
        except InputError as error:
            self._unrecorded(error)
            return None

    @property
    def evidence(self) -> Evidence:
        """What was read."""
        return self._look.evidence

    @property
    def diagnosis(self) -> Diagnosis:
        """What it says."""
        return self._look.diagnosis

    @cached_property
    def _context(self) -> Context:
        return runs.context(self.parameters, self.evidence, self.lang)

    def _section(self, name: str) -> Any:
        from runbook_lib.report import sections

        return getattr(sections, name)(self.diagnosis, self.evidence, self._context)

    def here(self) -> Any:
        """Where on the path this notebook is, what was found so far, and what comes next."""
        from runbook_lib.report.render import Section
        from runbook_lib.report.sections.trail import bare, path

        shown = path(self._trail, self.diagnosis, self.evidence.target, self._place, self._context)
        return Section("here", shown.title, (bare(shown),), self.lang)

    def settings(self) -> Any:
        """The parameters that are not as they are by default, without secrets."""
        from runbook_lib.report.sections.given import settings

        return settings(runs.shown_parameters(self.parameters), self._context)

    def onward(self) -> Any:
        """What comes next."""
        from runbook_lib.report.render import Section
        from runbook_lib.report.sections.trail import onward

        following = replace(onward(self._trail, self._place, True, self._context), href="")
        return Section("onward", "", (following,), self.lang)

    @property
    def _trail(self) -> Trail:
        folder = None if self.parameters.evidence else self._folder
        return trail(journal.read(folder).entries if folder else (), self.diagnosis)

    def verify(self) -> Any:
        """Guide, step 5: asks every way in to the service, now, and keeps the outcome in the incident's journal."""
        return self._told(self._verified)

    def _verified(self) -> Any:
        from runbook_lib import verifying
        from runbook_lib.fix_pages import words_of

        found, kept = verifying.verify(self.parameters), verifying.Kept()
        verifying.leave(found)
        try:
            kept = verifying.record(found, self.parameters, "notebook")
        except InputError as error:
            self._unrecorded(error)
        return verifying.page(found, self.parameters, self.lang, kept, words_of(self.parameters))

    def frame(self, kind: str) -> Any:
        """A pandas DataFrame of ``tasks``, ``deployments``, ``events`` or ``images`` to work on."""
        from runbook_lib.report.frames import frame

        return frame(self.evidence, kind)

    @cached_property
    def _fix(self) -> FixCells:
        from runbook_lib.fix_cells import FixCells

        return FixCells(self.parameters, self._look, self._folder, self.lang)

    def plan(self) -> Any:
        """Guide, steps 1 to 3: what would be changed, why, how, and what is still to be chosen."""
        return self._told(self._fix.plan)

    def apply(self) -> Any:
        """Applies the plan whose digest the parameter ``approve`` holds; without it, how to approve."""
        return self._told(self._fix.apply)

    def undo(self) -> Any:
        """How to take back what was applied."""
        return self._told(self._fix.undo)

    def watch(self) -> Any:
        """Guide, step 4: follows the deployment to its end; what else is shown afterwards is as it was then."""
        return self._told(self._watched)

    def _watched(self) -> Any:
        from runbook_lib.following import Record, watched

        record = Record(self.parameters, "30_watch", self._unrecorded)
        section, self._look = watched(self.parameters, self._look, self.lang, record)
        runs.renew(self._look)
        return section

    def _unrecorded(self, error: InputError) -> None:
        if RUN_FOLDER in os.environ:  # the archive is what a headless run is for
            raise error
        sys.stdout.write(runs.unrecorded(error, self.lang) + "\n")

    def _told(self, cell: Callable[[], Any]) -> Any:
        """What a cell returns; what goes wrong is one sentence in the user's language, and the run's exit code."""
        try:
            with explained(self.lang):
                return cell()
        except RunbookError as error:
            runs.failed(error)
            raise

    def report(self) -> Any:
        """Writes evidence, verdicts and the report in both languages into the archive, and shows where they are."""
        from runbook_lib.report.archived import section

        return section(runs.archive(self._look, self.parameters, self._folder), self._context)


def open_incident(namespace: Mapping[str, Any], notebook: str = "") -> Incident | Guided | StartCells:
    """The incident of a notebook, from the parameters in its namespace (``globals()``).

    Somebody in front of it gets widgets, and a choice where no service is given; else it is read at once, here.
    ``notebook`` is its name on the guided path: ``10_diagnose``.

    Raises
    ------
    RunbookError
        With its sentence in the user's language; a notebook shows that sentence instead of a traceback.
    """
    from runbook_lib.notebook import given_parameters
    from runbook_lib.report.widgets import takes_input

    try:
        with explained(language(str(namespace.get("lang", "")))):
            given = given_parameters(namespace)
            sys.stdout.write(say("cli.progress.home", language(given.lang), home=home()) + "\n")
            if RUN_FOLDER in os.environ or not takes_input(given.mode):
                return _headless(given, notebook)
            from runbook_lib.guided.incident import Guided

            return Guided(given, place_of(notebook))
    except RunbookError as error:
        runs.failed(error)
        raise


def _headless(given: Parameters, notebook: str) -> Incident | StartCells:
    from runbook_lib.start_cells import StartCells

    return StartCells(given) if place_of(notebook) == "start" else Incident(given, notebook)


def place_of(notebook: str) -> Place | None:
    """Where on the path a notebook is, by its name; None for one that is none of them."""
    from runbook_lib.report.sections.trail import NOTEBOOKS

    return next((place for place, name in NOTEBOOKS.items() if name == f"{notebook}.ipynb"), None)


def filled_commands(given: Parameters) -> tuple[Any, ...]:
    """The guide's commands for this service: from saved evidence where it is named, else from the names alone."""
    from runbook_lib.report.commands import commands

    options = runs.command_options(given)
    if given.evidence:
        return commands(serialisation.load(resolve(given.evidence)), options)
    placeholders = ("<CLUSTER>", "<SERVICE>", "<REGION>")
    target = Target(*(given_or or shown for given_or, shown in zip(_names(given), placeholders, strict=True)))
    return commands(target, options)


def read_policy(given: Parameters) -> dict[str, Any]:
    """The IAM policy that reading needs, narrowed to the cluster and service where they are given."""
    from runbook_lib.aws.policy import read_policy as policy

    return policy(Target(*_names(given)))


def fix_policy(given: Parameters) -> dict[str, Any]:
    """The IAM policy that applying a fix needs beside that of reading, narrowed in the same way."""
    from runbook_lib.aws.policy import fix_policy as policy

    return policy(Target(*_names(given)))


def _names(given: Parameters) -> tuple[str, str, str]:
    return given.cluster, given.service, given.region


def summary(found: Look, given: Parameters, lang: str) -> str:
    """The diagnosis for a terminal: overview, checklist, causes, changes, what could not be read, as plain text."""
    from runbook_lib.report import sections as of
    from runbook_lib.report.sections.changed import briefly
    from runbook_lib.report.sections.findings import risks_seen

    rendering = runs.context(given, found.evidence, lang)
    parts = (of.overview, of.checklist, of.causes, risks_seen, briefly, of.symptoms, of.unread)
    shown = (part(found.diagnosis, found.evidence, rendering) for part in parts)
    return "\n\n".join(section.text for section in shown if section)
