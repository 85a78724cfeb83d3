"""Collects evidence: rounds of concurrent reads, each kind of reading by its own small collector. It does not judge."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.pool import ThreadPool

from runbook_lib.aws.collectors import collector_of
from runbook_lib.aws.nothing import Names, names_of, stop_where_nothing_can_be_read
from runbook_lib.aws.operations import READS
from runbook_lib.aws.reader import SHAPE_ERRORS, CallFailedError, Failure, Reader, failure_of
from runbook_lib.aws.session import ReadSession
from runbook_lib.evidence.first_look import ROUNDS
from runbook_lib.evidence.model import Evidence, Reading, Request, Target, Unread

FIRST_LOOK_CALLS = 12
ALL_CALLS = 30
DEEPER_ROUNDS = 3
_THREADS = 12
Rounds = tuple[Callable[[Evidence], tuple[Request, ...]], ...]  # what each round asks, by what those before have read


class Collection:
    """Reads about one service, round after round, over one session, for at most ``seconds`` in all."""

    def __init__(self, session: ReadSession, about: Evidence, seconds: float = 60.0) -> None:
        """``about`` is evidence with a target and nothing read but, at most, local files."""
        self._session = session
        self._about = about
        self._ends = time.monotonic() + seconds

    def first_look(self, rounds: Rounds = ROUNDS) -> Evidence:
        """The first look: three dependent rounds, or those of another question; what is beyond its calls is left.

        Raises
        ------
        TargetError
            The cluster or the service does not exist in this account and Region.
        AccessError
            Nothing could be read at all: credentials or the network.
        """
        reader = Reader(self._session)
        evidence = self._about
        began = time.perf_counter()
        with ThreadPool(_THREADS) as pool:
            for service in ("ecs", "elbv2", "ecr"):  # made while the first answers are under way
                pool.apply_async(self._session.client, (service,))
            for number, round_of in enumerate(rounds, start=1):
                reader.round = number
                requests = tuple(r for r in round_of(evidence) if r not in evidence.asked())
                requests = requests[: max(FIRST_LOOK_CALLS - len(reader.calls), 0)]
                evidence = _with(evidence, self._read_all(pool, reader, requests))
                stop_where_nothing_can_be_read(evidence, self._session, reader, self._names(pool, reader))
        return _finished(evidence, reader, began)

    def deeper(self, evidence: Evidence, requests: tuple[Request, ...]) -> Evidence:
        """``evidence`` and the readings of one more round; what exceeds the budget of calls becomes Unread."""
        room = ALL_CALLS - len(evidence.calls) if evidence.rounds < len(ROUNDS) + DEEPER_ROUNDS else 0
        reader = Reader(self._session)
        reader.round = evidence.rounds + 1
        began = time.perf_counter()
        with ThreadPool(_THREADS) as pool:
            found = self._read_all(pool, reader, requests[: max(room, 0)])
        found += tuple(_left_out(r, "not-asked") for r in requests[max(room, 0) :])
        return evidence.with_more(
            _finished(_with(Evidence(evidence.target, evidence.collected_at), found), reader, began)
        )

    def apart(self, requests: tuple[Request, ...]) -> Evidence:
        """One round by itself: what it read, at the time of its own first answer."""
        reader = Reader(self._session)
        reader.round = 1
        began = time.perf_counter()
        with ThreadPool(len(requests) or 1) as pool:
            found = self._read_all(pool, reader, requests)
        return _finished(_with(self._about, found), reader, began)

    def _read_all(
        self, pool: ThreadPool, reader: Reader, requests: tuple[Request, ...]
    ) -> tuple[Reading | Unread, ...]:
        """The readings of one round. Nobody waits for an answer beyond the deadline: the threads are daemons."""
        target = self._about.target
        waiting = [(wish, pool.apply_async(_read, (reader, target, wish))) for wish in requests if self._left() > 0]
        for _, answer in waiting:
            answer.wait(max(self._left(), 0))
        found = [answer.get() if answer.ready() else _left_out(wish, "deadline") for wish, answer in waiting]
        return (*found, *(_left_out(wish, "deadline") for wish in requests[len(waiting) :]))

    def _names(self, pool: ThreadPool, reader: Reader) -> Names:
        """What exists under a kind of name, where AWS says so in time."""

        def names(kind: str, cluster: str) -> list[str] | None:
            answer = pool.apply_async(names_of, (reader, kind, cluster))
            answer.wait(max(self._left(), 0))
            return answer.get() if answer.ready() else None

        return names

    def _left(self) -> float:
        return self._ends - time.monotonic()


def _read(reader: Reader, target: Target, wish: Request) -> Reading | Unread:
    collector = collector_of(wish.kind)
    try:
        data, partial = collector.read(reader, target, wish)
    except CallFailedError as failed:
        return _unread(wish, failed.operation, failed.failure)
    except SHAPE_ERRORS as error:
        return _unread(wish, collector.operation, failure_of(error))
    return Reading(wish, collector.operation, data, partial)


def _unread(wish: Request, operation: str, failure: Failure) -> Unread:
    action = READS.get(_pair(operation), operation)  # a credential call is its own action
    return Unread(wish, operation, action, failure.reason, failure.code, failure.message)


def _left_out(wish: Request, reason: str) -> Unread:
    operation = collector_of(wish.kind).operation
    return Unread(wish, operation, READS.get(_pair(operation), ""), reason)


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
    account = arn.split(":")[4] if arn.count(":") >= 5 else evidence.target.account
    return replace(
        evidence,
        target=replace(evidence.target, account=account),
        collected_at=reader.answered_at or evidence.collected_at,
        calls=reader.calls + reader.given_up(),
        rounds=reader.round,
        elapsed_s=round(time.perf_counter() - began, 3),
    )
