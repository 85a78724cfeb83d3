"""Whether new tasks fail to start, by what ECS did with them and not by its words."""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import deployments, images, tasks
from runbook_lib.diagnosis.model import Finding, not_applicable, passed
from runbook_lib.evidence.model import Evidence, at

KINDS = ("service", *tasks.KINDS)


def failing(evidence: Evidence) -> bool:
    """Whether the last attempt of the newest deployment to start a task failed, and none of its tasks started since."""
    newest = deployments.newest(evidence)
    mine = tasks.of(evidence, newest)
    started = max((moment for task in mine if (moment := at(task.get("startedAt")))), default=None)
    ended = [tasks.ended_at(task) for task in mine if task.get("stopCode") == "TaskFailedToStart"]
    failed = max((moment for moment in ended if moment), default=None)
    if failed is None:
        return bool(newest.get("failedTasks")) and started is None and not newest.get("runningCount")
    return started is None or failed > started


def not_failing(evidence: Evidence, **facts: Any) -> Finding:
    """PASS with these facts where a task of the newest deployment has started: it had what it needs; else nothing."""
    started = any(tasks.has_started(task) for task in tasks.of(evidence, deployments.newest(evidence)))
    return passed(**facts) if started else not_applicable(reason="no-failed-start")


def definition(evidence: Evidence) -> dict[str, Any]:
    """The task definition of the newest deployment as read; empty where it was not."""
    return evidence.task_definitions().get(str(deployments.newest(evidence).get("taskDefinition", "")), {})


def unexplained(evidence: Evidence) -> dict[str, Any]:
    """The newest deployment's task definition where its tasks fail to start and ECR has its images; else empty.

    An image that is not there is why no task starts: what else is wanting is looked at once it can be pulled.
    """
    return definition(evidence) if failing(evidence) and not image_absent(evidence) else {}


def revision(evidence: Evidence) -> str:
    """``family:42`` of the newest deployment."""
    return deployments.revision(str(deployments.newest(evidence).get("taskDefinition", "")))


def image_absent(evidence: Evidence) -> bool:
    """Whether ECR says that it lacks an image of the newest deployment."""
    newest = deployments.newest(evidence).get("id")
    mine = (use.ecr for use in images.uses(evidence) if use.deployment == newest and use.ecr)
    return any(images.presence(evidence, image) in ("absent", "no-repository") for image in mine)
