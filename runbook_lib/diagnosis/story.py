"""An incident from its journal and the look of now, as plain data: who saw and did what, when, and how long it took.

Whoever can write to the archive can write anything into an entry, a run can be killed in the middle of one, and
machines disagree about the time. What cannot be understood counts as not there; what is not there is None, and never
guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runbook_lib.diagnosis.engine import Diagnosis, judge
from runbook_lib.diagnosis.state import State, deploying_since, state_of
from runbook_lib.diagnosis.toll import Toll, worst
from runbook_lib.errors import InputError
from runbook_lib.evidence.clocks import by_aws, read_at
from runbook_lib.evidence.completions import completions
from runbook_lib.evidence.journal import WATCH, Cause, Entry
from runbook_lib.evidence.merging import merged
from runbook_lib.evidence.model import Evidence, at
from runbook_lib.evidence.rollback import rolled_back
from runbook_lib.evidence.serialisation import from_tree
from runbook_lib.evidence.timeline import since, timeline

# What reading a damaged or an invented look can raise.
DAMAGED = (InputError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_GOOD = ("done", "already", "unneeded")
_BAD = (State.STUCK, State.FAILING)
_PROOFS = ("watch", "completed", "verify", "closed", "look")  # what shows that it is over, the surest first


@dataclass(frozen=True)
class Sight:
    """A look: when (UTC, by AWS's clock), whether it saw a fault, the causes, and what it had read.

    ``evidence`` is None where the entry holds none that this version can read, ``entry`` for a look in no journal.
    """

    at: datetime
    faulty: bool
    causes: tuple[Cause, ...]
    entry: Entry | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Seen:
    """A cause, with the first and the last look that saw it, and how many did."""

    cause: Cause
    first: Sight
    last: Sight
    looks: int


@dataclass(frozen=True)
class Proof:
    """What shows that it is over: a watch that completed, a check that passed, the closing, or a healthy look.

    Of a watch, and of a healthy look at a deployment that has ``completed``, it is the time at which AWS completed that
    deployment, where AWS tells it and no fault was seen since.
    """

    kind: str
    at: datetime


@dataclass(frozen=True)
class Worst:
    """The look at which the incident was at its worst, judged anew."""

    sight: Sight
    evidence: Evidence
    diagnosis: Diagnosis


@dataclass(frozen=True)
class Story:
    """Everything in the order of time; times are UTC and AWS's. A time that nothing tells is None.

    ``skew`` is how far the clock of a machine that wrote entries was from AWS's, where that matters; ``completed`` when
    deployments completed, by id.
    """

    entries: tuple[Entry, ...]
    looks: tuple[Sight, ...]
    now: datetime
    ongoing: bool
    began: datetime | None
    worst: Worst | None
    whole: Evidence
    skew: timedelta
    completed: Mapping[str, datetime]

    @property
    def faulty(self) -> tuple[Sight, ...]:
        """The looks that saw a fault."""
        return tuple(look for look in self.looks if look.faulty)

    @property
    def detected(self) -> datetime | None:
        """When a look first saw a fault."""
        return next((look.at for look in self.faulty), None)

    @property
    def over(self) -> bool:
        """Whether there was a fault, and the look of now sees none or what came after it shows that it is over."""
        return bool(self.faulty) and not self.ongoing

    @property
    def unseen(self) -> bool:
        """Whether it is over and nothing was read since: the look of now is the last that saw the fault."""
        return self.over and self.faulty[-1].at >= self.now

    @property
    def toll(self) -> Toll:
        """What users may have noticed at the worst that any look, before or after, or any watch saw."""
        first = [self.worst.evidence] if self.worst else []
        looks = [look.evidence for look in (*self.faulty, *self.looks) if look.evidence]
        return worst([*first, *looks], self.entries) or Toll(self.now, "unknown", 0, 0)

    @property
    def causes(self) -> tuple[Seen, ...]:
        """The causes of all looks, those of the worst first."""
        return tuple(_causes(self))

    @property
    def changes(self) -> tuple[Entry, ...]:
        """The changes that were made; not those that were there already when an apply went on."""
        return tuple(e for e in self.entries if e.kind == "change" and e.text("outcome") == "done")

    @property
    def failed(self) -> tuple[Entry, ...]:
        """The changes that were not made, and were not made later either."""
        steps = {(e.text("plan"), e.text("change")): e for e in self.entries if e.kind == "change"}
        return tuple(e for e in steps.values() if e.text("outcome") not in _GOOD)

    @property
    def recovered(self) -> Proof | None:
        """What showed first, after the last fault, that it is over; None while it is not."""
        return None if self.ongoing else _proof(self)

    @property
    def fixed(self) -> datetime | None:
        """When the last change was made, of those before it was over; None where nothing was changed."""
        proof = self.recovered
        made = [e.at for e in self.changes if not (proof and e.at > proof.at)]
        return max(made, default=None)

    @property
    def to_detect(self) -> timedelta | None:
        """From the start of the failing deployment to the first look that saw a fault."""
        return _between(self.began, self.detected)

    @property
    def to_fix(self) -> timedelta | None:
        """From that look to the last change."""
        return _between(self.detected, self.fixed)

    @property
    def to_recover(self) -> timedelta | None:
        """From the start of the failing deployment until it was shown to be over."""
        return _between(self.began, self.recovered.at if self.recovered else None)

    @property
    def unreadable(self) -> int:
        """Looks whose evidence is missing, damaged or of another version."""
        return sum(look.evidence is None for look in self.looks)

    @property
    def telling(self) -> tuple[Entry, ...]:
        """The entries that say something: no change's beginning where its outcome is known, no run that went well."""
        lost, cut = self.lost_runs, self.cut_short
        return tuple(e for e in self.entries if e.kind not in ("run", "intent") or e in lost or e in cut)

    @property
    def cut_short(self) -> tuple[Entry, ...]:
        """Changes that were begun and of which no outcome is known."""
        ended = {(e.text("plan"), e.text("change")) for e in self.entries if e.kind == "change"}
        return tuple(e for e in self.entries if e.kind == "intent" and (e.text("plan"), e.text("change")) not in ended)

    @property
    def lost_runs(self) -> tuple[Entry, ...]:
        """Runs that failed or were interrupted."""
        return tuple(e for e in self.entries if e.kind == "run" and e.text("status") in ("failed", "interrupted"))


def story(entries: Iterable[Entry], evidence: Evidence, diagnosis: Diagnosis) -> Story:
    """The story that a journal tells, with the look of now (which may be in the journal, too)."""
    ordered = sorted(entries, key=lambda e: (e.at, e.id))
    read = {e.id: found for e in ordered if e.kind == "look" and (found := _read(e, evidence))}
    timed, skew = by_aws(ordered, read)
    now = Sight(evidence.collected_at, _faulty(diagnosis), _as_causes(diagnosis), None, evidence)
    looks = _looks(timed, read, now)
    faulty = [look for look in looks if look.faulty]
    known = [look.evidence for look in looks if look.evidence]
    start = next((when for look in faulty if look.evidence and (when := began(look.evidence))), None)
    whole, completed = _together(known, evidence), _completions(timed, known)
    told = Story(
        timed, looks, evidence.collected_at, now.faulty, start, _worst(faulty, now, diagnosis), whole, skew, completed
    )
    on_record = any(look.evidence is evidence and look.entry for look in looks)
    return replace(told, ongoing=False) if now.faulty and on_record and _proof(told) else told


def _read(entry: Entry, now: Evidence) -> Evidence | None:
    """The evidence of a look at this service; None where there is none that makes sense."""
    try:
        found = from_tree(entry.data.get("evidence"))
        timeline(merged([found]))
        state_of(found)
    except DAMAGED:
        return None
    here, there = now.target, found.target
    return found if (here.cluster, here.service) == (there.cluster, there.service) else None


def _looks(timed: Sequence[Entry], read: dict[str, Evidence], now: Sight) -> tuple[Sight, ...]:
    """The looks of the journal; that of now among them once, with what it found."""
    found, mine = [], None
    for entry in (entry for entry in timed if entry.kind == "look"):
        evidence = read.get(entry.id)
        if evidence and evidence.collected_at == now.at and evidence.calls == (now.evidence or evidence).calls:
            mine = entry
        else:
            found.append(Sight(entry.at, entry.faulty, entry.causes, entry, evidence))
    return tuple(sorted([*found, replace(now, entry=mine)], key=lambda look: look.at))


def _faulty(diagnosis: Diagnosis) -> bool:
    return bool(diagnosis.failed("cause") or diagnosis.failed("symptom")) or diagnosis.state in _BAD


def _as_causes(diagnosis: Diagnosis) -> tuple[Cause, ...]:
    return tuple(Cause(v.rule, v.confidence, v.facts) for v in diagnosis.failed("cause"))


def began(evidence: Evidence) -> datetime | None:
    """When the deployment at fault was created: what is unfinished, what was rolled back, or what failed."""
    try:
        unfinished = deploying_since(evidence) if state_of(evidence) is State.DEPLOYING else since(evidence)
        failed = [d for d in evidence.service.get("deployments", ()) if d.get("rolloutState") == "FAILED"]
        others = (at(d.get("createdAt")) for d in (rolled_back(evidence), *failed))
        found = unfinished or next((moment for moment in others if moment), None)
    except DAMAGED:
        return None
    return found if found and found <= evidence.collected_at else None


def _worst(faulty: Sequence[Sight], now: Sight, diagnosis: Diagnosis) -> Worst | None:
    """The look with most causes, the first of several, among those whose evidence can be judged; now's is judged."""
    for look in sorted(faulty, key=lambda look: -len(look.causes)):
        try:
            if look.evidence:
                judged = diagnosis if look.evidence is now.evidence else judge(look.evidence)
                return Worst(look, look.evidence, judged)
        except DAMAGED:
            continue
    return None


def _together(known: Sequence[Evidence], now: Evidence) -> Evidence:
    try:
        whole = merged(known or [now])
        timeline(whole)
    except DAMAGED:
        return now
    return whole


def _completions(entries: Iterable[Entry], known: Sequence[Evidence]) -> dict[str, datetime]:
    """As AWS told it to a look, else to a watch."""
    ends = [e for e in entries if e.kind == WATCH and e.text("end") == "completed"]
    watched = {e.text("deployment"): when for e in ends if (when := read_at(e.data.get("finished_at")))}
    try:
        return watched | completions(known)
    except DAMAGED:
        return watched


def _causes(told: Story) -> Iterator[Seen]:
    seen: dict[str, list[tuple[Cause, Sight]]] = {}
    for look in told.faulty:
        for cause in look.causes:
            seen.setdefault(cause.rule, []).append((cause, look))
    worst = [cause.rule for cause in told.worst.sight.causes] if told.worst else []
    for rule in dict.fromkeys([*(rule for rule in worst if rule in seen), *seen]):
        found = seen[rule]
        yield Seen(found[-1][0], found[0][1], found[-1][1], len(found))


def _proof(told: Story) -> Proof | None:
    last = max((look.at for look in told.faulty), default=None)
    if last is None:
        return None
    ends = {(look.entry.id if look.entry else ""): look.at for look in told.faulty}
    order = [e.id for e in told.entries]
    start = max((order.index(name) + 1 for name in ends if name in order), default=0)
    found: dict[str, Proof] = {}
    for entry in told.entries[start:]:
        if (kind := _proves(entry)) and entry.at >= last:
            done = _completed(told, entry.text("deployment"), last, entry.at) if kind == "watch" else None
            found.setdefault(kind, Proof(kind, done or entry.at))
    healthy = (look for look in told.looks if look.at > last and not look.faulty and is_healthy(look))
    if look := next(healthy, None):
        done = _completed(told, _primary(look), last, look.at)
        found |= {"look": Proof("look", look.at)} | ({"completed": Proof("completed", done)} if done else {})
    return next((found[kind] for kind in _PROOFS if kind in found), None)


def _completed(told: Story, deployment: str, last: datetime, seen: datetime) -> datetime | None:
    """When AWS completed a deployment, where that was after the last fault and before it was seen to have."""
    when = told.completed.get(deployment)
    return when if when and last <= when <= seen else None


def _primary(look: Sight) -> str:
    listed = look.evidence.service.get("deployments", ()) if look.evidence else ()
    return next((str(d.get("id")) for d in listed if d.get("status") == "PRIMARY"), "")


def _proves(entry: Entry) -> str:
    if entry.kind == WATCH:
        return "watch" if entry.text("end") == "completed" else ""
    if entry.kind == "verify":
        return "verify" if entry.data.get("ok") is True else ""
    return "closed" if entry.kind == "closed" else ""


def is_healthy(look: Sight) -> bool:
    """Whether a look saw a healthy service."""
    if look.evidence:
        return state_of(look.evidence) is State.HEALTHY
    return look.entry is not None and look.entry.text("state") == State.HEALTHY


def _between(start: datetime | None, end: datetime | None) -> timedelta | None:
    """In whole seconds, as the times are shown: between 12 and 13 lies one, though AWS tells of 12.0 and 13.9."""
    if not start or not end or end < start:
        return None
    return end.replace(microsecond=0) - start.replace(microsecond=0)
