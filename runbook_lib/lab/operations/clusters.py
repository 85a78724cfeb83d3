"""CreateCluster, DescribeClusters, ListClusters."""

from runbook_lib.lab.operations.lookup import at_most, name_of
from runbook_lib.lab.operations.paging import page
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document


def create(region: Region, params: Document) -> Document:
    """Create a cluster, or answer with the one of that name."""
    name = params.get("clusterName") or "default"
    arn = region.arn("cluster", name)
    if name not in region.clusters:
        region.clusters[name] = {
            "clusterArn": arn,
            "clusterName": name,
            "status": "ACTIVE",
            "registeredContainerInstancesCount": 0,
            "statistics": [],
            "settings": params.get("settings") or [{"name": "containerInsights", "value": "disabled"}],
            "capacityProviders": params.get("capacityProviders", []),
            "defaultCapacityProviderStrategy": params.get("defaultCapacityProviderStrategy", []),
        }
        region.tags[arn] = params.get("tags", [])
    return {"cluster": _view(region, name, {"TAGS", "SETTINGS"})}


def describe(region: Region, params: Document) -> Document:
    """Describe clusters; unknown ones are failures."""
    given = params.get("clusters") or ["default"]
    at_most(given, 100, "cluster identifiers", "Clusters")
    names = [name_of(reference) for reference in given]
    include = set(params.get("include", []))
    return {
        "clusters": [_view(region, name, include) for name in names if name in region.clusters],
        "failures": [
            {"arn": region.arn("cluster", name), "reason": "MISSING"} for name in names if name not in region.clusters
        ],
    }


def list_arns(region: Region, params: Document) -> Document:
    """List the clusters."""
    arns, token = page([found["clusterArn"] for found in region.clusters.values()], params, lambda arn: [arn])
    return {"clusterArns": arns, "nextToken": token}


def _view(region: Region, name: str, include: set[str]) -> Document:
    tasks = [task for task in region.tasks.values() if task.cluster == name and task.alive]
    running = sum(task.running for task in tasks)
    services = [service for (cluster, _), service in region.services.items() if cluster == name]
    document = dict(region.clusters[name])
    if "SETTINGS" not in include:
        document["settings"] = []
    return {
        **document,
        "runningTasksCount": running,
        "pendingTasksCount": len(tasks) - running,
        "activeServicesCount": sum(service.status == "ACTIVE" for service in services),
        "tags": region.tags_of(document["clusterArn"]) if "TAGS" in include else [],
    }
