"""UpdateTaskProtection, GetTaskProtection."""

from collections.abc import Iterator

from runbook_lib.lab import protection
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.operations import lookup
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document, Task

_NOT_OF_A_SERVICE = "The specified task is not part of an Amazon ECS service."


def update(region: Region, params: Document) -> Document:
    """Set or unset the protection of at most ten tasks of services."""
    cluster = lookup.cluster(region, params)
    lookup.at_most(params["tasks"], 10, "tasks", "Tasks")
    minutes = params.get("expiresInMinutes", protection.DEFAULT_MINUTES)
    if not 1 <= minutes <= protection.MOST_MINUTES:
        message = f"expiresInMinutes must be between 1 and {protection.MOST_MINUTES}."
        raise AwsError("InvalidParameterException", message)
    failures, found = _found(region, cluster, params["tasks"])
    for task in found:
        task.protected_until = region.now + minutes * 60 if params["protectionEnabled"] else None
    return {"protectedTasks": [_view(task, region.now) for task in found], "failures": failures}


def get(region: Region, params: Document) -> Document:
    """Return the protection of at most a hundred tasks; where none is named, of those that are protected."""
    cluster = lookup.cluster(region, params)
    if "tasks" not in params:
        held = (task for task in region.tasks.values() if task.cluster == cluster)
        return {"protectedTasks": [_view(task, region.now) for task in _protected(held, region.now)], "failures": []}
    lookup.at_most(params["tasks"], 100, "tasks", "Tasks")
    failures, found = _found(region, cluster, params["tasks"])
    return {"protectedTasks": [_view(task, region.now) for task in found], "failures": failures}


def _found(region: Region, cluster: str, references: list[str]) -> tuple[list[Document], list[Task]]:
    failures: list[Document] = []
    found: list[Task] = []
    for reference in references:
        task = lookup.task(region, cluster, reference)
        if task is None or not task.alive:
            failures.append({"arn": lookup.arn_in(region, "task", cluster, reference), "reason": "MISSING"})
        elif task.service is None:
            failures.append({"arn": task.arn, "reason": "TASK_NOT_VALID", "detail": _NOT_OF_A_SERVICE})
        else:
            found.append(task)
    return failures, found


def _protected(tasks: Iterator[Task], now: float) -> Iterator[Task]:
    return (task for task in tasks if task.alive and protection.protects(task, now))


def _view(task: Task, now: float) -> Document:
    enabled = protection.protects(task, now)
    return {
        "taskArn": task.arn,
        "protectionEnabled": enabled,
        "expirationDate": task.protected_until if enabled else None,
    }
