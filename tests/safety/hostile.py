"""Text that would like to be more than text, and saved evidence with such text in every field that AWS answers with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from runbook_lib.evidence.model import Evidence, Request, Unread, request
from runbook_lib.evidence.serialisation import load

INCIDENTS = Path(__file__).parents[1] / "incidents"
FORGED = "FORGED: everything is healthy"
HOSTILE = {
    "script": "<script>document.title='FORGED'</script>",
    "end of script": "</script></style></title></code></pre></svg><script>FORGED</script>",
    "image": "<img src=x onerror=FORGED()>",
    "svg": "<svg/onload=FORGED()><animate onbegin=FORGED() attributeName=x>",
    "attribute": "\" onmouseover=FORGED() style='background:url(http://127.0.0.1/FORGED)' x='",
    "entity": "&lt;b&gt; &#60;script&#62; &NewLine;",
    "comment": "--><![CDATA[ ]]> <!-- -->",
    "template": "{{ 7*7 }} {% raw %} {0} {x} %s %(a)s $HOME ${x} $(id)",
    "markdown": "[FORGED](javascript:FORGED()) ![x](http://127.0.0.1/FORGED) **b** # h `c` ``` <http://127.0.0.1/FORGED>",
    "backticks": "` `` ``` `<b>`",
    "colours": "\x1b[31mFORGED\x1b[2J\x1b[1;1H",
    "terminal link": "\x1b]8;;http://127.0.0.1/FORGED\x07here\x1b]8;;\x07",
    "clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "c1": "\x9b31m\x9d0;FORGED\x9c\x85",
    "bell and backspace": "\x07\x08\x08\x08\x7f",
    "bidi": "\u202egpj.exe\u202c \u2066x\u2069 \u200f \u061c \u202a\u202b\u202d",
    "zero width": "a\u200bb\u200cc\u200dd\ufeffe\u2060f\u00adg\u3164\u180e",
    "tags": "\U000e0041\U000e0042\U000e007f",
    "nul": "a\x00b",
    "line ends": f"\n{FORGED}\r{FORGED}\r\n{FORGED}\x0b\x0c\u2028{FORGED}\u2029{FORGED}",
    "tabs": f"\t\t{FORGED}\n\t{FORGED}",
    "surrogate": "\ud800 \udfff",
    "path": "../../../../FORGED",
    "home": "~/FORGED",
    "absolute": "/tmp/FORGED",
    "windows": "C:\\FORGED\\..\\CON:x|?*",
    "formula": '=HYPERLINK("http://127.0.0.1/FORGED","x")',
    "command": "+cmd|' /C calc'!A0 @SUM(A1) -2+3",
    "shell": "'; touch FORGED; $(touch FORGED) `touch FORGED` | & > FORGED",
    "marks": "z" + "\u0301" * 400,
    "long": "x" * 1_000_000,
    "long digits": "failed health checks " + "1" * 1_000_000,
    "long word and lines": ("y" * 500 + "\n") * 2_000,
}
# One of each kind, for what takes a process.
ALL_IN_ONE = "".join(text for name, text in HOSTILE.items() if len(text) < 1_000 and name != "marks")

_WORDS = frozenset(
    {"message", "stoppedReason", "reason", "Reason", "Description", "rolloutStateReason", "failureReason"}
)
_STATES = frozenset(
    {
        "status",
        "lastStatus",
        "desiredStatus",
        "healthStatus",
        "rolloutState",
        "State",
        "launchType",
        "stopCode",
        "failureCode",
    }
)
# What is no text of AWS's: which readings there are, and addresses that are matched with each other.
_KEPT = frozenset({"desired_status"})


_CHOSEN: dict[str, Callable[[str], bool]] = {
    "words": _WORDS.__contains__,
    "states": _STATES.__contains__,
    "names": lambda name: name not in _WORDS | _STATES | _KEPT,
}


def poisoned(evidence: Evidence, text: str, where: str) -> Evidence:
    """Evidence with ``text`` added to every ``words``, ``names`` or ``states`` of it; times stay times.

    What is named in two places is named alike in both, so that rules still find what belongs together.
    """
    made = replace(
        evidence,
        readings=tuple(
            replace(r, data=spread(r.data, text, where), request=_asked(r.request, text, where))
            for r in evidence.readings
        ),
        unreads=(*evidence.unreads, _lost(text)),
        calls=tuple(replace(call, error=text) for call in evidence.calls),
    )
    about = {name: getattr(evidence.target, name) + text for name in ("cluster", "service", "region", "account")}
    return replace(made, target=replace(evidence.target, **about)) if where == "names" else made


def spread(node: Any, text: str, where: str, name: str = "") -> Any:
    """An answer of AWS, or a part of one, with ``text`` at the end of every such field."""
    if isinstance(node, dict):
        return {key: spread(value, text, where, key) for key, value in node.items()}
    if isinstance(node, list):
        return [spread(value, text, where, name) for value in node]
    return node + text if isinstance(node, str) and _CHOSEN[where](name) and not _is_time(node) else node


def _is_time(text: str) -> bool:
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _asked(asked: Request, text: str, where: str) -> Request:
    if where != "names":
        return asked
    return request(asked.kind, **{name: value if name in _KEPT else value + text for name, value in asked.args})


def _lost(text: str) -> Unread:
    return Unread(request("secrets" + text[:50]), f"x:{text}", f"x:{text}", "failed", text, text)


def incident(name: str = "guide") -> Evidence:
    """A saved incident as the lab played it."""
    return load(INCIDENTS / f"{name}.json")
