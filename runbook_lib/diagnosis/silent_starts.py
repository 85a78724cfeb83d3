"""Failed starts that a network fault may explain, and where in the network they were.

ECS says that nothing answered, or nothing that tells; one for which it names another reason is not among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runbook_lib.diagnosis import deployments, failures, images, starts, tasks, told
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.diagnosis.network_needs import LABELS
from runbook_lib.diagnosis.state import State, state_of
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.diagnosis.told import Told
from runbook_lib.evidence.model import Evidence, at, once

_NEVER_STARTED = "TaskFailedToStart"


@dataclass(frozen=True)
class Start:
    """A task that never ran: its subnet (``""`` where ECS no longer tells), when it ended, and ECS's words if any."""

    subnet: str
    ended: datetime
    fargate: bool
    told: Told | None


@once
def found(evidence: Evidence) -> tuple[Start, ...]:
    """The failed starts of the deployment made last, newest first; without those that a later start got over.

    A service that is fine now has got over all of them.
    """
    if state_of(evidence) is State.HEALTHY:
        return ()
    newest = deployments.newest(evidence)
    mine = tasks.of(evidence, newest)
    since = failures.since(evidence)
    ended = (start for start in _starts(mine, newest, evidence) if start.ended >= since)
    return tuple(sorted((s for s in ended if not _is_over(s, mine)), key=lambda s: s.ended, reverse=True))


@once
def expected(evidence: Evidence) -> tuple[Start, ...]:
    """The first start of the deployment made last while it is on its way, as if it ended now; of no subnet before ECS
    has chosen one.

    Nothing where ECR lacks its image, which ends it first.
    """
    if not starts.awaited(evidence) or images.newest_lacks_one(evidence):
        return ()
    newest, now = deployments.newest(evidence), evidence.collected_at
    launched = newest.get("launchType") or evidence.service.get("launchType") or ""
    coming = [task for task in tasks.of(evidence, newest) if task.get("lastStatus") != "STOPPED"]
    return tuple(
        Start(subnet(task), now, (task.get("launchType") or launched) == "FARGATE", None) for task in coming or [{}]
    )


@once
def configuration(evidence: Evidence) -> dict[str, Any]:
    """The ``awsvpcConfiguration`` of the deployment made last, or an empty one where it is not known.

    DescribeServices has forgotten a deployment that was rolled back; its service revision tells.
    """
    newest = deployments.newest(evidence)
    number = str(newest.get("id", "")).rpartition("/")[2]
    revisions = (revision for reading in evidence.all("service_revisions") for revision in reading.data)
    own = (r for r in revisions if str(r.get("serviceRevisionArn", "")).rpartition("/")[2] == number)
    holder = newest if newest.get("networkConfiguration") else next(own, {})
    if not holder and not deployments.undone(evidence):
        holder = evidence.service
    network: dict[str, Any] = (holder.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    return network


def subnet(task: Task) -> str:
    """The subnet of an awsvpc task's network interface, or ``""``."""
    details = (d for a in task.get("attachments") or [] for d in a.get("details") or [])
    return next((str(d.get("value")) for d in details if d.get("name") == "subnetId"), "")


def _is_over(start: Start, mine: tuple[Task, ...]) -> bool:
    """Whether a later task in the same subnet has started."""
    later = (at(task.get("startedAt")) for task in mine if subnet(task) == start.subnet)
    return any(moment and moment > start.ended for moment in later)


def _starts(mine: tuple[Task, ...], deployment: Deployment, evidence: Evidence) -> Iterator[Start]:
    launched = deployment.get("launchType") or evidence.service.get("launchType") or ""
    for task in mine:
        ended, said = tasks.ended_at(task), told.of_task(task)
        if ended is None or tasks.has_started(task) or task.get("stopCode") != _NEVER_STARTED:
            continue
        if said is None or not said.judgement.certain or said.judgement.label in LABELS:
            yield Start(subnet(task), ended, (task.get("launchType") or launched) == "FARGATE", said)
