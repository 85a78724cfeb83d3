"""A watched deployment a line a change: for logs, and for machines."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from runbook_lib.diagnosis.following import Outcome, Poll, targets
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.evidence.model import Unread
from runbook_lib.report import words
from runbook_lib.report.context import Context
from runbook_lib.report.formats import duration
from runbook_lib.report.markup import unmarked, unticked
from runbook_lib.report.rule_values import kind_name
from runbook_lib.text import say
from runbook_lib.text.visible import one_line

_HEARTBEAT = timedelta(minutes=1)


class Changes:
    """Lets through the polls that say something new, and one a minute besides."""

    def __init__(self) -> None:
        self._before: tuple[Any, ...] = ()
        self._told: Poll | None = None
        self._event = ""

    def tells(self, poll: Poll) -> bool:
        """Whether this poll is to be told."""
        causes = tuple(verdict.rule for verdict in poll.causes)
        now = (_state(poll), *poll.counts.values(), *targets(poll.evidence), _newest(poll), poll.lost is None, causes)
        due = self._told is None or poll.at - self._told.at >= _HEARTBEAT
        if now == self._before and not due:
            return False
        self._before, self._told = now, poll
        return True

    def event(self, poll: Poll) -> str:
        """The newest service event where it was not told before, else ``""``."""
        newest, before = _newest(poll), self._event
        self._event = newest
        return newest if newest != before else ""


def line(poll: Poll, event: str, context: Context) -> str:
    """One poll on one line: time with offset, how long, state, counts, targets, and the newest event as AWS says it."""
    at, elapsed = context.local(poll.at).isoformat(timespec="seconds"), duration(poll.elapsed_s, context.lang)
    if poll.lost:
        told = say("watch.line.lost", context.lang, at=at, elapsed=elapsed, why=reason(poll.lost, context.lang))
        return unmarked(told, context.lang)
    healthy, total = targets(poll.evidence)
    shown = say("watch.line.targets", context.lang, healthy=healthy, total=total) if total else ""
    facts = poll.counts | {"at": at, "elapsed": elapsed, "state": _state(poll), "targets": shown}
    said = f" · {event}" if event else ""
    named = "".join(say("watch.line.cause", context.lang, cause=titled(v, context.lang)) for v in poll.causes)
    return one_line(say("watch.line.poll", context.lang, **facts) + named + said)


def titled(verdict: Verdict, lang: str) -> str:
    """A cause and how sure it is."""
    return unmarked(f"{words.title(verdict, lang)} ({words.standing(verdict, lang)})", lang)


def waiting_line(poll: Poll, event: str, context: Context) -> str:
    """One poll of a gate on one line: what blocks, and how it does."""
    if poll.lost:
        return line(poll, event, context)
    at, elapsed = context.local(poll.at).isoformat(timespec="seconds"), duration(poll.elapsed_s, context.lang)
    counts = say("watch.counts", context.lang, **poll.counts)
    blocked = f"{poll.deployment} {poll.revision} · {counts}"
    return one_line(say("watch.line.blocked", context.lang, at=at, elapsed=elapsed, deployment=blocked))


def reason(lost: Unread, lang: str) -> str:
    """Why the service could not be read, in a few words."""
    facts = {name: unticked(getattr(lost, name) or "-") for name in ("operation", "action", "code")}
    return say(f"rules.unknown.{lost.reason}", lang, what=kind_name("service", lang), **facts)


def poll_json(poll: Poll) -> dict[str, Any]:
    """One poll as JSON values."""
    healthy, total = targets(poll.evidence)
    return {
        "at": poll.at.isoformat(),
        "elapsed_s": round(poll.elapsed_s),
        "state": _state(poll),
        "deployment": poll.deployment,
        "revision": poll.revision,
        **poll.counts,
        "targets": {"healthy": healthy, "total": total},
        "event": _newest(poll),
        "causes": [{"rule": v.rule, "label": v.label, "confidence": v.confidence} for v in poll.causes],
        "lost": poll.lost.reason if poll.lost else "",
    }


def outcome_json(found: Outcome, lang: str) -> dict[str, Any]:
    """How it ended as JSON values: the last line."""
    return {
        **poll_json(found.last),
        "elapsed_s": round(found.took_s),
        "end": found.word,
        "limit": found.limit,
        "facts": dict(found.end.facts) if found.end else {},
        "causes": [cause_json(verdict, lang) for verdict in found.causes],
        "polls": found.polls,
        "calls": found.calls,
        "exit_code": int(found.exit_code),
    }


def cause_json(verdict: Verdict, lang: str) -> dict[str, Any]:
    """A cause as ``diagnose --json`` has it."""
    return {
        "rule": verdict.rule,
        "label": verdict.label,
        "confidence": verdict.confidence,
        "facts": dict(verdict.facts),
        "cites": [asdict(cite) for cite in verdict.cites],
        "title": words.title(verdict, lang),
    }


def _state(poll: Poll) -> str:
    return str(poll.own.get("rolloutState") or poll.own.get("status") or "-")


def _newest(poll: Poll) -> str:
    return str(next(iter(poll.evidence.service.get("events") or []), {}).get("message", ""))
