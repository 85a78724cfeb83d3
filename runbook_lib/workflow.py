"""The one place that composes reading, judging, wording and archiving. Notebooks and the CLI call only this."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.diagnosis.engine import Diagnosis, judge, wanted
from runbook_lib.diagnosis.model import Outcome
from runbook_lib.diagnosis.state import State
from runbook_lib.errors import ExitCode, InputError, ParameterError
from runbook_lib.evidence import local, redaction, serialisation
from runbook_lib.evidence.first_look import rest
from runbook_lib.evidence.model import Evidence, Reading, Target, Unread
from runbook_lib.parameters import Parameters, home, resolve
from runbook_lib.text import LANGUAGES, language, say

if TYPE_CHECKING:
    from runbook_lib.archive.execution import Execution
    from runbook_lib.archive.store import Run
    from runbook_lib.report.context import Context

_DEEPER_LOOKS = 2


@dataclass(frozen=True)
class Look:
    """One look at a service: what was read and what it says."""

    evidence: Evidence
    diagnosis: Diagnosis

    @property
    def exit_code(self) -> ExitCode:
        """1 where a fault was seen or the service is stuck or failing, 3 where an answer is missing, else 0."""
        faults = self.diagnosis.failed("cause") + self.diagnosis.failed("symptom")
        if faults or self.diagnosis.state in (State.STUCK, State.FAILING):
            return ExitCode.BAD
        answers = [answer.outcome for answer in self.diagnosis.checklist]
        unanswered = self.diagnosis.state is State.UNKNOWN or Outcome.UNKNOWN in answers
        return ExitCode.COULD_NOT_LOOK if unanswered else ExitCode.GOOD


def look(given: Parameters) -> Look:
    """Reads the service (or replays saved evidence) and judges it.

    Raises
    ------
    ParameterError
        Cluster or service is not given.
    TargetError, AccessError, InputError
        As :meth:`runbook_lib.aws.collect.Collection.first_look` and the readers of local files.
    """
    return _replayed(given) if given.evidence else _read(given)


def _replayed(given: Parameters) -> Look:
    evidence = serialisation.load(resolve(given.evidence))
    wishes = wanted(evidence)
    if wishes and not evidence.calls:
        offline = tuple(Unread(wish, "", "", "not-asked") for wish in wishes)
        evidence = replace(evidence, unreads=evidence.unreads + offline)
    return Look(evidence, judge(evidence))


def _read(given: Parameters) -> Look:
    from runbook_lib.aws.collect import Collection
    from runbook_lib.aws.session import Access, ReadSession

    for name in ("cluster", "service"):
        if not getattr(given, name):
            raise ParameterError("parameter-missing", name=name)
    session = ReadSession(Access(given.region, given.profile, given.endpoint_url, given.credentials))
    if not session.region:
        raise ParameterError("parameter-missing", name="region")
    collection = Collection(session, _blank(given, session.region))
    evidence = collection.first_look()
    for _ in range(_DEEPER_LOOKS):
        diagnosis = judge(evidence)
        deeper = wanted(evidence) if diagnosis.state is not State.HEALTHY else ()
        wishes = tuple(dict.fromkeys((*_left_out(evidence), *deeper)))
        if not wishes:
            return Look(evidence, diagnosis)
        evidence = collection.deeper(evidence, wishes)
    return Look(evidence, judge(evidence))


def _left_out(evidence: Evidence) -> tuple[Any, ...]:
    return tuple(wish for wish in rest(evidence) if wish not in evidence.asked())


def _blank(given: Parameters, region: str) -> Evidence:
    """Evidence before AWS is asked: the target, and what the user's own files and words say."""
    readings: list[Reading] = []
    if given.task_definition_file:
        readings.append(local.task_definition_file(resolve(given.task_definition_file)))
    if given.deploy_message:
        readings.append(local.deploy_message(given.deploy_message))
    return Evidence(
        Target(given.cluster, given.service, region),
        datetime.now(UTC),
        readings=tuple(readings),
        stuck_after_s=given.stuck_after * 60,
        lab=given.credentials == "lab",
    )


