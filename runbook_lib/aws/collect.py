"""Collects evidence: rounds of concurrent reads, each kind of reading by its own small collector. It does not judge."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

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

    def __init__(self, session: ReadSession, about: Evidence) -> None:
        """``about`` is evidence with a target and nothing read but, at most, local files."""
        self._session = session
        self._about = about

    def first_look(self) -> Evidence:
        """The first look: three dependent rounds.

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
        with ThreadPoolExecutor(_THREADS) as pool:
            for service in ("ecs", "elbv2", "ecr"):  # made while the first answers are under way
                pool.submit(self._session.client, service)
            for number, round_of in enumerate(ROUNDS, start=1):
                reader.round = number
                requests = tuple(r for r in round_of(evidence) if r not in evidence.asked())
                evidence = _with(evidence, _read_all(pool, reader, evidence.target, requests))
                _stop_where_nothing_can_be_read(evidence)
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
        return evidence.with_more(
            _finished(_with(Evidence(evidence.target, evidence.collected_at), found), reader, began)
        )


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
    account = arn.split(":")[4] if arn.count(":") >= 5 else evidence.target.account
    return replace(
        evidence,
        target=replace(evidence.target, account=account),
        collected_at=reader.answered_at or evidence.collected_at,
        calls=reader.calls,
        rounds=reader.round,
        elapsed_s=round(time.perf_counter() - began, 3),
    )


def _stop_where_nothing_can_be_read(evidence: Evidence) -> None:
    """Ends the look where no further call can tell anything: wrong target, no credentials, no network."""
    unread = next(iter(evidence.unread("service")), None)
    if unread is None:
        return
    target = evidence.target
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
