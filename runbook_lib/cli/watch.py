"""Following a deployment: watch, and gate, which waits until earlier ones have ended."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import Exit

from runbook_lib.cli.faces import GitHub, Json, Lines, form_of
from runbook_lib.cli.options import LANG, Options, app, help_of, looking
from runbook_lib.cli.options import Json as AsJson
from runbook_lib.cli.shell import progress, tell
from runbook_lib.errors import ExitCode, InputError, InterruptedRunError
from runbook_lib.text import language

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.diagnosis.following import Outcome, Poll
    from runbook_lib.diagnosis.gate import Gate
    from runbook_lib.following import Record
    from runbook_lib.parameters import Parameters
    from runbook_lib.report.context import Context

Form = Annotated[str, typer.Option("--format", help=help_of("option.format"))]
Notes = tuple[tuple[str, str, str], ...]
_TIMEOUT: Options = {"timeout": (Annotated[str, typer.Option("--timeout", help=help_of("option.timeout"))], "")}
_WATCHED: Options = {
    "deployment": (Annotated[str, typer.Option("--deployment", help=help_of("option.deployment"))], "")
} | _TIMEOUT
_LEVELS = {"completed": "notice", "superseded": "warning", "stopped": "warning"}


@looking(app, "watch", _WATCHED)
def watch(given: "Parameters", again: tuple[str, ...], *, form: Form = "auto", as_json: AsJson = False) -> None:
    """Watches one deployment to its end."""
    from runbook_lib.following import Record, follow, outcome_page
    from runbook_lib.report.watch_lines import line, outcome_json

    chosen = language(given.lang, LANG)
    face = _face("json" if as_json else form, _context(given, chosen), line)
    record = Record(given, "watch", _unrecorded(chosen))
    try:
        with face:
            found = follow(given, record, face.told)
    except KeyboardInterrupt as error:
        raise _interrupted(face, record, again) from error
    section = outcome_page(found, given, chosen, again)
    face.ended(section, outcome_json(found, chosen), _notes(found, given, chosen))
    if record.folder:
        progress("recorded", chosen, incident=record.folder.name, folder=record.folder)
    raise Exit(found.exit_code)


@looking(app, "gate", _TIMEOUT)
def gate(given: "Parameters", again: tuple[str, ...], *, form: Form = "auto", as_json: AsJson = False) -> None:
    """Waits until earlier deployments have ended."""
    from runbook_lib.following import gate as wait
    from runbook_lib.following import gate_page
    from runbook_lib.report.sections.gating import gate_json
    from runbook_lib.report.watch_lines import waiting_line

    chosen = language(given.lang, LANG)
    kind = form_of("json" if as_json else form)
    face = _face("lines" if kind == "live" else kind, _context(given, chosen), waiting_line)
    with face:
        found = wait(given, face.told)
    section = gate_page(found, given, chosen, again)
    face.ended(section, gate_json(found, chosen), _gate_notes(found, given, chosen))
    raise Exit(found.exit_code)


def _face(form: str, context: "Context", line: "Callable[[Poll, str, Context], str]") -> Any:
    kind = form_of(form)
    if kind == "live":
        from runbook_lib.cli.live import Live

        return Live(context)
    return {"lines": Lines, "json": Json, "github": GitHub}[kind](context, line)


def _context(given: "Parameters", lang: str) -> "Context":
    from runbook_lib.report.context import Context
    from runbook_lib.runs import command_options

    return Context(lang, given.timezone, given.credentials == "lab", command_options(given))


def _unrecorded(lang: str) -> "Callable[[InputError], None]":
    from runbook_lib.runs import unrecorded

    def problem(error: InputError) -> None:
        tell(unrecorded(error, lang), ExitCode.GOOD)

    return problem


def _interrupted(face: Any, record: "Record", again: tuple[str, ...]) -> BaseException:
    """What ends an interrupted command: a sentence that says how to go on, where it had begun at all."""
    if record.last is None:
        return KeyboardInterrupt()
    from runbook_lib.report.plan_commands import ours

    last = record.last
    face.interrupted(last)
    same = ours("watch", *again, "--deployment", last.deployment).replace(" \\\n  ", " ")  # stands in a sentence
    return InterruptedRunError("watch-interrupted", deployment=last.deployment, revision=last.revision, command=same)


def _notes(found: "Outcome", given: "Parameters", lang: str) -> Notes:
    """The annotations: how it ended, and a cause each."""
    from runbook_lib.report.sections.watching import sentence
    from runbook_lib.report.words import line, title
    from runbook_lib.text import say

    level = _LEVELS.get(found.word, "error")
    told = sentence(found, given.timeout * 60, _context(given, lang))
    causes = tuple((level, title(v, lang), line(v, lang)) for v in found.causes)
    return ((level, say(f"watch.end.{found.word}", lang), told), *causes)


def _gate_notes(found: "Gate", given: "Parameters", lang: str) -> Notes:
    from runbook_lib.report.sections.gating import sentence
    from runbook_lib.text import say

    level = "notice" if found.word == "free" else "error"
    return ((level, say(f"watch.gate.{found.word}", lang), sentence(found, given.timeout * 60, _context(given, lang))),)
