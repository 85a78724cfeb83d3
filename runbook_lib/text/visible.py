"""Text of others on its way to a screen: what cannot be seen, or would steer the terminal, is written out."""

from __future__ import annotations

import re
from functools import cache

# C0 but tab and newline, DEL, C1, soft hyphen, fillers without a shape, zero-width and bidirectional marks, line
# separators, halves of surrogate pairs, variation selectors and tags that hide text in text: Unicode's categories Cc,
# Cf, Cs, Zl and Zp, but for the visible signs of Arabic, Syriac and others among them.
UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)


@cache
def _unseen(breaks: str = "") -> re.Pattern[str]:
    """Compiled when first used: `--help` shows no text of others, and should not wait for it."""
    return re.compile(f"[{UNSEEN}{breaks}]")


def visible(text: str) -> str:
    r"""``text`` with every character that cannot be seen as an escape: ``\x1b``, ``\u202e``; tab and newline stay.

    The result can be written to any terminal and any UTF-8 file: it steers nothing, reverses nothing, hides nothing.
    """
    return _unseen().sub(_escape, text)


def one_line(text: str) -> str:
    r"""As :func:`visible`, with tab and newline as ``\t`` and ``\n``: a value cannot pretend to be a line of ours."""
    return _unseen("\t\n").sub(_escape, text)


def unseen(text: str) -> bool:
    """Whether ``text`` holds a character that cannot be seen, or a tab or newline."""
    return _unseen("\t\n").search(text) is not None


def visible_json(tree: object, indent: int | None = 1) -> str:
    r"""``tree`` as JSON: Hangul as it is, what cannot be seen as ``\u202e``. Without ``indent`` it is one line."""
    import json

    return _unseen().sub(_json_escape, json.dumps(tree, ensure_ascii=False, indent=indent))


def _escape(match: re.Match[str]) -> str:
    point = ord(match[0])
    if match[0] in "\t\n\r":
        return {"\t": r"\t", "\n": r"\n", "\r": r"\r"}[match[0]]
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _json_escape(match: re.Match[str]) -> str:
    import json

    return json.dumps(match[0])[1:-1]
