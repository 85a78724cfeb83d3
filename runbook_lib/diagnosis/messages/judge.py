"""Which cause a message names. The parts are judged, not the string, so that eras and tools may word it their way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from runbook_lib.diagnosis.messages import events, refusals, starts
from runbook_lib.diagnosis.messages.causes import CAUSES, Cause
from runbook_lib.diagnosis.messages.parts import LONGEST, Parts, parse
from runbook_lib.diagnosis.messages.signs import Table, first, words_of
from runbook_lib.diagnosis.messages.vocabulary import Vocabulary

_LONGEST_KEPT = 4_000  # characters of a message whose judgement is remembered
_UNTOLD = "unable to pull secrets or registry auth"  # heads a failed pull and a secret that cannot be had alike
_ENDED = frozenset(("essential container", "essentialcontainerexited"))
_BAD_EXIT = "exit code: "
_REASON_CODE = re.compile(
    r"(?:reasons? ?:|failedtostart:|^) ?[\W_]{0,4}(agent|attribute|location|cpu|memory|missing|inactive)\W{0,6}$"
)
_SCHEDULERS = ("ecs-service-scheduler", "ecsnetworking")
_SHORTEST_TAIL, _LONGEST_TAIL = 5, 40  # characters of cut words that still tell them


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a message says. ``certain`` only where its own words name the cause and nothing of it was cut off.

    ``sign`` is what decided, as it stands in the message (in lower case).
    """

    label: str
    certain: bool = False
    sign: str = ""

    @property
    def cause(self) -> Cause:
        """The label with its group and role."""
        return CAUSES[self.label]

    @property
    def healthy(self) -> bool | None:
        """True for an event of normal life, False for a failure, None where the message does not tell."""
        role = self.cause.role
        if self.label == "container-exited" and not self.sign.startswith(_BAD_EXIT):
            return None  # the end of a job is a success
        return None if role == "unknown" and not self.sign else role == "healthy"


class _Message(NamedTuple):
    """A message under judgement: its parts, and which of the catalogue's words stand in it."""

    parts: Parts
    words: frozenset[str]
    ecs: bool


Named = tuple[str, str]  # a label, and the words that decided
Reading = Callable[[_Message], Named | None]


def judge(text: str, presumed: bool = False) -> Judgement:
    """The cause that a message of ECS names, or ``unknown``. Any text has an answer, in linear time.

    ``presumed`` takes the text for a message of ECS even where it names nothing of ECS's ("Request timed out").
    """
    return _remembered(text, presumed) if len(text) <= _LONGEST_KEPT else _judged(text, presumed)


def _judged(text: str, presumed: bool) -> Judgement:
    parts, words = _read(text)
    message = _Message(parts, words, presumed or not words.isdisjoint(events.ECS))
    label, sign = _named(message)
    if (parts.truncated or not sign) and (begun := _begun(parts.text)):
        told, _ = _named(message._replace(words=words | begun))
        label, sign = (told, "") if not sign or CAUSES[told].group == CAUSES[label].group else (label, sign)
    if label == "container-exited" and parts.exit_code == 0:
        return Judgement(label, False, sign)  # as a job that has done its work
    certain = sign not in ("", _UNTOLD) and label != "unknown" and message.ecs and not parts.truncated
    return Judgement(label, certain, sign)


_remembered = lru_cache(maxsize=256)(_judged)  # the rules ask about the same few messages again and again


def _read(text: str) -> tuple[Parts, frozenset[str]]:
    """The parts of a message and the words in it; of one that a terminal broke within words, as it was before."""
    parts = parse(text)
    words = _VOCABULARY.of(parts.text)
    if "\n" in text[:LONGEST]:
        joined = parse("".join(map(str.strip, text[:LONGEST].split("\n"))))
        more = _VOCABULARY.of(joined.text)
        return (joined, more) if len(more) > len(words) else (parts, words)
    return parts, words


