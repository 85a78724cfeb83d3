"""Output of the command line: results on stdout, progress on stderr, every error a sentence and an exit code."""

import gc
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from typer.exceptions import Abort, TyperException

from runbook_lib.cli.options import LANG, app
from runbook_lib.errors import ExitCode, InputError, RunbookError, nearest
from runbook_lib.quick import quicken
from runbook_lib.text import say, sentence
from runbook_lib.text.visible import one_line


def main() -> None:
    """The entry point: runs a command and turns every failure of ours into a sentence and an exit code."""
    # Imports make many objects and no garbage: looking for some at every 700th costs a tenth of a diagnosis.
    gc.set_threshold(100_000)
    quicken()
    _write_anything(sys.stdout, sys.stderr)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = _run()
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        with suppress(OSError):
            sys.stdout.close()
        code = ExitCode.GOOD
    sys.exit(int(code or 0))


def _interrupt(*_: object) -> None:
    """What a CI job and `docker stop` send ends a command as Ctrl-C does: what there is gets archived."""
    raise KeyboardInterrupt


def _run() -> int:
    """Runs the command line and returns its exit code."""
    try:
        code = int(app(standalone_mode=False) or 0)
    except RunbookError as error:
        return tell(error.sentence or sentence(error.key, error.facts, LANG), error.exit_code)
    except TyperException as error:
        return _usage(error)
    except (KeyboardInterrupt, Abort):
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        raise
    except _UNFORESEEN as error:
        return _unforeseen(error)
    if code == ExitCode.INTERRUPTED:  # typer, too, makes this code of Ctrl-C
        tell(say("errors.interrupted", LANG), ExitCode.INTERRUPTED)
    return code


# A fault of this program is no verdict on the service: exit code 1, which a traceback has, means a fault was found.
_UNFORESEEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def _unforeseen(error: BaseException) -> int:
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    where = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else ""
    return tell(sentence("unforeseen", {"kind": type(error).__name__, "where": where}, LANG), ExitCode.COULD_NOT_LOOK)


def _write_anything(*streams: Any) -> None:
    """A terminal that cannot show a character gets an escape for it rather than ending the command."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _usage(error: TyperException) -> int:
    context = getattr(error, "ctx", None)
    if context and error.format_message() == context.get_help():  # no arguments at all
        show(context.get_help())
        return ExitCode.GOOD
    command = context.command_path if context else "ecs-runbook"
    key = _USAGE.get(type(error).__name__, "usage")
    if error.format_message().startswith("Got unexpected extra"):  # which may be a secret, so it is not repeated
        key = "usage-extra"
    facts = {"problem": error.format_message(), "name": _blamed(error), "nearest": _near(error), "command": command}
    return tell(sentence(key, facts, LANG), ExitCode.USAGE)


_OPTION = re.compile(r"-{0,2}[\w.-]{1,40}")
# Typer's own errors, which it has in English only.
_USAGE = {
    "NoSuchOption": "usage-option",
    "MissingParameter": "usage-missing",
    "BadParameter": "usage-value",
    "BadOptionUsage": "usage-value",
}


def _blamed(error: TyperException) -> str:
    parameter = getattr(error, "param", None)
    option: str = getattr(error, "option_name", "") or (max(parameter.opts, key=len) if parameter else "")
    return option if _OPTION.fullmatch(option) else "-…"  # a pasted text that begins with a dash may hold anything


def _near(error: TyperException) -> str:
    """The option that may be meant, among those of the command."""
    context = getattr(error, "ctx", None)
    known = [name for p in context.command.get_params(context) for name in p.opts] if context else []
    return nearest(_blamed(error), known) or "--help"


def tell(text: str, code: ExitCode) -> ExitCode:
    """Prints a sentence to stderr and returns ``code``."""
    sys.stderr.write(f"{text}\n")
    return code


def show(text: str) -> None:
    """Prints a result.

    Raises
    ------
    InputError
        Standard output cannot be written.
    """
    if sys.stdout is None:  # closed by whoever started us: there is nobody to read it
        return
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError("output-unwritable", problem=error.strerror or "") from error


def progress(key: str, lang: str, **facts: Any) -> None:
    """Prints how far a command is to stderr."""
    shown = {name: one_line(str(fact)) for name, fact in facts.items()}
    sys.stderr.write(say(f"cli.progress.{key}", lang, **shown).replace("`", "") + "\n")
