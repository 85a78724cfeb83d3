"""Collects evidence: rounds of concurrent reads, each kind of reading by its own small collector. It does not judge."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from runbook_lib.aws.collectors import COLLECTORS
from runbook_lib.aws.operations import READS
from runbook_lib.aws.reader import CallFailedError, Failure, Reader
from runbook_lib.aws.session import ReadSession
from runbook_lib.errors import AccessError, TargetError
from runbook_lib.evidence.first_look import ROUNDS
from runbook_lib.evidence.model import Evidence, Reading, Request, Target, Unread

FIRST_LOOK_CALLS = 12
ALL_CALLS = 30
DEEPER_ROUNDS = 3
_THREADS = 12


class Collection:
    """Reads about one service, round after round, over one session."""

    def __init__(self, session: ReadSession, target: Target, *, stuck_after_s: int = 900) -> None:
        self._session = session
        self._target = target
        self._stuck_after_s = stuck_after_s

    def first_look(self, local: tuple[Reading | Unread, ...] = ()) -> Evidence:
        """The first look: three dependent rounds. ``local`` are readings of files, taken before.

        Raises
        ------
        TargetError
            The cluster or the service does not exist in this account and Region.
        AccessError
            Nothing could be read at all: credentials or the network.
        """
        reader = Reader(self._session)
        evidence = _with(self._empty(), local)
        began = time.perf_counter()
        with ThreadPoolExecutor(_THREADS) as pool:
            warm = [pool.submit(self._session.client, service) for service in ("ecs", "elbv2", "ecr")]
            for number, round_of in enumerate(ROUNDS, start=1):
                reader.round = number
                requests = tuple(r for r in round_of(evidence) if r not in evidence.asked())
                evidence = _with(evidence, _read_all(pool, reader, self._target, requests))
                _stop_where_nothing_can_be_read(evidence, self._target)
            for client in warm:
                client.result()
        return _finished(evidence, reader, began)

    def deeper(self, evidence: Evidence, requests: tuple[Request, ...]) -> Evidence:
        """``evidence`` and the readings of one more round; what exceeds the budget of calls becomes Unread."""
        room = ALL_CALLS - len(evidence.calls) if evidence.rounds < len(ROUNDS) + DEEPER_ROUNDS else 0
        reader = Reader(self._session)
        reader.round = evidence.rounds + 1
        began = time.perf_counter()
        with ThreadPoolExecutor(_THREADS) as pool:
            found = _read_all(pool, reader, evidence.target, requests[: max(room, 0)])
        found += tuple(_not_asked(r) for r in requests[max(room, 0) :])
        return evidence.with_more(_finished(_with(self._empty(), found), reader, began))

    def _empty(self) -> Evidence:
        return Evidence(self._target, datetime.now(UTC), stuck_after_s=self._stuck_after_s)


def not_asked(evidence: Evidence, requests: tuple[Request, ...]) -> Evidence:
    """``evidence`` with wishes that nobody can fulfil offline noted as not asked."""
    return _with(evidence, tuple(_not_asked(r) for r in requests))


def _read_all(
    pool: ThreadPoolExecutor, reader: Reader, target: Target, requests: tuple[Request, ...]
) -> tuple[Reading | Unread, ...]:
    futures = [pool.submit(_read, reader, target, wish) for wish in requests]
    return tuple(f.result() for f in futures)


def _read(reader: Reader, target: Target, wish: Request) -> Reading | Unread:
    collector = COLLECTORS[wish.kind]
    try:
        data, partial = collector.read(reader, target, wish)
    except CallFailedError as failed:
        return _unread(wish, failed.operation, failed.failure)
    return Reading(wish, collector.operation, data, partial)


def _unread(wish: Request, operation: str, failure: Failure) -> Unread:
    action = READS.get(_pair(operation), "")
    return Unread(wish, operation, action, failure.reason, failure.code, failure.message)


def _not_asked(wish: Request) -> Unread:
    operation = COLLECTORS[wish.kind].operation
    return Unread(wish, operation, READS.get(_pair(operation), ""), "not-asked")


def _pair(operation: str) -> tuple[str, str]:
    service, _, rest = operation.partition(":")
    return service, rest


def _with(evidence: Evidence, found: tuple[Reading | Unread, ...]) -> Evidence:
    more = Evidence(
        evidence.target,
        evidence.collected_at,
        readings=tuple(f for f in found if isinstance(f, Reading)),
        unreads=tuple(f for f in found if isinstance(f, Unread)),
    )
    return evidence.with_more(more)


def _finished(evidence: Evidence, reader: Reader, began: float) -> Evidence:
    arn = evidence.service.get("serviceArn", "")
    target = Target(
        evidence.target.cluster,
        evidence.target.service,
        evidence.target.region,
        arn.split(":")[4] if arn.count(":") >= 5 else evidence.target.account,
    )
    return Evidence(
        target,
        reader.answered_at or evidence.collected_at,
        evidence.readings,
        evidence.unreads,
        reader.calls,
        reader.round,
        round(time.perf_counter() - began, 3),
        evidence.stuck_after_s,
    )


def _stop_where_nothing_can_be_read(evidence: Evidence, target: Target) -> None:
    """Ends the look where no further call can tell anything: wrong target, no credentials, no network."""
    unread = next(iter(evidence.unread("service")), None)
    if unread is None:
        return
    where = {"cluster": target.cluster, "service": target.service, "region": target.region}
    if unread.reason == "absent":
        key = "cluster-not-found" if unread.code == "ClusterNotFoundException" else "service-not-found"
        raise TargetError(key, **where)
    if unread.reason in ("credentials", "unreachable"):
        raise AccessError(_ACCESS_KEYS[unread.reason](unread.code), code=unread.code, message=unread.message, **where)


_ACCESS_KEYS: dict[str, Callable[[str], str]] = {
    "credentials": lambda code: (
        "credentials-missing" if code.startswith(("NoCred", "Partial")) else "credentials-refused"
    ),
    "unreachable": lambda code: "endpoint-unreachable",
}
