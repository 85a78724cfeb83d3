"""What a journal holds of fixing and watching, for a terminal: plans, approvals, changes, and how deployments ended.

Whoever can write to the archive can write anything into an entry: nothing of it is taken for granted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runbook_lib.diagnosis.model import Outcome, Verdict
from runbook_lib.diagnosis.toll import worst
from runbook_lib.evidence.journal import Cause, Change, Entry
from runbook_lib.report import plan_words, words
from runbook_lib.report.formats import duration
from runbook_lib.report.markup import code, unticked
from runbook_lib.text import has, say


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _count(found: object) -> int:
    return len(found) if isinstance(found, list) else 0


def _planned(change: Change, lang: str) -> list[str]:
    plan = _mapping(change.entry.data.get("plan"))
    undoes = _mapping(plan.get("base")).get("undoes")
    told = {"digest": unticked(change.entry.text("digest")), "count": _count(plan.get("changes"))}
    if isinstance(undoes, str):
        return [say("fix.journal.planned_undo", lang, undoes=unticked(undoes), **told)]
    return [say("fix.journal.planned", lang, **told)]


def _approved(change: Change, lang: str) -> list[str]:
    told = {"digest": unticked(change.entry.text("plan")), "caller": unticked(change.entry.text("caller"))}
    return [say("fix.journal.approved", lang, **told)]


def _begun(change: Change, lang: str) -> list[str]:
    return [plan_words.kind(change.entry.text("what"), lang), code(change.entry.text("change"))]


def _made(change: Change, lang: str) -> list[str]:
    entry = change.entry
    facts = {str(name): value for name, value in _mapping(entry.data.get("facts")).items()}
    read = plan_words.found(facts, lang)
    request = facts.get("request_id")
    asked = [say("fix.request", lang, value=unticked(request))] if request else []
    message = [code(facts["message"])] if facts.get("message") else []
    return [
        plan_words.kind(entry.text("what"), lang),
        plan_words.outcome(entry.text("outcome"), lang),
        *([read] if read else []),
        *message,
        *asked,
    ]


def _applied(change: Change, lang: str) -> list[str]:
    told = {"digest": unticked(change.entry.text("plan")), "left": _count(change.entry.data.get("left"))}
    return [say(f"fix.journal.{'all' if change.entry.data.get('good') is True else 'part'}", lang, **told)]


def cause_title(cause: Cause, lang: str) -> str:
    """A cause's name; that of a rule which this version does not know is its id."""
    try:
        return words.title(Verdict(cause.rule, cause.label, "cause", Outcome.FAIL, None, cause.facts), lang)
    except (KeyError, TypeError, ValueError, AttributeError):  # another version's rule, or facts that somebody edited
        return code(cause.rule)


def _watched(change: Change, lang: str) -> list[str]:
    entry = change.entry
    told = {name: unticked(entry.text(name)) for name in ("deployment", "revision")}
    if entry.text("phase") == "begin":
        return [say("watch.journal.begin", lang, **told)]
    end = f"watch.end.{entry.text('end')}"
    word = say(end, lang) if has(end) else code(entry.text("end"))
    causes = [cause_title(cause, lang) for cause in entry.causes]
    return [say("watch.journal.end", lang, end=word, **told), *_course(entry, lang), *causes]


def _course(entry: Entry, lang: str) -> list[str]:
    """How long the deployment took, or how old it was when the watch was given up; how long that was; its worst."""
    age = "took" if entry.text("end") == "completed" else "age"
    found = {age: entry.data.get("elapsed_s"), "watched": entry.data.get("watched_s")}
    known = {name: s for name, s in found.items() if isinstance(s, int | float) and 0 <= s < 10**9}
    told = [say(f"watch.journal.{name}", lang, length=duration(s, lang)) for name, s in known.items()]
    seen = worst((), (entry,))
    counts = {"healthy": seen.healthy, "total": seen.total} if seen else {}
    return [*told, *([say("watch.journal.targets", lang, **counts)] if counts else [])]


WHAT: dict[str, Callable[[Change, str], list[str]]] = {
    "plan": _planned,
    "approval": _approved,
    "intent": _begun,
    "change": _made,
    "applied": _applied,
    "watch": _watched,
}
