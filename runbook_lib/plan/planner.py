"""Makes a plan of a diagnosis: what each cause asks for, put together in the order in which it is safe to apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runbook_lib.diagnosis import deployments, revisions
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.evidence.model import Evidence
from runbook_lib.plan.edits import Edit, EditError, applied
from runbook_lib.plan.model import Change, Choice, Option, Plan, ordered
from runbook_lib.plan.remedies import remedy
from runbook_lib.plan.remedy import Remedy
from runbook_lib.plan.situation import Situation, Wishes

WAY, FORWARD, BACK = "way", "forward", "back"
STOP_REASON = "Stopping unhealthy task to allow clean deployment"
_OVERLAP, _AT_ZERO = "deployments_overlapping", "nothing_desired"
Asked = tuple[tuple[Verdict, Remedy], ...]


def make(diagnosis: Diagnosis, evidence: Evidence, wishes: Wishes) -> Plan:
    """The plan for what a diagnosis found.

    Raises
    ------
    InputError
        An answer of the wishes is none of its choice's options.
    """
    situation = Situation(evidence, wishes)
    asked = tuple((verdict, remedy(verdict, situation)) for verdict in _to_mend(diagnosis))
    way = _way(situation, asked)
    back = way is not None and way.answer == BACK
    kept = tuple((verdict, _going_back(found)) for verdict, found in asked) if back else asked
    return Plan(
        evidence.target,
        _base(situation),
        tuple(_changes(situation, kept, back=back)),
        (*([way] if way else []), *(choice for _, found in kept for choice in found.choices)),
        () if back else ordered(verdict.rule for verdict, found in asked if found.by_hand),
    )


def _to_mend(diagnosis: Diagnosis) -> tuple[Verdict, ...]:
    """The causes, and a service at 0, which is no cause but has to be answered before anything runs."""
    return diagnosis.failed("cause") + tuple(v for v in diagnosis.failed("risk") if v.rule == _AT_ZERO)


def _way(situation: Situation, asked: Asked) -> Choice | None:
    """Whether to correct what was deployed last or to go back, where going back is possible and not beside the point.

    Asked where deployments overlap (one of them has to be kept) and where a person would have to do a correction.
    """
    hand = any(found.by_hand for _, found in asked)
    overlap = any(verdict.rule == _OVERLAP for verdict, _ in asked)
    if not (hand or overlap) or not _may_go_back(situation):
        return None
    options = (
        Option(FORWARD, {"revision": _name(situation.revision)}),
        Option(BACK, {"revision": _name(situation.completed)}),
    )
    rule = next(v.rule for v, found in asked if found.by_hand or v.rule == _OVERLAP)
    return situation.answered(Choice(WAY, rule, options, suggested=BACK if hand else FORWARD))


def _may_go_back(situation: Situation) -> bool:
    """Whether a revision completed before, is still active and is not what the service has already."""
    definition = revisions.definitions(situation.evidence).get(situation.completed, {})
    return bool(definition) and definition.get("status") == "ACTIVE" and situation.completed != situation.running


def _going_back(found: Remedy) -> Remedy:
    """What is left of a remedy where the revision is not corrected but replaced by the one that worked."""
    return Remedy(settings=found.settings, log_groups=found.log_groups, stops=found.stops)


def _base(situation: Situation) -> dict[str, str]:
    base = {"revision": situation.revision, "running": situation.running, "deployment": situation.deployment}
    file = situation.wishes.file
    return {**base, "file": file["path"], "sha256": file["sha256"]} if file else base


def _changes(situation: Situation, asked: Asked, *, back: bool) -> Iterator[Change]:
    parts = [
        *_file(situation, asked),
        *_log_groups(situation, asked),
        *_groups(situation, asked),
        *_register(situation, asked),
    ]
    update = _rollback(situation, asked) if back else _update(situation, asked, parts)
    stops = tuple(_stops(situation, asked)) if update else ()
    yield from stops if situation.wishes.guide_order else ()
    yield from parts
    yield from update
    yield from () if situation.wishes.guide_order else stops


def _rules(asked: Asked, field: str) -> tuple[str, ...]:
    return ordered(verdict.rule for verdict, found in asked if getattr(found, field))


def _edits(asked: Asked) -> tuple[Edit, ...]:
    """All edits; removals come last, highest place first, so that none moves what another one names."""
    found = [edit for _, each in asked for edit in each.edits]
    return (*(e for e in found if e.op != "remove"), *(e for e in found if e.op == "remove"))


def _file(situation: Situation, asked: Asked) -> Iterator[Change]:
    file, edits = situation.wishes.file, _edits(asked)
    if file and edits and _differs(file["document"], edits):
        about = {"path": file["path"], "sha256": file["sha256"]}
        yield Change("edit-file", "edit-file", _rules(asked, "edits"), about, edits)


def _differs(document: Mapping[str, Any], edits: tuple[Edit, ...]) -> bool:
    """Whether edits change anything: a file may have been corrected already, and not been deployed."""
    try:
        return bool(applied(document, edits) != document)
    except EditError:  # said when the file itself is edited
        return True


def _register(situation: Situation, asked: Asked) -> Iterator[Change]:
    edits = _edits(asked)
    if not edits:
        return
    document, file = situation.document, situation.wishes.file
    family = str(document.get("family") or _name(situation.revision).partition(":")[0])
    source = {"path": file["path"]} if file else {"base": situation.revision}
    about = {"family": family, "roles": _roles(document), **source}
    yield Change("register", "register", _rules(asked, "edits"), about, () if file else edits)


def _roles(document: Mapping[str, Any]) -> tuple[str, ...]:
    return ordered(str(document[name]) for name in ("executionRoleArn", "taskRoleArn") if document.get(name))


def _log_groups(situation: Situation, asked: Asked) -> Iterator[Change]:
    for name in ordered(name for _, found in asked for name in found.log_groups):
        about = {"log_group": name, "region": situation.evidence.target.region}
        yield Change(f"create-log-group:{name}", "create-log-group", _rules(asked, "log_groups"), about)


def _groups(situation: Situation, asked: Asked) -> Iterator[Change]:
    read = {group["TargetGroupArn"]: group for group in situation.evidence.data("target_groups", [])}
    wanted: dict[str, dict[str, Any]] = {}
    for _, found in asked:
        for arn, members in found.groups.items():
            wanted.setdefault(arn, {}).update(members)
    for arn, members in wanted.items():
        before = {name: read.get(arn, {}).get(name) for name in members}
        about = {"target_group_arn": arn, "target_group": arn.split("/")[-2] if "/" in arn else arn}
        rules = _rules(asked, "groups")
        yield Change(
            f"modify-target-group:{about['target_group']}",
            "modify-target-group",
            rules,
            about,
            (),
            before,
            members,
            "checks",
        )


def _update(situation: Situation, asked: Asked, parts: list[Change]) -> tuple[Change, ...]:
    settings = _settings(situation, asked)
    registers = any(change.kind == "register" for change in parts)
    if not (settings or registers or _starts_anew(situation, parts)):
        return ()
    rules = ordered(verdict.rule for verdict, found in asked if not found.by_hand)
    return (_updating(situation, rules, "" if registers else situation.running, settings),)


def _rollback(situation: Situation, asked: Asked) -> tuple[Change, ...]:
    """Go back: ECS's own rollback keeps the tasks that run; what has ended already is deployed over."""
    rules, settings = ordered(verdict.rule for verdict, _ in asked), _settings(situation, asked)
    running = _under_way(situation.evidence)
    if not running or settings:
        return (_updating(situation, rules, situation.completed, settings),)
    about = {"service_deployment": running, "deployment": situation.deployment}
    before, after = {"taskDefinition": situation.running}, {"taskDefinition": situation.completed}
    return (Change("roll-back", "roll-back", rules, about, (), before, after, "rollout"),)


