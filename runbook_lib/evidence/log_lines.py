"""What a container's log says in sentences that machines write: which of them, and the numbers or name in them.

A log holds tokens, addresses and names of customers. Of a line nothing leaves this module but that it is one of these
sentences, a port and the address it is bound to, seconds, or the name of a variable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_LONGEST = 2_000
_WORD = r"[^\s:]{1,200}"
_SHELL = r"(?:^|[\s/])(?:ba|da|a|z|k)?sh: (?:(?:line )?\d+: )?"
# Long names without an underscore may be keys: AWS's own are twenty capitals and digits.
_NAME = r"(?P<name>[A-Z][A-Z0-9]{0,30}(?:_[A-Z0-9]{1,30}){1,8}|[A-Z]{2,15})(?![\w-])"
_ADDRESS = r"(?P<address>\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]{2,39}\]|::|localhost|\*)?"
_UNSET = (
    r"(?i:(?:(?:is|was) )?(?:not (?:set|defined|provided|found|configured)|missing|required|undefined)|must be set)"
)
_PORT = r"(?P<port>\d{1,5})\b"
_SECONDS = r"\[?(?P<number>\d{1,6}(?:\.\d{1,6})?)\]? ?(?P<unit>ms|milliseconds|s|seconds)\b"
_VARIABLE = r"(?i:env(?:ironment)? ?var(?:iable)?)"
_GAP = r"[ :'\"`]{1,3}"
_PATTERNS: dict[str, tuple[str, ...]] = {
    "exec-format": (r"(?i:exec format error)",),
    "exec-failed": (
        r"(?i:executable file not found in \$PATH)",
        rf"(?i:\bexec:? (?:user process caused|{_WORD}|{_WORD} failed): (?:no such file|permission denied))",
    ),
    "command-not-found": (
        rf"{_SHELL}{_WORD}: (?:command )?not found",
        rf"env: [‘'\"]?{_WORD}: No such file or directory",
    ),
    "command-not-permitted": (rf"{_SHELL}{_WORD}: Permission denied",),
    "address-in-use": (r"\bEADDRINUSE\b", r"(?i:address already in use)"),
    "heap-exhausted": (
        r"java\.lang\.OutOfMemoryError",
        r"JavaScript heap out of memory",
        r"fatal error: runtime: out of memory",
    ),
    "variable-missing": (
        rf"KeyError: '{_NAME}'",
        rf"key not found: \"{_NAME}\"",
        rf"placeholder '{_NAME}'",
        rf"(?i:\b(?:missing|required|undefined|unset)\b[^:]{{0,40}}\b){_VARIABLE}s?{_GAP}{_NAME}",
        rf"\b{_VARIABLE}{_GAP}{_NAME}['\"`]? {_UNSET}",
        rf"(?:^|[\s'\"`]){_NAME}['\"`]? {_VARIABLE} {_UNSET}",
        rf"{_SHELL}{_NAME}: (?:unbound variable|parameter (?:null or )?not set)",
    ),
    "listening": (
        rf"(?i:\b(?:listening|running|serving)\b[^:]{{0,40}}\b(?:on|at):? ?(?:https?://|tcp://)?){_ADDRESS}:{_PORT}",
        rf"(?i:\b(?:listening|running|started|serving)\b[^:]{{0,40}}\bport(?:\(s\))?:? ?){_PORT}",
    ),
    "started": (rf"\b(?i:started|ready|startup)\b[^:]{{0,120}}?\bin {_SECONDS}",),
}
_SENTENCES = {sign: tuple(re.compile(pattern) for pattern in patterns) for sign, patterns in _PATTERNS.items()}
SIGNS = tuple(_SENTENCES)


def sentences(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The known sentences in log events (``timestamp`` ms, ``message``), each once, in the order of their first time.

    Each has ``sign`` (of ``SIGNS``), ``at`` and ``last`` (ms), ``count``, and for ``listening`` ``address`` (may be
    empty) and ``port``, for ``started`` ``seconds``, for ``variable-missing`` ``name``.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for event in events:
        for sign, told in _said(str(event.get("message", ""))[:_LONGEST]):
            at = event.get("timestamp")
            known = found.setdefault((sign, *told.values()), {"sign": sign, "at": at, "count": 0, **told})
            known |= {"last": at, "count": known["count"] + 1}
    return list(found.values())


def _said(line: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for sign, patterns in _SENTENCES.items():
        match = next((found for pattern in patterns if (found := pattern.search(line))), None)
        if match:
            yield sign, _kept(sign, match.groupdict())


def _kept(sign: str, groups: dict[str, str | None]) -> dict[str, Any]:
    """The numbers of a sentence, or the name in it."""
    if sign == "listening":
        return {"address": groups.get("address") or "", "port": int(groups["port"] or 0)}
    if sign == "started":
        number = float(groups["number"] or 0)
        return {"seconds": number / 1000 if str(groups["unit"]).startswith("m") else number}
    return {"name": str(groups["name"])} if sign == "variable-missing" else {}
