"""What a container's health check command can tell: which tool it calls, and whether its exit status says anything."""

from __future__ import annotations

import ast
import re
import shlex

_TOOLS = ("curl", "wget")
_LONGEST = 4_000
# The last command decides the exit status: one of these makes it 0 whatever came before.
_ALWAYS = re.compile(r"(?:\|\||;)\s*(?:exit\s+0|true|:|echo\b[^|;&]*|printf\b[^|;&]*)\s*;?\s*$")
_NOTHING = re.compile(r"^\s*(?:exit\s+0|true|:|echo\b[^|;&]*)\s*$")
_SEPARATOR = re.compile(r"\|\||&&|[;|]")
_FAILS = re.compile(r"(?:^|\s)(?:--fail(?:-with-body|-early)?\b|-[a-zA-Z]*f[a-zA-Z]*\b)")


def tool(command: list[str]) -> str:
    """``curl`` or ``wget`` where the command calls one, else ``""``."""
    words = re.findall(r"[\w./-]+", _text(command))
    return next((name for word in words for name in _TOOLS if word.rpartition("/")[2] == name), "")


def weakness(command: list[str]) -> str:
    """Why the exit status does not depend on the answer.

    ``never-fails``: it is always 0. ``ignores-status``: 0 for every answer, also a 500 (curl without ``--fail``, a
    comparison whose result is thrown away). ``ignores-comparison``: likewise, but a status of 400 and above raises
    an error by itself. ``""``: it depends, or nothing can be told.
    """
    text = _text(command)
    if _NOTHING.search(text) or (command[:1] != ["CMD"] and _ALWAYS.search(text)):
        return "never-fails"
    return _of_python(command) or _of_curl(text)


def corrected(command: list[str], url: str) -> str:
    """A command that asks the same address and really fails on a bad answer, by the same tool."""
    text = _text(command)
    if "python" in text:
        program = re.search(r"python[\d.]*", text)
        code = f"import sys, urllib.request; sys.exit(urllib.request.urlopen('{url}', timeout=3).status != 200)"
        return f'{program[0] if program else "python"} -c "{code}"'
    if tool(command) == "wget":
        return f"wget -q -O /dev/null {url} || exit 1"
    return f"curl -fsS -o /dev/null {url} || exit 1"


def _text(command: list[str]) -> str:
    return " ".join(command[1:] if command[:1] in (["CMD"], ["CMD-SHELL"]) else command)[:_LONGEST]


def _of_curl(text: str) -> str:
    """curl exits with 0 for every answer, unless it is told to fail or something reads what it prints."""
    first = _SEPARATOR.split(text, maxsplit=1)
    calls = re.match(r"\s*(?:\S*/)?curl(?:\.exe)?\s", text)
    piped = len(first) > 1 and text[len(first[0]) :].startswith("|") and not text[len(first[0]) :].startswith("||")
    reads = piped or "$(" in text or "`" in text or "http_code" in text
    return "ignores-status" if calls and not reads and not _FAILS.search(first[0]) else ""


def _of_python(command: list[str]) -> str:
    """A program whose last statement is a comparison that nobody looks at."""
    source = _program(command)
    try:
        last = ast.parse(source).body[-1:]
    except (SyntaxError, ValueError, RecursionError):
        return ""
    if not last or not isinstance(last[0], ast.Expr) or not isinstance(last[0].value, ast.Compare):
        return ""
    if any(word in source for word in ("exit(", "assert ", "raise ", "raise_for_status")):
        return ""
    return "ignores-comparison" if "urlopen" in source else "ignores-status"


def _program(command: list[str]) -> str:
    """The program after ``python -c``."""
    try:
        words = list(command[1:]) if command[:1] == ["CMD"] else shlex.split(_text(command))
    except ValueError:
        return ""
    starts = [n for n, word in enumerate(words[:-2]) if "python" in word and words[n + 1] == "-c"]
    return words[starts[0] + 2] if starts else ""
