"""Applies an approved plan: in order, each change recorded before and after, each read back before the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runbook_lib import definition_file
from runbook_lib.archive import journal
from runbook_lib.aws.apply import Bench, Standing, call_of, is_at_aws, standing
from runbook_lib.aws.reader import CallFailedError, Failure, Reader
from runbook_lib.errors import ExitCode, InputError, RunbookError
from runbook_lib.evidence.journal import Entry
from runbook_lib.plan.model import Change, Plan

INTENT, CHANGE = "intent", "change"  # kinds of entries
DONE, ALREADY, UNNEEDED = "done", "already", "unneeded"
_GOOD = (DONE, ALREADY, UNNEEDED)
_THROTTLED_WAITS_S = (1, 2, 4, 8)
_SEEN_WAITS_S = (0.2, 0.5, 1, 2, 4)  # until AWS shows everywhere what it has taken
# After these nobody knows whether the call took effect.
_AMBIGUOUS = ("time-out", "unreachable", "failed", "garbled")


class ApplyError(RunbookError):
    """A plan was not applied to its end; what was done is recorded."""

    exit_code = ExitCode.BAD


@dataclass(frozen=True)
class Step:
    """What became of one change.

    ``outcome`` is ``done``, ``already`` (it was there), ``unneeded``, ``failed``, ``stale``, ``gone``, ``unread`` or
    ``unrecorded`` (what became of it, in the fact ``was``, could not be written down).
    """

    change: Change
    outcome: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether the next change may be made."""
        return self.outcome in _GOOD


@dataclass(frozen=True)
class Applied:
    """A plan with its steps; those after the first that is not good were not made."""

    plan: Plan
    steps: tuple[Step, ...]
    incident: Path

    @property
    def good(self) -> bool:
        """Whether all of it is as planned."""
        return len(self.steps) == len(self.plan.changes) and all(step.good for step in self.steps)

    @property
    def left(self) -> tuple[Change, ...]:
        """The changes that were not made."""
        made = {step.change.id for step in self.steps if step.good}
        return tuple(change for change in self.plan.changes if change.id not in made)


@dataclass(frozen=True)
class Hands:
    """What applying needs: who reads, who changes, the record, and who is told of each step."""

    reads: Reader
    changes: Reader
    incident: Path
    told: Callable[[Step], None] = lambda step: None
    wait: Callable[[float], None] = time.sleep


def apply(plan: Plan, hands: Hands, record: tuple[Entry, ...]) -> Applied:
    """Makes the changes of a plan that has been approved and re-checked; ``record`` is what its journal holds of it."""
    bench = Bench(hands.reads, plan.target, document=lambda path: definition_file.document(Path(path)))
    steps: list[Step] = []
    for change in plan.changes:
        begun = _intended(record, change) and change.id not in outcomes(record)
        step = _made(plan, change, hands, bench, begun)
        hands.told(step)
        steps.append(step)
        if not step.good:
            break
        bench = replace(bench, revision=step.facts.get("revision", "") if change.kind == "register" else bench.revision)
    return Applied(plan, tuple(steps), hands.incident)


def overtaken(plan: Plan, hands: Hands) -> Step | None:
    """The first change that cannot be made any more, for what has happened since it was planned; nothing is changed.

    Raises
    ------
    CallFailedError
        It could not be read.
    """
    bench = Bench(hands.reads, plan.target, document=lambda path: definition_file.document(Path(path)))
    for change in plan.changes:
        if change.kind == "deregister":  # the service is to leave the revision first
            continue
        found = _standing(plan, change, bench)
        if found.state in ("stale", "gone"):
            return Step(change, found.state, found.facts)
        if change.kind == "register" and found.state == "done":
            bench = replace(bench, revision=str(found.facts["revision"]))
    return None


def outcomes(record: tuple[Entry, ...]) -> dict[str, Mapping[str, Any]]:
    """What a record says of the changes that were made, by id."""
    made = (entry.data for entry in record if entry.kind == CHANGE and entry.data.get("outcome") in (DONE, ALREADY))
    found: dict[str, Mapping[str, Any]] = {}
    for data in made:
        if found.get(str(data["change"]), {}).get("outcome") != DONE:  # done once, and found there when it went on
            found[str(data["change"])] = {**facts_of(data), "outcome": data["outcome"]}
    return found


def settle(plan: Plan, hands: Hands, record: tuple[Entry, ...]) -> None:
    """Records what became of the changes that were begun and whose end nobody recorded: of a killed apply."""
    bench = Bench(hands.reads, plan.target, document=lambda path: definition_file.document(Path(path)))
    known = outcomes(record)
    bench = replace(bench, revision=str(known.get("register", {}).get("revision", "")))
    for change in plan.changes:
        if change.id in known or not _intended(record, change):
            continue
        found = _standing(plan, change, bench)
        outcome = DONE if found.state == "done" else "not-made"
        _write(hands, CHANGE, plan, change, outcome=outcome, facts={**found.facts, "settled": True})
        if change.kind == "register" and found.state == "done":
            bench = replace(bench, revision=str(found.facts["revision"]))


