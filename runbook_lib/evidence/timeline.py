"""From evidence to a timeline: deployments as bars, tasks as phases, events as marks, all on one axis. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Literal

from runbook_lib.evidence.completions import completions
from runbook_lib.evidence.model import Evidence, at

BarKind = Literal["progress", "superseded", "completed", "failed", "stopped"]
PhaseKind = Literal["starting", "running", "healthy", "unhealthy", "stopping", "not-started"]
EventKind = Literal["failure", "deployment", "other"]
_Turns = tuple[datetime | None, datetime | None]  # when the next deployment began, and when it completed or changed

# What only several looks tell, in what :mod:`merging` makes of them, beside the fields of AWS: when a deployment had
# gone from the list at the latest, when a task was seen last and was first seen UNHEALTHY, its target at each look.
GONE, SEEN, UNHEALTHY, TARGETS = ("runbook:gone", "runbook:seen", "runbook:unhealthy", "runbook:targets")

# A service that has been well for days is drawn for its last hour: ECS keeps stopped tasks no longer than that.
QUIET_WINDOW = timedelta(hours=1)
LONGEST_QUIET = timedelta(hours=6)
# Room before the first deployment, so that what ran before it shows, and after the look, as parts of the length.
_BEFORE, _AFTER = 0.06, 0.02
_LONGEST = 4_000  # a message of ECS is below 1,100 characters; more is kept and not looked at
# Service events say these words when something went wrong; they are AWS's own and come in English only.
_FAILURE = re.compile(r"unhealthy|failed|unable to|error|not found|insufficient|rolling back", re.IGNORECASE)
_RECOVERED = re.compile(r"has started \d+ tasks|has stopped \d+ (running|pending) tasks", re.IGNORECASE)
_VARYING = re.compile(r"\b[0-9a-f]{32}\b|ecs-svc/\d+|\d{1,3}(?:\.\d{1,3}){3}")
_TASK = re.compile(r"\(task ([0-9a-f-]{32,36})\)")
_UNHEALTHY = re.compile(r"failed container health checks|is unhealthy in", re.IGNORECASE)
_SERVICE_DEPLOYMENT = {"SUCCESSFUL": "progress", "ROLLBACK_SUCCESSFUL": "failed", "ROLLBACK_FAILED": "failed"}


@dataclass(frozen=True)
class Span:
    """A stretch of time, UTC, with what was the case: a :data:`BarKind`, :data:`PhaseKind` or a target's state."""

    kind: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class TaskTrack:
    """One task: its id, its phases in order, AWS's reason for stopping, and whether it ended badly."""

    id: str
    spans: tuple[Span, ...]
    reason: str = ""
    failed: bool = False
    targets: tuple[Span, ...] = ()  # the state of its target at each look, where it had one

    @property
    def start(self) -> datetime:
        """When the task was created, UTC."""
        return self.spans[0].start

    @property
    def end(self) -> datetime:
        """When the task was stopped, or when it was looked at, UTC."""
        return self.spans[-1].end


@dataclass(frozen=True)
class DeploymentRow:
    """One deployment: the task definition ARN (``""`` where it is not known), its bar and its tasks, oldest first."""

    id: str
    task_definition: str
    status: str
    rollout: str
    bars: tuple[Span, ...]
    tasks: tuple[TaskTrack, ...] = ()

    @property
    def start(self) -> datetime:
        """When the deployment was created, UTC."""
        return self.bars[0].start


@dataclass(frozen=True)
class EventMark:
    """One service event as AWS printed it."""

    at: datetime
    message: str
    kind: EventKind


@dataclass(frozen=True)
class Moment:
    """A key moment: a deployment that began or completed, the look, or the first of ``count`` like events."""

    at: datetime
    kind: Literal["deployment", "failure", "completed", "look"]
    subject: str
    message: str = ""
    count: int = 1
    until: datetime | None = None


@dataclass(frozen=True)
class Timeline:
    """Everything on one axis from ``start`` to ``end`` (UTC, ``start < end``). ``earlier`` events lie before it."""

    start: datetime
    end: datetime
    looked_at: datetime
    rows: tuple[DeploymentRow, ...]
    events: tuple[EventMark, ...]
    moments: tuple[Moment, ...]
    earlier: int = 0


