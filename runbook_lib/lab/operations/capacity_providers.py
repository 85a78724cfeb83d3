"""DescribeCapacityProviders, PutClusterCapacityProviders: Fargate's two, which every account has."""

from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.operations import clusters, lookup
from runbook_lib.lab.operations.paging import page
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document

FARGATE = ("FARGATE", "FARGATE_SPOT")


def describe(region: Region, params: Document) -> Document:
    """Describe Fargate's capacity providers; others are failures."""
    asked = [lookup.name_of(reference) for reference in params.get("capacityProviders") or FARGATE]
    known = [name for name in FARGATE if name in asked]
    shown, token = page(known, params, lambda name: [name], default=10)
    return {
        "capacityProviders": [
            {
                "capacityProviderArn": region.arn("capacity-provider", name),
                "name": name,
                "status": "ACTIVE",
                "tags": [],
            }
            for name in shown
        ],
        "failures": [
            {"arn": region.arn("capacity-provider", name), "reason": "MISSING"} for name in asked if name not in FARGATE
        ],
        "nextToken": token,
    }


def put(region: Region, params: Document) -> Document:
    """Associate capacity providers with a cluster, instead of those before."""
    name = lookup.cluster(region, params)
    given = [lookup.name_of(reference) for reference in params["capacityProviders"]]
    check(given)
    strategy = params["defaultCapacityProviderStrategy"]
    if any(lookup.name_of(item["capacityProvider"]) not in given for item in strategy):
        message = "The specified capacity provider strategy cannot contain a capacity provider that is not associated"
        raise AwsError("InvalidParameterException", f"{message} with the cluster.")
    region.clusters[name].update(capacityProviders=given, defaultCapacityProviderStrategy=strategy)
    return {"cluster": clusters.view(region, name, {"TAGS", "SETTINGS"})}


def check_choice(params: Document) -> None:
    """Raise `AwsError` where a request asks for a launch type and a strategy, or for a provider that does not exist."""
    strategy = params.get("capacityProviderStrategy")
    if strategy and "launchType" in params:
        message = (
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
        )
        raise AwsError("InvalidParameterException", message)
    check([item["capacityProvider"] for item in strategy or []])


def members(params: Document) -> Document:
    """Return how a service with these parameters gets its capacity, as the API shows it; {} where that is not said."""
    strategy = params.get("capacityProviderStrategy")
    return {"launchType": None, "capacityProviderStrategy": strategy} if strategy else {}


def check(names: list[str]) -> None:
    """Raise `AwsError` for a capacity provider that does not exist."""
    for name in names:
        if name not in FARGATE:
            message = f"The specified capacity provider '{name}' was not found."
            raise AwsError("InvalidParameterException", message)
