"""The cause behind a message that ECS prints: for a person, for a program, and for many messages at once."""

from __future__ import annotations

import json
from typing import Any

from runbook_lib.diagnosis.messages import Said, judge, picked
from runbook_lib.errors import ExitCode, InputError

# A pasted log of a CI job is below this; ten times as much is a file that was given by mistake.
MOST = 50_000_000
_JSON = {True: "true", False: "false", None: "null"}


def found_in(text: str) -> tuple[Said, ...]:
    """The messages of ECS in a pasted text, what matters most first.

    Raises
    ------
    InputError
        There is nothing in it, or far too much.
    """
    if len(text) > MOST:
        raise InputError("explain-too-long", most=MOST)
    found = picked(text)
    if not found:
        raise InputError("explain-empty")
    return found


def exit_code(found: tuple[Said, ...]) -> ExitCode:
    """1 where a failure is named, 0 where all is of normal life, 3 where that cannot be told."""
    known = {said.judgement.healthy for said in found if said.judgement.cause.role != "unknown"}
    if False in known or any(said.judgement.cause.role == "cause" and said.judgement.certain for said in found):
        return ExitCode.BAD
    return ExitCode.GOOD if known == {True} else ExitCode.COULD_NOT_LOOK


def shown(found: tuple[Said, ...], lang: str) -> str:
    """What the messages say, for a terminal."""
    from runbook_lib.report.explained import section

    return section(found, lang).text


def as_json(found: tuple[Said, ...], lang: str) -> dict[str, Any]:
    """What the messages say, as plain JSON values."""
    from runbook_lib.report.explained import machine

    return machine(found, lang)


def answer(line: str, number: int) -> str:
    """The JSON line ``{"id", "root_cause", "healthy"}`` to a line ``{"id", "kind", "text"}``.

    Raises
    ------
    InputError
        The line is no JSON object with a text.
    """
    asked = _asked(number, line)
    said = judge(asked["text"], presumed=True)
    known = _plain_json(asked.get("id"))
    return f'{{"id": {known}, "root_cause": "{said.label}", "healthy": {_JSON[said.healthy]}}}'


def _plain_json(given: Any) -> str:
    """JSON of a value; of a number that JSON has no form for, its text."""
    try:
        return json.dumps(given, allow_nan=False)
    except ValueError:
        return json.dumps(str(given))


def _asked(number: int, line: str) -> dict[str, Any]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError("explain-no-json", line=number, count=1) from error
    if not isinstance(asked, dict) or not isinstance(asked.get("text"), str):
        raise InputError("explain-no-text", line=number, count=1)
    return asked
