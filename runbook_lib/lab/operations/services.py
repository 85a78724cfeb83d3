"""CreateService, DescribeServices, ListServices, UpdateService, DeleteService."""

import copy

from runbook_lib.lab import deployments, reasons, tasks, views
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.operations import capacity_providers, launching, lookup
from runbook_lib.lab.operations.paging import page
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document, Service

_CONFIGURATION: Document = {
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
    "bakeTimeInMinutes": 0,
}
_MOST_TASKS = 5000  # of a service; a quota that AWS can raise
# Members of UpdateService that start a deployment, and those that only change the service.
_TRIGGERS = ("networkConfiguration", "loadBalancers", "serviceRegistries", "platformVersion")
_QUIET = ("healthCheckGracePeriodSeconds", "enableExecuteCommand", "propagateTags", "enableECSManagedTags")
_KEPT = {
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "launchType": "FARGATE",
    "platformVersion": "LATEST",
    "propagateTags": "NONE",
    "availabilityZoneRebalancing": "ENABLED",
}


def create(region: Region, params: Document) -> Document:
    """Create a service and start its first deployment."""
    cluster, name = lookup.cluster(region, params), lookup.valid_name("Service", params["serviceName"])
    existing = region.services.get((cluster, name))
    if existing and existing.status != "INACTIVE":
        raise AwsError("InvalidParameterException", "Creation of service was not idempotent.")
    if "taskDefinition" not in params:
        raise AwsError("ClientException", "TaskDefinition can not be blank.")
    definition = lookup.active_definition(region, params["taskDefinition"])
    lookup.check_network(region, definition, params)
    launching.check_new_service(params, definition)
    _check_counts(params, _CONFIGURATION)
    capacity_providers.check_choice(params)
    _check_balancers(region, definition, params)
    service = Service(
        name=name,
        cluster=cluster,
        arn=region.arn("service", f"{cluster}/{name}"),
        document=_document(region, params),
        desired=params.get("desiredCount", 0),
        created_at=region.now,
    )
    deployments.begin(region, service, definition)
    region.services[cluster, name] = service
    region.tags[service.arn] = params.get("tags", [])
    return {"service": views.service(region, service, tags=True)}


def _check_counts(params: Document, before: Document) -> None:
    if params.get("desiredCount", 0) < 0:
        raise AwsError("InvalidParameterException", "desiredCount cannot be a negative number.")
    if params.get("desiredCount", 0) > _MOST_TASKS:
        raise AwsError("InvalidParameterException", "Desired count exceeds limit.")
    configuration = {**before, **params.get("deploymentConfiguration", {})}
    fewest, most = configuration["minimumHealthyPercent"], configuration["maximumPercent"]
    if fewest < 0 or most < 0:
        raise AwsError("InvalidParameterException", "maximumPercent and minimumHealthyPercent cannot be negative.")
    if fewest == most == 100:
        message = "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."
        raise AwsError("InvalidParameterException", message)
    if most == 0 or most < fewest:
        message = "maximumPercent must be greater than 0 and cannot be less than minimumHealthyPercent."
        raise AwsError("InvalidParameterException", message)


def _check_balancers(region: Region, definition: Document, params: Document) -> None:
    containers = {container["name"]: container for container in definition["containerDefinitions"]}
    for balancer in params.get("loadBalancers", []):
        name, arn = balancer.get("containerName"), balancer.get("targetGroupArn", "")
        if name not in containers:
            message = f"The container {name} does not exist in the task definition."
            raise AwsError("InvalidParameterException", message)
        ports = [mapping["containerPort"] for mapping in containers[name]["portMappings"]]
        if balancer.get("containerPort") not in ports:
            message = f"The container {name} did not have a container port {balancer.get('containerPort')} defined."
            raise AwsError("InvalidParameterException", message)
        group = region.world.target_group(arn)
        if group is None:
            raise AwsError("InvalidParameterException", f"The specified target group does not exist. ({arn})")
        if not group.balancers:
            message = f"The target group with targetGroupArn {arn} does not have an associated load balancer."
            raise AwsError("InvalidParameterException", message)


