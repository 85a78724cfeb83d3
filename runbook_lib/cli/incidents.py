"""The archived incidents: list, show, render, close."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runbook_lib.cli.options import LANG, Json, group, help_of, looking
from runbook_lib.cli.shell import show
from runbook_lib.errors import InputError
from runbook_lib.text import language, say
from runbook_lib.text.visible import one_line, visible_json

if TYPE_CHECKING:
    from runbook_lib.archive.incidents import Filed
    from runbook_lib.evidence.model import Target
    from runbook_lib.parameters import Parameters

incidents_app = group("incidents")

Id = Annotated[str, typer.Argument(help=help_of("option.incident"))]
_LATEST = "latest"


@looking(incidents_app, "list")
def incidents_list(given: "Parameters", *, as_json: Json = False) -> None:
    """Lists what the archive holds; reads the names of entries and the newest look of each."""
    from runbook_lib.archive.incidents import filed
    from runbook_lib.archive.listing import row
    from runbook_lib.report.incidents import listed

    rows = [row(found) for found in filed(_archive(given), _about(given))]
    if as_json:
        show(visible_json([row.as_json() for row in rows]))
        return
    show(listed(rows, language(given.lang, LANG), given.timezone))


@looking(incidents_app, "show")
def incidents_show(given: "Parameters", *, incident: Id = _LATEST, as_json: Json = False) -> None:
    """Shows one journal; machines get every entry but for the evidence of looks."""
    from runbook_lib.archive import journal
    from runbook_lib.archive.listing import row
    from runbook_lib.evidence.journal import changes
    from runbook_lib.report.incidents import shown

    found = _found(given, incident)
    read = journal.read(found.folder)
    if not as_json:
        show(shown(row(found), changes(read.entries), read.damaged, language(given.lang, LANG), given.timezone))
        return
    entries = [{**entry.data, "kind": entry.kind, "at": entry.at.isoformat(), "id": entry.id} for entry in read.entries]
    bare = [{name: value for name, value in entry.items() if name != "evidence"} for entry in entries]
    show(visible_json({**row(found).as_json(), "damaged": read.damaged, "entries": bare}))


@looking(incidents_app, "render")
def incidents_render(
    given: "Parameters",
    *,
    report: Annotated[str, typer.Argument(help=help_of("option.report"))] = _LATEST,
    form: Annotated[str, typer.Option("--format", help=help_of("option.form"))] = "html",
    output: Annotated[Path | None, typer.Option("--output", help=help_of("option.output"))] = None,
) -> None:
    """Renders an archived report again, from the archive alone."""
    from runbook_lib.archive.reports import find_report
    from runbook_lib.archive.store import encoded
    from runbook_lib.renditions import FORMATS, again

    if form not in FORMATS:
        raise InputError("form-unknown", name=form, known=", ".join(FORMATS))
    found = find_report(_archive(given), _about(given), report)
    made = again(found, language(given.lang, LANG), form)
    if output is None:
        show(made.removesuffix("\n"))
        return
    try:
        output.write_bytes(encoded(made))
    except OSError as error:
        raise InputError("file-unwritable", file=str(output), problem=error.strerror or "") from error


@looking(incidents_app, "close")
def incidents_close(
    given: "Parameters",
    *,
    incident: Id,
    reason: Annotated[str, typer.Option("--reason", help=help_of("option.reason"))] = "",
) -> None:
    """Closes one; a second time changes nothing."""
    from runbook_lib.archive.incidents import close

    found = _found(given, incident)
    done = close(found.folder, _archive(given), reason)
    show(say(f"incidents.{'closed' if done else 'already'}", language(given.lang, LANG), id=one_line(found.id)))


def _archive(given: "Parameters") -> Path:
    """The archive's folder, after what killed runs have left in it is archived."""
    from runbook_lib.parameters import resolve
    from runbook_lib.runs import adopt

    root = resolve(given.outputs)
    adopt(root)
    return root


def _about(given: "Parameters") -> "Target":
    from runbook_lib.evidence.model import Target

    return Target(given.cluster, given.service, given.region)


def _found(given: "Parameters", incident: str) -> "Filed":
    from runbook_lib.archive.incidents import find

    return find(_archive(given), _about(given), incident)