def timeline(evidence: Evidence, stretch: tuple[datetime, datetime] | None = None) -> Timeline:
    """The timeline of what was read, by itself or over a ``stretch`` of time (UTC).

    Times that AWS did not give are left out, never guessed.
    """
    events = _events(evidence)
    rows = _rows(evidence, events)
    start, end = _around(*stretch) if stretch else _axis(evidence, rows)
    shown = tuple(event for event in events if event.at >= start)
    visible = tuple(row for row in rows if row.bars[-1].end >= start)
    moments = _moments(evidence, visible, shown, start)
    return Timeline(start, end, evidence.collected_at, visible, shown, moments, len(events) - len(shown))


def failure_shape(message: str) -> str:
    """A service event without the ids that vary, so that repetitions of one event compare equal."""
    return _VARYING.sub("*", message[:_LONGEST])


def since(evidence: Evidence) -> datetime | None:
    """When the oldest deployment that has not completed was created, UTC; None where all have.

    A rollback brings an old deployment back with the time it was first created: that time is not counted.
    """
    current = _current(evidence)
    newest = max((created for _, created in current), default=None)
    open_ones = (
        created
        for deployment, created in current
        if deployment.get("rolloutState") != "COMPLETED"
        and (deployment.get("status") != "PRIMARY" or created == newest)
    )
    return min(open_ones, default=newest if any(d.get("rolloutState") != "COMPLETED" for d, _ in current) else None)


def _current(evidence: Evidence) -> list[tuple[dict[str, Any], datetime]]:
    """The deployments that DescribeServices lists and their times, oldest first."""
    listed = evidence.service.get("deployments", ())
    return sorted(((d, created) for d in listed if (created := at(d.get("createdAt")))), key=lambda pair: pair[1])


def _events(evidence: Evidence) -> tuple[EventMark, ...]:
    found = (
        EventMark(when, str(event.get("message", "")), _event_kind(str(event.get("message", ""))[:_LONGEST]))
        for event in evidence.service.get("events", ())
        if (when := at(event.get("createdAt")))
    )
    return tuple(sorted(found, key=lambda event: event.at))


def _event_kind(message: str) -> EventKind:
    if _FAILURE.search(message) and not _RECOVERED.search(message):
        return "failure"
    return "deployment" if "deployment completed" in message else "other"


def _rows(evidence: Evidence, events: tuple[EventMark, ...]) -> tuple[DeploymentRow, ...]:
    tasks = _tasks_by_deployment(evidence, events)
    current = _current(evidence)
    known = {str(d.get("id")) for d, _ in current}
    revisions = _revision_of_deployment(evidence)
    followers = [*(created for _, created in current[1:]), None][: len(current)]
    done = completions([evidence])
    turns = [done.get(str(d.get("id"))) or at(d.get("updatedAt")) for d, _ in current]
    listed = zip(current, followers, turns, strict=True)
    rows = [_row(d, (after, turn), evidence.collected_at, tasks) for (d, _), after, turn in listed]
    past = [row for brief in _past(evidence, known) if (row := _past_row(brief, revisions, tasks))]
    return _until_replaced(tuple(sorted(past + rows, key=lambda row: row.start)))


def _until_replaced(rows: tuple[DeploymentRow, ...]) -> tuple[DeploymentRow, ...]:
    """A past deployment that succeeded stayed in force until the next one was created."""
    followers = [*(row.start for row in rows[1:]), None][: len(rows)]
    return tuple(
        replace(row, bars=(*row.bars, Span("completed", row.bars[-1].end, after)))
        if row.status == "SUCCESSFUL" and after and after > row.bars[-1].end
        else row
        for row, after in zip(rows, followers, strict=True)
    )


def _row(deployment: dict[str, Any], turns: _Turns, now: datetime, tasks: dict[str, list[TaskTrack]]) -> DeploymentRow:
    identity = str(deployment.get("id", ""))
    return DeploymentRow(
        identity,
        str(deployment.get("taskDefinition", "")),
        str(deployment.get("status", "")),
        str(deployment.get("rolloutState", "")),
        _bars(deployment, turns, at(deployment.get(GONE)) or now),
        tuple(tasks.get(identity, ())),
    )


def _bars(deployment: dict[str, Any], turns: _Turns, now: datetime) -> tuple[Span, ...]:
    """The bar of a deployment that is still listed: in progress, then what became of it."""
    superseded, changed = turns
    start = at(deployment["createdAt"]) or now
    rollout = deployment.get("rolloutState")
    if rollout == "COMPLETED":
        return _two("progress", "completed", start, changed, now)
    if rollout == "FAILED":
        return _two("progress", "failed", start, changed, now)
    replaced = superseded if deployment.get("status") != "PRIMARY" else None
    return _two("progress", "superseded", start, replaced, now)


