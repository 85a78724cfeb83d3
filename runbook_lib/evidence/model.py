"""What was read, as frozen data: readings, what could not be read, and every call that was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache, wraps
from typing import Any, TypeVar

SCHEMA = 1
Found = TypeVar("Found")

# Why a reading could not be had. `absent` means AWS answered that the thing does not exist: a fact in itself.
# `garbled` is an answer that cannot be understood, `deadline` one that had not come when the whole look had to end.
UNREAD_REASONS = (
    "access-denied",
    "throttled",
    "time-out",
    "absent",
    "unsupported",
    "failed",
    "not-asked",
    "credentials",
    "unreachable",
    "garbled",
    "deadline",
)


@dataclass(frozen=True)
class Target:
    """The service that is looked at. ``account`` is empty until AWS has told it."""

    cluster: str
    service: str
    region: str
    account: str = ""


@dataclass(frozen=True)
class Request:
    """A reading that is wanted: its kind and its arguments, as sorted pairs so that equal requests compare equal."""

    kind: str
    args: tuple[tuple[str, str], ...] = ()

    def __getitem__(self, name: str) -> str:
        return dict(self.args).get(name, "")


def request(kind: str, **args: str) -> Request:
    """A :class:`Request` from keyword arguments."""
    return Request(kind, tuple(sorted(args.items())))


@dataclass(frozen=True)
class Reading:
    """One thing read, in AWS's own shape and field names, already redacted.

    ``operation`` is ``service:Operation`` (``ecs:DescribeServices``) or ``file`` for a local file. ``partial`` says
    that AWS had more than was read: such a reading can prove a fault but never the absence of one.
    """

    request: Request
    operation: str
    data: Any
    partial: bool = False


@dataclass(frozen=True)
class Unread:
    """A reading that could not be had: its operation, the IAM action that it needs, why (``UNREAD_REASONS``)."""

    request: Request
    operation: str
    action: str
    reason: str
    code: str = ""
    message: str = ""


@dataclass(frozen=True)
class Call:
    """One API call as sent: operation, its round, milliseconds, HTTP attempts, and the error code or ``""``."""

    operation: str
    round: int
    ms: float
    attempts: int = 1
    error: str = ""


@dataclass(frozen=True)
class Evidence:
    """All readings and unreads of one service at one time.

    ``collected_at`` is UTC and comes from the ``Date`` of AWS's own first answer, so a wrong local clock does no harm.
    ``elapsed_s`` are seconds from the first request sent to the last answer; ``lab`` says that this was practice.
    """

    target: Target
    collected_at: datetime
    readings: tuple[Reading, ...] = ()
    unreads: tuple[Unread, ...] = ()
    calls: tuple[Call, ...] = ()
    rounds: int = 0
    elapsed_s: float = 0.0
    stuck_after_s: int = 900
    lab: bool = False
    schema: int = field(default=SCHEMA)

    def all(self, kind: str) -> tuple[Reading, ...]:
        """Every reading of a kind, in the order in which it was asked."""
        return self._by_kind.get(kind, ())

    @cached_property
    def _by_kind(self) -> dict[str, tuple[Reading, ...]]:
        kinds = dict.fromkeys(r.request.kind for r in self.readings)
        return {kind: tuple(r for r in self.readings if r.request.kind == kind) for kind in kinds}

    @cached_property
    def derived(self) -> dict[object, Any]:
        """What :func:`once` remembers; goes with the evidence, and is no part of it."""
        return {}

    def data(self, kind: str, default: Any = None) -> Any:
        """The data of the first reading of a kind, or ``default`` where there is none."""
        return next((r.data for r in self.all(kind)), default)

    def unread(self, *kinds: str) -> tuple[Unread, ...]:
        """What could not be read among these kinds."""
        return tuple(u for u in self.unreads if u.request.kind in kinds)

    def asked(self) -> frozenset[Request]:
        """Every request that was answered or refused; asking again would tell nothing new."""
        return frozenset([r.request for r in self.readings] + [u.request for u in self.unreads])

    @property
    def service(self) -> dict[str, Any]:
        """The service as DescribeServices prints it; empty where it was not read."""
        found: dict[str, Any] = self.data("service", {})
        return found

    def tasks(self, desired: str = "") -> Iterator[dict[str, Any]]:
        """Every task read, as DescribeTasks prints them; with ``desired`` those that ListTasks names by default.

        A task that is being stopped is still alive, and yet ``desiredStatus`` is STOPPED.
        """
        for reading in self.all("tasks"):
            yield from (task for task in reading.data if not desired or task.get("desiredStatus") == desired)

    def task_definitions(self) -> dict[str, dict[str, Any]]:
        """Task definitions read from ECS, by ARN."""
        return {r.data["taskDefinitionArn"]: r.data for r in self.all("task_definition")}

    def with_more(self, other: Evidence) -> Evidence:
        """This evidence and what a later, deeper look has added."""
        return replace(
            self,
            readings=self.readings + other.readings,
            unreads=self.unreads + other.unreads,
            calls=self.calls + other.calls,
            rounds=max(self.rounds, other.rounds),
            elapsed_s=round(self.elapsed_s + other.elapsed_s, 3),
        )


def once(function: Callable[[Evidence], Found]) -> Callable[[Evidence], Found]:
    """A pure function of evidence that many rules call, computed once for each evidence."""

    @wraps(function)
    def remembered(evidence: Evidence) -> Found:
        if function not in evidence.derived:
            evidence.derived[function] = function(evidence)
        found: Found = evidence.derived[function]
        return found

    return remembered


def at(value: Any) -> datetime | None:
    """A time of AWS (epoch seconds, ISO text or datetime) as UTC, or None where there is none."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return _utc(value) if isinstance(value, datetime) else _parsed(str(value))


@lru_cache(maxsize=1_000)
def _parsed(text: str) -> datetime:
    return _utc(datetime.fromisoformat(text))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
