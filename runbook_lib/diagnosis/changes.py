"""What changed between the last revision that completed and the one that fails, what may explain the failure first.

The order says where to look. It does not say that a change is the cause: only a rule's verdict says that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from runbook_lib.diagnosis import deployments, revisions
from runbook_lib.diagnosis.differences import Difference, Scope, Values, of_definitions, of_digests, of_settings
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.explaining import ORDER, fields_of
from runbook_lib.diagnosis.messages import CAUSES
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.diagnosis.revisions import COMPARED, Revision
from runbook_lib.diagnosis.state import State
from runbook_lib.evidence.model import Evidence, Unread

Missing = Literal["", "service", "history", "no-completed", "revision", "definition", "nothing-failed"]
_WHOLE = "container"  # the field of a container that was added or taken away
_CALM = (State.HEALTHY, State.DEPLOYING)


@dataclass(frozen=True)
class Change:
    """A field that is not the same, in AWS's own names. ``rank`` 1 is where to look first.

    ``scope`` is ``container``, ``task`` or ``service``; ``container`` is empty for the last two. Of a list ``before``
    and ``after`` are what was taken away and what was added; of environment variables only the names. ``labels`` are
    those of the causes and symptoms found that a change of this field can have to do with.
    """

    scope: Scope
    container: str
    field: str
    before: Values
    after: Values
    rank: int = 0
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """What changed from ``before`` to ``after``; where that cannot be told, ``missing`` says why, with what was unread.

    ``settings`` says whether the service's own settings were compared too. ``hidden`` are fields with masked values
    that may differ unseen, as container (or empty) and name. ``elsewhere`` are the causes found that belong to another
    revision than these two (``family:42``): what differs here has nothing to do with them.
    """

    before: Revision | None = None
    after: Revision | None = None
    changes: tuple[Change, ...] = ()
    missing: Missing = ""
    unreads: tuple[Unread, ...] = ()
    settings: bool = False
    hidden: tuple[tuple[str, str], ...] = ()
    elsewhere: tuple[Verdict, ...] = ()


def compare(diagnosis: Diagnosis, evidence: Evidence) -> Comparison:
    """The comparison for this diagnosis; pure, so saved evidence gives the same without AWS."""
    last = revisions.deployed_last(evidence)
    if last is None:
        return Comparison(missing="service", unreads=evidence.unread("service"))
    faults = faults_of(diagnosis)
    if not faults and diagnosis.state in _CALM:
        return Comparison(after=last, missing="nothing-failed")
    before = revisions.completed_before(evidence, last)
    if before is None:
        return _without_history(last, evidence)
    return _compared(before, last, faults, evidence)


def faults_of(diagnosis: Diagnosis) -> tuple[Verdict, ...]:
    """What the changes are ordered by: the causes, then the symptoms that none of them explains."""
    return diagnosis.failed("cause") + tuple(v for v in diagnosis.failed("symptom") if not v.explained_by)


def _without_history(last: Revision, evidence: Evidence) -> Comparison:
    """Nothing to compare with: no deployment completed before, or which ones did could not be read."""
    known = bool(evidence.all("service_deployments"))
    return Comparison(
        after=last,
        missing="no-completed" if known else "history",
        unreads=() if known else evidence.unread("service_deployments"),
    )


def _compared(before: Revision, last: Revision, faults: tuple[Verdict, ...], evidence: Evidence) -> Comparison:
    both, read = Comparison(before, last), revisions.definitions(evidence)
    wanting = {before.definition, last.definition} - {*read, ""}
    if lost := _unread_definitions(evidence, wanting):
        return replace(both, missing="definition", unreads=lost)
    if not before.definition or not last.definition:
        return replace(both, missing="revision", unreads=evidence.unread("service_revisions"))
    if wanting:
        return replace(both, missing="definition")
    old, new = (revisions.settings(evidence, revision) for revision in (before, last))
    known = bool(old and new)
    found = list(of_definitions(read[before.definition], read[last.definition]))
    found += [*of_digests(old, new), *of_settings(old, new)] if known else []
    elsewhere = tuple(v for v in faults if v.role == "cause" and _is_elsewhere(v, before, last))
    own = tuple(v for v in faults if v not in elsewhere)
    return replace(
        both,
        elsewhere=elsewhere,
        changes=tuple(_ranked([one for one in found if one.before or one.after], own)),
        unreads=() if known else evidence.unread("service_revisions"),
        settings=known,
        hidden=tuple((one.container, one.field) for one in found if one.masked),
    )


def _is_elsewhere(fault: Verdict, before: Revision, last: Revision) -> bool:
    named = str(fault.facts.get("revision") or "")
    return bool(named) and named not in (deployments.revision(side.definition) for side in (before, last))


def _unread_definitions(evidence: Evidence, arns: set[str]) -> tuple[Unread, ...]:
    return tuple(u for u in evidence.unread("task_definition", COMPARED) if u.request["arn"] in arns)


def _ranked(found: list[Difference], faults: tuple[Verdict, ...]) -> Iterator[Change]:
    """By the leading fault that the field can have to do with, then by the fields' order; numbered from 1."""
    for rank, one in enumerate(sorted(found, key=lambda one: _place(one, faults)), start=1):
        bears_on = tuple(dict.fromkeys(fault.label for fault in faults if _bears_on(one, fault) is not None))
        yield Change(one.scope, one.container, one.field, one.before, one.after, rank, bears_on)


def _place(one: Difference, faults: tuple[Verdict, ...]) -> tuple[int, int, int]:
    own = _among(one.field, ORDER)
    order = len(ORDER) if own is None else own
    places = ((number, _bears_on(one, fault)) for number, fault in enumerate(faults))
    number, place = next(((n, place) for n, place in places if place is not None), (len(faults), 0))
    return number, place, order


def _bears_on(one: Difference, fault: Verdict) -> int | None:
    """How likely the change has to do with the fault, 0 first; None where it has nothing.

    Of a container that ended or failed its own check another container's fields tell nothing; that it was added does.
    """
    failed = str(fault.facts.get("container") or "") if _is_of_a_container(fault.label) else ""
    if failed and one.scope == "container" and one.container != failed:
        return None
    if failed and one.field == _WHOLE:
        return 0
    return _among(one.field, fields_of(fault.label))


def _is_of_a_container(label: str) -> bool:
    return label in CAUSES and CAUSES[label].group == "container"


def _among(field: str, fields: tuple[str, ...]) -> int | None:
    """The place of the first of these fields that ``field`` is, or lies below."""
    return next((n for n, name in enumerate(fields) if field == name or field.startswith(f"{name}.")), None)
