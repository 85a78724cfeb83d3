"""ECS's messages inside a pasted text: one message, the log of a CI job, or the JSON of an AWS CLI command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from runbook_lib.diagnosis.messages.judge import Judgement, judge
from runbook_lib.diagnosis.messages.parts import parse
from runbook_lib.evidence.redaction import MASK, masked_urls

# A line of a log is ECS's where it holds one of these: a build's own "not found" and "timed out" are not.
_MARKS = (
    "(service ", "service ", "ecs", "cannotpull", "cannotstart", "cannotcreate", "cannotstop", "cannotinspect",
    "resourceinitialization", "taskfailedtostart", "task failed", "task stopped", "outofmemoryerror: container",
    "container killed", "essential container", "elb health", "container health", "circuit breaker",
    "scaling activity", "taskdefinition", "task definition", "runtask", "servicesstable", "services-stable",
    "clientexception", "invalidparameter", "servicenot", "clusternot", "spot task", "host ec2", "target group",
    "target-group", "target.", "capacity provider", "place a task", "container instance", "registry auth", "stabiliz",
    "passrole", "secret name must", "(deployment ecs-svc", "rolling back to deployment", "health checks failed",
    "lifecycle hook", "waiter", "serverexception", "stopped by user", "dockertimeout", "failed to start", "fargate",
    "targetgroup",
)  # fmt: skip
_PREFIX = re.compile(
    r"^(?:[\s│|╷╵>*•-]|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?|\[?\d\d:\d\d:\d\d[\d.,]*\]?"
    r"|##\[\w{1,12}\]|::\w{1,12}(?: [^:]{0,200})?::|\[\w{1,12}\](?=\s)|(?:INFO|WARN|WARNING|ERROR|DEBUG)\b:?\s)+"
)
_VALUE = re.compile(r'^"?\w{1,40}"?: ?"(.*)",?$')
_BEGINNINGS = ("(service ", "service ", "error", "an error occurred", "fail", "warn", "info", "run ", "npm ", "task ")
_WHOLE = re.compile(
    r"(?i)error|exception|\(service |was unable|stoppedreason|reason"
)  # what may go on in the next line
_SECRET = re.compile(r'("value" ?: ?)"[^"]{0,10000}"?')  # of a variable, in a task definition that is quoted
_COMMAND = re.compile(
    r"(?:[+$#] *)?(?:Run )?(?:aws|ecs|copilot|docker|terraform|ecs-\w{1,20}) [\w-]"
)  # as a shell echoes it
_NUMBERS = re.compile(r"[0-9a-f]*\d[0-9a-f]*")
_WRAPPED = 4  # lines over which a tool may break one message
_MOST_OF_ONE = 8  # lines of a text that may be one message without any mark of ECS's
_WRITTEN_OUT = 300  # characters of a line in which "\n" stands for line ends
_RANK = {"cause": 0, "symptom": 2, "unknown": 3, "healthy": 4}


@dataclass(frozen=True)
class Said:
    """A message of ECS: what it says, its text without the log's own prefix, its first line (from 1), and how often."""

    judgement: Judgement
    text: str
    line: int
    count: int = 1


@dataclass(frozen=True)
class _Line:
    """A line without what the log or JSON has put around it; ``fresh`` where it cannot be the rest of another."""

    number: int
    text: str
    fresh: bool


def picked(text: str) -> tuple[Said, ...]:
    """The messages of ECS in a pasted text, each once: causes first (sure ones before likely ones), then symptoms.

    A text without any gives one ``unknown``; an empty one gives nothing.
    """
    lines = [line for number, raw in _lines(text) if (line := _bare(number, raw)).text]
    found = _merged(_messages(lines))
    if found or not lines:
        return tuple(sorted(found, key=_rank))
    whole = " ".join(line.text for line in lines[:_MOST_OF_ONE])
    judged = judge(whole) if len(lines) <= _MOST_OF_ONE else judge("")
    return (Said(judged, _safe(whole), lines[0].number),)


def _safe(text: str) -> str:
    """The text without what URLs and environment variables in it give away."""
    return masked_urls(_SECRET.sub(rf'\1"{MASK}"', text))


def _rank(said: Said) -> tuple[int, int]:
    rank = _RANK[said.judgement.cause.role]
    return rank + (rank == 0 and not said.judgement.certain), said.line


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers. Compact JSON is laid out first; in one long string line ends are written out."""
    for number, line in enumerate(_laid_out(text).splitlines(), 1):
        if len(line) > _WRITTEN_OUT and "\\n" in line:
            yield from ((number, part) for part in line.replace("\\r", "").split("\\n"))
        else:
            yield number, line


def _laid_out(text: str) -> str:
    if text.lstrip()[:1] not in ("{", "[") or text.count("\n") > len(text) / _WRITTEN_OUT:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=0)
    except (ValueError, RecursionError):
        return text


def _bare(number: int, raw: str) -> _Line:
    before = found[0] if (found := _PREFIX.match(raw)) else ""
    bare = raw[len(before) :].strip()
    if value := _VALUE.match(bare):
        return _Line(number, value[1].replace('\\"', '"'), fresh=True)
    begins = bare.lower().startswith(_BEGINNINGS) or "(service " in bare
    return _Line(number, bare, begins or any(map(str.isdigit, before)) or "#" in before or "::" in before)


def _messages(lines: list[_Line]) -> Iterator[Said]:
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not _is_ecs(line.text):
            continue
        rest = _rest(lines[at : at + _WRAPPED])
        said, text, more = _continued(line.text, rest)
        at += more
        if said.label != "unknown" or said.sign or "(service " in line.text:
            yield Said(said, _safe(text), line.number)


def _rest(following: list[_Line]) -> list[str]:
    """The lines that may belong to the message before them."""
    return [line.text for line in takewhile(lambda line: not line.fresh, following)]


def _continued(line: str, rest: list[str]) -> tuple[Judgement, str, int]:
    """What a message says, with the lines after it that belong to it, and how many these are.

    Tools break messages between words and within them.
    """
    said = judge(line)
    if said.certain or not _WHOLE.search(line):
        return said, line, 0
    best, joined = (said, line, 0), line
    for count, more in enumerate(rest, 1):
        wholes = (f"{joined} {more}", f"{joined}{more}")
        best = next(((found, whole, count) for whole in wholes if (found := judge(whole)).certain), best)
        joined = best[1] if best[2] == count else wholes[0]
        if more.endswith((".", "!")):
            break
    return best


def _is_ecs(line: str) -> bool:
    lower = line.lower()
    return any(map(lower.__contains__, _MARKS)) and not _COMMAND.match(line)


def _merged(messages: Iterator[Said]) -> list[Said]:
    """Each message once, with how often it came: the same words about the same thing, but for ids and numbers."""
    found: dict[tuple[str, str], Said] = {}
    for said in messages:
        key = (said.judgement.label, _NUMBERS.sub("0", parse(said.text).text))
        found[key] = replace(found[key], count=found[key].count + 1) if key in found else said
    return list(found.values())
