"""Plans in words, Korean or English: each change with why, risk, precondition and undo, and what became of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.plan.model import Change, Choice, Option, Plan
from runbook_lib.report import words
from runbook_lib.report.blocks import Tone
from runbook_lib.report.context import Context
from runbook_lib.report.formats import moment, revision, short_id
from runbook_lib.report.markup import code, unticked
from runbook_lib.text import has, say, sentence

RISK_TONES: dict[str, Tone] = {
    "none": "off",
    "rollout": "run",
    "interrupts": "risk",
    "checks": "risk",
    "gone": "bad",
}
OUTCOME_TONES: dict[str, Tone] = {
    "done": "ok",
    "already": "ok",
    "unneeded": "off",
    "failed": "bad",
    "stale": "bad",
    "gone": "bad",
    "unread": "unk",
    "not-made": "off",
}
_DIGEST = 19  # `sha256:` and twelve digits
_BACKUP = "{path}.{digest}.bak"
_SHOWN = ("revision", "taskDefinition", "deployment", "lastStatus", "healthStatus", "status", "backup")


def count(number: int, lang: str) -> str:
    """``1 change``, ``4 changes``."""
    return say(f"fix.count.{'one' if number == 1 else 'many'}", lang, count=number)


def title(change: Change, lang: str) -> str:
    """What a change does, to what."""
    return say(f"fix.change.{change.kind}", lang, **_facts(change, lang))


def kind(name: str, lang: str) -> str:
    """What a kind of change does, for a journal that may hold kinds of another version."""
    key = f"fix.brief.{name}"
    return say(key, lang, count=1).partition("(")[0].strip() if has(key) else code(name)


def brief(plan: Plan, lang: str) -> str:
    """All changes in one line: ``edit the file → register a task definition → update the service``."""
    counts = Counter(change.kind for change in plan.changes)
    return " → ".join(say(f"fix.brief.{name}", lang, count=number) for name, number in counts.items())


def _facts(change: Change, lang: str) -> dict[str, str]:
    about, before, after = change.about, change.before, change.after
    new = revision(str(after.get("taskDefinition") or ""))
    found = {
        "path": about.get("path"),
        "family": about.get("family"),
        "before": revision(str(before.get("taskDefinition") or "")),
        "after": new,
        "task": short_id(str(about.get("task", ""))),
        "revision": before.get("taskDefinition") or revision(str(about.get("revision", ""))),
        "health": before.get("healthStatus"),
        "group": about.get("target_group"),
        "log_group": about.get("log_group"),
    }
    definition = code(new) if new else say("fix.new_revision", lang)
    return {**{name: unticked(value or "–") for name, value in found.items()}, "definition": definition}


def why(change: Change, plan: Plan, diagnosis: Diagnosis, lang: str) -> tuple[str, ...]:
    """The verdicts that ask for a change, by title; of an undo what it takes back."""
    if plan.kind == "undo":
        return (say("fix.undoes", lang, digest=unticked(plan.base.get("undoes", ""))),)
    return tuple(dict.fromkeys(_rule(rule, diagnosis, lang) for rule in change.rules))


def _rule(rule: str, diagnosis: Diagnosis, lang: str) -> str:
    verdict = next((v for v in diagnosis.verdicts if v.rule == rule), None)
    return words.title(verdict, lang) if verdict else code(rule)


def risk(change: Change, lang: str) -> str:
    """How much a change may disturb, in a word or three."""
    return say(f"fix.risk.{change.risk}", lang)


def effect(change: Change, plan: Plan, lang: str) -> str:
    """What a change does to what runs."""
    digest = "…" if plan.open else plan.digest  # it is another one once all is chosen
    backup = _BACKUP.format(path=change.about.get("path", ""), digest=digest)
    return say(f"fix.effect.{change.kind}", lang, backup=unticked(backup))


def only_if(change: Change, lang: str) -> str:
    """What must still hold when it is applied."""
    about = change.about
    return say(
        f"fix.only_if.{change.kind}",
        lang,
        sha256=str(about.get("sha256", ""))[:12],
        deployment=unticked(about.get("deployment", "")),
        values=members(change.before),
    )


def taken_back(change: Change, lang: str) -> str:
    """How a change is undone; ``""`` for the kinds that only an undo has."""
    key = f"fix.taken_back.{change.kind}"
    before = revision(str(change.before.get("taskDefinition") or ""))
    return say(key, lang, values=members(change.before), before=unticked(before)) if has(key) else ""


def members(found: Mapping[str, Any]) -> str:
    """Members of a request with their values; ARNs of revisions in short."""
    return ", ".join(f"{code(name)}: {_member(value)}" for name, value in found.items())


def _member(value: Any) -> str:
    if isinstance(value, str):
        return code(revision(value) if ":task-definition/" in value else value)
    return code(json.dumps(value, ensure_ascii=False))


def plain_member(value: Any) -> str:
    """A value of a member as it stands in a difference."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return revision(text) if ":task-definition/" in text else text


