"""Faults by rule: errors, delays, broken connections and garbled answers, for the calls that a rule matches."""

import threading
from collections import Counter
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Fault:
    """A rule. What is not given matches every call, or does nothing.

    Attributes
    ----------
    service, action
        Which calls: the boto3 name of the service (``ecs``, ``elbv2``) and the API action.
    times, nth
        Only the first `times` matching calls, or only those numbers (from 1), counted per service and action since
        the rules were set.
    delay
        Seconds of real time to wait before the call is answered.
    error, message
        The AWS error to answer with.
    body
        Text to answer with instead, as a proxy or a captive portal would.
    status
        The HTTP status of either; 400 for an error and 200 for a body where it is not given.
    reset
        Break the connection off instead of answering.
    truncate
        Break the answer off in the middle of its body, which its Content-Length says is longer.
    drip
        Seconds of real time over which the body of the answer is sent.
    """

    service: str | None = None
    action: str | None = None
    times: int | None = None
    nth: tuple[int, ...] = ()
    delay: float = 0.0
    error: str | None = None
    message: str | None = None
    body: str | None = None
    status: int | None = None
    reset: bool = False
    truncate: bool = False
    drip: float = 0.0

    def matches(self, service: str, action: str, number: int) -> bool:
        """Whether the rule is about this call, the `number`-th of its kind."""
        if self.service not in (None, service) or self.action not in (None, action):
            return False
        if self.nth:
            return number in self.nth
        return self.times is None or number <= self.times


_NAMES = {field.name for field in fields(Fault)}


class Faults:
    """The rules in force, and how many calls of each kind there were since."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: tuple[Fault, ...] = ()
        self._seen: Counter[tuple[str, str]] = Counter()

    def set(self, rules: list[dict[str, Any]]) -> None:
        """Put these rules in force instead of the ones before; raises ValueError for an unknown key."""
        for rule in rules:
            unknown = sorted(set(rule) - _NAMES)
            if unknown:
                raise ValueError(f"unknown keys {unknown}; known are {sorted(_NAMES)}")
        made = tuple(Fault(**{**rule, "nth": tuple(rule.get("nth", ()))}) for rule in rules)
        with self._lock:
            self._rules = made
            self._seen.clear()

    def seen(self) -> dict[str, int]:
        """How many calls there were of each kind (``ecs:ListTasks``) since the rules were set, answered or not."""
        with self._lock:
            return {f"{service}:{action}": count for (service, action), count in self._seen.items()}

    def find(self, service: str, action: str) -> Fault | None:
        """Count a call and return the first rule that matches it."""
        with self._lock:
            if not self._rules:
                return None
            self._seen[service, action] += 1
            number = self._seen[service, action]
            return next((rule for rule in self._rules if rule.matches(service, action, number)), None)
