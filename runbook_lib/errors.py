"""Everything that can go wrong for a person, as a key and facts. The words, in both languages, live in ``text/``."""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """The documented exit codes of every command."""

    GOOD = 0
    BAD = 1
    USAGE = 2
    COULD_NOT_LOOK = 3
    TIMED_OUT = 4
    ROLLED_BACK = 5
    SUPERSEDED = 6
    INTERRUPTED = 130


class RunbookError(Exception):
    """A failure that is explained in one sentence.

    Parameters
    ----------
    key : str
        Names the sentence in ``text/errors.yaml``; it says what happened, to what, and what to do next.
    **facts
        Values for the sentence. Never secrets.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, key: str, **facts: Any) -> None:
        super().__init__(key, facts)
        self.key = key
        self.facts: dict[str, Any] = facts
        self.sentence = ""  # in the user's language, filled in by whoever shows it

    def __str__(self) -> str:
        return self.sentence or f"{self.key}: " + ", ".join(f"{name}={value}" for name, value in self.facts.items())

    def _render_traceback_(self) -> list[str]:
        """What IPython prints in a notebook: the sentence, no traceback."""
        return [str(self)]


class ParameterError(RunbookError):
    """A parameter is unknown, missing or of the wrong type; nothing was read from AWS."""


class InputError(RunbookError):
    """A file or a notebook that was named cannot be used."""


class TargetError(RunbookError):
    """The cluster or the service does not exist where we looked."""


class AccessError(RunbookError):
    """Nothing could be read: no credentials, expired ones, no network, or a denied first call."""

    exit_code = ExitCode.COULD_NOT_LOOK


class SafetyError(RunbookError):
    """A call that this session may not make was stopped before it was sent."""

    exit_code = ExitCode.BAD


class InterruptedRunError(RunbookError):
    """A notebook run was interrupted; what had run until then was archived."""

    exit_code = ExitCode.INTERRUPTED


class RunError(RunbookError):
    """A notebook run failed; what it left was archived."""

    exit_code = ExitCode.BAD


def nearest(name: str, known: list[str]) -> str:
    """The known name most like ``name``, or an empty string."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, n=1, cutoff=0.5)), "")