def _under_way(evidence: Evidence) -> str:
    """ARN of the service deployment that is in progress, or ``""``."""
    briefs = evidence.data("service_deployments", [])
    going = (b["serviceDeploymentArn"] for b in briefs if b.get("status") in ("PENDING", "IN_PROGRESS"))
    return str(next(going, ""))


def _updating(situation: Situation, rules: tuple[str, ...], definition: str, settings: Mapping[str, Any]) -> Change:
    target, service = situation.evidence.target, situation.evidence.service
    document = revisions.definitions(situation.evidence).get(definition, {}) if definition else situation.document
    about = {
        "cluster": target.cluster,
        "service": target.service,
        "deployment": situation.deployment,
        "roles": _roles(document),
    }
    before = {"taskDefinition": situation.running, **{name: service.get(name) for name in settings}}
    after = {"taskDefinition": definition, "forceNewDeployment": True, **settings}
    return Change("update-service", "update-service", rules, about, (), before, after, "rollout")


def _settings(situation: Situation, asked: Asked) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _, each in asked:
        found.update(each.settings)
    if situation.wishes.desired_count is not None:
        found["desiredCount"] = situation.wishes.desired_count
    return found


def _starts_anew(situation: Situation, parts: list[Change]) -> bool:
    """Whether a change around the service needs a new deployment to take effect: one that has ended tries no more."""
    newest = deployments.newest(situation.evidence)
    created = any(change.kind == "create-log-group" for change in parts)
    return created or (bool(parts) and newest.get("rolloutState") != "IN_PROGRESS")


def _stops(situation: Situation, asked: Asked) -> Iterator[Change]:
    """The tasks that are unhealthy now and run on: those of superseded deployments, and all others of the service."""
    evidence = situation.evidence
    running = [task for task in evidence.tasks("RUNNING") if task.get("healthStatus") == "UNHEALTHY"]
    named = {stop for _, found in asked for stop in found.stops}
    for task in evidence.tasks("RUNNING"):
        identity = str(task.get("taskArn", "")).rpartition("/")[2]
        if identity in named or task in running:
            yield _stop(evidence, task, identity, _rules(asked, "stops") or ("tasks_unhealthy",))


def _stop(evidence: Evidence, task: Mapping[str, Any], identity: str, rules: tuple[str, ...]) -> Change:
    about = {"cluster": evidence.target.cluster, "task": identity}
    before = {"taskDefinition": _name(str(task.get("taskDefinitionArn", ""))), "healthStatus": task.get("healthStatus")}
    return Change(f"stop-task:{identity}", "stop-task", rules, about, (), before, {"reason": STOP_REASON}, "interrupts")


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
