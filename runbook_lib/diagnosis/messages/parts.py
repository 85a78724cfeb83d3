"""A message of ECS taken apart, before anybody judges it. Every pattern is plain or bounded, so time is linear."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

# ECS's own messages are below 1,100 characters. Wrapped in a tool's error they are longer.
LONGEST = 12_000

_ESCAPES = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\u200b": ""})
# Names say nothing of the cause, and a service may well be named "oom-403-forbidden".
_BRACKETED = re.compile(
    r"\((service|task|taskset|target-group|deployment|instance|elb|port) [^()\s]{1,400}(?:, ?task ?set \S{1,200})?\)"
)
_SERVICE = re.compile(
    r"\bservice \[?(?!call |role |connect )\(?[\w.:/@<>-]{1,255}\)?\]? ?"
    r"(?=(?:\(|was |is |has |failed |deployment|rolling|operations|registered|deregistered|unable|cannot|could|did))"
)
# An image may be called "awslogs-router" and a key of a secret "unauthorized": what stands before them is kept.
_IMAGE = re.compile(
    r"((?:\.dkr[.-]ecr[\w.-]{1,60}|public\.ecr\.aws|docker\.io|quay\.io|ghcr\.io)/"
    r"|\b(?:manifest for|denied for|resolve ref) \"?(?!\S{0,80}(?:\.dkr[.-]ecr|\.io/|\.aws/)))([\w./:@-]{0,400}\w)"
)
_REPOSITORY = re.compile(
    r"(\b(?:repository|image) |\brepository with name ')([\w./:@-]{0,400}\w)(?= not found|' does not)"
)
_KEY = re.compile(r"(json key |ssm parameters: )([\w./,-]{0,400}\w)")
_ARN = re.compile(r"arn:(?:aws[a-z-]{0,12}|x{1,12}):([a-z0-9-]{1,30}):[^\s\"'),;\]|}]{0,300}")
_PRINCIPAL = re.compile(r"\buser:? \(?(arn:\S{1,300})|assumed-role/(\S{1,200})|role/(\S{1,200})")
_DENIED = re.compile(r"not authori[sz]ed to perform:? \[?'?([a-z0-9-]{2,40}:[a-z*]{1,60})")
_STATUS = re.compile(r"\bstatus ?code:? (\d{1,3})\b")
_RETRIES = re.compile(r"retried (\d{1,3}) time|maximum number of attempts, (\d{1,3})")
_CALLED = re.compile(r"when calling the (\w{3,60}) operation|operation error (\w{2,40}: ?\w{3,60})")
_EXIT = re.compile(
    r"\b(?:exit|exited with) ?_?(?:code|status)\W{0,5}?(-?\d{1,10})\b|\bexit(?:ed)?(?: with)? \(?(-?\d{1,10})\b"
)
_REGISTRY = re.compile(
    r"\b[\w.-]{1,80}\.dkr[.-]ecr[.-][\w.-]{1,60}|\b(?:[a-z0-9-]{1,60}\.){1,5}[a-z]{2,12}(?=(?::\d+)?/)"
)
_CUT = re.compile(
    r"(?:\.\.\.|…)[)'\"\s]*$|(?:[(:,]|\b(?:to|the|with|for|is|in|on|of|and|from|post|get|dial|tcp)|\"http\w*"
    r"|registry auth[)'\s]*|retried \d{1,3} time\(s\))$"
)
_ENDS = ".}]"  # what a whole text often ends with
_CUT_LENGTHS = (255, 256, 1024)  # where ECS ends a reason


class Parts(NamedTuple):
    """What a message is made of; all in lower case, ``""`` or None where it says no such thing.

    ``text`` is the whole message on one line with the names of services, tasks, images and ARNs' resources taken out.
    """

    text: str
    operation: str
    denied: str
    principal: str
    status: int | None
    retries: int | None
    exit_code: int | None
    truncated: bool

    @property
    def registry(self) -> str:
        """The host of the registry that is named; ``docker.io`` for Docker's own, ``ecr`` for any of ECR's."""
        if ".ecr." in self.text:
            return "ecr"
        if "docker.io" in self.text or "docker.com" in self.text:
            return "docker.io"
        found = _REGISTRY.search(self.text)
        return found[0] if found else ""


def parse(text: str) -> Parts:
    """The parts of a message. Any text has some; of more than 12,000 characters the middle is not read."""
    raw = _plain(text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} {text[-LONGEST // 2 :]}")
    lower = raw.lower()
    return Parts(
        text=_nameless(lower),
        operation=_first(_CALLED, lower) if "operation" in lower else "",
        denied=_first(_DENIED, lower) if " to perform" in lower else "",
        principal=_first(_PRINCIPAL, lower) if "role/" in lower or "user" in lower else "",
        status=_number(_STATUS, lower) if "status" in lower else None,
        retries=_number(_RETRIES, lower) if "retried" in lower or "attempts" in lower else None,
        exit_code=_number(_EXIT, lower) if "exit" in lower else None,
        truncated=_truncated(raw, lower),
    )


def _plain(text: str) -> str:
    """On one line, without colours, with straight quotes and without the escapes of JSON and HTML."""
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "&" in text:
        text = html.unescape(text)
    if "\\" in text:
        text = text.replace('\\"', '"').replace("\\n", " ").replace("\\t", " ")
    if not text.isascii():
        text = text.translate(_QUOTES)
    if "n't" in text:
        text = text.replace("can't", "cannot").replace("n't", " not")
    return " ".join(text.split()).replace('": ', '":')


def _nameless(lower: str) -> str:
    for pattern in _naming(lower):
        lower = pattern.sub(r"\1", lower)
    if "arn:" in lower:
        lower = _ARN.sub(r"arn:\1", lower)
    if "(" in lower:
        lower = _BRACKETED.sub(r"(\1)", lower)
    return _SERVICE.sub("service ", lower) if "service " in lower else lower


def about(text: str) -> str:
    """The images and keys that a message names, which its parts are without."""
    lower = _plain(text[:LONGEST]).lower()
    return " ".join(found[2] for pattern in _naming(lower) for found in pattern.finditer(lower))


def _naming(lower: str) -> Iterator[re.Pattern[str]]:
    """The patterns of names that a message of this kind may hold."""
    if "pull" in lower or "manifest" in lower or " ref " in lower:
        yield from (_IMAGE, _REPOSITORY)
    if "json key " in lower or "ssm parameters: " in lower:
        yield _KEY


def _truncated(raw: str, lower: str) -> bool:
    """Whether the end was cut off, by Fargate or by whoever pasted it."""
    if raw.count("(") > raw.count(")"):
        return True
    if not lower or (lower[-1] in _ENDS and not lower.endswith("..")):
        return False
    return len(raw) in _CUT_LENGTHS or bool(_CUT.search(lower[-40:]))


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return next((part for part in found.groups() if part), "") if found else ""


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = _first(pattern, text)
    return int(found) if found else None
