"""Watches one deployment to its end: polls cheaply, looks closely when something changed, ends as early as it can."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from runbook_lib.diagnosis import deployments, starts, tasks
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.diagnosis.following import TIMED_OUT, UNREACHABLE, UNSEEN, Outcome, Poll
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.diagnosis.watched import End, Ended, chosen, ended
from runbook_lib.errors import AccessError, InputError, ParameterError, RunbookError
from runbook_lib.evidence.model import Evidence, Unread, request
from runbook_lib.evidence.pulse import asks, beat
from runbook_lib.look import Look, look, opened, poll
from runbook_lib.parameters import Parameters

if TYPE_CHECKING:
    from runbook_lib.aws.session import ReadSession

_SHORTEST_S, _LONGEST_S = 5.0, 20.0
_CLOSE_LOOK_EVERY_S = 60.0  # also where nothing changed: some causes show in what a quiet poll does not read
PATIENCE_S = 300.0  # without any answer
_SERVICE = request("service")

Told = Callable[[Poll], None]
Wait = Callable[[float], None]


def silent(_: Poll) -> None:
    """Tells nobody."""


class Line:
    """The way to AWS of something that takes long: one session, opened anew where the old one gets no answers.

    A new session reads profiles and keys again, which somebody may have renewed meanwhile.
    """

    def __init__(self, given: Parameters) -> None:
        self.given = given
        self._session: ReadSession | None = None

    @property
    def session(self) -> ReadSession:
        """The session.

        Raises
        ------
        RunbookError
            As :func:`runbook_lib.look.opened`.
        """
        self._session = self._session or opened(self.given)
        return self._session

    def look(self) -> Look:
        """A whole look."""
        return look(self.given, self.session)

    def read(self, about: Evidence, *wishes: Any) -> Evidence | Unread:
        """What one poll reads of the service and besides, or why the service could not be read."""
        blank = Evidence(about.target, about.collected_at, stuck_after_s=about.stuck_after_s, lab=about.lab)
        try:
            found = poll(self.session, blank, wishes, self.given.deadline)
        except RunbookError as error:
            self._session = None
            return Unread(_SERVICE, "ecs:DescribeServices", "ecs:DescribeServices", "credentials", error.key)
        lost = next(iter(found.unread("service")), None)
        if lost:
            self._session = None
        return lost or found


@dataclass
class _Watch:
    """What is known while watching."""

    line: Line
    seen: Look
    own: Deployment
    told: Told
    wait: Wait
    polls: int = 0
    calls: int = 0
    last_beat: tuple[Any, ...] = ()
    last_close: datetime | None = None
    quiet: int = 0
    warned: bool = False  # what the first task will need was seen to be absent, and may be made just now
    causes: tuple[Verdict, ...] = ()  # those seen last: when a deployment is rolled back its tasks are soon gone
    last: Poll = field(init=False)

    def __post_init__(self) -> None:
        self.last = Poll(self.now, self.own, self.seen.evidence, 0)

    @property
    def now(self) -> datetime:
        return self.seen.evidence.collected_at


def watch(given: Parameters, told: Told = silent, wait: Wait = time.sleep, seen: Look | None = None) -> Outcome:
    """Watches the deployment that is asked for until it ends or a limit is reached.

    ``told`` gets every poll; ``wait`` passes the time between two; ``seen`` is a look that was taken just now.

    Raises
    ------
    InputError
        There is no such deployment, or saved evidence is given: what was saved does not go on.
    RunbookError
        As :func:`runbook_lib.look.look`, at the first look.
    """
    if given.evidence:
        raise ParameterError("watch-saved", file=given.evidence)
    line = Line(given)
    first = seen or _first(line, wait)
    one = _Watch(line, first, _asked(first.evidence, given.deployment), told, wait)
    began = one.now
    _tell(one, len(first.evidence.calls), close=True)
    while True:
        end = _ended(one)
        one.causes = one.seen.diagnosis.failed("cause") or one.causes
        left = given.timeout * 60 - (one.now - began).total_seconds()
        denied = _unseen(one, "access-denied")
        if end or denied or left <= 0:
            return _over(one, end, UNSEEN if denied or _unseen(one) else TIMED_OUT)
        wait(min(_pause(one), left))
        lost = _polled(one, min(PATIENCE_S, left))
        if lost:
            gone = Ended(End.STOPPED, {"status": lost.code}) if lost.reason == "absent" else None
            return _over(one, gone, UNREACHABLE)


def _ended(one: _Watch) -> Ended | None:
    """How it ended; by what its first task only will lack it is doomed at the second poll, not at the first."""
    found = ended(one.seen.evidence, one.seen.diagnosis, one.own)
    if found and found.end is End.DOOMED and not one.warned and starts.awaited(one.seen.evidence):
        one.warned, one.last_beat = True, ()
        return None
    return found


def _unseen(one: _Watch, reason: str = "") -> bool:
    """Whether ECS calls it completed, and what else has to be right could not be read (for this reason)."""
    lost = one.seen.evidence.unread(*tasks.KINDS, "target_health")
    return one.own.get("rolloutState") == "COMPLETED" and any(reason in ("", each.reason) for each in lost)


def _first(line: Line, wait: Wait) -> Look:
    """The first look at which the service can be read: AWS may be throttling just now.

    Raises
    ------
    AccessError
        It could not be for too long.
    """
    waited = 0.0
    while True:
        found = line.look()
        lost = next(iter(found.evidence.unread("service")), None)
        if not lost:
            return found
        if waited >= PATIENCE_S or lost.reason == "access-denied":
            raise AccessError("service-unread", reason=lost.reason, code=lost.code or "-", operation=lost.operation)
        wait(_LONGEST_S)
        waited += _LONGEST_S


def _asked(evidence: Evidence, asked: str) -> Deployment:
    """The deployment to watch.

    Raises
    ------
    AccessError
        It cannot be told: one that was rolled back is in the list of service deployments alone.
    InputError
        There is none such.
    """
    found, lost = chosen(evidence, asked), evidence.unread("service_deployments")
    if lost and (not found or (not asked and found.get("rolloutState") == "COMPLETED")):
        raise AccessError("deployments-unread", operation=lost[0].operation, reason=lost[0].reason, asked=asked or "-")
    if found:
        return found
    known = ", ".join(str(d.get("id")) for d in deployments.current(evidence))
    if not asked and not known:
        raise InputError("deployment-none", service=evidence.target.service)
    raise InputError("deployment-unknown", asked=asked, known=known or "-")


def _pause(one: _Watch) -> float:
    """Short after a change, longer the longer nothing happens and the older the deployment is."""
    old = max(_SHORTEST_S, one.last.elapsed_s / 30)
    return min(old * (1 + one.quiet / 2), _LONGEST_S)


def _polled(one: _Watch, patience: float) -> Unread | None:
    """Polls until AWS answers; why it does not, where that takes longer than ``patience`` seconds."""
    lost_s = 0.0
    while True:
        began = time.monotonic()
        found = one.line.read(one.seen.evidence, *asks(one.seen.evidence))
        if isinstance(found, Evidence):
            _heard(one, found)
            return None
        lost_s += time.monotonic() - began
        _tell(one, 0, lost=found, lost_s=lost_s)
        if lost_s >= patience or found.reason == "absent":
            return found
        one.wait(_LONGEST_S)
        lost_s += _LONGEST_S


def _heard(one: _Watch, found: Evidence) -> None:
    """Looks closely where a poll says something new, and now and then."""
    changed = beat(found) != one.last_beat
    one.quiet = 0 if changed else one.quiet + 1
    one.last_beat = beat(found)
    due = one.last_close is None or (found.collected_at - one.last_close).total_seconds() >= _CLOSE_LOOK_EVERY_S
    if (changed or due) and _closely(one, found):
        return
    one.seen = replace(one.seen, evidence=replace(one.seen.evidence, collected_at=found.collected_at))
    _tell(one, len(found.calls))


def _closely(one: _Watch, found: Evidence) -> bool:
    """A whole look; where it cannot be had, what was known stands, and the next poll looks closely again."""
    try:
        seen = one.line.look()
    except RunbookError:
        one.last_beat = ()
        return False
    if seen.evidence.unread("service"):
        one.last_beat = ()
        return False
    one.seen, one.last_close = seen, seen.evidence.collected_at
    _tell(one, len(found.calls) + len(seen.evidence.calls), close=True)
    return True


def _tell(one: _Watch, calls: int, *, close: bool = False, lost: Unread | None = None, lost_s: float = 0.0) -> None:
    one.polls += 1
    one.calls += calls
    listed = deployments.current(one.seen.evidence)
    one.own = next((d for d in listed if d.get("id") == one.own.get("id")), one.own)
    causes = one.seen.diagnosis.failed("cause")
    one.last = Poll(one.now + timedelta(seconds=lost_s), one.own, one.seen.evidence, calls, close, lost, causes)
    one.told(one.last)


def _over(one: _Watch, end: Ended | None, limit: str) -> Outcome:
    """How it ended, with the causes that tell why it did not work out."""
    good = end is not None and end.end in (End.COMPLETED, End.SUPERSEDED)
    causes = () if good else (end.causes if end else ()) or one.causes
    return Outcome(one.last, end, "" if end else limit, one.polls, one.calls, one.seen.diagnosis, causes)
