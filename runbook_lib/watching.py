"""Watches one deployment to its end: polls cheaply, looks closely when something changed, ends as early as it can."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.diagnosis.watched import End, Ended, chosen, ended
from runbook_lib.errors import AccessError, ExitCode, InputError, RunbookError
from runbook_lib.evidence.model import Evidence, Unread, at
from runbook_lib.evidence.pulse import asks, beat
from runbook_lib.look import Look, look, more
from runbook_lib.parameters import Parameters

CODES = {
    End.COMPLETED: ExitCode.GOOD,
    End.FAILED: ExitCode.BAD,
    End.DOOMED: ExitCode.BAD,
    End.EMPTY: ExitCode.BAD,
    End.ROLLED_BACK: ExitCode.ROLLED_BACK,
    End.SUPERSEDED: ExitCode.SUPERSEDED,
    End.STOPPED: ExitCode.SUPERSEDED,
}
_SHORTEST_S, _LONGEST_S = 5.0, 20.0
_CLOSE_LOOK_EVERY_S = 60.0  # also where nothing changed: some causes show in what a quiet poll does not read
_PATIENCE_S = 300.0  # without any answer


@dataclass(frozen=True)
class Poll:
    """One poll: when (AWS's clock), seconds since the deployment began, what was read, and how many calls it took."""

    at: datetime
    elapsed_s: float
    evidence: Evidence
    calls: int
    close: bool = False
    error: str = ""


@dataclass(frozen=True)
class Outcome:
    """How watching ended. ``end`` is None where a limit did: ``limit`` is ``timeout`` or ``unreachable``."""

    deployment: str
    revision: str
    end: Ended | None
    limit: str
    elapsed_s: float
    polls: int
    calls: int
    look: Look | None = None

    @property
    def exit_code(self) -> ExitCode:
        """The documented exit code of this end."""
        if self.end:
            return CODES[self.end.end]
        return ExitCode.TIMED_OUT if self.limit == "timeout" else ExitCode.COULD_NOT_LOOK


@dataclass
class _Watch:
    """What is known while watching."""

    given: Parameters
    seen: Look
    deployment: str
    began: datetime | None
    polls: int = 0
    calls: int = 0
    last_beat: tuple[Any, ...] = ()
    last_close: datetime | None = None
    quiet: int = 0
    causes: tuple[Verdict, ...] = ()  # those seen last: when a deployment is rolled back its tasks are soon gone
    told: Callable[[Poll], None] = field(default=lambda poll: None)

    @property
    def now(self) -> datetime:
        return self.seen.evidence.collected_at

    @property
    def elapsed_s(self) -> float:
        return (self.now - self.began).total_seconds() if self.began else 0.0


def watch(
    given: Parameters,
    told: Callable[[Poll], None] = lambda poll: None,
    wait: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Watches the deployment that is asked for until it ends or a limit is reached.

    ``told`` gets every poll; ``wait`` passes the time between two.

    Raises
    ------
    InputError
        There is no such deployment.
    RunbookError
        As :func:`runbook_lib.look.look`, at the first look.
    """
    seen = look(given)
    watched = chosen(seen.evidence, given.deployment)
    if not watched:
        known = ", ".join(str(d.get("id")) for d in deployments.current(seen.evidence))
        raise InputError("deployment-unknown", asked=given.deployment or "-", known=known or "-")
    one = _Watch(given, seen, watched, _began(seen.evidence, watched), told=told)
    began = one.now
    _tell(one, len(seen.evidence.calls), close=True)
    while True:
        end = ended(one.seen.evidence, one.seen.diagnosis, watched)
        one.causes = one.seen.diagnosis.failed("cause") or one.causes
        if end:
            good = end.end in (End.COMPLETED, End.SUPERSEDED)
            return _over(one, end if good else replace(end, causes=end.causes or one.causes), "")
        if (one.now - began).total_seconds() >= given.timeout * 60:
            return _over(one, None, "timeout")
        wait(_pause(one))
        if not _polled(one, wait):
            return _over(one, None, "unreachable")


def _began(evidence: Evidence, watched: str) -> datetime | None:
    every = (deployments.newest(evidence), *deployments.current(evidence))
    return next((at(d.get("createdAt")) for d in every if d.get("id") == watched), None)


def _pause(one: _Watch) -> float:
    """Short after a change, longer the longer nothing happens."""
    return min(_SHORTEST_S * (1 + one.quiet / 2), _LONGEST_S)


def _polled(one: _Watch, wait: Callable[[float], None]) -> bool:
    """Polls until AWS answers; False where it has not for too long."""
    lost = 0.0
    while True:
        found, problem = _pulse(one)
        if found is not None:
            break
        _tell(one, 0, close=False, error=problem)
        if lost >= _PATIENCE_S:
            return False
        wait(_LONGEST_S)
        lost += _LONGEST_S
    changed = beat(found) != one.last_beat
    one.quiet = 0 if changed else one.quiet + 1
    due = one.last_close is None or (found.collected_at - one.last_close).total_seconds() >= _CLOSE_LOOK_EVERY_S
    one.last_beat = beat(found)
    if changed or due:
        return _closely(one, found)
    one.seen = replace(one.seen, evidence=replace(one.seen.evidence, collected_at=found.collected_at))
    _tell(one, len(found.calls), close=False)
    return True


def _pulse(one: _Watch) -> tuple[Evidence | None, str]:
    """What a quiet poll reads, or why nothing could be read."""
    blank = Evidence(one.seen.evidence.target, one.now, stuck_after_s=one.seen.evidence.stuck_after_s)
    try:
        found = more(one.given, blank, asks(one.seen.evidence))
    except RunbookError as error:
        return None, error.key
    lost: tuple[Unread, ...] = found.unread("service")
    return (None, lost[0].reason) if lost else (found, "")


def _closely(one: _Watch, found: Evidence) -> bool:
    """A whole look; where it cannot be had, what the poll read stands until the next one."""
    try:
        one.seen = look(one.given)
    except AccessError as error:
        _tell(one, len(found.calls), close=False, error=error.key)
        return True
    one.last_close = one.now
    _tell(one, len(found.calls) + len(one.seen.evidence.calls), close=True)
    return True


def _tell(one: _Watch, calls: int, *, close: bool, error: str = "") -> None:
    one.polls += 1
    one.calls += calls
    one.told(Poll(one.now, one.elapsed_s, one.seen.evidence, calls, close, error))


def _over(one: _Watch, end: Ended | None, limit: str) -> Outcome:
    every = (deployments.newest(one.seen.evidence), *deployments.current(one.seen.evidence))
    arn = next((str(d.get("taskDefinition", "")) for d in every if d.get("id") == one.deployment), "")
    revision = deployments.revision(arn)
    return Outcome(one.deployment, revision, end, limit, one.elapsed_s, one.polls, one.calls, one.seen)