def facts_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts in an entry about a change, as far as it has any."""
    found = data.get("facts")
    return found if isinstance(found, dict) else {}


def _intended(record: tuple[Entry, ...], change: Change) -> bool:
    return any(entry.kind == INTENT and entry.data.get("change") == change.id for entry in record)


def _made(plan: Plan, change: Change, hands: Hands, bench: Bench, begun: bool) -> Step:
    try:
        found = _standing(plan, change, bench)
    except CallFailedError as error:
        return _ended(hands, plan, Step(change, "unread", _failure(error.operation, error.failure)))
    except InputError as error:
        return _ended(hands, plan, Step(change, "failed", _refusal(error)))
    if found.state == "done":
        return _ended(hands, plan, Step(change, DONE if begun else ALREADY, found.facts))
    if found.state != "pending":
        return _ended(hands, plan, Step(change, found.state, found.facts))
    try:
        _write(hands, INTENT, plan, change, before=dict(change.before), after=dict(change.after))
    except OSError as error:  # nothing is changed without a record
        return Step(change, "failed", {"code": "unrecorded", "message": error.strerror or ""})
    step = _sent(change, hands, bench, found) if is_at_aws(change) else _written(plan, change)
    return _ended(hands, plan, step)


def _ended(hands: Hands, plan: Plan, step: Step) -> Step:
    """The step as recorded; one that could not be recorded is told all the same, and nothing more is changed."""
    try:
        _write(hands, CHANGE, plan, step.change, outcome=step.outcome, facts=dict(step.facts))
    except OSError as error:
        return Step(step.change, "unrecorded", {**step.facts, "was": step.outcome, "message": error.strerror or ""})
    return step


def _write(hands: Hands, kind: str, plan: Plan, change: Change, **facts: Any) -> None:
    journal.write(hands.incident, kind, {"plan": plan.digest, "change": change.id, "what": change.kind, **facts})


def _sent(change: Change, hands: Hands, bench: Bench, found: Standing) -> Step:
    """Sends the call once, waits out throttling, and reads whether it took effect where no answer came."""
    service, operation, parameters = call_of(change, bench, found)
    for wait in (*_THROTTLED_WAITS_S, None):
        try:
            answer = hands.changes.call(service, operation, **parameters)
        except CallFailedError as error:
            if error.failure.reason == "throttled" and wait is not None:
                hands.wait(wait)
                continue
            return _unanswered(change, hands, bench, error)
        told = {"request_id": str(answer.get("ResponseMetadata", {}).get("RequestId", ""))}
        return _seen(change, hands, replace(bench, revision=_revision(answer) or bench.revision), told)
    raise AssertionError("the last attempt returns")


def _revision(answer: Mapping[str, Any]) -> str:
    return str((answer.get("taskDefinition") or {}).get("taskDefinitionArn", ""))


def _unanswered(change: Change, hands: Hands, bench: Bench, error: CallFailedError) -> Step:
    told = _failure(error.operation, error.failure)
    if error.failure.reason in _AMBIGUOUS:
        step = _seen(change, hands, bench, told)
        # Where it could not be read either, nobody knows: that is not the same as "it did not take effect".
        return step if step.good or step.outcome == "unread" else Step(change, "failed", {**step.facts, **told})
    return Step(change, "failed", told)


def _seen(change: Change, hands: Hands, bench: Bench, told: Mapping[str, Any]) -> Step:
    """Reads back until AWS shows what was changed."""
    facts: Mapping[str, Any] = {}
    for wait in (*_SEEN_WAITS_S, None):
        try:
            found = standing(change, bench)
        except CallFailedError as error:
            return Step(change, "unread", {**told, **_failure(error.operation, error.failure)})
        facts = found.facts
        if found.state == "done":
            return Step(change, DONE, {**facts, **told})
        if wait is not None:
            hands.wait(wait)
    return Step(change, "failed", {**facts, **told, "code": "not-seen"})


def _failure(operation: str, failure: Failure) -> dict[str, Any]:
    return {"operation": operation, "reason": failure.reason, "code": failure.code, "message": failure.message}


# Files


def _standing(plan: Plan, change: Change, bench: Bench) -> Standing:
    return standing(change, bench) if is_at_aws(change) else _file_standing(plan, change)


def backup_of(path: Path, digest: str) -> Path:
    """Where a file is kept as it was before a plan."""
    return path.with_name(f"{path.name}.{digest}.bak")


def _file_standing(plan: Plan, change: Change) -> Standing:
    path = Path(change.about["path"])
    now = definition_file.sha256(path)
    if change.kind == "restore-file":
        wanted, ours = change.after.get("sha256"), change.about["sha256"]
        return Standing("done" if now == wanted else "pending" if now == ours else "stale", {"path": str(path)})
    if now == change.about["sha256"]:
        return Standing("pending")
    backup = backup_of(path, plan.digest)
    facts = {"path": str(path), "backup": str(backup), "sha256": now}
    if definition_file.sha256(backup) != change.about["sha256"]:
        return Standing("stale" if now else "gone", facts)
    ours = definition_file.hash_of(definition_file.renewed(backup, change.edits))
    return Standing("done" if now == ours else "stale", facts)


def _written(plan: Plan, change: Change) -> Step:
    path = Path(change.about["path"])
    try:
        if change.kind == "restore-file":
            definition_file.restore(path, Path(change.about["backup"]))
        else:
            definition_file.write(path, definition_file.renewed(path, change.edits), backup_of(path, plan.digest))
        found = _file_standing(plan, change)
    except InputError as error:
        return Step(change, "failed", _refusal(error))
    return Step(change, DONE if found.state == "done" else "failed", found.facts)


def _refusal(error: InputError) -> dict[str, Any]:
    return {"code": error.key, **error.facts}
