"""The cells of the notebook 20_fix: a plan, its approval by parameter, and how to take it back."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib import fix_pages, fixing
from runbook_lib.errors import InputError
from runbook_lib.fixing import Planned
from runbook_lib.look import Look
from runbook_lib.parameters import Parameters
from runbook_lib.text import sentence

if TYPE_CHECKING:
    from runbook_lib.applying import Applied
    from runbook_lib.report.render import Section


class FixCells:
    """A service's fix in a notebook: planned from the look that the notebook took, not from a second one."""

    def __init__(self, given: Parameters, seen: Look, incident: Path | None, lang: str) -> None:
        self._given = given
        self._seen = seen
        self._incident = incident
        self._lang = lang

    @cached_property
    def _planned(self) -> Planned:
        return fixing.planned(self._given, self._seen, self._incident)

    def plan(self) -> Section:
        """The plan."""
        return fix_pages.plan_page(self._planned, self._given, self._lang)

    def apply(self) -> Section:
        """What became of the approved plan; without approval how it is approved.

        Raises
        ------
        RunbookError
            As :func:`runbook_lib.fixing.apply`; also where the plan was not applied to its end.
        """
        if self._given.approve:
            return self._carried_out(self._given.approve)
        return fix_pages.approval_page(self._planned, self._given, self._lang)

    def undo(self) -> Section:
        """How to take back what was applied last, or that there is nothing."""
        try:
            found = fixing.plan_undo(self._given)
        except InputError as error:
            if error.key != "nothing-applied":
                raise
            return fix_pages.undo_note(sentence(error.key, error.facts, self._lang), self._lang)
        return fix_pages.plan_page(found, self._given, self._lang)

    def _carried_out(self, digest: str) -> Section:
        done = fixing.apply(self._given, digest)
        section = fix_pages.applied_page(done, self._given, self._lang)
        if not done.good:
            self._stopped(done, section)
        return section

    def _stopped(self, done: Applied, section: Section) -> None:
        """Shows what was done, and fails the run.

        Raises
        ------
        ApplyError
            Always.
        """
        from runbook_lib.applying import ApplyError
        from runbook_lib.report.widgets import show

        show(section)
        told = fix_pages.step_line(done.steps[-1], self._lang)
        total, left = len(done.plan.changes), len(done.left)
        raise ApplyError(
            "apply-stopped",
            digest=done.plan.digest,
            done=total - left,
            left=left,
            problem=told["what"].replace("`", ""),
        )
