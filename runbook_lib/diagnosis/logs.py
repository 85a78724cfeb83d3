"""Where containers write their logs: groups and streams of CloudWatch Logs, and what the logs of failed tasks say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runbook_lib.diagnosis.tasks import Task, identity
from runbook_lib.evidence.model import Evidence, Request, request


@dataclass(frozen=True)
class Log:
    """One container's use of the ``awslogs`` driver. ``created``: ECS is to create the group itself."""

    container: str
    group: str
    region: str
    prefix: str
    created: bool


def of(definition: dict[str, Any]) -> tuple[Log, ...]:
    """The containers of a task definition that log to CloudWatch Logs."""
    return tuple(_logs(definition.get("containerDefinitions") or []))


def _logs(containers: list[dict[str, Any]]) -> Iterator[Log]:
    for container in containers:
        config = container.get("logConfiguration") or {}
        if config.get("logDriver") == "awslogs":
            options = config.get("options") or {}
            yield Log(
                str(container.get("name", "")),
                str(options.get("awslogs-group") or ""),
                str(options.get("awslogs-region") or ""),
                str(options.get("awslogs-stream-prefix") or ""),
                str(options.get("awslogs-create-group", "")).lower() == "true",
            )


def lines_request(evidence: Evidence, task: Task, container: str) -> Request | None:
    """The request for what a task's container has logged; None where its log stream has no name that we know."""
    definition = evidence.task_definitions().get(str(task.get("taskDefinitionArn", "")), {})
    log = next((log for log in of(definition) if log.container == container), None)
    if log is None or not (log.group and log.prefix):
        return None
    stream = f"{log.prefix}/{container}/{identity(task)}"
    return request("log_lines", group=log.group, region=log.region, stream=stream)


def sentences(evidence: Evidence, found: tuple[Task, ...]) -> list[dict[str, Any]]:
    """The known sentences in the logs of these tasks, as far as they were read."""
    ids = {identity(task) for task in found}
    readings = (r for r in evidence.all("log_lines") if r.request["stream"].rpartition("/")[2] in ids)
    return [said for reading in readings for said in reading.data["sentences"]]
