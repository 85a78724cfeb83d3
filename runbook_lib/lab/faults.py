"""Faults by rule: errors, delays, broken connections and garbled answers, for the calls that a rule matches."""

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from runbook_lib.lab.buckets import Buckets
from runbook_lib.lab.call import Call
from runbook_lib.lab.holding import Holds

Sequence = tuple[str, str]  # what calls are counted in: those of a service and action, or all that a rule is about
_ALL: Sequence = ("", "")


@dataclass(frozen=True)
class Fault:
    """What a rule says. What is not given matches every call, or does nothing.

    Attributes
    ----------
    preset
        One of `presets.PRESETS`, which words the error as the service that was asked would.
    service, action
        Which calls: the boto3 name of the service (``ecs``, ``elbv2``) and the API action.
    changes
        Only calls that are no reads (`Call.changes`), counted together whatever their service and action.
    times, nth, every
        Of the matching calls only the first `times`, only those numbers (from 1), only each `every`-th; counted since
        the rule was set, per service and action, with `changes` over all changing calls that the rule is about.
    probability, seed
        Which share of those; the same seed takes the same calls.
    delay
        Seconds of real time to wait before the call is answered.
    hold
        Hold the call until the rule is taken away: ``before`` anything has happened, or ``after`` it has taken effect,
        with the answer ready. Where the client hangs up, a call that is held before does not take effect.
    late
        Let the call take effect first: the error, text, reset or silence comes instead of its answer.
    error, message
        The AWS error to answer with.
    body
        Text to answer with instead, as a proxy or a captive portal would.
    status
        The HTTP status of either; the service's own where it is not given.
    reset, hang
        Break the connection off, or keep silent until the client gives up.
    truncate, garble
        Break the answer off in the middle of its body, which its Content-Length says is longer; or send half of it as
        if it were all.
    drip
        Seconds of real time over which the body of the answer is sent.
    rates
        Throttle what comes faster than the documented rates of ECS allow.
    """

    preset: str | None = None
    service: str | None = None
    action: str | None = None
    changes: bool = False
    times: int | None = None
    nth: tuple[int, ...] = ()
    every: int | None = None
    probability: float = 1.0
    seed: int = 0
    delay: float = 0.0
    hold: str | None = None
    late: bool = False
    error: str | None = None
    message: str | None = None
    body: str | None = None
    status: int | None = None
    reset: bool = False
    hang: bool = False
    truncate: bool = False
    garble: bool = False
    drip: float = 0.0
    rates: bool = False

    def is_about(self, asked: Call) -> bool:
        """Whether the rule is about calls of this kind."""
        named = self.service in (None, asked.service) and self.action in (None, asked.action)
        return named and (asked.changes or not self.changes)

    def sequence(self, asked: Call) -> Sequence:
        """Return what a call is counted in."""
        return _ALL if self.changes else (asked.service, asked.action)

    def takes(self, asked: Call, number: int) -> bool:
        """Whether the rule takes this call, the `number`-th of its sequence."""
        if self.nth and number not in self.nth:
            return False
        if (self.times and number > self.times) or (self.every and number % self.every):
            return False
        return self.probability >= 1 or self._drawn(asked, number) < self.probability

    def _drawn(self, asked: Call, number: int) -> float:
        """A number from 0 to 1 for a call, which does not depend on how calls of other kinds come in between."""
        drawn = hashlib.sha256(f"{self.seed}/{asked.service}/{asked.action}/{number}".encode()).digest()
        return int.from_bytes(drawn[:8], "big") / 2**64


@dataclass
class _Rule:
    """A fault in force: as it was asked for, how many calls it has seen of each sequence, and how many it took."""

    id: int
    given: dict[str, Any]
    fault: Fault
    seen: Counter[Sequence] = field(default_factory=Counter)
    taken: int = 0

    def count(self, asked: Call) -> None:
        """Count a call that the rule is about, whether or not it takes it."""
        if self.fault.is_about(asked):
            self.seen[self.fault.sequence(asked)] += 1


NO_FAULT = Fault()


class Faults:
    """The rules in force, how many calls of each kind there were since the first of them, and those that are held."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: tuple[_Rule, ...] = ()
        self._seen: Counter[tuple[str, str]] = Counter()
        self._last_id = 0
        self._buckets = Buckets()
        self.holds = Holds(self._is_in_force)

    def set(self, rules: list[tuple[dict[str, Any], Fault]]) -> None:
        """Put these rules in force instead of the ones before; each comes with what it was read from."""
        with self._lock:
            self._rules = ()
            self._append(rules)
        self.holds.let_go()

    def add(self, rules: list[tuple[dict[str, Any], Fault]]) -> None:
        """Put these rules in force after the ones before."""
        with self._lock:
            self._append(rules)

    def remove(self, ids: list[int]) -> None:
        """Take rules away; raises ValueError where one of them is not in force."""
        with self._lock:
            known = [rule.id for rule in self._rules]
            for one in ids:
                if one not in known:
                    raise ValueError(f"remove: there is no rule {one}; in force are {known}")
            self._rules = tuple(rule for rule in self._rules if rule.id not in ids)
        self.holds.let_go()

    def _is_in_force(self, id_: int) -> bool:
        return any(rule.id == id_ for rule in self._rules)

    def _append(self, rules: list[tuple[dict[str, Any], Fault]]) -> None:
        if not self._rules:
            self._seen.clear()
            self._buckets = Buckets()
        for given, fault in rules:
            self._last_id += 1
            self._rules += (_Rule(self._last_id, given, fault),)

    def listed(self) -> list[dict[str, Any]]:
        """The rules as they were asked for, each with its ``id`` and how many calls it has ``taken``."""
        with self._lock:
            return [{"id": rule.id, **rule.given, "taken": rule.taken} for rule in self._rules]

    def seen(self) -> dict[str, int]:
        """How many calls there were of each kind (``ecs:ListTasks``) since the rules were set, answered or not."""
        with self._lock:
            return {f"{service}:{action}": count for (service, action), count in self._seen.items()}

    def find(self, asked: Call, now: float) -> tuple[int | None, Fault]:
        """Count a call and return the first rule that takes it, with its id; `now` is `Clock.lived`."""
        with self._lock:
            self._seen[asked.service, asked.action] += 1
            for rule in self._rules:
                rule.count(asked)
            taken = (rule for rule in self._rules if self._takes(rule, asked, now))
            return next(((rule.id, rule.fault) for rule in taken), (None, NO_FAULT))

    def _takes(self, rule: _Rule, asked: Call, now: float) -> bool:
        number = rule.seen[rule.fault.sequence(asked)]
        if not rule.fault.is_about(asked) or not rule.fault.takes(asked, number):
            return False
        if rule.fault.rates and self._buckets.has_token(asked, now):
            return False
        rule.taken += 1
        return True
