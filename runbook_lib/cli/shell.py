"""Output of the command line: results on stdout, progress on stderr, every error a sentence and an exit code."""

import gc
import sys
from contextlib import suppress
from typing import Any

from typer.exceptions import Abort, TyperException

from runbook_lib.cli.options import LANG, app
from runbook_lib.errors import ExitCode, InputError, RunbookError
from runbook_lib.text import say, sentence


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
        return tell(error.sentence or sentence(error.key, error.facts, LANG), error.exit_code)
    except TyperException as error:
        return _usage(error)
    except (KeyboardInterrupt, Abort):
        code = ExitCode.INTERRUPTED
    if code == ExitCode.INTERRUPTED:  # typer, too, makes this code of Ctrl-C
        tell(say("errors.interrupted", LANG), ExitCode.INTERRUPTED)
    return code


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
    return tell(say("errors.usage", LANG, problem=error.format_message(), command=command), ExitCode.USAGE)


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
    sys.stderr.write(say(f"cli.progress.{key}", lang, **facts).replace("`", "") + "\n")
