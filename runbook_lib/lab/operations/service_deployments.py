"""ListServiceDeployments, DescribeServiceDeployments, DescribeServiceRevisions, StopServiceDeployment."""

from collections.abc import Iterator

from runbook_lib.lab import deployments, views
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.operations import lookup
from runbook_lib.lab.operations.paging import page
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Deployment, Document, Service


def _all(region: Region) -> Iterator[tuple[Service, Deployment]]:
    for service in region.services.values():
        for deployment in service.history:
            yield service, deployment


def list_briefs(region: Region, params: Document) -> Document:
    """List a service's deployments, newest first."""
    service = lookup.service(region, params)
    wanted = params.get("status") or []
    created = params.get("createdAt") or {}
    briefs = [views.service_deployment_brief(region, service, deployment) for deployment in service.history]
    found = [
        brief
        for brief in briefs
        if (not wanted or brief["status"] in wanted)
        and created.get("after", 0) <= brief["createdAt"] <= created.get("before", brief["createdAt"])
    ]
    key = ("createdAt", "targetServiceRevisionArn")
    shown, token = page(found, params, lambda brief: [brief[name] for name in key], default=20, descending=True)
    return {"serviceDeployments": shown, "nextToken": token}


def describe(region: Region, params: Document) -> Document:
    """Describe service deployments; unknown ones are failures."""
    arns = params["serviceDeploymentArns"]
    lookup.at_most(arns, 20, "serviceDeploymentArns", "ServiceDeploymentArns")
    known = {deployment.arn: (service, deployment) for service, deployment in _all(region)}
    return {
        "serviceDeployments": [views.service_deployment(region, *known[arn]) for arn in arns if arn in known],
        "failures": [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known],
    }


def describe_revisions(region: Region, params: Document) -> Document:
    """Describe service revisions; unknown ones are failures."""
    arns = params["serviceRevisionArns"]
    lookup.at_most(arns, 20, "serviceRevisionArns", "ServiceRevisionArns")
    known = {deployments.revision_arn(region, service, item): (service, item) for service, item in _all(region)}
    return {
        "serviceRevisions": [views.service_revision(region, *known[arn]) for arn in arns if arn in known],
        "failures": [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known],
    }


def stop(region: Region, params: Document) -> Document:
    """Stop a service deployment and roll back to the last completed one, which is the default and the only way."""
    if params.get("stopType", "ROLLBACK") != "ROLLBACK":
        raise AwsError("InvalidParameterException", "Invalid stopType. The valid values are ROLLBACK.")
    arn = params["serviceDeploymentArn"]
    for service, deployment in _all(region):
        if deployment.arn == arn:
            deployments.stop(service, deployment)
            return {"serviceDeploymentArn": arn}
    raise AwsError("ServiceDeploymentNotFoundException", "Service deployment not found.")
