"""ListTasks, DescribeTasks, StopTask."""

from runbook_lib.lab import reasons, tasks, views
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.operations import lookup
from runbook_lib.lab.operations.paging import page
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document, Task


def list_arns(region: Region, params: Document) -> Document:
    """List tasks of a cluster; those that are meant to run, unless STOPPED ones are wanted."""
    cluster = lookup.cluster(region, params)
    if "serviceName" in params:
        name = lookup.name_in(region, "service", cluster, params["serviceName"])
        if (cluster, name) not in region.services:
            raise AwsError("ServiceNotFoundException", "Service not found.")
    if "startedBy" in params and {"serviceName", "family"} & set(params):
        raise AwsError("InvalidParameterException", "cannot filter by startedBy and other filters together.")
    found = [task.arn for task in region.tasks.values() if task.cluster == cluster and _wanted(task, params)]
    arns, token = page(found, params, lambda arn: [arn])
    return {"taskArns": arns, "nextToken": token}


def _wanted(task: Task, params: Document) -> bool:
    return (
        task.desired == params.get("desiredStatus", "RUNNING")
        and _named(params, "serviceName") in (None, task.service.name if task.service else "")
        and params.get("family") in (None, task.definition["family"])
        and params.get("startedBy") in (None, task.started_by)
        and params.get("launchType") in (None, task.document.get("launchType"))
    )


def _named(params: Document, member: str) -> str | None:
    return lookup.name_of(params[member]) if member in params else None


def describe(region: Region, params: Document) -> Document:
    """Describe tasks; unknown ones, and those stopped more than an hour ago, are failures."""
    cluster = lookup.cluster(region, params)
    lookup.at_most(params["tasks"], 100, "tasks", "Tasks")
    found = [(reference, lookup.task(region, cluster, reference)) for reference in params["tasks"]]
    include = set(params.get("include", []))
    return {
        "tasks": [views.task(region, task, include) for _, task in found if task],
        "failures": [
            {"arn": lookup.arn_in(region, "task", cluster, reference), "reason": "MISSING"}
            for reference, task in found
            if task is None
        ],
    }


def stop(region: Region, params: Document) -> Document:
    """Stop a task; the scheduler replaces one of a service."""
    found = lookup.task(region, lookup.cluster(region, params), params["task"])
    if found is None:
        raise AwsError("InvalidParameterException", "The referenced task was not found.")
    tasks.stop(region, found, params.get("reason") or reasons.USER_STOP, "UserInitiated")
    return {"task": views.task(region, found, set())}
