"""Deployment alarms: CloudWatch alarms that fail a deployment while it is in progress and while it bakes.

Sources: API reference (DeploymentAlarms, ServiceDeploymentAlarms), developer guide "How CloudWatch alarms detect Amazon
ECS deployment failures". ECS takes names of alarms that do not exist (yet), and watches from the first RUNNING task on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.lab.state import Deployment, Document, Service

if TYPE_CHECKING:
    from runbook_lib.lab.region import Region

NONE: Document = {"alarmNames": [], "rollback": False, "enable": False}


def configured(service: Service) -> Document:
    """Return the alarms of the deployment configuration: alarmNames, enable, rollback."""
    found: Document = service.configuration.get("alarms") or NONE
    return found


def arm(region: Region, service: Service, deployment: Deployment) -> None:
    """Choose the alarms of a deployment that starts; one that is in ALARM by then puts them all out of use for it."""
    asked = configured(service)
    names = list(asked["alarmNames"]) if asked["enable"] else []
    known = region.world.alarms(names)
    ringing = any(known[name].state == "ALARM" for name in names if name in known)
    deployment.alarms = [] if ringing else names


def ringing(region: Region, service: Service, deployment: Deployment) -> list[str]:
    """Return the names of the deployment's alarms that are in ALARM, once a task of it has run."""
    if not deployment.alarms or not configured(service)["enable"]:
        return []
    if not any(task.started_at is not None for task in region.of_service(service, deployment)):
        return []
    known = region.world.alarms(deployment.alarms)
    return [name for name in deployment.alarms if name in known and known[name].state == "ALARM"]


def baking(region: Region, service: Service, deployment: Deployment) -> bool:
    """Whether a deployment with alarms is still to be watched, before it is stable and for the bake time afterwards."""
    if not deployment.alarms or deployment.rollout_state != "IN_PROGRESS":
        return False
    if deployment.stable_since is None:
        return True
    return region.time < deployment.stable_since + _bake_time(region, service, deployment)


def _bake_time(region: Region, service: Service, deployment: Deployment) -> float:
    """Return seconds: what is configured, else what the slowest alarm needs to see a failure.

    ECS computes the time from the alarms' configuration and does not publish how.
    """
    given = service.configuration.get("bakeTimeInMinutes") or 0
    slowest = max((alarm.seconds for alarm in region.world.alarms(deployment.alarms).values()), default=0.0)
    return given * 60 or slowest


def view(deployment: Deployment) -> Document:
    """Return the `alarms` member of a service deployment."""
    if not deployment.alarms:
        return {"status": "DISABLED"}
    in_progress = deployment.state in ("PENDING", "IN_PROGRESS")
    status = "TRIGGERED" if deployment.triggered else "MONITORING" if in_progress else "MONITORING_COMPLETE"
    return {
        "status": status,
        "alarmNames": deployment.alarms,
        "triggeredAlarmNames": deployment.triggered or None,
    }