def known(text: str) -> int:
    """How many of the catalogue's words a text holds."""
    return len(_VOCABULARY.of(parse(text).text))


def subject(text: str) -> str:
    """What a message says could not be had: ``pull``, ``secret``, ``log``, ``efs``, or ``""``."""
    return (first(starts.SUBJECTS, _read(text)[1]) or ("", ""))[0]


def _named(message: _Message) -> Named:
    """The label and the words that decided; the first of the readings that says something."""
    if not message.words.isdisjoint(events.CALLER) and message.words.isdisjoint(refusals.STARTS):
        return "unknown", ""  # who deploys has no valid sign-in: that is not ECS's to explain
    if message.parts.denied:
        return _denied(message.parts), message.parts.denied
    readings = _REFUSAL if _is_refusal(message.words) else _MESSAGE
    return next(found for reading in readings if (found := reading(message)))


def _begun(text: str) -> frozenset[str]:
    """The word within which a message was cut off, if it is one of the catalogue's."""
    end = text.rstrip(".…)'\" ")
    if end[-_SHORTEST_TAIL:] not in _TAILS:
        return frozenset()
    lengths = range(_LONGEST_TAIL, _SHORTEST_TAIL - 1, -1)
    return next((frozenset((_BEGUN[tail],)) for n in lengths if (tail := end[-n:]) in _BEGUN), frozenset())


def _is_refusal(words: frozenset[str]) -> bool:
    """Whether a request was refused, and not a task stopped: the reason of a task may quote a refusal."""
    return not words.isdisjoint(refusals.MARKS) and words.isdisjoint(refusals.STARTS)


def _denied(parts: Parts) -> str:
    """By the service of the refused action, and by whom it was refused to: the scheduler's roles are no deployers."""
    service = parts.denied.partition(":")[0]
    if "awsserviceroleforecs" in parts.principal:
        return "service-linked-role"
    if service == "elasticloadbalancing" and any(name in parts.principal for name in _SCHEDULERS):
        return "infrastructure-role-denied"
    return starts.DENIED.get(service, "pass-role-denied")


def _answered(message: _Message) -> Named | None:
    """The label of what could not be had to start a task: its image, secrets, log or file system."""
    subject, sign = first(starts.SUBJECTS, message.words) or ("", "")
    if subject in ("", "efs"):
        return ("efs-mount-failed", sign) if subject else None
    answer, words = _answer(message)
    return _OF_SUBJECT[subject](message.parts, answer, words or (sign if subject == "log" else ""))


def _answer(message: _Message) -> Named:
    """What was answered, and its words; of a text that was cut, also by the beginning of the last ones."""
    if message.parts.status == 0:
        return "network", "statuscode: 0"
    return first(starts.ANSWERS, message.words) or ("", "")


def _pull(parts: Parts, answer: str, words: str) -> Named:
    """``pull access denied`` stands for a wrong name and for missing rights alike: the registry decides."""
    if "pull access denied" in parts.text and answer in ("denied", "absent"):
        return ("image-not-found" if parts.registry == "docker.io" else "image-pull-auth"), "pull access denied"
    if answer:
        return starts.ANSWERED["pull"][answer], words
    if _UNTOLD in parts.text:
        return "image-pull-network", _UNTOLD
    if _gave_up(parts):
        return "image-pull-network", ""
    return "image-pull-auth" if parts.retries else "image-not-found", ""


def _secret(parts: Parts, answer: str, words: str) -> Named:
    untold = "secret-network" if _gave_up(parts) else "secret-access-denied"
    return starts.ANSWERED["secret"].get(answer, untold), words


def _log(parts: Parts, answer: str, words: str) -> Named:
    if not answer and _gave_up(parts):
        return "log-network", ""
    return starts.ANSWERED["log"].get(answer, "log-driver-misconfigured"), words


def _gave_up(parts: Parts) -> bool:
    """Whether it was tried again and again, which is done where nothing answers: a refusal is final at once."""
    return (parts.retries or 0) > 1


