"""The cells of the notebook 00_start where it runs headless: the same as somebody in front of it is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runbook_lib import parameters_file, runs, services, starting_pages
from runbook_lib.archive import journal
from runbook_lib.archive.incidents import open_now
from runbook_lib.diagnosis.trail import Trail, trail
from runbook_lib.errors import ParameterError, RunbookError
from runbook_lib.parameters import Parameters, resolve
from runbook_lib.report.render import Section
from runbook_lib.report.sections.trail import bare, onward, path
from runbook_lib.text import explained, language


class StartCells:
    """A service that one starts with, in a notebook that runs headless. No look is taken and nothing is judged.

    Raises
    ------
    ParameterError
        Cluster, service or Region is not given, or the profile does not exist.
    """

    def __init__(self, given: Parameters) -> None:
        for name in ("cluster", "service"):
            if not getattr(given, name):
                raise ParameterError("parameter-missing", name=name)
        self.lang = language(given.lang)
        self._found = services.found(given, lambda _: None)
        self.parameters = given.model_copy(update={"region": self._found.region or given.region})
        runs.outcome(starting_pages.about(self._found, self.parameters), self._found.exit_code)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.here()._repr_mimebundle_(**options)

    def here(self) -> Section:
        """Where on the path this notebook is, and what was found of the service so far."""
        target = starting_pages.about(self._found, self.parameters)
        shown = path(self._trail, None, target, "start", starting_pages.context(self.parameters, self.lang))
        return Section("here", shown.title, (bare(shown),), self.lang)

    def services(self) -> Section:
        """Who asks and where, the clusters and services that there are, and why where they could not be listed."""
        return starting_pages.services_page(self._found, self.parameters, self.lang)

    def past(self) -> Section:
        """The past incidents of the service."""
        return starting_pages.past_page(starting_pages.incidents(self.parameters), self.parameters, self.lang)

    def save(self) -> Section:
        """The parameters file of the service; it is written where there is none.

        Raises
        ------
        InputError
            It cannot be written.
        """
        try:
            with explained(self.lang):
                draft = parameters_file.draft(self.parameters)
                outcome = self._saved(draft)
        except RunbookError as error:
            runs.failed(error)
            raise
        return starting_pages.file_page(draft, outcome, self.parameters, self.lang)

    def _saved(self, draft: parameters_file.Draft) -> str:
        if draft.before is not None:
            return "same" if draft.saved else "kept"
        if self._found.lacks(self.parameters.cluster, self.parameters.service):
            return "absent"
        parameters_file.write(draft)
        return "done"

    def onward(self) -> Section:
        """What comes next."""
        following = onward(self._trail, "start", True, starting_pages.context(self.parameters, self.lang))
        return Section("onward", "", (replace(following, href=""),), self.lang)

    @property
    def _trail(self) -> Trail:
        target = starting_pages.about(self._found, self.parameters)
        folder = open_now(resolve(self.parameters.outputs), target)
        return trail(journal.read(folder).entries if folder else (), None)
