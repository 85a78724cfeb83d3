"""Runs of notebooks, and what they leave in the archive, whether they succeed, fail or are interrupted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import renditions
from runbook_lib.archive import journal
from runbook_lib.archive.incidents import closed_lately, filed, find, join, located
from runbook_lib.archive.owners import left_behind, me
from runbook_lib.archive.store import ERROR, INCIDENT, VERIFY, Run, begin, reopened, service_folder, writing
from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.diagnosis.state import State
from runbook_lib.errors import ExitCode, InputError, InterruptedRunError, RunbookError
from runbook_lib.evidence import local, redaction, serialisation
from runbook_lib.evidence.journal import opened_at
from runbook_lib.evidence.model import Evidence, Target
from runbook_lib.look import Look
from runbook_lib.parameters import RUN_FOLDER, Parameters, resolve
from runbook_lib.text import sentence
from runbook_lib.text.visible import visible_json

if TYPE_CHECKING:
    from runbook_lib.archive.execution import Execution
    from runbook_lib.report.commands import CommandOptions
    from runbook_lib.report.context import Context

_OUTCOME = "outcome.json"  # of a run that takes no look


# Of several verdicts the first of these counts.
_WORST = (ExitCode.BAD, ExitCode.TIMED_OUT, ExitCode.COULD_NOT_LOOK)


def context(given: Parameters, evidence: Evidence, lang: str) -> Context:
    """How sections of this run are rendered."""
    from runbook_lib.report.context import Context

    return Context(lang, given.timezone, evidence.lab, command_options(given))


def command_options(given: Parameters) -> CommandOptions:
    """What every printed AWS CLI command needs besides names."""
    from runbook_lib.report.commands import CommandOptions

    return CommandOptions(given.endpoint_url, given.profile, given.task_definition_file)


def known_incident(given: Parameters) -> None:
    """Refuses an incident's id that the service does not have, before AWS is asked.

    Raises
    ------
    InputError
        The nearest id is named.
    """
    if opened_at(given.incident_id):
        find(resolve(given.outputs), Target(given.cluster, given.service, given.region), given.incident_id)


def record(seen: Look, given: Parameters, by: str, *, fault: bool = False) -> Path | None:
    """Writes the look into its incident's journal, opening the incident at the first fault; the incident's folder.

    None where the look belongs to no incident: no fault was seen and none is open, or no record is wanted. A replay of
    saved evidence is no look: it is not written, and opens nothing. ``by`` is the command or the notebook; ``fault``
    says that there is one, whatever this look saw.

    Raises
    ------
    InputError
        The archive cannot be written, or the service has no incident of the id that was asked for.
    """
    root = resolve(given.outputs)
    fault = fault or seen.exit_code is ExitCode.BAD
    may_open = not given.evidence and bool(seen.evidence.service)  # a look that did not see it opens nothing
    folder = join(root, located(root, seen.evidence.target), given.incident_id, fault=fault, may_open=may_open)
    if folder and not given.evidence:
        with writing(root):
            journal.write(folder, "look", _look_facts(seen, by))
    return folder


def note(target: Target, given: Parameters, kind: str, facts: Mapping[str, Any]) -> Path | None:
    """Writes an entry into the service's open incident, or into the one asked for; its folder, None where none is.

    Raises
    ------
    InputError
        As :func:`record`.
    """
    root = resolve(given.outputs)
    folder = join(root, target, given.incident_id, fault=False)
    if folder:
        with writing(root):
            journal.write(folder, kind, facts)
    return folder


def unrecorded(error: InputError, lang: str) -> str:
    """That a look went on without a record, and why."""
    return sentence("unrecorded", {"problem": error.sentence or sentence(error.key, error.facts, lang)}, lang)


def _look_facts(seen: Look, by: str) -> dict[str, Any]:
    """A look as its entry: what it found, and the whole evidence, from which everything else can be had again."""
    found = {
        f"{role}s": [found_as(verdict) for verdict in seen.diagnosis.failed(role)]
        for role in ("cause", "symptom", "risk")
    }
    return {"by": by, "state": seen.diagnosis.state.value, **found, "evidence": serialisation.as_tree(seen.evidence)}


def found_as(verdict: Verdict) -> dict[str, Any]:
    """A fault as an entry holds it."""
    return {"rule": verdict.rule, "label": verdict.label, "confidence": verdict.confidence, "facts": verdict.facts}


def keep(seen: Look, given: Parameters) -> Path | None:
    """Records a notebook's look, and leaves it in the folder that :func:`run_notebook` prepared, where there is one.

    It is kept from the start, whatever becomes of the rest of the run. Returns the incident's folder, or None.

    Raises
    ------
    InputError
        As :func:`record`.
    """
    prepared = _prepared()
    if prepared:
        with writing(prepared.root):
            _write_look(seen, prepared)
    folder = record(seen, given, prepared.notebook if prepared else "notebook")
    if prepared:
        with writing(prepared.root):
            prepared.write(INCIDENT, folder.name if folder else "")
    return folder


def renew(seen: Look) -> None:
    """Leaves a newer look in the prepared folder, where there is one, instead of the one that the run began with."""
    if prepared := _prepared():
        with writing(prepared.root):
            _write_look(seen, prepared)


def _prepared() -> Run | None:
    """The run in whose folder this kernel leaves what it has, or None."""
    folder = os.environ.get(RUN_FOLDER)
    return reopened(Path(folder)) if folder else None


def checked(facts: Mapping[str, Any], code: ExitCode) -> None:
    """Leaves what an HTTP check found in the prepared folder, where there is one: a failed one is the run's verdict."""
    if prepared := _prepared():
        with writing(prepared.root):
            prepared.write(VERIFY, visible_json({**facts, "exit_code": int(code)}))


