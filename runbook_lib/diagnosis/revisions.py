"""The two revisions that a failure is compared between: what was deployed last, and what completed before it.

Neither is guessed from a revision's number: an earlier number may never have been deployed, or never have completed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.diagnosis.state import State, state_of
from runbook_lib.evidence.first_look import task_definition_arns
from runbook_lib.evidence.model import Evidence, Request, at, request

COMPARED = "compared_definition"  # the kind: a task definition that no deployment of the service lists any more
_TROUBLED = (State.STUCK, State.FAILING, State.UNKNOWN)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Revision:
    """A service revision. ``number`` is its own and that of its deployment; ``definition`` a task definition's ARN.

    ``arn`` and ``definition`` are empty where no reading names them. ``at`` is when it was deployed, or completed.
    """

    number: str
    arn: str = ""
    definition: str = ""
    at: datetime | None = None
    rolled_back: bool = False


def deployed_last(evidence: Evidence) -> Revision | None:
    """What was deployed last, listed or rolled back since; None where no deployment is known."""
    newest = deployments.newest(evidence)
    if not newest:
        return None
    return _revision(evidence, _number(newest), at(newest.get("createdAt")), gone="undone" in newest)


def completed_before(evidence: Evidence, last: Revision) -> Revision | None:
    """The newest revision before it that completed: of a listed deployment, else as the service deployments tell."""
    limit = last.at or _NEVER
    done = [b for b in _briefs(evidence) if b.get("status") == "SUCCESSFUL" and _created(b) < limit]
    finished = {_target(b): _finished(b) for b in sorted(done, key=_finished) if _target(b) != last.number}
    for deployment in deployments.current(evidence):
        number, began = _number(deployment), deployments.created(deployment)
        if deployment.get("rolloutState") == "COMPLETED" and number != last.number and began < limit:
            moment = finished.get(number) or deployments.completed_at(evidence, deployment)
            return _revision(evidence, number, moment)
    return next((_revision(evidence, number, finished[number]) for number in reversed(finished)), None)


def definitions(evidence: Evidence) -> dict[str, dict[str, Any]]:
    """The task definitions that were read, by ARN: those of listed deployments and those read to compare with."""
    return {r.data["taskDefinitionArn"]: r.data for kind in (COMPARED, "task_definition") for r in evidence.all(kind)}


def settings(evidence: Evidence, revision: Revision) -> dict[str, Any]:
    """The service revision as DescribeServiceRevisions shows it; empty where it was not read."""
    return next((found for found in _revisions(evidence) if _own_number(found) == revision.number), {})


def asked(evidence: Evidence) -> tuple[Request, ...]:
    """The one request for both service revisions, as far as their ARNs are known."""
    arns = [side.arn for side in _both(evidence)]
    return (request("service_revisions", arns=",".join(filter(None, arns))),) if arns and arns[0] else ()


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """Both service revisions and, once they are known, the task definitions that a first look does not read.

    Where task definitions could not be read, nothing: the same call would be refused, or be waited for, once more.
    """
    both = _both(evidence)
    if not both or state_of(evidence) not in _TROUBLED or evidence.unread("task_definition"):
        return ()
    listed = (*task_definition_arns(evidence.service), str(deployments.newest(evidence).get("taskDefinition", "")))
    read = {*definitions(evidence), *listed}  # what a look reads anyway
    arns = dict.fromkeys(side.definition for side in both)
    return (*asked(evidence), *(request(COMPARED, arn=arn) for arn in arns if arn and arn not in read))


def _both(evidence: Evidence) -> tuple[Revision, ...]:
    """The completed revision and the last one, or nothing where either is not known."""
    last = deployed_last(evidence)
    before = completed_before(evidence, last) if last else None
    return (before, last) if last and before else ()


def _revision(evidence: Evidence, number: str, moment: datetime | None, *, gone: bool = False) -> Revision:
    return Revision(number, _arn(evidence, number), _definition(evidence, number), moment, gone)


def _arn(evidence: Evidence, number: str) -> str:
    known = [str(b.get("targetServiceRevisionArn", "")) for b in _briefs(evidence)]
    known += [str(r.get("arn", "")) for r in evidence.service.get("currentServiceRevisions") or []]
    return next((arn for arn in known if arn.rpartition("/")[2] == number), "")


def _definition(evidence: Evidence, number: str) -> str:
    """By a listed deployment, a service revision, or a task that the deployment started."""
    listed = ((_number(d), d.get("taskDefinition")) for d in deployments.current(evidence))
    read = ((_own_number(r), r.get("taskDefinition")) for r in _revisions(evidence))
    started = ((_tail(task.get("startedBy")), task.get("taskDefinitionArn")) for task in evidence.tasks())
    return next((str(arn) for found in (listed, read, started) for n, arn in found if n == number and arn), "")


def _briefs(evidence: Evidence) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = evidence.data("service_deployments", [])
    return found


def _revisions(evidence: Evidence) -> list[dict[str, Any]]:
    return [revision for reading in evidence.all("service_revisions") for revision in reading.data]


def _tail(identity: object) -> str:
    return str(identity or "").rpartition("/")[2]


def _number(deployment: Deployment) -> str:
    return _tail(deployment.get("id"))


def _target(brief: dict[str, Any]) -> str:
    return _tail(brief.get("targetServiceRevisionArn"))


def _own_number(revision: dict[str, Any]) -> str:
    return _tail(revision.get("serviceRevisionArn"))


def _created(brief: dict[str, Any]) -> datetime:
    return at(brief.get("createdAt")) or _NEVER


def _finished(brief: dict[str, Any]) -> datetime:
    return at(brief.get("finishedAt")) or _created(brief)
