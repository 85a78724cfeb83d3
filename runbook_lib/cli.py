"""The command line: results on stdout, progress and errors on stderr; every error is a sentence and an exit code."""

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import Abort, Exit, TyperException

from runbook_lib.errors import ExitCode, InputError, RunbookError, RunError
from runbook_lib.text import language, say, sentence

if TYPE_CHECKING:
    from runbook_lib.look import Look
    from runbook_lib.parameters import Parameters
    from runbook_lib.runs import Archived


def _asked_language(argv: list[str]) -> str | None:
    """``--lang`` before parsing: help and usage errors are in that language too."""
    for at, word in enumerate(argv):
        if word.startswith("--lang"):
            return word.partition("=")[2] or next(iter(argv[at + 1 :]), None)
    return None


LANG = language(_asked_language(sys.argv[1:]))


def _help(key: str) -> str:
    return say(f"cli.{key}", LANG)


def _translated(page: str) -> str:
    """A help page whose fixed words, which typer has in English only, are in the user's language."""
    for english, key in _HELP_WORDS.items():
        page = page.replace(english, say(f"cli.help.{key}", LANG))
    return page


_HELP_WORDS = {
    "Usage: ": "usage",
    "\nOptions:\n": "options",
    "\nCommands:\n": "commands",
    "\nArguments:\n": "arguments",
    "Show this message and exit.": "help",
}


class _Group(TyperGroup):
    def get_help(self, ctx: typer.Context) -> str:
        return _translated(super().get_help(ctx))


class _Command(TyperCommand):
    def get_help(self, ctx: typer.Context) -> str:
        return _translated(super().get_help(ctx))


