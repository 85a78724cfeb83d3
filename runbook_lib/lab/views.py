"""Tasks, services and deployments in the API's own shapes."""

from runbook_lib.lab import alarms, deployments, preparation
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Container, Deployment, Document, Service, Task

_ARCHITECTURES = {"linux/amd64": "x86_64", "linux/arm64": "arm64", "windows/amd64": "x86_64", "windows/arm64": "arm64"}
_OVERRIDES: Document = {"containerOverrides": [], "inferenceAcceleratorOverrides": []}


def task(region: Region, found: Task, include: set[str]) -> Document:
    """Return a task as DescribeTasks shows it."""
    storage = found.definition.get("ephemeralStorage") or {"sizeInGiB": 20}
    return {
        **found.document,
        "taskArn": found.arn,
        "clusterArn": region.arn("cluster", found.cluster),
        "taskDefinitionArn": found.definition["taskDefinitionArn"],
        "containers": [_container(found, container) for container in found.containers],
        "attachments": [found.attachment],
        "attributes": [{"name": "ecs.cpu-architecture", "value": _ARCHITECTURES[preparation.platform(found)]}],
        "availabilityZone": found.zone,
        "connectivity": "CONNECTED" if found.pull_started_at else None,
        "connectivityAt": found.pull_started_at,
        "cpu": found.definition.get("cpu"),
        "memory": found.definition.get("memory"),
        "group": found.group,
        "startedBy": found.started_by or None,
        "lastStatus": found.status,
        "desiredStatus": found.desired,
        "healthStatus": found.health,
        "version": found.version,
        "platformFamily": "Linux",
        "overrides": {**_OVERRIDES, **(found.document.get("overrides") or {})},
        "ephemeralStorage": storage,
        "fargateEphemeralStorage": storage,
        "tags": region.tags_of(found.arn) if "TAGS" in include else [],
        **_times(found),
        "stopCode": found.stop_code,
        "stoppedReason": found.stopped_reason,
    }


def _times(found: Task) -> Document:
    return {
        "createdAt": found.created_at,
        "pullStartedAt": found.pull_started_at,
        "pullStoppedAt": found.pull_stopped_at,
        "startedAt": found.started_at,
        "stoppingAt": found.stopping_at,
        "executionStoppedAt": found.execution_stopped_at,
        "stoppedAt": found.stopped_at,
    }


def _container(owner: Task, container: Container) -> Document:
    definition = container.definition
    shown = container.status == "STOPPED"
    address = {"attachmentId": owner.attachment["id"], "privateIpv4Address": owner.address}
    return {
        "containerArn": container.arn,
        "taskArn": owner.arn,
        "name": container.name,
        "image": definition["image"],
        "imageDigest": container.digest,
        "runtimeId": container.runtime_id,
        "lastStatus": container.status,
        "healthStatus": container.health,
        "exitCode": container.exit_code if shown else None,
        "reason": container.reason,
        "networkBindings": [],
        "networkInterfaces": [address] if owner.pull_started_at else [],
        "cpu": str(definition.get("cpu", 0)),
        "memory": str(definition["memory"]) if "memory" in definition else None,
        "memoryReservation": str(definition["memoryReservation"]) if "memoryReservation" in definition else None,
    }


def _counts(region: Region, service: Service, deployment: Deployment | None = None) -> tuple[int, int]:
    """Return how many tasks run, and how many are on their way there."""
    alive = region.alive(service, deployment)
    running = sum(found.running for found in alive)
    return running, len(alive) - running


def service(region: Region, found: Service, tags: bool) -> Document:
    """Return a service as DescribeServices shows it."""
    running, pending = _counts(region, found)
    newest = found.history[-1]
    current = found.deployments[0] if found.deployments else newest
    return {
        **found.document,
        "serviceArn": found.arn,
        "serviceName": found.name,
        "clusterArn": region.arn("cluster", found.cluster),
        "status": found.status,
        "desiredCount": found.desired,
        "runningCount": running,
        "pendingCount": pending,
        "taskDefinition": current.definition["taskDefinitionArn"],
        "deployments": [deployment(region, found, item) for item in found.deployments],
        "events": list(found.events),
        "createdAt": found.created_at,
        "currentServiceDeployment": newest.arn,
        "currentServiceRevisions": [_revision_counts(region, found, item) for item in found.deployments],
        "tags": region.tags_of(found.arn) if tags else None,
    }


