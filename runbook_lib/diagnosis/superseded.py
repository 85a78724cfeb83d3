"""Symptoms that are on their way out: of revisions that a deployment which comes along well is replacing."""

from __future__ import annotations

from collections.abc import Iterable

from runbook_lib.diagnosis import deployments, tasks
from runbook_lib.diagnosis.state import comes_along_well
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.evidence.model import Evidence


def replaced(evidence: Evidence, found: Iterable[Task]) -> list[str]:
    """The revisions of these tasks where all of them are being replaced; none where one is of the PRIMARY itself."""
    mine, made = tuple(found), deployments.primary(evidence)
    if not comes_along_well(evidence) or any(tasks.belongs(task, made) for task in mine):
        return []
    return sorted({deployments.revision(task.get("taskDefinitionArn", "")) for task in mine})
