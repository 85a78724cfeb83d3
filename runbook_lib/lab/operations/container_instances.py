"""ListContainerInstances, DescribeContainerInstances, ListAttributes: a lab of Fargate services has none of these."""

from runbook_lib.lab.operations import lookup
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document


def list_arns(region: Region, params: Document) -> Document:
    """List the container instances of a cluster: none."""
    lookup.cluster(region, params)
    return {"containerInstanceArns": []}


def describe(region: Region, params: Document) -> Document:
    """Describe container instances: all are missing."""
    cluster = lookup.cluster(region, params)
    asked = params["containerInstances"]
    lookup.at_most(asked, 100, "instanceIds", "Container instances")
    arns = [one if one.startswith("arn:") else region.arn("container-instance", f"{cluster}/{one}") for one in asked]
    return {"containerInstances": [], "failures": [{"arn": arn, "reason": "MISSING"} for arn in arns]}


def list_attributes(region: Region, params: Document) -> Document:
    """List attributes of container instances: none."""
    lookup.cluster(region, params)
    return {"attributes": []}