def deployment(region: Region, owner: Service, found: Deployment) -> Document:
    """Return a deployment as DescribeServices shows it."""
    running, pending = _counts(region, owner, found)
    return {
        "id": found.id,
        "status": found.status,
        "taskDefinition": found.definition["taskDefinitionArn"],
        "desiredCount": found.desired,
        "pendingCount": pending,
        "runningCount": running,
        "failedTasks": found.failed_tasks,
        "createdAt": found.created_at,
        "updatedAt": found.updated_at,
        "launchType": owner.document.get("launchType"),
        "capacityProviderStrategy": owner.document.get("capacityProviderStrategy"),
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": found.network,
        "rolloutState": found.rollout_state,
        "rolloutStateReason": found.rollout_reason,
    }


def _revision_counts(region: Region, owner: Service, found: Deployment) -> Document:
    running, pending = _counts(region, owner, found)
    return {
        "arn": deployments.revision_arn(region, owner, found),
        "requestedTaskCount": found.desired,
        "runningTaskCount": running,
        "pendingTaskCount": pending,
    }


def service_deployment_brief(region: Region, owner: Service, found: Deployment) -> Document:
    """Return a service deployment as ListServiceDeployments shows it."""
    begun = region.now >= deployments.started_at(found)
    return {
        "serviceDeploymentArn": found.arn,
        "serviceArn": owner.arn,
        "clusterArn": region.arn("cluster", owner.cluster),
        "createdAt": found.created_at,
        "startedAt": deployments.started_at(found) if begun else None,
        "finishedAt": found.finished_at,
        "targetServiceRevisionArn": deployments.revision_arn(region, owner, found),
        "status": found.state if begun or found.state != "IN_PROGRESS" else "PENDING",
        "statusReason": found.state_reason,
    }


def service_deployment(region: Region, owner: Service, found: Deployment) -> Document:
    """Return a service deployment as DescribeServiceDeployments shows it."""
    brief = service_deployment_brief(region, owner, found)
    del brief["targetServiceRevisionArn"]
    known = {deployments.revision_arn(region, owner, item): item for item in owner.history}
    return {
        **brief,
        "stoppedAt": found.stopped_at,
        "updatedAt": _last_change(found),
        "sourceServiceRevisions": [_revision_counts(region, owner, known[arn]) for arn in found.sources],
        "targetServiceRevision": _revision_counts(region, owner, found),
        "deploymentConfiguration": {"alarms": alarms.NONE, **owner.configuration},
        "rollback": found.rollback,
        "deploymentCircuitBreaker": _breaker(owner, found),
        "alarms": alarms.view(found),
    }


def _last_change(found: Deployment) -> float:
    """Return when a service deployment came to where it is; its rollback is a change of the deployment gone back to."""
    began = (found.rollback or {}).get("startedAt")
    moments = (found.created_at, began, found.stopped_at, found.finished_at)
    return max(moment for moment in moments if moment is not None)


def _breaker(owner: Service, found: Deployment) -> Document:
    if not deployments.breaker(owner)["enable"]:
        status = "DISABLED"
    elif found.ended_by == "breaker":
        status = "TRIGGERED"
    else:
        status = "MONITORING" if found.state in ("PENDING", "IN_PROGRESS") else "MONITORING_COMPLETE"
    return {"status": status, "failureCount": found.failed_tasks, "threshold": deployments.threshold(owner)}


def service_revision(region: Region, owner: Service, found: Deployment) -> Document:
    """Return a service revision as DescribeServiceRevisions shows it."""
    images = [
        {"containerName": item["name"], "image": item["image"], "imageDigest": found.digests.get(item["name"])}
        for item in found.definition["containerDefinitions"]
    ]
    return {
        "serviceRevisionArn": deployments.revision_arn(region, owner, found),
        "serviceArn": owner.arn,
        "clusterArn": region.arn("cluster", owner.cluster),
        "taskDefinition": found.definition["taskDefinitionArn"],
        "launchType": found.settings.get("launchType"),
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "loadBalancers": found.settings.get("loadBalancers", []),
        "serviceRegistries": found.settings.get("serviceRegistries", []),
        "networkConfiguration": found.network,
        "containerImages": images,
        "guardDutyEnabled": False,
        "createdAt": found.created_at,
    }
