"""Whether a service answers: the outcome of each way in, from what the configuration promises and what came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runbook_lib.diagnosis.entrances import Entrance, read_all
from runbook_lib.errors import ExitCode
from runbook_lib.evidence.answers import Answer, Hop, Try
from runbook_lib.evidence.model import Evidence

GOOD = ("verified", "connected")
# The application or the load balancer fails.
BAD = (
    *("unexpected-status", "application-error", "server-error", "unsteady"),
    *("balancer-no-target", "balancer-bad-gateway", "balancer-timeout", "balancer-answer"),
    *("tls", "certificate", "lost", "broken", "redirects", "detached", "not-routed"),
)
LATE = ("silent", "deadline")
# It was not learnt whether the application answers.
UNSEEN = (
    *("not-resolved", "refused", "connect-timeout", "internal", "unreachable", "redirected-away"),
    *(
        "misdirected",
        "certificate-unread",
        "no-balancer",
        "classic",
        "elsewhere",
        "condition",
        "sign-in",
        "grpc",
        "datagrams",
    ),
    *("client-certificate", "too-many", "connected-there"),
)
OUTCOMES = (*GOOD, *BAD, *LATE, *UNSEEN)
_OWN = {502: "balancer-bad-gateway", 503: "balancer-no-target", 504: "balancer-timeout"}
_AWAY = ("not-resolved", "connect-timeout", "unreachable")


@dataclass(frozen=True)
class Check:
    """One way in, what came back, and the outcome. ``healthy`` and ``targets`` count the target group's targets.

    ``strict`` says that a right certificate was required, ``given`` that a person said which codes are good.
    """

    entrance: Entrance
    answer: Answer | None
    outcome: str
    healthy: int | None = None
    targets: int | None = None
    strict: bool = False
    given: bool = False

    @property
    def code(self) -> ExitCode:
        """What the outcome means for the exit code."""
        return code_of(self.outcome)


@dataclass(frozen=True)
class Verification:
    """Every check of a service at one time, and what was read to find them."""

    evidence: Evidence
    at: datetime
    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> ExitCode:
        """0 where every way in was asked and is good; else 1 before 4 before 3."""
        found = {check.code for check in self.checks}
        if not self.checks or not read_all(self.evidence):
            found.add(ExitCode.COULD_NOT_LOOK)
        worst = (ExitCode.BAD, ExitCode.TIMED_OUT, ExitCode.COULD_NOT_LOOK)
        return next((code for code in worst if code in found), ExitCode.GOOD)

    @property
    def leading(self) -> Check | None:
        """The check that decides, the first of its kind; None where there is none."""
        return next((check for check in self.checks if check.code is self.exit_code), None)


def code_of(outcome: str) -> ExitCode:
    """The exit code that an outcome leads to by itself."""
    kinds = {ExitCode.GOOD: GOOD, ExitCode.BAD: BAD, ExitCode.TIMED_OUT: LATE}
    return next((code for code, words in kinds.items() if outcome in words), ExitCode.COULD_NOT_LOOK)


def check(
    entrance: Entrance, answer: Answer | None, evidence: Evidence, *, strict: bool = False, given: bool = False
) -> Check:
    """The outcome of a way in. ``strict`` wants a certificate that is trusted, valid now and for the host."""
    targets = _targets(entrance.group, evidence)
    healthy = sum(1 for state in targets if state == "healthy") if targets is not None else None
    count = len(targets) if targets is not None else None
    outcome = _outcome(entrance, answer, count, strict=strict) if answer else entrance.skipped
    return Check(entrance, answer, outcome, healthy, count, strict, given)


def _targets(group: str, evidence: Evidence) -> list[str] | None:
    """The states of the targets that get requests, or None where they were not read."""
    readings = [r for r in evidence.all("target_health") if r.request["target_group_arn"] == group]
    states = [_state(row) for reading in readings for row in reading.data]
    return [state for state in states if state not in ("draining", "unused")] if readings else None


def _state(row: dict[str, Any]) -> str:
    return str(row.get("TargetHealth", {}).get("State", ""))


def _outcome(entrance: Entrance, answer: Answer, targets: int | None, *, strict: bool) -> str:
    words = [of_try(entrance, one, targets) for one in answer.tries]
    if answer.ask.connect_to:  # that something else listens there says nothing of what is behind it
        words = ["connected-there" if word == "connected" else word for word in words]
    if strict and answer.ask.scheme in ("https", "tls") and (worse := _certificate(answer, words)):
        return worse
    bad = [word for word in words if word not in GOOD]
    if not bad:
        return words[0] if words else "deadline"
    if len(bad) < len(words):
        return "deadline" if set(bad) == {"deadline"} else "unsteady"
    return _foremost(bad)


def _foremost(words: Iterable[str]) -> str:
    """The outcome that weighs most, then the most frequent, then the first."""
    counts = Counter(words)
    weight = {ExitCode.BAD: 0, ExitCode.TIMED_OUT: 1, ExitCode.COULD_NOT_LOOK: 2}
    return min(counts, key=lambda word: (weight[code_of(word)], -counts[word]))


def _certificate(answer: Answer, words: list[str]) -> str:
    """What is wrong with the certificate where it must be right; ``""`` where it is right, or nothing was connected."""
    if answer.shown:
        return "" if flaws(answer) == () else "certificate"
    return "certificate-unread" if set(words) & set(GOOD) else ""


def flaws(answer: Answer) -> tuple[str, ...]:
    """What is wrong with the certificate that was shown: ``distrusted``, ``mismatch``, or nothing."""
    if not answer.shown:
        return ()
    found = {
        "distrusted": bool(answer.shown.distrust),
        "mismatch": not answer.shown.certificate.covers(answer.ask.host),
    }
    return tuple(name for name, holds in found.items() if holds)


def of_try(entrance: Entrance, hops: Try, targets: int | None = None) -> str:
    """The outcome of one try: the last answer decides, but one that was expected stays good whatever it links to."""
    last = hops[-1]
    if last.problem:
        return _unanswered(entrance, last)
    if not last.status:
        return "connected"
    if expected(last.status, entrance.expect) and not last.by_balancer:
        return "verified"
    if last.status < 500 and any(expected(hop.status, entrance.expect) and not hop.by_balancer for hop in hops):
        return "verified"
    return _refused(last, targets)


def _unanswered(entrance: Entrance, last: Hop) -> str:
    return "internal" if entrance.internal and last.problem in _AWAY and not last.connected else last.problem


def _refused(last: Hop, targets: int | None) -> str:
    """Who answered what was not expected: the load balancer by itself, the application, or one of them untold."""
    if last.by_balancer:
        return "redirected-away" if last.location else _OWN.get(last.status, "balancer-answer")
    if last.status == 421:  # Misdirected Request: whoever answered does not serve this host (RFC 9110, 15.5.20)
        return "misdirected"
    if last.status < 500:
        return "unexpected-status"
    if last.status in _OWN and not last.header("server"):  # a load balancer can be told not to name itself
        return "balancer-no-target" if last.status == 503 and targets == 0 else "server-error"
    return "application-error"


def expected(status: int, codes: str) -> bool:
    """Whether a status is among codes as a target group's matcher writes them: ``200,202`` or ``200-399``."""
    for part in codes.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit() and int(first) <= status <= int(last if last.isdigit() else first):
            return True
    return False