def _two(first: BarKind, then: BarKind, start: datetime, turn: datetime | None, end: datetime) -> tuple[Span, ...]:
    end = max(start, end)
    if turn is None or turn >= end:
        return (Span(first if turn is None or then == "superseded" else then, start, end),)
    if turn <= start:
        return (Span(then, start, end),)
    return (Span(first, start, turn), Span(then, turn, end))


def _past(evidence: Evidence, known: set[str]) -> list[dict[str, Any]]:
    """Service deployments that DescribeServices no longer lists; the revision's number is the deployment's."""
    briefs: list[dict[str, Any]] = evidence.data("service_deployments", [])
    return [b for b in briefs if _deployment_id(b) not in known]


def _deployment_id(brief: dict[str, Any]) -> str:
    return "ecs-svc/" + str(brief.get("targetServiceRevisionArn", "")).rpartition("/")[2]


def _past_row(
    brief: dict[str, Any], revisions: dict[str, str], tasks: dict[str, list[TaskTrack]]
) -> DeploymentRow | None:
    start = at(brief.get("startedAt")) or at(brief.get("createdAt"))
    end = at(brief.get("finishedAt"))
    if start is None or end is None:
        return None
    identity, status = _deployment_id(brief), str(brief.get("status", ""))
    bar = Span(_SERVICE_DEPLOYMENT.get(status, "stopped"), start, max(start, end))
    return DeploymentRow(identity, revisions.get(identity, ""), status, "", (bar,), tuple(tasks.get(identity, ())))


def _revision_of_deployment(evidence: Evidence) -> dict[str, str]:
    named = {str(task.get("startedBy")): str(task.get("taskDefinitionArn", "")) for task in evidence.tasks()}
    for reading in evidence.all("service_revisions"):
        for revision in reading.data:
            number = str(revision.get("serviceRevisionArn", "")).rpartition("/")[2]
            named[f"ecs-svc/{number}"] = str(revision.get("taskDefinition", ""))
    return named


def _tasks_by_deployment(evidence: Evidence, events: tuple[EventMark, ...]) -> dict[str, list[TaskTrack]]:
    unhealthy_at = _first_unhealthy(events)
    targets = target_states(evidence)
    found: dict[str, list[TaskTrack]] = defaultdict(list)
    for task in evidence.tasks():
        track = _track(task, unhealthy_at, targets, at(task.get(SEEN)) or evidence.collected_at)
        if track:
            found[str(task.get("startedBy", ""))].append(track)
    return {identity: sorted(tracks, key=lambda t: t.start) for identity, tracks in found.items()}


def _first_unhealthy(events: tuple[EventMark, ...]) -> dict[str, datetime]:
    first: dict[str, datetime] = {}
    for event in events:
        if _UNHEALTHY.search(event.message[:_LONGEST]):
            for identity in _TASK.findall(event.message[:_LONGEST]):
                first.setdefault(identity, event.at)
    return first


def target_states(evidence: Evidence) -> dict[str, str]:
    """State by address, of every target that was read."""
    rows = (row for reading in evidence.all("target_health") for row in reading.data)
    return {str(r.get("Target", {}).get("Id")): str(r.get("TargetHealth", {}).get("State", "")) for r in rows}


def addresses(task: dict[str, Any]) -> tuple[str, ...]:
    """The private IPv4 addresses of a task of DescribeTasks."""
    interfaces = (i for c in task.get("containers", ()) for i in c.get("networkInterfaces", ()))
    details = (d for a in task.get("attachments", ()) for d in a.get("details", ()))
    found = [i.get("privateIpv4Address") for i in interfaces]
    found += [d.get("value") for d in details if d.get("name") == "privateIPv4Address"]
    return tuple(dict.fromkeys(str(address) for address in found if address))


def _track(
    task: dict[str, Any], unhealthy_at: dict[str, datetime], targets: dict[str, str], now: datetime
) -> TaskTrack | None:
    identity = str(task.get("taskArn", "")).rpartition("/")[2]
    spans = _spans(task, unhealthy_at.get(identity), now)
    if not spans:
        return None
    state = next((targets[a] for a in addresses(task) if a in targets), "")
    mine = ((now.isoformat(), state),) if state and task.get("lastStatus") != "STOPPED" else ()
    seen = tuple(Span(word, when, when) for iso, word in task.get(TARGETS, mine) if (when := at(iso)))
    return TaskTrack(identity, spans, str(task.get("stoppedReason", "")), _failed(task, spans), seen)


