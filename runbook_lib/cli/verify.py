"""The command that asks the service's load balancers whether the application answers."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import Exit

from runbook_lib.cli.options import LANG, Json, app, help_of, looking
from runbook_lib.cli.shell import progress, show, tell
from runbook_lib.errors import ExitCode, InputError
from runbook_lib.text import language
from runbook_lib.text.visible import visible_json

if TYPE_CHECKING:
    from runbook_lib.diagnosis.verification import Verification
    from runbook_lib.parameters import Parameters
    from runbook_lib.verifying import Kept


def _option(flag: str, kind: type = str) -> Any:
    return Annotated[kind, typer.Option(flag, help=help_of(f"option.{flag[2:].replace('-', '_')}"))]


_CERTIFICATE = typer.Option("--verify-certificate", help=help_of("option.verify_certificate"))
_OPTIONS: dict[str, tuple[Any, Any]] = {
    "verify_path": (_option("--path"), ""),
    "verify_expect": (_option("--expect"), ""),
    "verify_host": (_option("--host"), ""),
    "verify_tries": (_option("--tries"), ""),
    "verify_certificate": (Annotated[bool, _CERTIFICATE], False),
    "connect_to": (_option("--connect-to"), ""),
}


@looking(app, "verify", _OPTIONS)
def verify(given: "Parameters", again: tuple[str, ...], *, as_json: Json = False) -> None:
    """Asks each way in to the service."""
    from runbook_lib.runs import known_incident
    from runbook_lib.verifying import verify as verified

    chosen = language(given.lang, LANG)
    known_incident(given)
    if given.cluster and given.service and not given.evidence:
        progress("reading", chosen, cluster=given.cluster, service=given.service)
    found = verified(given, lambda count: progress("asking", chosen, count=count))
    kept = _record(found, given)
    _show(found, given, kept, again, as_json=as_json)
    raise Exit(found.exit_code)


def _record(found: "Verification", given: "Parameters") -> "Kept":
    """Keeps the check in the journal of the open incident; without a record it goes on, and says so."""
    from runbook_lib import runs, verifying

    chosen = language(given.lang, LANG)
    try:
        kept = verifying.record(found, given, "verify")
    except InputError as error:
        tell(runs.unrecorded(error, chosen), ExitCode.GOOD)
        return verifying.Kept()
    if kept.folder:
        progress("recorded", chosen, incident=kept.folder.name, folder=kept.folder)
    return kept


def _show(found: "Verification", given: "Parameters", kept: "Kept", again: tuple[str, ...], *, as_json: bool) -> None:
    from runbook_lib import verifying

    if as_json:
        incident = kept.folder.name if kept.folder else ""
        show(visible_json(verifying.as_json(found) | {"incident": incident, "closed": kept.closed}))
        return
    show(verifying.page(found, given, language(given.lang, LANG), kept, again).text)