def failed(error: RunbookError) -> None:
    """Leaves the error of a notebook in its prepared folder, where there is one: its exit code is the run's."""
    if prepared := _prepared():
        with suppress(OSError):  # the error itself matters more than its record
            prepared.write(
                ERROR, visible_json({"key": error.key, "exit_code": error.exit_code, "sentence": str(error)})
            )


def outcome(target: Target, code: ExitCode) -> None:
    """Leaves what a run that takes no look was about, and its exit code, in the prepared folder, where there is one.

    Raises
    ------
    InputError
        The archive cannot be written.
    """
    if prepared := _prepared():
        with writing(prepared.root):
            prepared.write(_OUTCOME, visible_json({"target": asdict(target), "exit_code": int(code)}))


def archive(seen: Look, given: Parameters, incident: Path | None) -> Path:
    """Writes the report in every form; returns the prepared folder, else a new and finished run of the archive.

    Where the look belongs to no incident, the report is that of the one that was closed last.
    """
    if incident is None and not given.incident_id and not given.evidence:
        incident = closed_lately(resolve(given.outputs), seen.evidence.target)
    if prepared := _prepared():
        if incident:
            with writing(prepared.root):
                prepared.write(INCIDENT, incident.name)
        _write_pages(seen, given, prepared)  # the look itself is there since :func:`keep`
        return prepared.folder
    run = _begin("90_postmortem", given, None)
    with writing(run.root):
        run.write(INCIDENT, incident.name if incident else "")
        _write_look(seen, run)
        _write_pages(seen, given, run)
    return commit(run, seen, error="")


def _write_look(seen: Look, run: Run) -> None:
    from runbook_lib.report.machine import as_json

    run.write("evidence.json", serialisation.dumps(seen.evidence))
    run.write("verdicts.json", visible_json(as_json(seen.diagnosis, seen.evidence)))


def _write_pages(seen: Look, given: Parameters, run: Run) -> None:
    incident = _incident_of(run, seen.evidence.target)
    folder = service_folder(run.root, seen.evidence.target) / incident if incident else None
    record, damaged = renditions.on_record(folder)
    rendering = replace(context(given, seen.evidence, given.lang), record=record, damaged=damaged)
    for name, text in renditions.files(seen, rendering):
        run.write(name, text)


@dataclass(frozen=True)
class Archived:
    """An archived run: its folder, whether the notebook succeeded, its error, and the look where one was taken.

    ``exit_code`` is the worse verdict, of the look and of the HTTP check; without a look what the notebook left as its
    outcome (else 3: could not look), and for a run that failed that of its error.
    """

    folder: Path
    ok: bool
    error: str
    look: Look | None
    exit_code: ExitCode


def run_notebook(notebook: Path, given: Parameters) -> Archived:
    """Runs a notebook headless and archives it, whether it succeeds, fails or is interrupted.

    Raises
    ------
    InputError
        The archive cannot be written.
    InterruptedRunError
        The run was interrupted; what had run until then is archived.
    """
    execute = _executor()
    run = _begin(notebook.stem, given, notebook)
    try:
        done = execute(run, notebook, _injected(given))
    except KeyboardInterrupt as error:
        folder = commit(run, _look_of(run.folder), error="interrupted")
        raise InterruptedRunError("run-interrupted", folder=str(folder)) from error
    seen = _look_of(run.folder)
    code = _verdict(run.folder, seen) if done.ok else _left(run.folder, ERROR) or ExitCode.BAD
    return Archived(commit(run, seen, error=done.error), done.ok, done.error, seen, code)


def _verdict(folder: Path, seen: Look | None) -> ExitCode:
    """The worse of what the look says and, where there was one, the HTTP check; without a look the outcome left."""
    outcome = _left(folder, _OUTCOME)
    if seen is None and outcome is not None:
        return outcome
    found = {seen.exit_code if seen else ExitCode.COULD_NOT_LOOK, _left(folder, VERIFY)}
    return next((code for code in _WORST if code in found), ExitCode.GOOD)


