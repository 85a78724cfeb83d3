"""Text to safe HTML: everything is escaped, what cannot be seen is made visible, what is endless is cut with a note."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from runbook_lib.text import say
from runbook_lib.text.visible import one_line, visible

# Messages of AWS are below 1,100 characters; what is longer than this was not meant to be read in a report.
LONGEST = 2_000
_CODE = re.compile(r"`([^`]*)`")
_TIME = re.compile(r"(\(?\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?)")
NOTHING = "–"  # for a value that is not there
_SHORT = 28  # a name in code marks up to this many letters is not broken: it fits into any column of a phone


def clean(text: object, lang: str) -> str:
    """Words of others: what cannot be seen is written out, what is longer than ``LONGEST`` is cut with a note."""
    whole = str(text)
    return visible(whole[:LONGEST]) + _cut(whole, lang)


def prose(text: object, lang: str) -> str:
    """Our prose with values of others in it: as :func:`clean`, and no value can begin a line of its own."""
    whole = str(text)
    return one_line(whole[:LONGEST]) + _cut(whole, lang)


def _cut(whole: str, lang: str) -> str:
    if len(whole) <= LONGEST:
        return ""
    return "… " + say("report.cut", lang, shown=f"{LONGEST:,}", total=f"{len(whole):,}")


def rich(text: object, lang: str) -> Markup:
    """Our prose as HTML: escaped, with what stands between backticks as ``<code>``."""
    parts = _CODE.split(prose(text, lang))  # prose, code, prose, code ... prose
    return Markup("".join([_coded(part) if n % 2 else _kept(part) for n, part in enumerate(parts)]))


def _coded(name: str) -> str:
    if not name.strip():
        return escape(NOTHING)
    wraps = "" if len(name) <= _SHORT and name.isascii() else ' class="w"'
    return f"<code{wraps}>{escape(name)}</code>"


def _kept(words: str) -> str:
    """Escaped, such that no line breaks inside a date or begins with a middle dot."""
    parts = _TIME.split(words.replace(" · ", "\u00a0· "))  # words, time, words, time ... words
    return "".join(
        [f'<span class="nb">{escape(part)}</span>' if n % 2 else escape(part) for n, part in enumerate(parts)]
    )


def said(text: object, lang: str) -> Markup:
    """Words of AWS or of a file as HTML: escaped and nothing else; backticks stay backticks."""
    return escape(clean(text, lang))


def code(value: object) -> str:
    """A value between backticks, for prose."""
    return f"`{unticked(value)}`"


def unticked(value: object) -> str:
    """A value that may stand between backticks: its own would end the mark, and become a look-alike."""
    return str(value).replace("`", "ˋ")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet that a table is pasted into would compute the cell; an apostrophe before it prevents that.

    The characters are OWASP's, "CSV Injection": ``=``, ``+``, ``-``, ``@`` and their full-width forms.
    """
    return text.lstrip("` \t\r\n")[:1] in tuple("=+-@＝＋－＠")


def unmarked(text: object, lang: str) -> str:
    """Our prose for a terminal: cleaned, without the backticks."""
    return _CODE.sub(lambda marked: marked[1] if marked[1].strip() else NOTHING, prose(text, lang))
