"""How a watched deployment is shown: a line a change, JSON, or what GitHub Actions reads. The live view is `live`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.cli.shell import show, tell
from runbook_lib.errors import ExitCode, InputError
from runbook_lib.text import sentence
from runbook_lib.text.visible import visible_json

if TYPE_CHECKING:
    from runbook_lib.diagnosis.following import Poll
    from runbook_lib.report.context import Context
    from runbook_lib.report.render import Section

FORMS = ("auto", "live", "lines", "json", "github")


def form_of(asked: str) -> str:
    """The form of ``auto``: live where somebody looks at a terminal, else what the place reads.

    Raises
    ------
    InputError
        There is no such form.
    """
    if asked not in FORMS:
        raise InputError("format-unknown", format=asked, known=", ".join(FORMS))
    if asked != "auto":
        return asked
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return "github"
    terminal = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"
    return "live" if terminal else "lines"


class Lines:
    """One line on stderr for each poll that says something new, and one a minute; the result on stdout."""

    def __init__(self, context: "Context", line: "Callable[[Poll, str, Context], str]") -> None:
        from runbook_lib.report.watch_lines import Changes

        self._context, self._line, self._changes = context, line, Changes()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put back."""

    def told(self, poll: "Poll") -> None:
        """Prints a poll where it says something new."""
        if self._changes.tells(poll):
            tell(self._line(poll, self._changes.event(poll), self._context), ExitCode.GOOD)

    def ended(self, section: "Section", tree: dict[str, Any], notes: tuple[tuple[str, str, str], ...]) -> None:
        """Prints the result."""
        show(section.text)

    def interrupted(self, poll: "Poll") -> None:
        """Nothing but the sentence that the command ends with."""


class Json(Lines):
    """One JSON object a line on stdout; the last one is the result."""

    def told(self, poll: "Poll") -> None:
        """Prints a poll where it says something new."""
        from runbook_lib.report.watch_lines import poll_json

        if self._changes.tells(poll):
            show(visible_json(poll_json(poll), indent=None))

    def ended(self, section: "Section", tree: dict[str, Any], notes: tuple[tuple[str, str, str], ...]) -> None:
        """Prints the result."""
        show(visible_json(tree, indent=None))

    def interrupted(self, poll: "Poll") -> None:
        """Prints how far it was."""
        from runbook_lib.report.watch_lines import poll_json

        show(visible_json(poll_json(poll) | {"end": "interrupted", "exit_code": ExitCode.INTERRUPTED}, indent=None))


class GitHub(Lines):
    """Lines, then the result, annotations, and a job summary in the file that GITHUB_STEP_SUMMARY names."""

    def ended(self, section: "Section", tree: dict[str, Any], notes: tuple[tuple[str, str, str], ...]) -> None:
        """Prints the result, in which GitHub looks for no commands, and the annotations."""
        from runbook_lib.report import github

        show(github.fenced(section.text, os.urandom(16).hex()))
        for level, title, message in notes:
            show(github.annotation(level, title, message))
        if path := os.environ.get("GITHUB_STEP_SUMMARY"):
            self._summarise(Path(path), github.markdown(section))

    def _summarise(self, path: Path, text: str) -> None:
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            facts = {"file": path, "problem": error.strerror or ""}
            tell(sentence("summary-unwritable", facts, self._context.lang), ExitCode.GOOD)
