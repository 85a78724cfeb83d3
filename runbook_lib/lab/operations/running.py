"""RunTask and ExecuteCommand."""

from runbook_lib.lab import capacity, tasks, views
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.operations import capacity_providers, launching, lookup
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document, Task

_OVERRIDDEN = ("command", "cpu", "memory", "memoryReservation")
_NOT_ENABLED = (
    "The execute command failed because execute command was not enabled when the task was run or the execute command "
    "agent isn\N{RIGHT SINGLE QUOTATION MARK}t running. Wait and try again or run a new task with execute command "
    "enabled and try again."
)


def run(region: Region, params: Document) -> Document:
    """Start tasks that belong to no service; the same client token starts them once."""
    cluster = lookup.cluster(region, params)
    token = params.get("clientToken")
    if token in region.runs:
        return _again(region, region.runs[token], params)
    definition = lookup.active_definition(region, params["taskDefinition"], inactive="InvalidParameterException")
    lookup.check_network(region, definition, params)
    if not 1 <= params.get("count", 1) <= 10:
        raise AwsError("InvalidParameterException", "Count must be between 1 and 10.")
    capacity_providers.check_choice(params)
    launching.check_run(params, definition)
    changed = _overridden(definition, params.get("overrides") or {})
    new = [_launch(region, cluster, changed, params) for _ in range(params.get("count", 1))]
    if token:
        region.runs[token] = (params, [task.arn for task in new])
    return _started(region, new)


def _again(region: Region, before: tuple[Document, list[str]], params: Document) -> Document:
    request, arns = before
    if request != params:
        message = "The client token was used for a request with other parameters."
        raise AwsError("ConflictException", message, resourceIds=arns)
    return _started(region, [region.tasks[arn] for arn in arns if arn in region.tasks])


def _started(region: Region, new: list[Task]) -> Document:
    return {"tasks": [views.task(region, task, {"TAGS"}) for task in new], "failures": []}


def _overridden(definition: Document, overrides: Document) -> Document:
    """Return the task definition as the overrides change it for this task alone."""
    given = {item.get("name"): item for item in overrides.get("containerOverrides", [])}
    known = {container["name"] for container in definition["containerDefinitions"]}
    for name in given:
        if name not in known:
            message = f"Override for container named {name} is not a container in the TaskDefinition."
            raise AwsError("InvalidParameterException", message)
    kept: Document = {
        name: overrides[name] for name in ("cpu", "memory", "executionRoleArn", "taskRoleArn") if name in overrides
    }
    containers = [_container(container, given.get(container["name"], {})) for container in _containers(definition)]
    return {**definition, **kept, "containerDefinitions": containers}


def _containers(definition: Document) -> list[Document]:
    found: list[Document] = definition["containerDefinitions"]
    return found


def _container(definition: Document, override: Document) -> Document:
    environment = {
        item.get("name"): item for item in [*definition.get("environment", []), *override.get("environment", [])]
    }
    changed = {name: override[name] for name in _OVERRIDDEN if name in override}
    return {**definition, **changed, "environment": list(environment.values())}


def _launch(region: Region, cluster: str, definition: Document, params: Document) -> Task:
    document = {
        "group": params.get("group") or f"family:{definition['family']}",
        "startedBy": params.get("startedBy", ""),
        **capacity.chosen(params),
        "platformVersion": "1.4.0",
        "enableExecuteCommand": params.get("enableExecuteCommand", False),
        "overrides": params.get("overrides"),
        "network": (params.get("networkConfiguration") or {}).get("awsvpcConfiguration"),
    }
    task = tasks.launch(region, cluster, definition, document)
    propagated = params.get("propagateTags") == "TASK_DEFINITION"
    inherited = region.tags_of(definition["taskDefinitionArn"]) if propagated else []
    tags = {item.get("key"): item for item in [*inherited, *params.get("tags", [])]}
    region.tags[task.arn] = list(tags.values())
    return task


def execute(region: Region, params: Document) -> Document:
    """Refuse to run a command in a container: as ECS does where ECS Exec is off, else because the lab runs none."""
    found = lookup.task(region, lookup.cluster(region, params), params["task"])
    if found is None or not found.alive:
        raise AwsError("InvalidParameterException", "The referenced task was not found.")
    if not found.document.get("enableExecuteCommand"):
        raise AwsError("InvalidParameterException", _NOT_ENABLED)
    raise AwsError("NotImplementedByLab", "The lab simulates containers; there is none to execute a command in.")
