"""The command that explains what ECS has printed."""

import re
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
_MOST_BYTES = 50_000_000
_NAME = re.compile(r"[./~]?[\w./-]{1,400}\.(?:log|txt|json|jsonl|out)|/[\w./-]{1,400}")


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
    """Answers every line that can be; those that cannot are counted, and told of at the end by the first of them."""
    from runbook_lib.explain import answer

    refused: list[InputError] = []
    for number, line in enumerate(lines, 1):
        try:
            if line.strip():
                sys.stdout.write(f"{answer(line, number)}\n")
        except InputError as error:
            refused.append(error)
    sys.stdout.flush()
    if refused:
        refused[0].facts["count"] = len(refused)
        raise refused[0]


def _pasted(text: str) -> str:
    """The text itself, what a file of that name holds, or what was piped in."""
    if text in ("", "-"):
        return _piped(asked=text == "-")
    path = _path(text)
    if path is None:
        return text
    from runbook_lib.files import read_text

    if path.is_fifo() or path.is_char_device():  # as `<(command)` gives
        with path.open("rb") as stream:
            return _decoded(stream.read(_MOST_BYTES + 1))
    return read_text(path)


def _path(text: str) -> Path | None:
    """The text as the name of a file: one that exists, or one word that can only be meant for one."""
    if len(text) > _LONGEST_NAME or any(character in text for character in "\n\0"):
        return None
    path = Path(text)
    try:
        named = path.exists() or bool(_NAME.fullmatch(text))
    except OSError:
        return None
    return path if named else None


def _piped(*, asked: bool) -> str:
    if sys.stdin is None or (sys.stdin.isatty() and not asked):
        raise InputError("explain-nothing")
    return _decoded(sys.stdin.buffer.read(_MOST_BYTES + 1))


def _decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 as PowerShell pipes it; what is neither is shown as far as it goes."""
    if len(data) > _MOST_BYTES:
        raise InputError("explain-too-long", most=_MOST_BYTES)
    coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(coding, "replace")