# Choices


def question(choice: Choice, lang: str) -> str:
    """What is asked."""
    key = f"fix.choice.{choice.id}.question"
    return say(key, lang) if has(key) else code(choice.id)


def means(choice: Choice, option: Option, lang: str) -> str:
    """What an answer would do."""
    found = option.value if choice.id != "image" else "good" if "revision" in option.facts else ""
    return next(_said(f"fix.choice.{choice.id}.option", (found, "other"), lang), "")


def suggestion(choice: Choice, lang: str) -> str:
    """Which answer the evidence favours, and why."""
    wanted = (choice.suggested, "other") if choice.suggested else ("none",)
    return next(_said(f"fix.choice.{choice.id}.why", wanted, lang), "")


def _said(root: str, names: tuple[str, ...], lang: str) -> Any:
    return (say(f"{root}.{name}", lang) for name in names if has(f"{root}.{name}"))


def example(choice: Choice, lang: str) -> str:
    """An answer of one's own, as it is typed."""
    key = f"fix.choice.{choice.id}.example"
    return say(key, lang) if has(key) else "VALUE"


def known(option: Option, context: Context) -> str:
    """What is known of an answer."""
    facts = option.facts
    shown = {
        "pushed": ("at", moment(str(facts.get("pushed_at") or ""), context.timezone)),
        "digest": ("digest", str(facts.get("digest") or "")[:_DIGEST]),
        "revision": ("revision", facts.get("revision")),
        "path": ("path", facts.get("path")),
    }
    told = (
        say(f"fix.known.{name}", context.lang, **{label: unticked(value)})
        for name, (label, value) in shown.items()
        if value
    )
    return " · ".join(told)


# What became of it


def outcome(name: str, lang: str) -> str:
    """What became of a change, in a word or two."""
    key = f"fix.outcome.{name}"
    return say(key, lang) if has(key) else code(name)


def found(facts: Mapping[str, Any], lang: str) -> str:
    """What was read back; members of a request that was read back stand as they are."""
    known = [say(f"fix.fact.{name}", lang, value=_fact(facts[name])) for name in _SHOWN if facts.get(name)]
    return " · ".join([*known, *filter(None, [members({k: v for k, v in facts.items() if k[:1].isupper()})])])


def _fact(value: object) -> str:
    text = unticked(value)
    return revision(text) if ":task-definition/" in text else text


def problem(name: str, facts: Mapping[str, Any], lang: str) -> str:
    """Why a change was not made, or is not known to have been."""
    own = str(facts.get("code") or "")
    if name == "failed" and "operation" not in facts and has(f"errors.{own}"):
        return sentence(own, facts, lang)  # of a file, which is refused with one of our own errors
    told = {part: unticked(facts.get(part) or "–") for part in ("operation", "code")}
    if name == "unrecorded":
        told["was"] = outcome(str(facts.get("was", "")), lang)
    return say(f"fix.problem.{_problem(name, facts)}", lang, **told)


def _problem(name: str, facts: Mapping[str, Any]) -> str:
    if name != "failed":
        return name if name in ("stale", "gone", "unread", "unrecorded") else "refused"
    if facts.get("code") == "unrecorded":
        return "not_begun"
    if "operation" not in facts:
        return "not_seen" if facts.get("code") == "not-seen" else "file"
    reason = facts.get("reason")
    return "denied" if reason == "access-denied" else "silent" if reason in _SILENT else "refused"


_SILENT = ("time-out", "unreachable", "failed", "garbled")