def _executor() -> Callable[[Run, Path, dict[str, Any]], Execution]:
    try:
        from runbook_lib.archive.execution import execute
    except ModuleNotFoundError as error:
        raise InputError("extra-missing", module=error.name or "", extra="jupyter") from error
    return execute


def _begin(name: str, given: Parameters, notebook: Path | None) -> Run:
    """A new run, after what killed processes have left behind is archived."""
    from runbook_lib.archive.manifest import begun

    root = resolve(given.outputs)
    adopt(root)
    target = asdict(Target(given.cluster, given.service, given.region))
    return begin(root, name, me(), {**begun(notebook), "target": target, "parameters": shown_parameters(given)})


def shown_parameters(given: Parameters) -> dict[str, Any]:
    """The parameters that differ from their defaults, with what is secret in an address masked."""
    return {k: redaction.masked_urls(v) if isinstance(v, str) else v for k, v in _injected(given).items()}


def adopt(root: Path) -> None:
    """Archives the runs that killed processes have left below ``root``, as interrupted, with whatever they hold."""
    for run in left_behind(root):
        # A disk that is full now may not be when the next one tries; or the next one was quicker than we are.
        with suppress(InputError, OSError):
            commit(run, _look_of(run.folder), error="killed")


def _injected(given: Parameters) -> dict[str, Any]:
    """The parameters that differ from their defaults, as the archived notebook shows them.

    Paths are made absolute, since a kernel may start elsewhere; of a pasted log only AWS's own words go on.
    """
    chosen = given.model_dump(exclude_defaults=True)
    chosen |= {
        name: str(resolve(chosen[name])) for name in ("task_definition_file", "evidence", "outputs") if name in chosen
    }
    if "deploy_message" in chosen:
        chosen["deploy_message"] = "\n".join(local.aws_words(given.deploy_message))
    return chosen


def commit(run: Run, seen: Look | None, *, error: str) -> Path:
    """Puts a run into the archive with its manifest, and into its incident's journal; the run's final folder.

    The look that it left (``seen``) says which service it was about; else its outcome, or what was asked for, in the
    only account that has it.
    """
    from runbook_lib.archive.manifest import manifest

    target = seen.evidence.target if seen else _asked_for(run)
    incident = _incident_of(run, target)
    told = manifest(run, {"target": asdict(target), "incident": incident, **_found(seen)}, error=error)
    final = run.commit(target, told, incident)
    if incident:
        with writing(run.root):
            journal.write(final.parent, "run", {"run": run.id, **{k: told[k] for k in ("notebook", "status", "error")}})
    return final


def _asked_for(run: Run) -> Target:
    asked = _outcome_target(run) or run.facts.get("target")
    names = {k: str(v) for k, v in asked.items()} if isinstance(asked, dict) else {}
    target = Target(**{name: names.get(name, "") for name in _NAMES})
    if target.account:
        return target
    accounts = {found.account for found in filed(run.root, target)} if target.service else set()
    return replace(target, account=accounts.pop()) if len(accounts) == 1 else target


_NAMES = ("cluster", "service", "region", "account")


def _outcome_target(run: Run) -> Any:
    try:
        return json.loads((run.folder / _OUTCOME).read_text(encoding="utf-8"))["target"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _incident_of(run: Run, target: Target) -> str:
    """The id of the incident that the run's kernel joined, else of the one that is open now, or empty."""
    left = run.folder / INCIDENT
    if left.is_file():
        found = left.read_text(encoding="utf-8", errors="replace").strip()
        return found if opened_at(found) else ""
    if not target.service:
        return ""
    given = run.facts.get("parameters")
    asked = str(given.get("incident_id", "")) if isinstance(given, dict) else ""
    try:
        joined = join(run.root, target, "" if asked == "new" else asked, fault=False)
    except InputError:  # the run failed for naming an incident that there is not: it is archived all the same
        return ""
    return joined.name if joined else ""


def _found(seen: Look | None) -> dict[str, Any]:
    counts = {role: len(seen.diagnosis.failed(role)) for role in ("cause", "symptom", "risk")} if seen else {}
    return {
        "state": seen.diagnosis.state.value if seen else State.UNKNOWN.value,
        "causes": [v.rule for v in seen.diagnosis.failed("cause")] if seen else [],
        "counts": counts,
        "calls": len(seen.evidence.calls) if seen else 0,
    }


def _left(folder: Path, name: str) -> ExitCode | None:
    """The exit code that the notebook left: of our own error that ended it, or of its last HTTP check."""
    try:
        return ExitCode(json.loads((folder / name).read_text(encoding="utf-8"))["exit_code"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _look_of(folder: Path) -> Look | None:
    saved = folder / "evidence.json"
    if not saved.is_file():
        return None
    try:
        evidence = serialisation.load(saved)
    except InputError:  # a kernel that was killed while writing leaves half a file: kept, and not believed
        return None
    return Look(evidence, judge(evidence))
