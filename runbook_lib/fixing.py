"""Plans, approvals and undoing, as notebooks and the command line use them; a plan is found again by its digest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import definition_file, runs
from runbook_lib.archive import journal
from runbook_lib.archive.incidents import join
from runbook_lib.archive.store import service_folder, writing
from runbook_lib.diagnosis.images import presence
from runbook_lib.errors import AccessError, InputError, ParameterError, SafetyError, nearest
from runbook_lib.evidence.first_look import ecr_image
from runbook_lib.evidence.journal import READ_AT, Entry
from runbook_lib.evidence.model import Target, request
from runbook_lib.look import Look, look, more
from runbook_lib.parameters import Parameters, resolve
from runbook_lib.plan import planner, undo
from runbook_lib.plan.model import Plan, as_tree
from runbook_lib.plan.remedies import CHOICES
from runbook_lib.plan.remedies.images import IMAGE, chosen
from runbook_lib.plan.situation import Wishes
from runbook_lib.recorded import APPLIED, APPROVAL, PLAN, Recorded, entries_of, recorded, to_undo

if TYPE_CHECKING:
    from runbook_lib.applying import Applied, Hands, Step

_LOCK = ".applying"


@dataclass(frozen=True)
class Planned:
    """A plan, the look that it was made from, and the incident that it is recorded in (None: nowhere)."""

    plan: Plan
    look: Look
    incident: Path | None


def plan(given: Parameters) -> Planned:
    """Looks at the service and plans its fix; a plan that can be approved is recorded in the incident.

    Raises
    ------
    RunbookError
        As :func:`runbook_lib.look.look`; an answer is no option; the task definition file cannot be edited.
    """
    if given.task_definition_file and not given.evidence:
        definition_file.document(resolve(given.task_definition_file))  # what could not be edited is said at once
    found = look(given)
    return planned(given, found, runs.record(found, given, "fix plan"))


def planned(given: Parameters, found: Look, incident: Path | None) -> Planned:
    """As :func:`plan`, of a look that has been recorded already, in ``incident`` where it belongs to one."""
    _seen(found)
    wishes = _wishes(given, found)
    made = _made(given, found, wishes)
    if not given.evidence:
        _editable(made)
    folder = incident or _opened(given, made)
    if folder and made.changes and not given.evidence:
        _record(folder, made, wishes, given)  # the look may be minutes old: its own entry tells AWS's time
    return Planned(made, found, folder)


def begun(given: Parameters, found: Look, digest: str) -> tuple[Planned, tuple[Entry, ...]] | None:
    """The recorded fix of a digest that was begun and not ended, with its record: an apply that was killed.

    None where there is no such plan.
    """
    try:
        known = recorded(given, digest)
    except SafetyError:
        return None
    if not known.begun or known.applied or known.plan.kind != "fix":
        return None
    return Planned(known.plan, found, known.incident), known.entries


def is_applying(given: Parameters, target: Target) -> bool:
    """Whether changes are being applied to a service now, here or by another process."""
    from runbook_lib.archive.locks import is_held

    return is_held(service_folder(resolve(given.outputs), target) / _LOCK)


def _seen(found: Look) -> None:
    """Refuses to plan for a service that could not be read.

    Raises
    ------
    AccessError
        Why it could not.
    """
    lost = next(iter(found.evidence.unread("service")), None)
    if lost:
        raise AccessError("service-unread", reason=lost.reason, code=lost.code or "-", operation=lost.operation)


def _opened(given: Parameters, made: Plan) -> Path | None:
    """An incident for a plan of a service without a fault, such as one that is at 0."""
    wanted = bool(made.changes) and not given.evidence
    return join(resolve(given.outputs), made.target, given.incident_id, fault=wanted)


def plan_undo(given: Parameters, digest: str = "") -> Planned:
    """Plans how to take back the plan that was applied last, or the one of a digest.

    Raises
    ------
    InputError
        Nothing was applied, or not that plan.
    """
    _recording(given)
    found = look(given)
    applied = to_undo(given, found, digest)
    from runbook_lib.applying import outcomes, settle

    settle(applied.plan, _hands(given, applied, approved=""), applied.entries)
    record = entries_of(applied.incident, applied.plan.digest)
    made = undo.undo(applied.plan, outcomes(record), found.evidence)
    _possible(made, _hands(given, applied, approved=""))
    if made.changes:
        _record(applied.incident, made, Wishes(), given, **_read_at(found))
    return Planned(made, found, applied.incident)


def _possible(made: Plan, hands: Hands) -> None:
    """Refuses a plan of which a change cannot be made any more, before the first one is.

    Raises
    ------
    SafetyError
        What a change is about was changed since, or is gone.
    AccessError
        It could not be read.
    """
    from runbook_lib.applying import overtaken
    from runbook_lib.aws.reader import CallFailedError

    try:
        found = overtaken(made, hands)
    except CallFailedError as error:
        raise AccessError("plan-unread", operation=error.operation, reason=error.failure.reason) from error
    if found:
        raise SafetyError("plan-overtaken", digest=made.digest, change=found.change.id)


def apply(
    given: Parameters, digest: str, told: Callable[[Step], None] = lambda step: None, *, undoing: bool = False
) -> Applied:
    """Applies the recorded plan of a digest, which is the approval; where ``undoing``, only one that undoes another.

    Raises
    ------
    SafetyError
        No plan of this service has the digest; it is a fix where an undo is meant; it is stale; a permission is
        missing; another apply is under way.
    RunbookError
        AWS or the archive could not be reached.
    """
    from runbook_lib.applying import apply as carry_out
    from runbook_lib.archive.locks import only_one

    _recording(given)
    found = recorded(given, digest)
    if undoing and found.plan.kind != "undo":
        raise SafetyError("plan-is-fix", digest=digest)
    root = resolve(given.outputs)
    with writing(root), only_one(service_folder(root, found.plan.target) / _LOCK):
        found = recorded(given, digest)  # whoever held the lock before may have gone on with it
        if not found.plan.ready:
            raise SafetyError("plan-open", digest=digest, open=", ".join(choice.id for choice in found.plan.open))
        read = _fresh(given, found)
        hands = replace(_hands(given, found, approved=digest), told=told)
        _possible(found.plan, hands)
        caller = _permitted(given, found, hands)
        journal.write(found.incident, APPROVAL, {"plan": digest, "caller": caller, **read})
        done = carry_out(found.plan, hands, found.entries)
        with suppress(OSError):  # each step is on record already, or said not to be
            journal.write(
                found.incident, APPLIED, {"plan": digest, "good": done.good, "left": [c.id for c in done.left]}
            )
    return done


def _wishes(given: Parameters, found: Look) -> Wishes:
    return Wishes(
        answers=dict(_answers(given.choose)),
        suggested=given.suggested,
        guide_order=given.order == "guide",
        desired_count=given.desired_count,
        file=_file(found),
    )


def _answers(text: str) -> Iterator[tuple[str, str]]:
    """``image=v2,side=container`` as pairs.

    Raises
    ------
    ParameterError
        A part is no ``name=value``.
    """
    for part in text.replace(",", " ").split():
        name, equals, value = part.partition("=")
        if not (name and equals and value):
            raise ParameterError("choice-malformed", text=part)
        yield name, value


def _file(found: Look) -> dict[str, Any] | None:
    readings = found.evidence.all("task_definition_file")
    if not readings:
        return None
    path = readings[0].data["path"]
    document = readings[0].data["task_definition"]
    running = str(found.evidence.service.get("taskDefinition", "")).rpartition("/")[2].partition(":")[0]
    family = str(document.get("family") or running)
    if running and family != running:
        raise InputError("file-other-family", file=path, family=family, running=running)
    return {"path": path, "document": document, "sha256": definition_file.sha256(Path(path))}


def _made(given: Parameters, found: Look, wishes: Wishes) -> Plan:
    """The plan; an image that a person names himself has to be in the registry.

    Raises
    ------
    InputError
        It is not, or an answer is no option.
    """
    for name in wishes.answers:
        if name not in CHOICES:
            raise InputError("choice-unasked", id=name, nearest=nearest(name, list(CHOICES)) or ", ".join(CHOICES))
    made = planner.make(found.diagnosis, found.evidence, wishes)
    named = next((c for c in made.choices if c.id == IMAGE and c.answer), None)
    if named is None or named.answer in [option.value for option in named.options]:
        return made
    verdict = next(v for v in found.diagnosis.failed("cause") if v.rule == named.rule)
    image = ecr_image(chosen(verdict, named.answer))
    if image is None:
        raise InputError("image-unknown", image=named.answer, known=", ".join(o.value for o in named.options))
    asked = request(
        "image_tags", registry=image.registry, region=image.region, repository=image.repository, tags=image.asked
    )
    if presence(more(given, found.evidence, (asked,)), image) != "present":
        raise InputError("image-unknown", image=named.answer, known=", ".join(o.value for o in named.options))
    return made


def _editable(made: Plan) -> None:
    """Refuses now what could not be edited when the plan is applied."""
    for change in made.changes:
        if change.kind == "edit-file":
            definition_file.renewed(Path(change.about["path"]), change.edits)


def _read_at(seen: Look) -> dict[str, str]:
    """AWS's time, as entries note it that are written right after a look."""
    return {READ_AT: seen.evidence.collected_at.isoformat()}


