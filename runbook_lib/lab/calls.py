"""The record of the calls that clients made: what was asked and what came of it; values of changes alone."""

import itertools
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from runbook_lib.lab import sent
from runbook_lib.lab.call import Call
from runbook_lib.lab.reply import Reply

KEPT = 10_000  # the newest calls; a client that asks every second fills that in three hours
_CODE = re.compile(rb'"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"|<Code>([^<]+)</Code>|__type[\x60-\x7b].{0,2}?([A-Z]\w+)')
_LONGEST = 200


class Record(NamedTuple):
    """One call.

    ``at`` is simulated time (seconds since the epoch), ``ms`` real time that the answer took, ``status`` 0 where there
    was no answer, ``error`` the code of an AWS error, ``fault`` the id of the rule that took the call, ``parameters``
    the names of what was given, ``given`` of a call that is no read what was given (`sent.given`), else None.
    """

    id: int
    service: str
    action: str
    status: int
    region: str
    at: float
    account: str
    error: str | None
    fault: int | None
    ms: float
    agent: str
    parameters: tuple[str, ...]
    request_id: str | None
    given: dict[str, Any] | None


class Calls:
    """The newest `KEPT` calls in the order in which they took effect, or were refused or lost."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._dropped = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with self._lock:
            records = list(self._records)
        return (record._asdict() for record in records)

    def changes(self) -> list[dict[str, Any]]:
        """Return the calls that are no reads."""
        return [record for record in self if record["given"] is not None]

    @property
    def dropped(self) -> int:
        """How many calls were forgotten to make room since the record was begun."""
        return self._dropped

    def clear(self) -> None:
        """Begin the record anew."""
        with self._lock:
            self._records.clear()
            self._dropped = 0

    def add(self, asked: Call, done: Reply | None, *, at: float, since: float, fault: int | None) -> None:
        """Record a call that was answered, or not; `since` is when it came in (``time.perf_counter``)."""
        given = (
            asked.service,
            asked.action[:_LONGEST],
            done.status if done else 0,
            asked.region,
            at,
            asked.account,
            _code(done) if done and done.status >= 300 else None,
            fault,
            round((time.perf_counter() - since) * 1000, 3),
            sys.intern(asked.agent[:_LONGEST]),
            tuple(sys.intern(name[:_LONGEST]) for name in sorted(sent.names(asked))[:_LONGEST]),
            done.header("x-amzn-requestid") if done else None,
            sent.given(asked) if asked.changes else None,
        )
        with self._lock:
            self._dropped += len(self._records) == KEPT
            self._records.append(Record(next(self._numbers), *given))


def _code(done: Reply) -> str | None:
    found = _CODE.search(done.body[:2000])
    return next((code.decode("ascii", "replace") for code in found.groups() if code), None) if found else None
