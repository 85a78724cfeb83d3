"""What one cause asks to be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runbook_lib.plan.edits import Edit
from runbook_lib.plan.model import Choice


@dataclass(frozen=True)
class Remedy:
    """The parts of a plan that one verdict asks for.

    ``edits`` are of the task definition, ``settings`` members of UpdateService, ``groups`` members of
    ModifyTargetGroup by ARN, ``log_groups`` names to create, ``stops`` ids of tasks, ``choices`` questions that it
    asks, answered or open. ``by_hand`` says that a person has to do it, or the rest of it.
    """

    edits: tuple[Edit, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    log_groups: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    by_hand: bool = False

    @property
    def waits(self) -> bool:
        """Whether it cannot be planned before a choice is made."""
        return any(not choice.answer for choice in self.choices)


BY_HAND = Remedy(by_hand=True)
NOTHING = Remedy()
