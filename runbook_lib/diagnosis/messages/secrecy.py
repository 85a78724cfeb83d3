"""Pasted lines without the secrets that they name: values of fields whose name says so, of options, and of URLs."""

from __future__ import annotations

import re

from runbook_lib.evidence.redaction import MASK, masked_urls

_WORD = (
    r"(?:password|passwd|passphrase|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|비밀번호|암호)"
)
_FIELDS = re.compile(
    rf"(?P<before>\b[\w-]{{0,60}}{_WORD}[\w-]{{0,60}}[\"']?=|--[\w-]{{0,60}}{_WORD}[\w-]{{0,60}}[ =]"
    rf"|[\w-]{{0,60}}{_WORD}[\w-]{{0,60}}[\"']? ?: (?!arn:)|\bauthorization: ?(?:bearer|basic) |\"value\" ?: ?"
    r"|\bcurl -u |\bmysql [^\n]{0,100}-p)"
    r"(?P<value>\"[^\"]{0,10000}\"?|'[^']{0,10000}'?|[^\s\"',;]{1,10000})",
    re.IGNORECASE,
)
_TOKENS = re.compile(r"\b(?:gh[pousr]_|xox[abeprs]-|AKIA|ASIA|eyJ[\w-]{8,}\.)[\w.-]{8,}|hooks\.slack\.com/[\w/]+")


def without_secrets(text: str) -> str:
    """The text with those values masked. ARNs, image tags and digests stay."""
    return _TOKENS.sub(MASK, _FIELDS.sub(lambda found: found["before"] + MASK, masked_urls(text)))
