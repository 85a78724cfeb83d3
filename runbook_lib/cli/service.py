"""The commands that look at a service: diagnose, report, run, commands."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import Exit

from runbook_lib.cli.options import LANG, ExitVerdict, Json, app, help_of, looking
from runbook_lib.cli.shell import progress, show, tell
from runbook_lib.errors import ExitCode, InputError, RunError
from runbook_lib.text import language, say
from runbook_lib.text.visible import visible_json

if TYPE_CHECKING:
    from runbook_lib.look import Look
    from runbook_lib.parameters import Parameters
    from runbook_lib.runs import Archived


@looking(app, "diagnose")
def diagnose(
    given: "Parameters",
    *,
    as_json: Json = False,
    save: Annotated[Path | None, typer.Option("--save", help=help_of("option.save"))] = None,
) -> None:
    """Reads the service and names the causes."""
    from runbook_lib.look import believed
    from runbook_lib.runs import known_incident

    known_incident(given)
    found = _looked(given)
    _record(found, given)
    with believed(str(given.evidence)) if given.evidence else nullcontext():
        _show(found, given, as_json=as_json)
    if save:  # a file that cannot be written must not cost the diagnosis
        _save(found, save)
    raise Exit(found.exit_code)


@looking(app, "report")
def report(given: "Parameters", *, as_json: Json = False, exit_verdict: ExitVerdict = False) -> None:
    """Runs 90_postmortem and archives it."""
    _archived("90_postmortem", given, as_json=as_json, exit_verdict=exit_verdict)


@looking(app, "run")
def run(
    given: "Parameters",
    *,
    notebook: Annotated[str, typer.Argument(help=help_of("option.notebook"))],
    as_json: Json = False,
    exit_verdict: ExitVerdict = False,
) -> None:
    """Runs any notebook and archives it."""
    _archived(notebook, given, as_json=as_json, exit_verdict=exit_verdict)


@looking(app, "commands")
def commands(given: "Parameters", *, as_json: Json = False) -> None:
    """Prints the guide's commands; without saved evidence nothing is read."""
    from runbook_lib.workflow import filled_commands

    filled = filled_commands(given)
    if as_json:
        show(visible_json([{"name": c.name, "argv": list(c.argv)} for c in filled]))
        return
    chosen = language(given.lang, LANG)
    show("\n\n".join(f"# {say(c.title_key, chosen)}\n{c.text}" for c in filled))


def _looked(given: "Parameters") -> "Look":
    from runbook_lib.look import look

    chosen = language(given.lang, LANG)
    if given.cluster and given.service and not given.evidence:
        progress("reading", chosen, cluster=given.cluster, service=given.service)
    found = look(given)
    evidence = found.evidence
    progress("read", chosen, calls=len(evidence.calls), rounds=evidence.rounds, elapsed=evidence.elapsed_s)
    return found


def _record(found: "Look", given: "Parameters") -> None:
    """Keeps the look in its incident's journal; without a record the diagnosis goes on, and says so."""
    from runbook_lib import runs

    chosen = language(given.lang, LANG)
    try:
        folder = runs.record(found, given, "diagnose")
    except InputError as error:
        tell(runs.unrecorded(error, chosen), ExitCode.GOOD)
        return
    if folder:
        progress("recorded", chosen, incident=folder.name, folder=folder)


def _save(found: "Look", path: Path) -> None:
    from runbook_lib.evidence.serialisation import dumps

    try:
        path.write_text(dumps(found.evidence), encoding="utf-8")
    except OSError as error:
        raise InputError("file-unwritable", file=str(path), problem=error.strerror or "") from error


def _show(found: "Look", given: "Parameters", *, as_json: bool) -> None:
    chosen = language(given.lang, LANG)
    if as_json:
        from runbook_lib.report.machine import as_json as machine

        show(visible_json(machine(found.diagnosis, found.evidence, chosen)))
        return
    from runbook_lib.workflow import summary

    show(summary(found, given, chosen))


def _archived(notebook: str, given: "Parameters", *, as_json: bool, exit_verdict: bool) -> None:
    from runbook_lib.archive.notebooks import find_notebook
    from runbook_lib.runs import run_notebook

    chosen = language(given.lang, LANG)
    path = find_notebook(notebook)
    progress("running", chosen, notebook=path)
    done = run_notebook(path, given)
    if not done.ok:
        failure = RunError("run-failed", problem=done.error, folder=str(done.folder))
        failure.exit_code = done.exit_code
        raise failure
    _show_archived(done, chosen, as_json=as_json)
    raise Exit(done.exit_code if exit_verdict else ExitCode.GOOD)


def _show_archived(done: "Archived", lang: str, *, as_json: bool) -> None:
    if as_json:
        files = sorted(str(p) for p in done.folder.iterdir())
        causes = [v.rule for v in done.look.diagnosis.failed("cause")] if done.look else []
        show(visible_json({"folder": str(done.folder), "causes": causes, "files": files}))
        return
    from runbook_lib.report.archived import table

    show(table(done.look.diagnosis if done.look else None, done.folder, lang))
