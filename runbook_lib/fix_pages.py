"""Plans, and what became of them, as sections and JSON: what notebooks and the command line show of a fix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import definition_file, runs
from runbook_lib.archive import journal
from runbook_lib.errors import ExitCode
from runbook_lib.evidence.journal import Cause
from runbook_lib.files import read_text
from runbook_lib.fixing import Planned
from runbook_lib.parameters import Parameters
from runbook_lib.plan.differences import unified

if TYPE_CHECKING:
    from runbook_lib.applying import Applied, Step
    from runbook_lib.report.render import Section
    from runbook_lib.report.sections.fixing import Asking

Words = tuple[str, ...]
# What shapes a plan or approves one is no part of "the same service again".
_OF_THE_PLAN = ("choose", "suggested", "order", "desired_count", "approve", "deployment", "timeout")
_OPTIONS = ("cluster", "service", "lang", "endpoint_url", "profile", "region", "evidence")


def plan_page(
    found: Planned, given: Parameters, lang: str, again: Words | None = None, *, pressed: bool = False
) -> Section:
    """A plan as a section; ``again`` are the options that name the service, ``pressed``: widgets stand beside it."""
    from runbook_lib.report.sections.fixing import plan_section

    seen = found.look
    context = runs.context(given, seen.evidence, lang)
    asking = replace(_asking(found, given, again), pressed=pressed, before=_before(found, lang))
    return plan_section(found.plan, seen.diagnosis, seen.evidence, context, asking)


def approval_page(found: Planned, given: Parameters, lang: str) -> Section:
    """How a plan is approved, without the plan."""
    from runbook_lib.report.sections.fixing import approval_section

    seen = found.look
    context = runs.context(given, seen.evidence, lang)
    return approval_section(found.plan, seen.diagnosis, seen.evidence, context, _asking(found, given, None))


def applied_page(done: Applied, given: Parameters, lang: str, again: Words | None = None) -> Section:
    """What became of an approved plan, as a section."""
    from runbook_lib.report.context import Context
    from runbook_lib.report.sections.applied import applied_section

    context = Context(lang, given.timezone, given.credentials == "lab", runs.command_options(given))
    return applied_section(done, context, words_of(given) if again is None else again)


def undo_note(text: str, lang: str) -> Section:
    """A sentence in the place of a plan to undo."""
    from runbook_lib.report.blocks import Paragraph
    from runbook_lib.report.render import Section
    from runbook_lib.text import say

    return Section("plan", say("fix.title.undo", lang), (Paragraph(text),), lang)


def plan_tree(found: Planned, given: Parameters, lang: str) -> dict[str, Any]:
    """A plan as JSON values."""
    from runbook_lib.report.plan_machine import plan_json

    seen = found.look
    context = runs.context(given, seen.evidence, lang)
    incident = found.incident.name if found.incident and _recorded(found, given) else ""
    return plan_json(found.plan, seen.diagnosis, seen.evidence, context, incident)


def applied_tree(done: Applied, lang: str) -> dict[str, Any]:
    """What became of each change, as JSON values."""
    from runbook_lib.report.plan_machine import applied_json

    return applied_json(done, lang)


def step_line(step: Step, lang: str) -> dict[str, str]:
    """What became of one change and what it was, for a line of progress."""
    from runbook_lib.report import plan_words

    told = "" if step.good else f" · {plan_words.problem(step.outcome, step.facts, lang)}"
    return {"outcome": plan_words.outcome(step.outcome, lang), "what": plan_words.title(step.change, lang) + told}


def plan_code(found: Planned, given: Parameters) -> ExitCode:
    """0 ready or nothing to do, 1 something open, by hand, unexplained or not recorded, 3 could not look."""
    from runbook_lib.report.sections.fixing import standing

    stands = standing(found.plan, found.look.diagnosis, recorded=_recorded(found, given))
    if stands in ("ready", "unrecorded", "nothing", "settled", "undone"):
        return ExitCode.GOOD
    return ExitCode.COULD_NOT_LOOK if stands == "unknown" else ExitCode.BAD


def words_of(given: Parameters) -> Words:
    """The options that name the same service, where and how, on the command line."""
    chosen = {k: v for k, v in given.model_dump(exclude_defaults=True).items() if k not in _OF_THE_PLAN}
    named = [word for name in _OPTIONS if name in chosen for word in (f"--{name.replace('_', '-')}", str(chosen[name]))]
    rest = [word for name, value in chosen.items() if name not in _OPTIONS for word in ("-p", f"{name}={_yaml(value)}")]
    return (*named, *rest)


def _yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _before(found: Planned, lang: str) -> tuple[str, ...]:
    """The causes that were seen before the plan that an undo takes back: they come back with what it was."""
    from runbook_lib.report.journaled import cause_title

    undoes = found.plan.base.get("undoes") if found.plan.kind == "undo" else None
    if not undoes or not found.incident:
        return ()
    causes: tuple[Cause, ...] = ()
    for entry in journal.read(found.incident).entries:
        if entry.kind == "approval" and entry.data.get("plan") == undoes:
            break
        if entry.kind == "look" and entry.causes:
            causes = entry.causes
    return tuple(cause_title(cause, lang) for cause in causes)


def _asking(found: Planned, given: Parameters, again: Words | None) -> Asking:
    from runbook_lib.report.sections.fixing import Asking

    return Asking(
        words_of(given) if again is None else again,
        tuple(_wishes(given)),
        _recorded(found, given),
        dict(_patches(found)),
    )


def _recorded(found: Planned, given: Parameters) -> bool:
    return found.incident is not None and not given.evidence


def _wishes(given: Parameters) -> Iterator[str]:
    if given.order == "guide":
        yield from ("--order", "guide")
    if given.desired_count is not None:
        yield from ("--desired-count", str(given.desired_count))


def _patches(found: Planned) -> Iterator[tuple[str, str]]:
    """How edited files will differ, by the id of the change."""
    for change in found.plan.changes:
        if change.kind == "edit-file":
            path = Path(change.about["path"])
            yield change.id, unified(read_text(path), definition_file.renewed(path, change.edits), str(path))