def _coded(message: _Message) -> Named | None:
    """The code alone by which RunTask tells why it placed no task: ``Reasons : ["ATTRIBUTE"]``."""
    found = _REASON_CODE.search(message.parts.text) if message.ecs else None
    return (events.CODES[found[1]], found[1]) if found else None


def _exited(message: _Message) -> Named | None:
    code = message.parts.exit_code
    if code is None and message.words.isdisjoint(_ENDED):
        return None
    return "container-exited", f"{_BAD_EXIT}{code}" if code else "essential container"


def _field(message: _Message) -> Named | None:
    """The refused field's home: the operation tells where it is named, else the field's own words."""
    if found := next(iter(message.words & refusals.REGISTERING), ""):
        return "invalid-task-definition", found
    if found := next((name for name in refusals.SERVICE_OPERATIONS if name in message.parts.operation), ""):
        return "invalid-service-parameters", found
    return first(refusals.FIELDS, message.words)


def _wrong(message: _Message) -> Named | None:
    """A field that is found fault with, where nothing says that it was a refusal."""
    if message.words.isdisjoint(refusals.DEMANDS):
        return None
    return (
        ("invalid-task-definition", "")
        if message.words & refusals.REGISTERING
        else first(refusals.FIELDS, message.words)
    )


def _well(message: _Message) -> Named | None:
    """An event of normal life; never where the message also speaks of trouble."""
    trouble = message.words & events.TROUBLE
    if not message.words.isdisjoint(events.NOT_YET):
        trouble -= {" not "}
    return None if trouble else first(events.HEALTHY, message.words)


def _untold(message: _Message) -> Named:
    """A failure without a reason, or no message that we know."""
    text = message.parts.text
    if "failed to start" in text or "taskfailedtostart" in text:
        return "unknown", "failed to start"
    if "resourceinitialization" in text:
        return "unknown", "resourceinitialization"
    if "unable to place" in text or "unable to launch" in text:
        return "placement-no-capacity-instances", ""
    return "unknown", ""


def _table(rows: Table) -> Reading:
    return lambda message: first(rows, message.words)


def _if_ecs(reading: Reading) -> Reading:
    """Words that every program prints count in a text about ECS only."""
    return lambda message: reading(message) if message.ecs else None


_OF_SUBJECT = {"pull": _pull, "secret": _secret, "log": _log}
_DECISIVE, _REQUEST = _table(events.DECISIVE), _table(refusals.REQUEST)
_TASK = tuple(_table(rows) for rows in (starts.TASKS, events.INTERRUPTED, events.HEALTH, events.PLACEMENT))
_SYMPTOM, _LATE = _if_ecs(_table(events.SYMPTOMS)), _if_ecs(_table(events.LATE))
_LAST = (_if_ecs(_table(refusals.REFUSED)), _untold)
_REFUSAL = (_DECISIVE, _REQUEST, _answered, *_TASK, _field, _SYMPTOM, _LATE, *_LAST)
_EARLY = (_DECISIVE, _answered, *_TASK, _coded, _if_ecs(_REQUEST), _SYMPTOM, _LATE, _if_ecs(_exited))
_MESSAGE = (*_EARLY, _if_ecs(_well), _if_ecs(_wrong), *_LAST)
_VOCABULARY = Vocabulary((*starts.words(), *events.words(), *refusals.words(), *_ENDED))
# Only what is cut within a word is known to be cut: "container" alone is no beginning of "container health check".
_BEGUN = {
    sign[:length]: sign
    for sign in words_of(starts.ANSWERS, starts.TASKS, events.HEALTH, events.PLACEMENT, events.SYMPTOMS)
    for length in range(_SHORTEST_TAIL, len(sign))
    if " " in sign and sign[length - 1].isalnum() and sign[length].isalnum()
}
_TAILS = frozenset(begun[-_SHORTEST_TAIL:] for begun in _BEGUN)