def _record(folder: Path, made: Plan, wishes: Wishes, given: Parameters, **noted: str) -> None:
    asked = {
        "answers": {choice.id: choice.answer for choice in made.choices},
        "guide_order": wishes.guide_order,
        "desired_count": wishes.desired_count,
    }
    with writing(resolve(given.outputs)):
        journal.write(folder, PLAN, {**noted, "digest": made.digest, "plan": as_tree(made), "wishes": asked})


# Before the first step


def _recording(given: Parameters) -> None:
    """Refuses to change anything without a record, or by what saved evidence says.

    Raises
    ------
    ParameterError
        No record is wanted, or evidence is replayed.
    """
    if given.evidence or given.incident_id == "none":
        raise ParameterError("apply-unrecorded", name="evidence" if given.evidence else "incident_id")


def _fresh(given: Parameters, found: Recorded) -> dict[str, str]:
    """Makes the plan again from what AWS says now; one that was begun goes on, and checks each change by itself.

    Returns AWS's time as entries note it, where AWS was read.

    Raises
    ------
    SafetyError
        The plan would be another one now.
    """
    if found.begun or found.plan.kind == "undo":
        return {}
    seen = look(given)
    if seen.evidence.target.account != found.plan.target.account:
        raise SafetyError("plan-elsewhere", digest=found.plan.digest, service=found.plan.target.account)
    try:
        now = _made(given, seen, replace(found.wishes, file=_file(seen)))
    except InputError as error:  # what was chosen is no answer any more
        answers = ", ".join(f"{name}={value}" for name, value in found.wishes.answers.items())
        shown = {"what_key": "errors.changed.answers", "before": answers, "now": "-"}
        raise SafetyError("plan-stale", digest=found.plan.digest, **shown) from error
    if now.digest != found.plan.digest:
        raise SafetyError("plan-stale", digest=found.plan.digest, **_what_changed(found.plan, now))
    return _read_at(seen)


