"""An essential container ended by itself.

What it looks for
    Tasks whose essential container ended by itself, or could not be run; why, by reason or log.
Why it breaks a rollout
    The task is replaced again and again.
Blind spots
    A log's free words; exits that a healthy service has got over.
Readings
    service, task_arns, tasks; task_definition tells which container is essential; log_lines of the two newest.
Fix
    Read the container's last log lines, correct what they say, register and deploy.
Guide section
    Checklist 7.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/out-of-memory.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import deployments, exits, failures, tasks
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence, Request

_LOGS_READ = 2


def check(evidence: Evidence) -> Finding:
    """FAIL where tasks of a deployment that counts lately stopped because a container ended."""
    exited = failures.recent(evidence, lambda task: _ended_by_itself(task) or exits.could_not_run(task))
    if exited:
        return _failed(evidence, exited)
    if not tasks.seen(evidence):
        return unseen(evidence, tasks.KINDS)
    newest = deployments.newest(evidence)
    name = deployments.newest_revision(evidence)
    if any(tasks.has_started(task) for task in tasks.of(evidence, newest)):
        return passed(count=0, revision=name)
    if not evidence.service.get("desiredCount"):
        return not_applicable(reason="no-task-desired")
    if any(task.get("stopCode") == "TaskFailedToStart" for task in tasks.of(evidence, newest)):
        # What never started cannot have exited: nothing is hidden from us, and nothing is shown to be well.
        return not_applicable(reason="never-started", revision=name)
    return unknown("not-started", revision=name)


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The logs of the newest containers that ended, where nothing else tells why."""
    return exits.requests(evidence, failures.recent(evidence, _ended_by_itself), _LOGS_READ)


def _ended_by_itself(task: Task) -> bool:
    return task.get("stopCode") == "EssentialContainerExited"


def _failed(evidence: Evidence, exited: tuple[Task, ...]) -> Finding:
    last, end = exited[0], exits.end_of(evidence, exited)
    container = exits.culprit(evidence, last)
    defined = _defined(evidence, last, str(container.get("name", "")))
    options = (defined.get("logConfiguration") or {}).get("options") or {}
    reason = str(container.get("reason") or (last.get("stoppedReason") or ""))
    ended = tasks.ended_at(last)
    code = container.get("exitCode")
    return failed(
        "likely" if end.kind == "heap" else "confirmed",
        (
            Cite("ecs:DescribeTasks", "tasks[].stopCode", str(last.get("stopCode"))),
            Cite("ecs:DescribeTasks", "tasks[].containers[].exitCode", "" if code is None else str(code)),
            *((Cite("logs:GetLogEvents", "events[].message", end.sentence),) if end.sentence else ()),
        ),
        label=end.label,
        container=str(container.get("name", "")),
        exit_code=code,
        count=len(exited),
        revision=deployments.revision(last.get("taskDefinitionArn", "")),
        reason=reason[:600],
        last_at=ended.isoformat() if ended else "",
        log_group=str(options.get("awslogs-group", "")),
        image=str(defined.get("image", "")),
        out_of_memory=end.kind == "oom",
        end=end.kind,
        variable=end.variable,
    )


def _defined(evidence: Evidence, task: Task, name: str) -> dict[str, Any]:
    """The container's own definition; empty where it was not read."""
    definition = evidence.task_definitions().get(task.get("taskDefinitionArn", ""), {})
    containers: list[dict[str, Any]] = definition.get("containerDefinitions") or []
    return next((container for container in containers if container.get("name") == name), {})


RULE = Rule(
    id="application_exited",
    label="container-exited",
    role="cause",
    needs=("service",),
    uses=tasks.KINDS,
    guide="checklist 7",
    severity=20,
    check=check,
    stopped=True,
    labels=(
        "container-exited",
        "out-of-memory",
        "container-exec-format",
        "container-entrypoint-missing",
        "container-runtime-error",
    ),
    explains=("tasks_unhealthy", "health_check_unanswered"),
    wants=wants,
    deeper=("log_lines",),
)
