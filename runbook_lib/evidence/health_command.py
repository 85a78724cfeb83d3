"""What may be kept of a URL and of a health check's command: what is asked, and where; never by whom or with what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

MASK = "***"

# What follows `://`: a user, then host and path, then query or fragment, which go whole: a signature can have any name.
# Each part is matched once from left to right, so a megabyte takes milliseconds. In quotes, a URL ends with them.
_BARE = re.compile(r"://(?:[^\s/\"<>]*@)?(?P<rest>[^\s?#\"'<>]*)(?P<query>[?#][^\s\"<>]*)?")
_QUOTED = re.compile(r"://(?:[^\s/\"'<>]*@)?(?P<rest>[^\s?#\"'<>]*)(?P<query>[?#][^\s\"'<>]*)?")
_OPENED = re.compile(r"'[A-Za-z][A-Za-z0-9+.-]{0,20}$")
_AFTER = re.compile(r"[)\]}'.,;:!]*$")  # of the sentence or the code around, not of the query


def masked_urls(text: str) -> str:
    """``text`` with user names, passwords, queries and fragments of its URLs masked, whatever their scheme."""
    return "".join(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    at = 0
    while (found := text.find("://", at)) >= 0:
        pattern = _QUOTED if _OPENED.search(text, max(0, found - 22), found) else _BARE
        match = pattern.match(text, found)
        if match is None:  # never: every part but `://` may be empty
            break
        yield text[at:found]
        yield f"://{match['rest']}{_masked_query(match['query'] or '')}"
        at = match.end()
    yield text[at:]


def _masked_query(query: str) -> str:
    if not query:
        return ""
    after = _AFTER.search(query[-20:])
    return query[0] + MASK + (after[0] if after else "")


# The words that usual health checks are made of. Every other word of a command can be a password.
_WORDS = (
    # programs and shell
    "cmd cmd-shell none curl wget http https httpie python python2 python3 node nodejs deno bun ruby php perl java"
    " bash sh ash zsh nc ncat busybox test exit echo printf exec eval kill true false grep egrep pgrep pidof ps cat"
    " head tail sleep timeout set if then else elif fi do done for in while stat find ls env dev tcp udp null stdin"
    " stdout stderr pg_isready redis-cli mysqladmin mongosh mongo ping pong grpc_health_probe powershell pwsh iwr"
    " invoke-webrequest invoke-restmethod -uri -command -usebasicparsing hostname localhost ready alive live up ok"
    " healthy health healthz healthcheck started running check status error fail failed app exe"
    # Python
    " import from as urllib urllib2 urllib3 request requests urlopen get head options read getcode status_code code"
    " client httpconnection httpsconnection getresponse response resp res r c conn connection connect socket"
    " create_connection sys assert raise raise_for_status print lambda and or not is with try except systemexit"
    " decode strip json loads host port path method family py rb js mjs jar self close"
    # Node
    " require const let var fetch then catch function return process statuscode on end data err e console log"
    # HTTP
    " post put http_code"
)
_KNOWN = frozenset(_WORDS.split())
_VARIABLE = r"\$(?:\w{1,64}|\{\w{1,64}\}|\(hostname(?: -[iIf])?\))"
_HOST = rf"(?:[A-Za-z0-9](?:[\w.-]{{0,252}})|\[[0-9a-fA-F:.]{{2,45}}\]|{_VARIABLE})"
_ADDRESS = rf"{_HOST}(?::(?:\d{{1,5}}|{_VARIABLE}))?(?:/[^\s?#@]*)?(?:[?#]\*\*\*)?"
_LOCAL = rf"(?:(?i:localhost)|127(?:\.\d{{1,3}}){{3}}|0\.0\.0\.0|\[::1?\]|{_VARIABLE})"
_SENT = (
    r"-(?!(?i:command)\b)\w{0,8}[HubaApPdFE]|--(?:header|user|cookie|password|pass|data|auth|token|bearer)[a-z0-9-]*"
)
_QUERY = r"[^\s'\"<>`|]*"
_CHUNK = re.compile(
    rf"(?<![\w-])(?P<option>{_SENT})(?![\w-])(?P<gap>[ =]*)(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'|\S+)?"
    rf"|(?P<url>[A-Za-z][A-Za-z0-9+.-]{{0,20}}://(?:{_VARIABLE}|[^\s'\"();,|&<>`\\?#])*(?:[?#]{_QUERY})?)"
    rf"|(?P<asked>[^\s'\"();,|&<>`\\={{}}?]*/[^\s'\"();,|&<>`\\={{}}?]*)\?{_QUERY}"
    rf"|(?P<word>(?:{_VARIABLE}|[^\s'\"();,|&<>`\\={{}}])+)"
    r"|(?P<mark>\\?.)",
    re.DOTALL,
)
_URL = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]{{0,20}}://{_ADDRESS}")
_KEPT = re.compile(
    rf"{_LOCAL}(?::(?:\d{{1,5}}|{_VARIABLE}))?(?:/[^\s?#@]*)?"  # where the check asks without a scheme
    r"|\.{0,2}/[\w./~%-]*"  # a path, of a request or of a script
    r"|--[a-z][a-z-]{1,30}|-[fsSLkqgvnOoIiX46emczhwtTN]{1,8}"  # options that are words, and switches
    r"|HTTP/\d(?:\.\d)?|\d{1,5}(?:\?\d{1,3}:\d{1,3})?|\$\??"  # versions, ports and codes
)
_BETWEEN = re.compile(r"[.:\[\]!?*+%@#^~]+")
_LONGEST = 4_000  # as much as is judged


def masked_command(command: Any) -> Any:
    """A health check's ``command`` with every word masked that is no address, path, port, switch or usual word of one.

    ``curl -f http://localhost:8000/health || exit 1`` stays as it is; of ``-H 'X-Key: abc'`` only ``-H`` does.
    """
    if not isinstance(command, list):
        return MASK
    return [MASK if _is_sent(before) else _masked(word) for before, word in zip(["", *command], command, strict=False)]


def _is_sent(before: object) -> bool:
    """Whether the argument after this one goes into the request: a header, a user and password, a body."""
    return isinstance(before, str) and re.fullmatch(_SENT, before) is not None


def _masked(word: object) -> str:
    if not isinstance(word, str):
        return MASK
    return _CHUNK.sub(_chunk, word[:_LONGEST]) + (MASK if len(word) > _LONGEST else "")


def _chunk(match: re.Match[str]) -> str:
    if match["option"]:
        return match["option"] + (match["gap"] + MASK if match["value"] else match["gap"])
    if match["url"]:
        address = masked_urls(match["url"])
        return address if _URL.fullmatch(address) else address.partition("://")[0] + "://" + MASK
    if match["asked"]:
        return f"{match['asked'] if _is_known(match['asked']) else MASK}?{MASK}"
    return match["mark"] or (match["word"] if _is_known(match["word"]) else MASK)


def _is_known(word: str) -> bool:
    """Whether a word is evidence, or made of nothing but usual words and at most two numbers."""
    if _KEPT.fullmatch(word) or word.lower() in _KNOWN:
        return True
    parts = [part for part in _BETWEEN.split(word) if part and part.lower() not in _KNOWN]
    return len(parts) <= 2 and all(part.isdigit() and len(part) <= 5 for part in parts)