def _failed(task: dict[str, Any], spans: tuple[Span, ...]) -> bool:
    """Whether ECS lost the task against its will; an exit code alone does not tell (137 follows every slow stop)."""
    lost = task.get("stopCode") in ("TaskFailedToStart", "EssentialContainerExited")
    return lost or any(span.kind in ("not-started", "unhealthy") for span in spans)


def _spans(task: dict[str, Any], unhealthy: datetime | None, now: datetime) -> tuple[Span, ...]:
    """The phases of a task. A running task that is UNHEALTHY since an unknown time is so at the look only."""
    created, started = at(task.get("createdAt")), at(task.get("startedAt"))
    stopping, stopped = at(task.get("stoppingAt")), at(task.get("stoppedAt"))
    start = created or started
    if start is None:
        return ()
    gone = task.get("lastStatus") == "STOPPED"
    end = max(start, (stopped or stopping or start) if gone else now)
    if started is None and gone:
        return (Span("not-started", start, end),)
    unhealthy = unhealthy or at(task.get(UNHEALTHY))
    if task.get("healthStatus") == "UNHEALTHY" and not gone:
        unhealthy = unhealthy or now
    if unhealthy is None and "health checks" in str(task.get("stoppedReason", "")):
        unhealthy = stopping
    living = "healthy" if task.get("healthStatus") == "HEALTHY" and not gone else "running"
    turns = [("starting", start), (living, started), ("unhealthy", unhealthy), ("stopping", stopping)]
    return _chain([(kind, when) for kind, when in turns if when is not None], end)


def _chain(turns: list[tuple[str, datetime]], end: datetime) -> tuple[Span, ...]:
    """Spans from turning points, each ending where the next begins; what ends before it begins is dropped."""
    ends = [when for _, when in turns[1:]] + [end]
    spans = [Span(kind, when, min(max(when, until), end)) for (kind, when), until in zip(turns, ends, strict=True)]
    return tuple(s for s in spans if s.start <= end and (s.end > s.start or s.kind == "unhealthy")) or (
        Span(turns[-1][0], turns[0][1], end),
    )


def _axis(evidence: Evidence, rows: tuple[DeploymentRow, ...]) -> tuple[datetime, datetime]:
    """From the deployment that matters to the look; at least a second, so that everything can be divided by it."""
    end = evidence.collected_at
    first = since(evidence)
    if first is None:
        newest = max((row.start for row in rows), default=None)
        quiet = newest is None or end - newest > LONGEST_QUIET
        first = end - QUIET_WINDOW if quiet or newest is None else newest
    return _around(first, end)


def _around(first: datetime, end: datetime) -> tuple[datetime, datetime]:
    length = max(end - first, timedelta(seconds=1))
    return first - length * _BEFORE, first + length * (1 + _AFTER)


def _moments(
    evidence: Evidence, rows: tuple[DeploymentRow, ...], events: tuple[EventMark, ...], start: datetime
) -> tuple[Moment, ...]:
    begun = [Moment(row.start, "deployment", row.id, row.task_definition) for row in rows if row.start >= start]
    failures = [_first("failure", like) for like in _alike(events, "failure", failure_shape)]
    ended = [_first("completed", like) for like in _alike(events, "deployment", str)]
    look = Moment(evidence.collected_at, "look", "")
    turns = _shortened(sorted([*begun, *failures, *ended], key=lambda moment: moment.at))
    return tuple(sorted([*turns, look], key=lambda moment: moment.at))


def _alike(
    events: tuple[EventMark, ...], kind: EventKind, shape: Callable[[str], str]
) -> Iterable[Sequence[EventMark]]:
    """Events of a kind, those that say the same together, in the order of the first."""
    found: dict[str, list[EventMark]] = defaultdict(list)
    for event in events:
        if event.kind == kind:
            found[shape(event.message)].append(event)
    return found.values()


def _first(kind: Literal["failure", "completed"], like: Sequence[EventMark | Moment]) -> Moment:
    """The first of several, with how many there are and until when."""
    return Moment(like[0].at, kind, "", like[0].message, len(like), like[-1].at if len(like) > 1 else None)


def _shortened(moments: Iterable[Moment]) -> Iterator[Moment]:
    """Deployments that completed one after the other, with nothing between them, as the first of all but the last."""
    for completed, run in groupby(moments, lambda moment: moment.kind == "completed"):
        found = list(run)
        yield from (_first("completed", found[:-1]), found[-1]) if completed and len(found) > 2 else found