app = typer.Typer(
    cls=_Group,
    name="ecs-runbook",
    help=_help("app"),
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
lab_app = typer.Typer(cls=_Group, help=_help("lab"), no_args_is_help=True, rich_markup_mode=None)
app.add_typer(lab_app, name="lab")

Lang = Annotated[str, typer.Option("--lang", help=_help("option.lang"))]
Json = Annotated[bool, typer.Option("--json", help=_help("option.json"))]
ExitVerdict = Annotated[bool, typer.Option("--exit-verdict", help=_help("option.exit_verdict"))]

# The options that every command which looks at a service takes; each is a parameter of the same name.
_OPTIONS: dict[str, tuple[Any, Any]] = {
    "params": (Annotated[Path | None, typer.Option("--params", help=_help("option.params"))], None),
    "override": (Annotated[list[str] | None, typer.Option("-p", "--parameter", help=_help("option.override"))], None),
    "lang": (Lang, ""),
    "endpoint_url": (Annotated[str, typer.Option("--endpoint-url", help=_help("option.endpoint_url"))], ""),
    "profile": (Annotated[str, typer.Option("--profile", help=_help("option.profile"))], ""),
    "region": (Annotated[str, typer.Option("--region", help=_help("option.region"))], ""),
    "evidence": (Annotated[Path | None, typer.Option("--evidence", help=_help("option.evidence"))], None),
}


@app.callback()
def _root(lang: Lang = "") -> None:
    """``--lang`` may also stand before the command."""


def _looking(function: Callable[..., None]) -> Callable[..., None]:
    """Registers ``function(given, ...)`` with the shared options; it gets them as one validated ``Parameters``."""
    own = {p.name: (p.annotation, p.default) for p in signature(function).parameters.values() if p.name != "given"}

    def run(**options: Any) -> None:
        function(_given(**{name: options.pop(name) for name in _OPTIONS}), **options)

    # Arguments without a default (the notebook) come first.
    ordered = sorted((own | _OPTIONS).items(), key=lambda item: item[1][1] is not Parameter.empty)
    keyword = Parameter.KEYWORD_ONLY
    listed = [Parameter(name, keyword, default=default, annotation=kind) for name, (kind, default) in ordered]
    vars(run)["__signature__"] = Signature(listed)
    run.__annotations__ = {name: kind for name, (kind, _) in ordered}
    app.command(function.__name__, cls=_Command, help=_help(function.__name__))(run)
    return function


@_looking
def diagnose(
    given: "Parameters",
    *,
    as_json: Json = False,
    save: Annotated[Path | None, typer.Option("--save", help=_help("option.save"))] = None,
) -> None:
    """Reads the service and names the causes."""
    found = _looked(given)
    if save:
        _save(found, save)
    _show(found, given, as_json=as_json)
    raise Exit(found.exit_code)


@_looking
def report(given: "Parameters", *, as_json: Json = False, exit_verdict: ExitVerdict = False) -> None:
    """Runs 90_postmortem and archives it."""
    _archived("90_postmortem", given, as_json=as_json, exit_verdict=exit_verdict)


@_looking
def run(
    given: "Parameters",
    *,
    notebook: Annotated[str, typer.Argument(help=_help("option.notebook"))],
    as_json: Json = False,
    exit_verdict: ExitVerdict = False,
) -> None:
    """Runs any notebook and archives it."""
    _archived(notebook, given, as_json=as_json, exit_verdict=exit_verdict)


@_looking
def commands(given: "Parameters", *, as_json: Json = False) -> None:
    """Prints the guide's commands; without saved evidence nothing is read."""
    from runbook_lib.workflow import filled_commands

    filled = filled_commands(given)
    if as_json:
        _print(json.dumps([{"name": c.name, "argv": list(c.argv)} for c in filled], ensure_ascii=False, indent=1))
        return
    chosen = language(given.lang, LANG)
    _print("\n\n".join(f"# {say(c.title_key, chosen)}\n{c.text}" for c in filled))


@lab_app.command("up", cls=_Command, help=_help("lab_up"))
def lab_up(
    scenario: Annotated[str, typer.Option("--scenario", help=_help("option.scenario"))] = "guide",
    port: Annotated[int | None, typer.Option("--port", help=_help("option.port"))] = None,
    lang: Lang = "",
) -> None:
    """Serves the lab until it is interrupted."""
    with _lab() as lab, _lab_folder(scenario, port) as folder:
        lab.serve(scenario, port=lab.DEFAULT_PORT if port is None else port, folder=folder)


@contextmanager
def _lab_folder(scenario: str, port: int | None) -> Iterator[Path]:
    """Where the lab writes its files: ``.lab/<scenario>``; a lab on a port of its own has a folder of its own."""
    from shutil import rmtree

    from runbook_lib.parameters import home

    stem = Path(scenario).stem
    if port != 0:
        yield home() / ".lab" / (stem if port is None else f"{stem}-{port}")
        return
    folder = home() / ".lab" / f"{stem}-{os.getpid()}"
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


@lab_app.command("scenarios", cls=_Command, help=_help("lab_scenarios"))
def lab_scenarios(lang: Lang = "", as_json: Json = False) -> None:
    """Lists the scenarios with their descriptions."""
    with _lab() as lab:
        rows = [(name, getattr(lab.describe(name).description, LANG)) for name in lab.names()]
    if as_json:
        _print(json.dumps([{"name": name, "description": text} for name, text in rows], ensure_ascii=False, indent=1))
        return
    width = max(len(name) for name, _ in rows)
    _print("\n".join(f"{name.ljust(width)}  {text}" for name, text in rows))


def main() -> None:
    """The entry point: runs a command and turns every failure of ours into a sentence and an exit code."""
    # Imports make many objects and no garbage: looking for some at every 700th costs a tenth of a diagnosis.
    gc.set_threshold(100_000)
    _write_anything(sys.stdout, sys.stderr)
    try:
        code = _run()
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        with suppress(OSError):
            sys.stdout.close()
        code = ExitCode.GOOD
    sys.exit(int(code or 0))


def _run() -> int:
    """Runs the command line and returns its exit code."""
    try:
        code = int(app(standalone_mode=False) or 0)
    except RunbookError as error:
        return _tell(sentence(error.key, error.facts, LANG), error.exit_code)
    except TyperException as error:
        return _usage(error)
    except (KeyboardInterrupt, Abort):
        code = ExitCode.INTERRUPTED
    if code == ExitCode.INTERRUPTED:  # typer, too, makes this code of Ctrl-C
        _tell(say("errors.interrupted", LANG), ExitCode.INTERRUPTED)
    return code


def _write_anything(*streams: Any) -> None:
    """A terminal that cannot show a character gets an escape for it rather than ending the command."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _usage(error: TyperException) -> int:
    context = getattr(error, "ctx", None)
    if context and error.format_message() == context.get_help():  # no arguments at all
        _print(context.get_help())
        return ExitCode.GOOD
    command = context.command_path if context else "ecs-runbook"
    return _tell(say("errors.usage", LANG, problem=error.format_message(), command=command), ExitCode.USAGE)


def _tell(text: str, code: ExitCode) -> ExitCode:
    sys.stderr.write(f"{text}\n")
    return code


def _print(text: str) -> None:
    if sys.stdout is None:  # closed by whoever started us: there is nobody to read it
        return
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError("output-unwritable", problem=error.strerror or "") from error


def _given(*, params: Path | None, override: list[str] | None, **flags: Any) -> "Parameters":
    """Parameters by rising precedence: file, flags, ``-p``."""
    from runbook_lib import parameters

    layers = {
        str(params): parameters.from_file(params) if params else {},
        "--": {name: str(value) for name, value in flags.items() if value},
        "-p": dict(parameters.override(text) for text in override or []),
    }
    sources = {str(name): _source(layer, name) for layer, given in layers.items() for name in given}
    merged = {name: value for given in layers.values() for name, value in given.items()}
    return parameters.parameters(merged, sources)


def _source(layer: str, name: str) -> str:
    """Where a parameter stood, as the user wrote it: a file, ``-p`` or ``--region``."""
    return f"--{name.replace('_', '-')}" if layer == "--" else layer


def _looked(given: "Parameters") -> "Look":
    from runbook_lib.look import look

    chosen = language(given.lang, LANG)
    if given.cluster and given.service and not given.evidence:
        _progress("reading", chosen, cluster=given.cluster, service=given.service)
    found = look(given)
    evidence = found.evidence
    _progress("read", chosen, calls=len(evidence.calls), rounds=evidence.rounds, elapsed=evidence.elapsed_s)
    return found


def _progress(key: str, lang: str, **facts: Any) -> None:
    sys.stderr.write(say(f"cli.progress.{key}", lang, **facts).replace("`", "") + "\n")


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

        _print(json.dumps(machine(found.diagnosis, found.evidence, chosen), ensure_ascii=False, indent=1))
        return
    from runbook_lib.workflow import summary

    _print(summary(found, given, chosen))


def _archived(notebook: str, given: "Parameters", *, as_json: bool, exit_verdict: bool) -> None:
    from runbook_lib.archive.notebooks import find_notebook
    from runbook_lib.runs import run_notebook

    chosen = language(given.lang, LANG)
    path = find_notebook(notebook)
    _progress("running", chosen, notebook=path)
    done = run_notebook(path, given)
    if not done.ok:
        raise RunError("run-failed", problem=done.error, folder=str(done.folder))
    _show_archived(done, chosen, as_json=as_json)
    verdict = done.look.exit_code if done.look else ExitCode.COULD_NOT_LOOK
    raise Exit(verdict if exit_verdict else ExitCode.GOOD)


def _show_archived(done: "Archived", lang: str, *, as_json: bool) -> None:
    if as_json:
        files = sorted(str(p) for p in done.folder.iterdir())
        causes = [v.rule for v in done.look.diagnosis.failed("cause")] if done.look else []
        _print(json.dumps({"folder": str(done.folder), "causes": causes, "files": files}, ensure_ascii=False, indent=1))
        return
    from runbook_lib.report.archived import table

    _print(table(done.look.diagnosis if done.look else None, done.folder, lang))


@contextmanager
def _lab() -> Iterator[Any]:
    """The lab, which is an extra and speaks in keys and facts of its own."""
    from runbook_lib import lab

    try:
        yield lab
    except ModuleNotFoundError as error:
        raise InputError("extra-missing", module=error.name or "", extra="lab") from error
    except lab.LabError as error:
        raise InputError(error.key, **error.facts) from error