class Incident:
    """A service under diagnosis, as notebooks use it: every method returns one section that renders itself.

    Parameters
    ----------
    given : Parameters
        The validated parameters of the run.

    Raises
    ------
    RunbookError
        As :func:`look`; reading happens here, once.
    """

    def __init__(self, given: Parameters) -> None:
        self.parameters = given
        self.lang = language(given.lang)
        self._look = look(given)

    @property
    def evidence(self) -> Evidence:
        """What was read."""
        return self._look.evidence

    @property
    def diagnosis(self) -> Diagnosis:
        """What it says."""
        return self._look.diagnosis

    @cached_property
    def _context(self) -> Context:
        return context(self.parameters, self.evidence, self.lang)

    def _section(self, name: str) -> Any:
        from runbook_lib.report import sections

        return getattr(sections, name)(self.diagnosis, self.evidence, self._context)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.overview()._repr_mimebundle_(**options)

    def overview(self) -> Any:
        """State, since when, and the causes at a glance."""
        return self._section("overview")

    def service_state(self) -> Any:
        """Guide, diagnosis 1: the service and its deployments."""
        return self._section("service_state")

    def running_tasks(self) -> Any:
        """Guide, diagnosis 2: the running tasks."""
        return self._section("running_tasks")

    def task_details(self) -> Any:
        """Guide, diagnosis 3: every task with its health and why it stopped."""
        return self._section("task_details")

    def service_events(self) -> Any:
        """Guide, diagnosis 4: the newest events, in AWS's words."""
        return self._section("service_events")

    def image_tags(self) -> Any:
        """Guide, diagnosis 5: what ECR has, and what was asked for."""
        return self._section("image_tags")

    def checklist(self) -> Any:
        """The guide's seven questions, answered."""
        return self._section("checklist")

    def causes(self) -> Any:
        """The causes, each with its facts, evidence and fix."""
        return self._section("causes")

    def symptoms(self) -> Any:
        """What was seen besides, and which cause explains it."""
        return self._section("symptoms")

    def unread(self) -> Any:
        """What could not be read, and what to do about it."""
        return self._section("unread")

    def timeline(self) -> Any:
        """Deployments, tasks and events on one time axis."""
        return self._section("timeline")

    def commands(self) -> Any:
        """The guide's AWS CLI commands with this service's names filled in."""
        return self._section("commands")

    def api_calls(self) -> Any:
        """Every call that was made."""
        return self._section("api_calls")

    def frame(self, kind: str) -> Any:
        """A pandas DataFrame of ``tasks``, ``deployments``, ``events`` or ``images`` to work on."""
        from runbook_lib.report.frames import frame

        return frame(self.evidence, kind)

    def report(self) -> Any:
        """Writes evidence, verdicts and the report in both languages into the archive, and shows where they are."""
        from runbook_lib.report.archived import section

        return section(archive(self), self._context)


def context(given: Parameters, evidence: Evidence, lang: str) -> Context:
    """How sections of this run are rendered."""
    from runbook_lib.report.commands import CommandOptions
    from runbook_lib.report.context import Context

    options = CommandOptions(given.endpoint_url, given.profile, given.task_definition_file)
    return Context(lang, given.timezone, evidence.lab, options)


def open_incident(namespace: Mapping[str, Any]) -> Incident:
    """The incident of a notebook, from the parameters in its namespace (``globals()``).

    Raises
    ------
    RunbookError
        With its sentence in the user's language; a notebook shows that sentence instead of a traceback.
    """
    from runbook_lib.notebook import explained, given_parameters

    with explained(namespace):
        given = given_parameters(namespace)
        sys.stdout.write(say("cli.progress.home", language(given.lang), home=home()) + "\n")
        return Incident(given)


def archive(incident: Incident) -> Path:
    """The folder that the run's files were written to: the one a caller prepared, else a new one in the archive."""
    from runbook_lib.archive.store import RUN_FOLDER, begin

    if prepared := os.environ.get(RUN_FOLDER):
        folder = Path(prepared)
        _write(incident, folder)
        return folder
    run = begin(resolve(incident.parameters.outputs), "90_postmortem")
    _write(incident, run.folder)
    return commit(run, incident.parameters, error="")


