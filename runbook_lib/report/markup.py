"""Text to safe HTML: everything is escaped, what cannot be seen is made visible, what is endless is cut with a note."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from runbook_lib.text import say

# Messages of AWS are below 1,100 characters; what is longer than this was not meant to be read in a report.
LONGEST = 2_000
_CODE = re.compile(r"`([^`]*)`")
# C0 but tab and newline, DEL, C1; zero-width and bidirectional marks; line separators; lone surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def clean(text: object, lang: str) -> str:
    """Text without control, bidirectional or invisible characters (they become visible), cut at ``LONGEST``."""
    whole = str(text)
    shown = _INVISIBLE.sub(_visible, whole[:LONGEST])
    if len(whole) <= LONGEST:
        return shown
    return shown + "… " + say("report.cut", lang, shown=f"{LONGEST:,}", total=f"{len(whole):,}")


def rich(text: object, lang: str) -> Markup:
    """Our prose as HTML: escaped, with what stands between backticks as ``<code>``."""
    parts = _CODE.split(clean(text, lang))  # prose, code, prose, code ... prose
    marked = (Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts))
    return Markup("").join(marked)


def said(text: object, lang: str) -> Markup:
    """Words of AWS or of a file as HTML: escaped and nothing else; backticks stay backticks."""
    return escape(clean(text, lang))


def code(value: object) -> str:
    """A value between backticks, for prose; its own backticks would end the mark and become a look-alike."""
    return "`" + str(value).replace("`", "ˋ") + "`"


def unmarked(text: object, lang: str) -> str:
    """Our prose for a terminal: cleaned, without the backticks."""
    return _CODE.sub(r"\1", clean(text, lang))


def _visible(match: re.Match[str]) -> str:
    point = ord(match[0])
    if point < 0x20:
        return chr(0x2400 + point)
    return "\ufffd" if 0xD800 <= point <= 0xDFFF else f"‹U+{point:04X}›"
