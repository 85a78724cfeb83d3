"""What a plan starts from: the evidence, the task definition that is corrected, and what a person has chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from runbook_lib.diagnosis import deployments, revisions
from runbook_lib.errors import InputError, nearest
from runbook_lib.evidence.model import Evidence
from runbook_lib.plan.model import Choice

SUGGESTED = "suggested"  # the answer that takes what the evidence favours


@dataclass(frozen=True)
class Wishes:
    """What a person asks for.

    ``answers`` are by the choice's id, ``suggested`` takes the suggestion of every choice without an answer,
    ``guide_order`` stops tasks first, ``desired_count`` is the number of tasks that is wanted (None: as it is), and
    ``file`` what the task definition file holds: its ``path``, the parsed ``document`` with values masked, ``sha256``.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    suggested: bool = False
    guide_order: bool = False
    desired_count: int | None = None
    file: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Situation:
    """Evidence with the questions that remedies ask of it."""

    evidence: Evidence
    wishes: Wishes = Wishes()

    @cached_property
    def revision(self) -> str:
        """ARN of the task definition that was deployed last; a rolled back one may no longer be known (``""``)."""
        last = revisions.deployed_last(self.evidence)
        return last.definition if last else ""

    @cached_property
    def completed(self) -> str:
        """ARN of the newest task definition before it that completed, where one is known."""
        last = revisions.deployed_last(self.evidence)
        before = revisions.completed_before(self.evidence, last) if last else None
        return before.definition if before else ""

    @cached_property
    def running(self) -> str:
        """ARN of the task definition that the service has now."""
        return str(self.evidence.service.get("taskDefinition", ""))

    @cached_property
    def deployment(self) -> str:
        """Id of the PRIMARY deployment."""
        return str(deployments.primary(self.evidence).get("id", ""))

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The task definition to correct: the user's file where one is given, else the last one; empty where unread."""
        if self.wishes.file:
            document: Mapping[str, Any] = self.wishes.file["document"]
            return document
        return revisions.definitions(self.evidence).get(self.revision, {})

    def containers(self) -> list[tuple[int, Mapping[str, Any]]]:
        """The containers of the document with their places."""
        return list(enumerate(self.document.get("containerDefinitions") or []))

    def container(self, name: str) -> tuple[int, Mapping[str, Any]] | None:
        """A container of the document by its name; the only one where the file calls it otherwise."""
        found = self.containers()
        named = [each for each in found if each[1].get("name") == name]
        return next(iter(named or (found if len(found) == 1 else [])), None)

    def answered(self, choice: Choice) -> Choice:
        """A choice with what the person has answered.

        Raises
        ------
        InputError
            The answer is none of the options.
        """
        given = self.wishes.answers.get(choice.id, SUGGESTED if self.wishes.suggested else "")
        if given == SUGGESTED:
            return replace(choice, answer=choice.suggested)
        known = [option.value for option in choice.options]
        if given and not choice.free and given not in known:
            raise InputError(
                "choice-unknown", id=choice.id, given=given, nearest=nearest(given, known) or ", ".join(known)
            )
        return replace(choice, answer=given)
