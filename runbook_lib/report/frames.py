"""Readings as pandas tables, for those who work on in the notebook. pandas is loaded only when a frame is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from runbook_lib.evidence.model import Evidence, at

if TYPE_CHECKING:
    import pandas

_TASK = ("taskArn", "taskDefinitionArn", "startedBy", "lastStatus", "healthStatus", "stopCode", "stoppedReason")
_TASK_TIMES = ("createdAt", "startedAt", "stoppingAt", "stoppedAt")
_DEPLOYMENT = ("id", "status", "rolloutState", "taskDefinition", "desiredCount", "runningCount", "pendingCount")
_TIMES = (*_TASK_TIMES, "updatedAt", "imagePushedAt")


def frame(evidence: Evidence, kind: str) -> pandas.DataFrame:
    """A table of what was read, in AWS's own field names; times are UTC.

    Parameters
    ----------
    evidence : Evidence
        What was read.
    kind : {"tasks", "deployments", "events", "images"}
        Which table.

    Returns
    -------
    pandas.DataFrame
        One row a task, deployment, event or image tag; no rows where there was nothing to read.

    Raises
    ------
    ValueError
        There is no such table.
    """
    if kind not in _ROWS:
        raise ValueError(f"kind must be one of {', '.join(_ROWS)}: {kind!r}")
    pd = import_module("pandas")  # here, because it takes half a second that a diagnosis does not need
    columns, rows = _ROWS[kind]
    found = list(rows(evidence))
    made = {name: [row.get(name) for row in found] for name in columns}
    for name in set(columns) & set(_TIMES):
        made[name] = pd.to_datetime([at(value) for value in made[name]], utc=True)
    table: pandas.DataFrame = pd.DataFrame(made)
    return table


def _deployments(evidence: Evidence) -> Iterable[dict[str, Any]]:
    return list(evidence.service.get("deployments", ()))


def _events(evidence: Evidence) -> Iterable[dict[str, Any]]:
    return list(evidence.service.get("events", ()))


def _images(evidence: Evidence) -> Iterable[dict[str, Any]]:
    """One row a tag; an image without tags has one row without."""
    for reading in evidence.all("images"):
        for image in reading.data:
            for tag in image.get("imageTags") or [None]:
                yield {**image, "repository": reading.request["repository"], "imageTag": tag}


_Rows = Callable[[Evidence], Iterable[dict[str, Any]]]
_ROWS: dict[str, tuple[tuple[str, ...], _Rows]] = {
    "tasks": ((*_TASK, *_TASK_TIMES), Evidence.tasks),
    "deployments": ((*_DEPLOYMENT, "failedTasks", "createdAt", "updatedAt"), _deployments),
    "events": (("createdAt", "message"), _events),
    "images": (("repository", "imageTag", "imageDigest", "imagePushedAt"), _images),
}
