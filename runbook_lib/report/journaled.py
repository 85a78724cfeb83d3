"""What a journal holds of a fix, for a terminal: plans, who approved which, and what became of each change.

Whoever can write to the archive can write anything into an entry: nothing of it is taken for granted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runbook_lib.evidence.journal import Change
from runbook_lib.report import plan_words
from runbook_lib.report.markup import code, unticked
from runbook_lib.text import say


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


WHAT: dict[str, Callable[[Change, str], list[str]]] = {
    "plan": _planned,
    "approval": _approved,
    "intent": _begun,
    "change": _made,
    "applied": _applied,
}
