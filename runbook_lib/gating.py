"""Waits until no earlier deployment of a service is in progress: one call a poll, a whole look only to say why not."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.following import TIMED_OUT, UNREACHABLE, Poll
from runbook_lib.diagnosis.gate import Gate
from runbook_lib.errors import AccessError, ParameterError, RunbookError, TargetError
from runbook_lib.evidence.model import Evidence, Target, Unread, request
from runbook_lib.parameters import Parameters
from runbook_lib.watching import PATIENCE_S, Line, Told, Wait, silent

_EVERY_S = 15.0
_PASSING = ("throttled", "time-out", "failed", "deadline")  # what another try may cure, even at the first


def gate(given: Parameters, told: Told = silent, wait: Wait = time.sleep) -> Gate:
    """Waits until no deployment is in progress, at most ``timeout`` minutes; ``told`` gets every poll that is blocked.

    A service that does not exist yet is free. A deployment that FAILED has ended.

    Raises
    ------
    TargetError
        There is no such cluster.
    RunbookError
        As :func:`runbook_lib.look.look`, where AWS cannot be reached at all.
    """
    if given.evidence:
        raise ParameterError("watch-saved", file=given.evidence)
    line = Line(given)
    about = Evidence(Target(given.cluster, given.service, line.session.region), datetime.now(UTC))
    now = Gate(about.collected_at, 0.0, about, (), "", 0, 0)
    began: datetime | None = None
    lost_s = 0.0
    while True:
        clock = time.monotonic()
        found = line.read(about, request("service"))
        now = replace(now, polls=now.polls + 1, calls=now.calls + 1)
        if isinstance(found, Unread):
            lost_s += time.monotonic() - clock
            over = _unread(line, now, found, lost_s)
        else:
            began = began or found.collected_at
            now, lost_s = _heard(now, found, began), 0.0
            over = _judged(line, now)
        if over:
            return over
        told(_poll(now, found if isinstance(found, Unread) else None))
        wait(_EVERY_S)
        lost_s += _EVERY_S if isinstance(found, Unread) else 0.0


def _heard(now: Gate, found: Evidence, began: datetime) -> Gate:
    waited = (found.collected_at - began).total_seconds()
    return replace(
        now,
        at=found.collected_at,
        waited_s=waited,
        evidence=found,
        blocking=deployments.in_progress(found),
    )


def _judged(line: Line, now: Gate) -> Gate | None:
    if not now.blocking:
        return now
    if now.waited_s < line.given.timeout * 60:
        return None
    try:
        seen = line.look()
    except RunbookError:  # that it is blocked is known without
        return replace(now, limit=TIMED_OUT)
    calls = now.calls + len(seen.evidence.calls)
    return replace(now, limit=TIMED_OUT, evidence=seen.evidence, seen=seen.diagnosis, calls=calls)


def _unread(line: Line, now: Gate, lost: Unread, lost_s: float) -> Gate | None:
    """What to make of a poll without an answer: nothing yet, a new service, or the end.

    Raises
    ------
    RunbookError
        At the first poll, where another try cures nothing.
    """
    if lost.reason == "absent":
        if lost.code == "ClusterNotFoundException":
            where = {"cluster": line.given.cluster, "service": line.given.service}
            raise TargetError("cluster-not-found", region=now.evidence.target.region, **where)
        _refuse_typo(line)
        return replace(now, new=True)
    if now.polls == 1 and lost.reason not in _PASSING:
        line.look()  # has a sentence for each way in which AWS is not reached
        raise AccessError("service-unread", reason=lost.reason, code=lost.code or "-", operation=lost.operation)
    patience = min(PATIENCE_S, line.given.timeout * 60 - now.waited_s)
    return replace(now, limit=UNREACHABLE, lost=lost, waited_s=now.waited_s + lost_s) if lost_s >= patience else None


def _refuse_typo(line: Line) -> None:
    """A name that is nearly that of a service is taken for a mistake, and no gate opens for it.

    Raises
    ------
    TargetError
        It names the service that is meant.
    """
    try:
        line.look()
    except TargetError as error:
        if error.key == "service-not-found-near":
            raise
    except RunbookError:  # names cannot be listed: a new service, then
        return


def _poll(now: Gate, lost: Unread | None) -> Poll:
    oldest = now.blocking[-1] if now.blocking else {}
    return Poll(now.at, oldest, now.evidence, 1, lost=lost)