def _what_changed(before: Plan, now: Plan) -> dict[str, Any]:
    """What differs between the approved plan and the one of now: of the base, else of the changes."""
    for name in ("deployment", "running", "revision", "sha256"):
        if before.base.get(name, "") != now.base.get(name, ""):
            return {
                "what_key": f"errors.changed.{name}",
                "before": before.base.get(name, "-"),
                "now": now.base.get(name, "-") or "-",
            }
    old, new = ({change.id for change in plan.changes} for plan in (before, now))
    gone, come = sorted(old - new), sorted(new - old)
    changed = sorted(c.id for c in now.changes if c not in before.changes and c.id in old)
    shown = {"before": ", ".join(gone or changed) or "-", "now": ", ".join(come or changed) or "-"}
    return {"what_key": "errors.changed.changes", **shown}


def _hands(given: Parameters, found: Recorded, *, approved: str) -> Hands:
    from runbook_lib.applying import Hands
    from runbook_lib.aws.reader import Reader
    from runbook_lib.aws.session import Access, ChangeSession, ReadSession

    access = Access(given.region, given.profile, given.endpoint_url, given.credentials, given.deadline)
    reads = Reader(ReadSession(access))
    changes = Reader(ChangeSession(access, approved)) if approved else reads
    return Hands(reads, changes, found.incident)


def _permitted(given: Parameters, found: Recorded, hands: Hands) -> str:
    """Who applies; refuses before the first step what that principal may not do.

    Raises
    ------
    SafetyError
        A permission is missing.
    """
    from runbook_lib.aws.permissions import caller, missing

    who: Mapping[str, str] = caller(hands.reads)
    if who["account"] != found.plan.target.account:
        raise SafetyError("plan-elsewhere", digest=found.plan.digest, service=found.plan.target.account)
    lacking = missing(hands.reads, who, found.plan) if given.check_permissions else ()
    if lacking:
        raise SafetyError("permission-missing", caller=who["arn"], actions=", ".join(lacking))
    return str(who["arn"])
