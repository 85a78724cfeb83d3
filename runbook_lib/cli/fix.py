"""Remediation: fix plan, fix apply, fix undo. Nothing is changed without the digest of a plan."""

import re
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import Exit

from runbook_lib.cli.options import LANG, Json, Options, group, help_of, looking
from runbook_lib.cli.shell import progress, show
from runbook_lib.errors import ExitCode, InterruptedRunError, ParameterError
from runbook_lib.text import language
from runbook_lib.text.visible import visible_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.applying import Applied, Step
    from runbook_lib.fixing import Planned
    from runbook_lib.parameters import Parameters

fix_app = group("fix")

_APPROVE: Options = {"approve": (Annotated[str, typer.Option("--approve", help=help_of("option.approve"))], "")}
_WISHES: Options = {
    "choose": (Annotated[list[str] | None, typer.Option("--choose", help=help_of("option.choose"))], None),
    "suggested": (Annotated[bool, typer.Option("--suggested", help=help_of("option.suggested"))], False),
    "order": (Annotated[str, typer.Option("--order", help=help_of("option.order"))], ""),
    "desired_count": (Annotated[str, typer.Option("--desired-count", help=help_of("option.desired_count"))], ""),
}


@looking(fix_app, "plan", _WISHES)
def fix_plan(given: "Parameters", again: tuple[str, ...], *, as_json: Json = False) -> None:
    """Plans the fix and shows it; changes nothing."""
    raise Exit(_planned(given, again, as_json=as_json))


@looking(fix_app, "apply", _APPROVE | _WISHES)
def fix_apply(given: "Parameters", again: tuple[str, ...], *, as_json: Json = False) -> None:
    """Applies the plan whose digest is approved; without one it shows the plan."""
    if not given.approve:
        raise Exit(max(_planned(given, again, as_json=as_json), ExitCode.BAD))
    raise Exit(_applied(given, again, as_json=as_json, undoing=False))


@looking(fix_app, "undo", _APPROVE)
def fix_undo(
    given: "Parameters",
    again: tuple[str, ...],
    *,
    as_json: Json = False,
    plan: Annotated[str, typer.Option("--plan", help=help_of("option.plan"))] = "",
) -> None:
    """Takes back what was applied; without an approved digest it shows how."""
    from runbook_lib.fixing import plan_undo

    if given.approve:
        raise Exit(_applied(given, again, as_json=as_json, undoing=True))
    found = plan_undo(given, _digest(plan))
    code = _shown(found, given, again, as_json=as_json)
    raise Exit(ExitCode.BAD if found.plan.changes else code)


def _digest(text: str) -> str:
    if text and not re.fullmatch("[0-9a-f]{12}", text):
        raise ParameterError("digest-malformed", text=text)
    return text


def _planned(given: "Parameters", again: tuple[str, ...], *, as_json: bool) -> ExitCode:
    from runbook_lib.fixing import plan

    chosen = language(given.lang, LANG)
    if given.cluster and given.service and not given.evidence:
        progress("reading", chosen, cluster=given.cluster, service=given.service)
    found = plan(given)
    seen = found.look.evidence
    progress("read", chosen, calls=len(seen.calls), rounds=seen.rounds, elapsed=seen.elapsed_s)
    if found.incident and not given.evidence:
        progress("recorded", chosen, incident=found.incident.name, folder=found.incident)
    return _shown(found, given, again, as_json=as_json)


def _shown(found: "Planned", given: "Parameters", again: tuple[str, ...], *, as_json: bool) -> ExitCode:
    from runbook_lib import fix_pages

    chosen = language(given.lang, LANG)
    if as_json:
        show(visible_json(fix_pages.plan_tree(found, given, chosen)))
    else:
        show(fix_pages.plan_page(found, given, chosen, again).text)
    return fix_pages.plan_code(found, given)


def _applied(given: "Parameters", again: tuple[str, ...], *, as_json: bool, undoing: bool) -> ExitCode:
    from runbook_lib import fix_pages
    from runbook_lib.fixing import apply

    chosen = language(given.lang, LANG)
    try:
        done = apply(given, given.approve, _teller(chosen), undoing=undoing)
    except KeyboardInterrupt as error:
        raise InterruptedRunError("apply-interrupted", digest=given.approve) from error
    if as_json:
        show(visible_json(fix_pages.applied_tree(done, chosen)))
    else:
        show(fix_pages.applied_page(done, given, chosen, again).text)
    return _code(done)


def _code(done: "Applied") -> ExitCode:
    """3 where it could not be read whether a change may be made; what was refused, failed or left undone is 1."""
    unread = done.steps and done.steps[-1].outcome == "unread"
    return ExitCode.GOOD if done.good else ExitCode.COULD_NOT_LOOK if unread else ExitCode.BAD


def _teller(lang: str) -> "Callable[[Step], None]":
    from runbook_lib.fix_pages import step_line

    def told(step: "Step") -> None:
        progress("step", lang, **step_line(step, lang))

    return told