def _document(region: Region, params: Document) -> Document:
    balanced = bool(params.get("loadBalancers"))
    return {
        **{name: params.get(name, default) for name, default in _KEPT.items()},
        **capacity_providers.members(params),
        "platformFamily": "Linux",
        "loadBalancers": params.get("loadBalancers", []),
        "serviceRegistries": params.get("serviceRegistries", []),
        "deploymentConfiguration": _configuration(params.get("deploymentConfiguration"), _CONFIGURATION),
        "networkConfiguration": params.get("networkConfiguration"),
        "healthCheckGracePeriodSeconds": params.get("healthCheckGracePeriodSeconds", 0 if balanced else None),
        "schedulingStrategy": params.get("schedulingStrategy", "REPLICA"),
        "deploymentController": params.get("deploymentController", {"type": "ECS"}),
        "placementConstraints": [],
        "placementStrategy": [],
        "roleArn": f"arn:aws:iam::{region.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "createdBy": f"arn:aws:iam::{region.account}:root",
    }


def _configuration(given: Document | None, base: Document) -> Document:
    """Merge a deployment configuration into the one before; what is not given stays."""
    return {**copy.deepcopy(base), **copy.deepcopy(given or {})}


def describe(region: Region, params: Document) -> Document:
    """Describe at most ten services; unknown ones are failures."""
    cluster = lookup.cluster(region, params)
    lookup.at_most(params["services"], 10, "service names", "Services")
    found = [
        (reference, region.services.get((cluster, lookup.name_in(region, "service", cluster, reference) or "")))
        for reference in params["services"]
    ]
    tags = "TAGS" in params.get("include", [])
    return {
        "services": [views.service(region, service, tags) for _, service in found if service],
        "failures": [
            {"arn": lookup.arn_in(region, "service", cluster, reference), "reason": "MISSING"}
            for reference, service in found
            if service is None
        ],
    }


def list_arns(region: Region, params: Document) -> Document:
    """List the services of a cluster, ten a page where nothing else is asked."""
    cluster = lookup.cluster(region, params)
    found = [
        service.arn
        for service in region.services.values()
        if service.cluster == cluster
        and service.status != "INACTIVE"
        and params.get("launchType", service.document.get("launchType")) == service.document.get("launchType")
    ]
    arns, token = page(found, params, lambda arn: [arn], default=10)
    return {"serviceArns": arns, "nextToken": token}


def list_by_namespace(region: Region, params: Document) -> Document:
    """List the services of a Cloud Map namespace, of which the lab has none."""
    raise AwsError("NamespaceNotFoundException", "Namespace not found.")


def update(region: Region, params: Document) -> Document:
    """Change a service, and start a deployment where the change asks for one."""
    service = lookup.service(region, params)
    definition = service.primary.definition
    if "taskDefinition" in params:
        definition = lookup.active_definition(region, params["taskDefinition"])
    if "networkConfiguration" in params:
        lookup.check_network(region, definition, params)
    if "loadBalancers" in params:
        _check_balancers(region, definition, params)
    changed = [name for name in _TRIGGERS if name in params and params[name] != service.document.get(name)]
    anew = bool(changed) or definition is not service.primary.definition or params.get("forceNewDeployment", False)
    if anew and len(service.deployments) >= deployments.MOST:
        message = f"{deployments.MOST} active deployments exist, unable to create new deployment."
        raise AwsError("InvalidParameterException", message)
    launching.check_service(params, definition, {**service.document, **params}["loadBalancers"])
    _check_counts(params, service.configuration)
    capacity_providers.check_choice(params)
    service.document.update(capacity_providers.members(params))
    service.document.update({name: params[name] for name in (*_TRIGGERS, *_QUIET) if name in params})
    configuration = _configuration(params.get("deploymentConfiguration"), service.configuration)
    service.document["deploymentConfiguration"] = configuration
    _scale(service, params.get("desiredCount", service.desired), up=not anew)
    if anew:
        deployments.begin(region, service, definition)
    return {"service": views.service(region, service, tags=False)}


def _scale(service: Service, desired: int, up: bool) -> None:
    """Change the desired count, which starts no deployment.

    Where a deployment starts with it, what the count grows by is the new deployment's, so `up` is false.
    """
    if desired == service.desired:
        return
    service.desired = desired
    service.steady_since = None
    for deployment in service.deployments:
        grows = up and deployment.status == "PRIMARY" and deployment.rollout_state != "FAILED"
        deployment.desired = desired if grows else min(deployment.desired, desired)


def delete(region: Region, params: Document) -> Document:
    """Delete a service: it drains, then is INACTIVE."""
    service = lookup.service(region, params)
    if service.desired and not params.get("force"):
        raise AwsError("InvalidParameterException", "The service cannot be stopped while it is scaled above 0.")
    service.desired = 0
    service.status = "DRAINING"
    for task in region.alive(service):
        tasks.stop(region, task, reasons.scaling(service.primary.id), tasks.SCHEDULER)
    for deployment in service.deployments:
        deployment.desired = 0
    return {"service": views.service(region, service, tags=False)}
