"""A gate as a section: free, or what blocks, since when, and why it does not end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.gate import Gate
from runbook_lib.evidence.model import at
from runbook_lib.report import plan_commands, words
from runbook_lib.report.blocks import Block, Fact, Facts, Shell, Status, Tone
from runbook_lib.report.context import Context
from runbook_lib.report.formats import duration
from runbook_lib.report.render import Section
from runbook_lib.report.sections.findings import banner
from runbook_lib.report.sections.values import full_stamp
from runbook_lib.report.sections.watching import causes
from runbook_lib.report.watch_lines import cause_json
from runbook_lib.text import say

Words = tuple[str, ...]
_TONES: dict[str, Tone] = {"free": "ok", "blocked": "risk", "unreachable": "unk"}
_NEXT = {"free": "watch", "blocked": "watch", "unreachable": "gate"}


def gate_section(found: Gate, limit_s: float, context: Context, again: Words) -> Section:
    """How waiting ended, with what blocks and why, and what to do next."""
    reasons = found.seen.failed("cause") if found.seen else ()
    inside = (
        *banner(found.evidence, context),
        Status(_TONES[found.word], say(f"watch.gate.{found.word}", context.lang), sentence(found, limit_s, context)),
        Facts(tuple(_facts(found, limit_s, context))),
        *causes(reasons, found.evidence, context),
        *_next(found, context, again),
    )
    return Section("gate", say("watch.title.gate", context.lang), inside, context.lang)


def sentence(found: Gate, limit_s: float, context: Context) -> str:
    """How waiting ended in one sentence."""
    word = "new" if found.new else found.word
    return say(f"watch.gate.told.{word}", context.lang, limit=duration(limit_s, context.lang))


def _facts(found: Gate, limit_s: float, context: Context) -> Iterator[Fact]:
    lang = context.lang
    if found.blocking:
        yield Fact(say("watch.label.blocking", lang), tuple(_one(d, found, context) for d in found.blocking))
    if found.lost:
        yield Fact(say("watch.label.why", lang), (words.unread(found.lost, lang),))
    elapsed = {"elapsed": duration(found.waited_s, lang), "limit": duration(limit_s, lang)}
    yield Fact(say("watch.label.elapsed", lang), (say("watch.elapsed", lang, **elapsed),))
    yield Fact(say("watch.label.polled", lang), (say("watch.polled", lang, polls=found.polls, calls=found.calls),))


def _one(d: dict[str, Any], found: Gate, context: Context) -> str:
    began = at(d.get("createdAt")) or found.at
    facts = {
        "deployment": d.get("id"),
        "revision": deployments.revision(str(d.get("taskDefinition", ""))),
        "at": full_stamp(began, context),
        "elapsed": duration((found.at - began).total_seconds(), context.lang),
        "failed": d.get("failedTasks", 0),
    }
    return say("watch.gate.one", context.lang, **facts)


def _next(found: Gate, context: Context, again: Words) -> Iterator[Block]:
    own = ("--deployment", str(found.blocking[-1].get("id"))) if found.word == "blocked" else ()
    yield Shell(say(f"watch.gate.next.{found.word}", context.lang), plan_commands.ours(_NEXT[found.word], *again, *own))


def gate_json(found: Gate, lang: str) -> dict[str, Any]:
    """How waiting ended as JSON values."""
    return {
        "at": found.at.isoformat(),
        "waited_s": round(found.waited_s),
        "gate": found.word,
        "new": found.new,
        "blocking": [
            {
                "deployment": d.get("id"),
                "revision": deployments.revision(str(d.get("taskDefinition", ""))),
                "since": d.get("createdAt"),
                "failed": d.get("failedTasks", 0),
            }
            for d in found.blocking
        ],
        "causes": [cause_json(verdict, lang) for verdict in (found.seen.failed("cause") if found.seen else ())],
        "polls": found.polls,
        "calls": found.calls,
        "exit_code": int(found.exit_code),
    }
