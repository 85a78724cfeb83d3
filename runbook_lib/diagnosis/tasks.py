"""The tasks of a service, running and stopped, as the rules look at them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.evidence.model import Evidence, at, once

Task = dict[str, Any]  # one task of DescribeTasks
KINDS = ("task_arns", "tasks")  # the readings that tasks come from
FAILURES = ("TaskFailedToStart", "EssentialContainerExited")  # values of stopCode


def seen(evidence: Evidence) -> bool:
    """Whether the tasks were read; a service that ListTasks finds no tasks for has been seen too."""
    listed = evidence.all("task_arns")
    return bool(evidence.all("tasks")) or (bool(listed) and not any(r.data for r in listed))


def of(evidence: Evidence, deployment: Deployment) -> tuple[Task, ...]:
    """The tasks of a deployment, newest first."""
    known: dict[object, tuple[Task, ...]] = evidence.derived  # the rules ask for the same few some fifty times
    key = (of, deployment.get("id"), deployment.get("taskDefinition"))
    if key not in known:
        known[key] = tuple(task for task in _newest_first(evidence) if belongs(task, deployment))
    return known[key]


@once
def _newest_first(evidence: Evidence) -> tuple[Task, ...]:
    return tuple(sorted(evidence.tasks(), key=lambda t: str(at(t.get("createdAt")) or ""), reverse=True))


def belongs(task: Task, deployment: Deployment) -> bool:
    """Whether ECS started the task for this deployment (``startedBy``, else the task definition)."""
    if started_by := task.get("startedBy"):
        return bool(started_by == deployment.get("id"))
    return bool(task.get("taskDefinitionArn")) and task.get("taskDefinitionArn") == deployment.get("taskDefinition")


@once
def running(evidence: Evidence) -> tuple[Task, ...]:
    """The tasks that are RUNNING now."""
    return tuple(task for task in evidence.tasks() if task.get("lastStatus") == "RUNNING")


@once
def unhealthy(evidence: Evidence) -> tuple[Task, ...]:
    """The RUNNING tasks whose ``healthStatus`` is UNHEALTHY, without those whose grace period is not over."""
    found = (task for task in running(evidence) if task.get("healthStatus") == "UNHEALTHY")
    return tuple(task for task in found if not in_grace(evidence, task))


def in_grace(evidence: Evidence, task: Task) -> bool:
    """Whether ECS still overlooks failed checks of either side: ``healthCheckGracePeriodSeconds`` after the start."""
    grace, started = evidence.service.get("healthCheckGracePeriodSeconds") or 0, at(task.get("startedAt"))
    if started is None or ended_at(task):
        return False
    return evidence.collected_at < started + timedelta(seconds=grace)


def ended_at(task: Task) -> datetime | None:
    """When the task began to stop, or stopped; None for one that lives."""
    return at(task.get("stoppingAt") or task.get("executionStoppedAt") or task.get("stoppedAt"))


def has_failed(task: Task) -> bool:
    """Whether the task is UNHEALTHY, or ended by a failure: to start, of a container, or of a health check."""
    if task.get("healthStatus") == "UNHEALTHY" or task.get("stopCode") in FAILURES:
        return True
    return bool(failed_check(task)) or "health checks" in (task.get("stoppedReason") or "")


def failed_check(task: Task) -> str:
    """Whose check the task was stopped for: ``container``, ``target_group``, or ``""``.

    ECS's words tell; without any, a container that was UNHEALTHY when the scheduler stopped the task does.
    """
    said = task.get("stoppedReason") or ""
    if "failed ELB health checks" in said:
        return "target_group"
    unhealthy_then = task.get("healthStatus") == "UNHEALTHY" and task.get("stopCode") == "ServiceSchedulerInitiated"
    if "failed container health checks" in said or (not said and unhealthy_then):
        return "container"
    return ""


def has_started(task: Task) -> bool:
    """Whether the task ever reached RUNNING: ``startedAt`` is absent where it did not."""
    return bool(task.get("startedAt"))


def identity(task: Task) -> str:
    """The task id: the last part of its ARN."""
    return str(task.get("taskArn", "")).rpartition("/")[2]


def texts(task: Task) -> Iterator[str]:
    """Why the task stopped, in ECS's words: its ``stoppedReason``, then the reason of each container."""
    yield from filter(None, (task.get("stoppedReason"), *(c.get("reason") for c in task.get("containers") or [])))


def addresses(task: Task) -> frozenset[str]:
    """The private IPv4 addresses of an awsvpc task, as a target group knows it."""
    interfaces = (i for c in task.get("containers") or [] for i in c.get("networkInterfaces") or [])
    details = (d for a in task.get("attachments") or [] for d in a.get("details") or [])
    found = [i.get("privateIpv4Address") for i in interfaces]
    found += [d.get("value") for d in details if d.get("name") == "privateIPv4Address"]
    return frozenset(str(address) for address in found if address)


@once
def spared_addresses(evidence: Evidence) -> frozenset[str]:
    """The addresses of the tasks whose grace period is not over."""
    spared = (addresses(task) for task in running(evidence) if in_grace(evidence, task))
    return frozenset[str]().union(*spared)
