"""A deployment watched with its record: where it begins and how it ends stands in the incident's journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import gating, runs, watching
from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.following import Outcome, Poll, expected_s
from runbook_lib.diagnosis.toll import TARGETS, Toll, toll, worse
from runbook_lib.errors import InputError
from runbook_lib.evidence.journal import READ_AT, WATCH
from runbook_lib.look import Look
from runbook_lib.parameters import Parameters
from runbook_lib.watching import Told, Wait

if TYPE_CHECKING:
    from runbook_lib.diagnosis.gate import Gate
    from runbook_lib.report.render import Section

Words = tuple[str, ...]
gate = gating.gate


class Record:
    """What watching writes into the journal; where it cannot, ``problem`` is told once and watching goes on."""

    def __init__(self, given: Parameters, by: str, problem: Callable[[InputError], None]) -> None:
        self._given, self._by, self._problem = given, by, problem
        self.folder: Path | None = None
        self.last: Poll | None = None
        self._began: datetime | None = None
        self._heard_s = 0.0
        self._toll: Toll | None = None

    def heard(self, poll: Poll) -> None:
        """Takes a poll; the first one begins the record."""
        self.last, self._heard_s = poll, time.monotonic()
        if not poll.lost:
            self._toll = worse(self._toll, replace(toll(poll.evidence), at=poll.at))
        if self._began is None:
            self._began = poll.at
            self._kept(lambda: self._note({"phase": "begin"}))

    def ended(self, found: Outcome) -> None:
        """Writes the end; a deployment that did not work out opens an incident, as a look at a fault does."""
        seen = Look(found.last.evidence, found.diagnosis)
        facts = {
            "elapsed_s": round(found.took_s),
            "causes": [runs.found_as(v) for v in found.causes],
            "polls": found.polls,
            "calls": found.calls,
            **({"finished_at": found.finished.isoformat()} if found.finished else {}),
        }
        if found.fault:
            self._kept(lambda: runs.record(seen, self._given, self._by, fault=True))
        self._kept(lambda: self._note({"phase": "end", "end": found.word, **facts}))

    def interrupted(self) -> None:
        """Writes that somebody ended it; where a cause was seen by then, that opens an incident too."""
        if self.last and self.last.causes:
            seen = Look(self.last.evidence, judge(self.last.evidence))
            self._kept(lambda: runs.record(seen, self._given, self._by, fault=True))
        self._kept(lambda: self._note({"phase": "end", "end": "interrupted"}))

    def _note(self, facts: dict[str, Any]) -> Path | None:
        if self.last is None:
            return None
        poll = self.last
        about = {"by": self._by, "deployment": poll.deployment, "revision": poll.revision}
        seen = {TARGETS: self._toll.as_fact()} if self._toll else {}
        told = {**about, **self._lengths(poll), **seen, **facts}
        return runs.note(poll.evidence.target, self._given, WATCH, told)

    def _lengths(self, poll: Poll) -> dict[str, Any]:
        """AWS's time of now, how old the deployment was at the last poll, and for how long it has been watched."""
        now = poll.at + timedelta(seconds=time.monotonic() - self._heard_s)
        watched = (now - (self._began or now)).total_seconds()
        return {READ_AT: now.isoformat(), "elapsed_s": round(poll.elapsed_s), "watched_s": round(watched)}

    def _kept(self, write: Callable[[], Path | None]) -> None:
        try:
            self.folder = write() or self.folder
        except InputError as error:
            self._problem(error)
            self._problem = lambda _: None
        if self.folder and self._given.incident_id == "new":  # opened once, then joined
            self._given = self._given.model_copy(update={"incident_id": self.folder.name})


def follow(
    given: Parameters, record: Record, told: Told, wait: Wait | None = None, seen: Look | None = None
) -> Outcome:
    """Watches as :func:`runbook_lib.watching.watch`, with its record. An interruption is recorded and goes on."""

    def both(poll: Poll) -> None:
        record.heard(poll)
        told(poll)

    waits = {"wait": wait} if wait else {}
    try:
        found = watching.watch(given, both, seen=seen, **waits)
    except KeyboardInterrupt:
        record.interrupted()
        raise
    record.ended(found)
    return found


def watched(given: Parameters, seen: Look, lang: str, record: Record) -> tuple[Section, Look]:
    """How it ended as a section, and the last look."""
    found = follow(given, record, watching.silent, seen=seen)
    return outcome_page(found, given, lang), Look(found.last.evidence, found.diagnosis)


def progress_page(poll: Poll, given: Parameters, lang: str) -> Section:
    """How it comes along, as a section."""
    from runbook_lib.report.sections.watching import progress

    usual = expected_s(poll.evidence, poll.deployment)
    return progress(poll, usual, runs.context(given, poll.evidence, lang))


def outcome_page(found: Outcome, given: Parameters, lang: str, again: Words | None = None) -> Section:
    """How it ended, as a section; ``again`` are the options that name the service once more."""
    from runbook_lib.fix_pages import words_of
    from runbook_lib.report.sections.watching import outcome

    context = runs.context(given, found.last.evidence, lang)
    return outcome(found, given.timeout * 60, context, words_of(given) if again is None else again)


def gate_page(found: Gate, given: Parameters, lang: str, again: Words) -> Section:
    """How a gate ended, as a section."""
    from runbook_lib.report.sections.gating import gate_section

    return gate_section(found, given.timeout * 60, runs.context(given, found.evidence, lang), again)
