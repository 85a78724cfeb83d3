"""An essential container ended by itself.

What it looks for
    Tasks with ``stopCode`` EssentialContainerExited, whatever their exit code.
Why it breaks a rollout
    The task is replaced again and again.
Blind spots
    The container's log; exits that a healthy service has got over.
Readings
    service, task_arns, tasks; task_definition tells which container is essential.
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

from runbook_lib.diagnosis import deployments, failures, tasks
from runbook_lib.diagnosis.messages import is_out_of_memory
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence


def check(evidence: Evidence) -> Finding:
    """FAIL where tasks of a deployment that counts lately stopped because a container ended."""
    exited = failures.recent(evidence, _ended_by_itself)
    if exited:
        return _failed(evidence, exited)
    if not tasks.seen(evidence):
        return unseen(evidence, tasks.KINDS)
    newest = deployments.newest(evidence)
    name = deployments.revision(newest.get("taskDefinition", ""))
    if any(tasks.has_started(task) for task in tasks.of(evidence, newest)):
        return passed(count=0, revision=name)
    if not evidence.service.get("desiredCount"):
        return not_applicable(reason="no-task-desired")
    if any(task.get("stopCode") == "TaskFailedToStart" for task in tasks.of(evidence, newest)):
        # What never started cannot have exited: nothing is hidden from us, and nothing is shown to be well.
        return not_applicable(reason="never-started", revision=name)
    return unknown("not-started", revision=name)


def _ended_by_itself(task: Task) -> bool:
    return task.get("stopCode") == "EssentialContainerExited"


def _failed(evidence: Evidence, exited: tuple[Task, ...]) -> Finding:
    last = exited[0]
    container = _culprit(evidence, last)
    reason = str(container.get("reason") or (last.get("stoppedReason") or ""))
    oom = any(is_out_of_memory(text) for task in exited for text in tasks.texts(task))
    ended = tasks.ended_at(last)
    code = container.get("exitCode")
    return failed(
        "confirmed",
        (
            Cite("ecs:DescribeTasks", "tasks[].stopCode", "EssentialContainerExited"),
            Cite("ecs:DescribeTasks", "tasks[].containers[].exitCode", "" if code is None else str(code)),
        ),
        label="out-of-memory" if oom else "",
        container=str(container.get("name", "")),
        exit_code=code,
        count=len(exited),
        revision=deployments.revision(last.get("taskDefinitionArn", "")),
        reason=reason[:600],
        last_at=ended.isoformat() if ended else "",
        log_group=_log_group(evidence, last, str(container.get("name", ""))),
        out_of_memory=oom,
    )


def _culprit(evidence: Evidence, task: Task) -> dict[str, Any]:
    """The essential container that ended: out of memory first, then by a bad exit code; the rest were stopped after."""
    definition = evidence.task_definitions().get(task.get("taskDefinitionArn", ""), {})
    optional = {c.get("name") for c in definition.get("containerDefinitions") or [] if not c.get("essential", True)}
    found: list[dict[str, Any]] = [c for c in task.get("containers") or [] if c.get("name") not in optional]
    return min(found, key=_guilt, default={})


def _log_group(evidence: Evidence, task: Task, name: str) -> str:
    definition = evidence.task_definitions().get(task.get("taskDefinitionArn", ""), {})
    containers: list[dict[str, Any]] = definition.get("containerDefinitions") or []
    found: list[dict[str, Any]] = [c.get("logConfiguration") or {} for c in containers if c.get("name") == name]
    return next((str((log.get("options") or {}).get("awslogs-group", "")) for log in found), "")


def _guilt(container: dict[str, Any]) -> int:
    """Lower is likelier: 137 and 143 may be ECS stopping the others, 0 may be a clean stop."""
    code = container.get("exitCode")
    if is_out_of_memory(container.get("reason") or ""):
        return 0
    return {None: 4, 0: 2, 137: 3, 143: 3}.get(code, 1)


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
    labels=("container-exited", "out-of-memory"),
    explains=("tasks_unhealthy", "health_check_unanswered"),
)