def _write(incident: Incident, folder: Path) -> None:
    from runbook_lib.report.machine import as_json
    from runbook_lib.report.page import html

    verdicts = as_json(incident.diagnosis, incident.evidence)
    (folder / "evidence.json").write_text(serialisation.dumps(incident.evidence), encoding="utf-8")
    (folder / "verdicts.json").write_text(json.dumps(verdicts, ensure_ascii=False, indent=1), encoding="utf-8")
    for lang in LANGUAGES:
        rendering = context(incident.parameters, incident.evidence, lang)
        page = html(incident.diagnosis, incident.evidence, rendering)
        (folder / f"report.{lang}.html").write_text(page, encoding="utf-8")


@dataclass(frozen=True)
class Archived:
    """An archived run: its folder, whether the notebook succeeded, its error, and the look where one was taken."""

    folder: Path
    ok: bool
    error: str
    look: Look | None


def run_notebook(name: str, given: Parameters) -> Archived:
    """Runs a notebook headless and archives it, whether it succeeds, fails or is interrupted.

    Raises
    ------
    InputError
        The notebook does not exist or is none, or the archive cannot be written.
    """
    from runbook_lib.archive.notebooks import find_notebook
    from runbook_lib.archive.store import begin

    execute = _executor()
    notebook = find_notebook(name)
    run = begin(resolve(given.outputs), notebook.stem)
    error = "interrupted"
    try:
        done = execute(run, notebook, _injected(given))
        error = done.error
    finally:
        folder = commit(run, given, error=error, notebook=notebook)
    return Archived(folder, done.ok, done.error, _look_of(folder))


def _executor() -> Callable[[Run, Path, dict[str, Any]], Execution]:
    try:
        from runbook_lib.archive.execution import execute
    except ModuleNotFoundError as error:
        raise InputError("extra-missing", module=error.name or "", extra="jupyter") from error
    return execute


def _injected(given: Parameters) -> dict[str, Any]:
    """The parameters that differ from their defaults; paths made absolute, since a kernel may start elsewhere."""
    chosen = given.model_dump(exclude_defaults=True)
    paths = ("task_definition_file", "evidence", "outputs")
    return {k: str(resolve(v)) if k in paths else v for k, v in chosen.items()}


def commit(run: Run, given: Parameters, *, error: str, notebook: Path | None = None) -> Path:
    """Puts a run into the archive with its manifest; what it left of evidence and verdicts says where it belongs."""
    from runbook_lib.archive.manifest import manifest

    seen = _look_of(run.folder)
    target = seen.evidence.target if seen else Target(given.cluster, given.service, given.region)
    incident = bool(seen and seen.exit_code is ExitCode.BAD)
    facts = _facts(target, given, seen)
    return run.commit(target, manifest(run, facts, error=error, notebook=notebook), incident=incident)


def _facts(target: Target, given: Parameters, seen: Look | None) -> dict[str, Any]:
    shown = given.model_dump(exclude_defaults=True)
    if "deploy_message" in shown:  # a pasted log can hold anything
        shown["deploy_message"] = redaction.MASK
    shown = {name: redaction.masked_urls(value) if isinstance(value, str) else value for name, value in shown.items()}
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


def filled_commands(given: Parameters) -> tuple[Any, ...]:
    """The guide's commands for this service: from saved evidence where it is named, else from the names alone."""
    from runbook_lib.report.commands import CommandOptions, commands

    options = CommandOptions(given.endpoint_url, given.profile, given.task_definition_file)
    if given.evidence:
        return commands(serialisation.load(resolve(given.evidence)), options)
    placeholders = ("<CLUSTER>", "<SERVICE>", "<REGION>")
    target = Target(*(given_or or shown for given_or, shown in zip(_names(given), placeholders, strict=True)))
    return commands(target, options)


def _names(given: Parameters) -> tuple[str, str, str]:
    return given.cluster, given.service, given.region


def summary(found: Look, given: Parameters, lang: str) -> str:
    """The diagnosis for a terminal: overview, checklist, causes and what could not be read, as plain text."""
    from runbook_lib.report import sections

    rendering = context(given, found.evidence, lang)
    parts = (sections.overview, sections.checklist, sections.causes, sections.symptoms, sections.unread)
    return "\n\n".join(part(found.diagnosis, found.evidence, rendering).text for part in parts)
