"""The cells of the notebook 20_fix: a plan, its approval by parameter or by button, and how to take it back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import fix_pages, fixing
from runbook_lib.errors import InputError
from runbook_lib.fixing import Planned
from runbook_lib.look import Look
from runbook_lib.parameters import RUN_FOLDER, Parameters
from runbook_lib.text import explained, say, sentence

if TYPE_CHECKING:
    from runbook_lib.applying import Applied
    from runbook_lib.report.render import Section
    from runbook_lib.report.widgets import Draft


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

    def apply(self) -> Any:
        """What became of the approved plan; without approval a button where there is somebody to press it.

        Raises
        ------
        RunbookError
            As :func:`runbook_lib.fixing.apply`; headless also where the plan was not applied to its end.
        """
        if self._given.approve:
            return self._carried_out(self._given.approve)
        if self._interactive and self._planned.plan.changes + self._planned.plan.open:
            return self._panel({choice.id: choice.answer for choice in self._planned.plan.choices if choice.answer})
        return fix_pages.approval_page(self._planned, self._given, self._lang)

    def undo(self) -> Any:
        """How to take back what was applied last, or that there is nothing."""
        try:
            found = fixing.plan_undo(self._given)
        except InputError as error:
            if error.key != "nothing-applied":
                raise
            return fix_pages.undo_note(sentence(error.key, error.facts, self._lang), self._lang)
        if self._interactive and found.plan.changes:
            from runbook_lib.report.widgets import panel

            whole = fix_pages.plan_page(found, self._given, self._lang)
            return panel(lambda answers: self._draft(found, whole), self._pressed, self._lang)
        return fix_pages.plan_page(found, self._given, self._lang)

    @property
    def _interactive(self) -> bool:
        from runbook_lib.report.widgets import takes_input

        return RUN_FOLDER not in os.environ and takes_input(self._given.mode)

    def _panel(self, answers: Mapping[str, str]) -> Any:
        from runbook_lib.report.widgets import panel

        return panel(self._replanned, self._pressed, self._lang, answers)

    def _replanned(self, answers: Mapping[str, str]) -> Draft:
        with explained(self._lang):
            chosen = ",".join(f"{name}={value}" for name, value in answers.items())
            given = self._given.model_copy(update={"choose": chosen, "suggested": False})
            found = fixing.planned(given, self._seen, self._incident)
            return self._draft(found, self._shown(found))

    def _shown(self, found: Planned) -> Section:
        """The plan as chosen; one without choices is the one that the cell above shows already."""
        page = fix_pages.plan_page if found.plan.choices else fix_pages.approval_page
        return page(found, self._given, self._lang)

    def _draft(self, found: Planned, section: Section) -> Draft:
        from runbook_lib.report.plan_words import count
        from runbook_lib.report.widgets import Draft

        plan, lang = found.plan, self._lang
        told = {"service": plan.target.service, "count": count(len(plan.changes), lang)}
        label = say(f"fix.button.{plan.kind}", lang, **told) if plan.ready else self._not_ready(found)
        return Draft(section, label, plan.digest if plan.ready and found.incident else "", plan.choices)

    def _not_ready(self, found: Planned) -> str:
        return say(f"fix.button.{'open' if found.plan.open else 'none'}", self._lang)

    def _pressed(self, digest: str) -> Section:
        with explained(self._lang):
            return fix_pages.applied_page(fixing.apply(self._given, digest), self._given, self._lang)

    def _carried_out(self, digest: str) -> Section:
        done = fixing.apply(self._given, digest)
        section = fix_pages.applied_page(done, self._given, self._lang)
        if not done.good and not self._interactive:
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
