"""What a look may cost: a first look of 3 rounds and 12 calls, 3 deeper rounds where it is needed, 30 calls in all."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from runbook_lib.diagnosis.state import State
from runbook_lib.look import Look

FIRST_ROUNDS, FIRST_CALLS = 3, 12
DEEPER_ROUNDS, ALL_CALLS = 3, 30


class Sent(logging.Handler):
    """The requests that botocore says it sends: each as operation, address and body."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.requests: list[tuple[str, str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is about a request; retries of it are not said again."""
        if record.msg.startswith("Making request"):
            operation, asked = record.args
            self.requests.append((operation.name, asked["url"], repr(asked["body"])))


@contextmanager
def sent() -> Iterator[Sent]:
    """What is sent in the meantime by this process: the record of calls in evidence holds no arguments."""
    log, handler = logging.getLogger("botocore.endpoint"), Sent()
    before = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    try:
        yield handler
    finally:
        log.removeHandler(handler)
        log.level, log.propagate = before


def exceeded(look: Look, requests: list[tuple[str, str, str]]) -> list[str]:
    """The budgets that a look went beyond, with its figure."""
    evidence = look.evidence
    first = sum(call.round <= FIRST_ROUNDS for call in evidence.calls)
    deeper = evidence.rounds - FIRST_ROUNDS
    twice = [operation for (operation, *_), times in Counter(requests).items() if times > 1]
    found = {
        f"{first} calls in the first look": first > FIRST_CALLS,
        f"{deeper} deeper rounds": deeper > DEEPER_ROUNDS,
        f"{deeper} deeper rounds of a healthy service": deeper > 0 and look.diagnosis.state is State.HEALTHY,
        f"{len(evidence.calls)} calls in all": len(evidence.calls) > ALL_CALLS,
        f"{len(requests)} requests of {len(evidence.calls)} calls were seen": len(requests) != len(evidence.calls),
        f"asked twice: {', '.join(twice)}": bool(twice),
    }
    return [what for what, beyond in found.items() if beyond]
