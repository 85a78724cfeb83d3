"""The command that explains what ECS has printed."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import Exit

from runbook_lib.cli.options import LANG, Command, Json, Lang, app, help_of
from runbook_lib.cli.shell import show
from runbook_lib.errors import InputError
from runbook_lib.text.visible import visible_json

_LONGEST_NAME = 1_000  # characters of a file's name


@app.command("explain", cls=Command, help=help_of("explain"))
def explain(
    text: Annotated[str, typer.Argument(metavar="[TEXT|-]", help=help_of("option.explained"))] = "",
    jsonl: Annotated[bool, typer.Option("--jsonl", help=help_of("option.jsonl"))] = False,
    as_json: Json = False,
    lang: Lang = "",
) -> None:
    """Names the cause behind a message of ECS, or inside a pasted log."""
    from runbook_lib import explain as explained

    if jsonl:
        _answer(_pasted(text).splitlines())
        return
    found = explained.found_in(_pasted(text))
    show(visible_json(explained.as_json(found, LANG)) if as_json else explained.shown(found, LANG))
    raise Exit(explained.exit_code(found))


def _answer(lines: Iterable[str]) -> None:
    """Answers every line that can be; those that cannot are told of at the end, by the first of them."""
    from runbook_lib.explain import answer

    refused = None
    for number, line in enumerate(lines, 1):
        try:
            if line.strip():
                sys.stdout.write(f"{answer(line, number)}\n")
        except InputError as error:
            refused = refused or error
    sys.stdout.flush()
    if refused:
        raise refused


def _pasted(text: str) -> str:
    """The text itself, what a file of that name holds, or what was piped in."""
    if text in ("", "-"):
        return _piped(asked=text == "-")
    path = Path(text) if len(text) < _LONGEST_NAME and "\n" not in text and "\0" not in text else None
    if path and path.is_file():
        from runbook_lib.files import read_text

        return read_text(path)
    return text


def _piped(*, asked: bool) -> str:
    if sys.stdin is None or (sys.stdin.isatty() and not asked):
        raise InputError("explain-nothing")
    return _decoded(sys.stdin.buffer.read())


def _decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 as PowerShell pipes it; what is neither is shown as far as it goes."""
    coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(coding, "replace")
