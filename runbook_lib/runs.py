"""Runs of notebooks, and what they leave in the archive, whether they succeed, fail or are interrupted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.archive.store import Run, begin, writing
from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.state import State
from runbook_lib.errors import ExitCode, InputError, InterruptedRunError
from runbook_lib.evidence import local, redaction, serialisation
from runbook_lib.evidence.model import Evidence, Target
from runbook_lib.look import Look
from runbook_lib.parameters import RUN_FOLDER, Parameters, resolve
from runbook_lib.text import LANGUAGES

if TYPE_CHECKING:
    from runbook_lib.archive.execution import Execution
    from runbook_lib.report.commands import CommandOptions
    from runbook_lib.report.context import Context


def context(given: Parameters, evidence: Evidence, lang: str) -> Context:
    """How sections of this run are rendered."""
    from runbook_lib.report.context import Context

    return Context(lang, given.timezone, evidence.lab, command_options(given))


def command_options(given: Parameters) -> CommandOptions:
    """What every printed AWS CLI command needs besides names."""
    from runbook_lib.report.commands import CommandOptions

    return CommandOptions(given.endpoint_url, given.profile, given.task_definition_file)


def keep(seen: Look) -> None:
    """Writes the look into the folder that :func:`run_notebook` prepared, where there is one.

    It is kept from the start, whatever becomes of the rest of the run.
    """
    if prepared := os.environ.get(RUN_FOLDER):
        _write_look(seen, Path(prepared))


def archive(seen: Look, given: Parameters) -> Path:
    """Writes the report in both languages; returns the prepared folder, else a new and finished run of the archive."""
    if prepared := os.environ.get(RUN_FOLDER):
        _write_pages(seen, given, Path(prepared))  # the look itself is there since :func:`keep`
        return Path(prepared)
    run = begin(resolve(given.outputs), "90_postmortem")
    with writing(run.root):
        _write_look(seen, run.folder)
        _write_pages(seen, given, run.folder)
    return commit(run, given, error="")


def _write_look(seen: Look, folder: Path) -> None:
    from runbook_lib.report.machine import as_json

    verdicts = as_json(seen.diagnosis, seen.evidence)
    (folder / "evidence.json").write_text(serialisation.dumps(seen.evidence), encoding="utf-8")
    (folder / "verdicts.json").write_text(json.dumps(verdicts, ensure_ascii=False, indent=1), encoding="utf-8")


def _write_pages(seen: Look, given: Parameters, folder: Path) -> None:
    from runbook_lib.report.page import html

    for lang in LANGUAGES:
        page = html(seen.diagnosis, seen.evidence, context(given, seen.evidence, lang))
        (folder / f"report.{lang}.html").write_text(page, encoding="utf-8")


@dataclass(frozen=True)
class Archived:
    """An archived run: its folder, whether the notebook succeeded, its error, and the look where one was taken."""

    folder: Path
    ok: bool
    error: str
    look: Look | None


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
    run = begin(resolve(given.outputs), notebook.stem)
    try:
        done = execute(run, notebook, _injected(given))
    except KeyboardInterrupt as error:
        folder = commit(run, given, error="interrupted", notebook=notebook)
        raise InterruptedRunError("run-interrupted", folder=str(folder)) from error
    folder = commit(run, given, error=done.error, notebook=notebook)
    return Archived(folder, done.ok, done.error, _look_of(folder))


def _executor() -> Callable[[Run, Path, dict[str, Any]], Execution]:
    try:
        from runbook_lib.archive.execution import execute
    except ModuleNotFoundError as error:
        raise InputError("extra-missing", module=error.name or "", extra="jupyter") from error
    return execute


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


def commit(run: Run, given: Parameters, *, error: str, notebook: Path | None = None) -> Path:
    """Puts a run into the archive with its manifest; what it left of evidence and verdicts says where it belongs."""
    from runbook_lib.archive.manifest import manifest

    seen = _look_of(run.folder)
    target = seen.evidence.target if seen else Target(given.cluster, given.service, given.region)
    incident = bool(seen and seen.exit_code is ExitCode.BAD)
    facts = _facts(target, given, seen)
    return run.commit(target, manifest(run, facts, error=error, notebook=notebook), incident=incident)


def _facts(target: Target, given: Parameters, seen: Look | None) -> dict[str, Any]:
    shown = {k: redaction.masked_urls(v) if isinstance(v, str) else v for k, v in _injected(given).items()}
    counts = {role: len(seen.diagnosis.failed(role)) for role in ("cause", "symptom", "risk")} if seen else {}
    return {
        "target": asdict(target),
        "parameters": shown,
        "state": seen.diagnosis.state.value if seen else State.UNKNOWN.value,
        "causes": [v.rule for v in seen.diagnosis.failed("cause")] if seen else [],
        "counts": counts,
        "calls": len(seen.evidence.calls) if seen else 0,
    }


def _look_of(folder: Path) -> Look | None:
    saved = folder / "evidence.json"
    if not saved.is_file():
        return None
    try:
        evidence = serialisation.load(saved)
    except InputError:  # a kernel that was killed while writing leaves half a file: kept, and not believed
        return None
    return Look(evidence, judge(evidence))
