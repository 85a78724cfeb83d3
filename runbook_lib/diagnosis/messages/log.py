"""ECS's messages inside a pasted text: one message, the log of a CI job, or the JSON of an AWS CLI command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from runbook_lib.diagnosis.messages.judge import Judgement, judge, known
from runbook_lib.diagnosis.messages.parts import about, parse
from runbook_lib.diagnosis.messages.pasted import Line, broken_at_edge, joined, lines, rest
from runbook_lib.diagnosis.messages.secrecy import without_secrets

# A line of a log is ECS's where it holds one of these: a build's own "not found" and "timed out" are not.
_MARKS = (
    "(service ", "service ", "ecs", "cannotpull", "cannotstart", "cannotcreate", "cannotstop", "cannotinspect",
    "resourceinitialization", "taskfailedtostart", "task failed", "task stopped", "outofmemoryerror: container",
    "container killed", "essential container", "elb health", "container health", "circuit breaker",
    "scaling activity", "taskdefinition", "task definition", "runtask", "servicesstable", "services-stable",
    "clientexception", "invalidparameter", "servicenot", "clusternot", "spot task", "host ec2", "target group",
    "target-group", "target.", "capacity provider", "place a task", "container instance", "registry auth", "stabiliz",
    "passrole", "secret name must", "(deployment ecs-svc", "rolling back to deployment", "health checks failed",
    "lifecycle hook", "waiter", "oomkilled", "rolloutstate", '"reason":', "serverexception", "stopped by user",
    "dockertimeout", "failed to start", "fargate", "targetgroup",
)  # fmt: skip
# What a script prints of itself, and what a test says of its own cases.
_NOT_SAID = re.compile(
    r"(?:[+$#>] *)?(?:Run )?(?:aws|ecs|copilot|docker|terraform|ecs-\w{1,20}) [\w-]"
    r"|.{0,400}(?:\b(?:grep|sed|awk|jq|echo) [\"'-]|; (?:then|do|fi|done)\b)"
    r"|.{0,400}(?:::test_|\bPASSED\b|\bassert\b|\bexpected = )"
)
_NUMBERS = re.compile(r"[0-9a-f]*\d[0-9a-f]*")
_LONGEST = 4_000  # characters of a message that are shown
_MOST_OF_ONE = 8  # lines of a text that may be one message without any mark of ECS's
_RANK = {"cause": 0, "symptom": 4, "unknown": 6, "healthy": 7}
_LAST_OF_ALL = "normal-progress"


@dataclass(frozen=True)
class Said:
    """A message of ECS: what it says, its text without the log's own prefix, its first line (from 1), and how often."""

    judgement: Judgement
    text: str
    line: int
    count: int = 1

    @property
    def consequence(self) -> bool:
        """Whether it only says that a container ended, which another message may give the reason of."""
        return self.judgement.label == "container-exited"


def picked(text: str) -> tuple[Said, ...]:
    """The messages of ECS in a pasted text, each once: causes first (sure ones before likely ones), then symptoms.

    A text without any gives one ``unknown`` without text: what is not ECS's may hold anything. An empty one gives
    nothing.
    """
    pasted = lines(text)
    found = _merged(_messages(pasted))
    if found or not text.strip() or not pasted:
        return tuple(sorted(found, key=_rank)) or ((Said(judge(""), "", 1),) if text.strip() else ())
    judged, whole = _whole(pasted) if len(pasted) <= _MOST_OF_ONE else (judge(""), "")
    return (Said(judged, _kept(whole) if judged.sign else "", pasted[0].number),)


def _kept(text: str) -> str:
    """What is shown of a message: its beginning, without secrets."""
    return without_secrets(text[:_LONGEST])


def _rank(said: Said) -> tuple[int, int, int]:
    judged = said.judgement
    rank = _RANK[judged.cause.role]
    if rank == 0:
        rank = 3 if said.consequence else 0 if judged.certain else 1 if judged.sign else 2
    return rank, judged.label == _LAST_OF_ALL, said.line


def _messages(pasted: list[Line]) -> Iterator[Said]:
    at = 0
    while at < len(pasted):
        line = pasted[at]
        at += 1
        if not _is_ecs(line.text):
            continue
        more = rest(line, pasted[at : at + 20])
        said, text = _whole([line, *more])
        at += len(more)
        if said.label != "unknown" or said.sign or "(service " in line.text:
            yield Said(said, _kept(text), line.number)


def _is_ecs(line: str) -> bool:
    lower = line.lower()
    return any(map(lower.__contains__, _MARKS)) and not _NOT_SAID.match(line)


def _whole(parts: list[Line]) -> tuple[Judgement, str]:
    """What a message says with all its lines: broken between words, or within them where more words come of that."""
    if len(parts) == 1:
        return judge(parts[0].text), parts[0].text
    spaced, glued = joined(parts)
    more = known(glued) - known(spaced)
    text = glued if more > 0 or broken_at_edge(parts) else spaced
    return judge(text), text


def _merged(messages: Iterator[Said]) -> list[Said]:
    """Each message once, with how often it came: the same words about the same thing, but for ids and numbers."""
    found: dict[tuple[str, str], Said] = {}
    for said in messages:
        key = (said.judgement.label, _NUMBERS.sub("0", f"{parse(said.text).text} {about(said.text)}"))
        found[key] = replace(found[key], count=found[key].count + 1) if key in found else said
    return list(found.values())
