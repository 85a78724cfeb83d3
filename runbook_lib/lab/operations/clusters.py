"""CreateCluster, DescribeClusters, ListClusters, UpdateCluster, UpdateClusterSettings, DeleteCluster."""

from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.operations import lookup
from runbook_lib.lab.operations.paging import page
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document

_GONE: Document = {"status": "INACTIVE"}


def create(region: Region, params: Document) -> Document:
    """Create a cluster, or answer with the one of that name."""
    name = lookup.valid_name("Cluster", params.get("clusterName") or "default")
    arn = region.arn("cluster", name)
    if region.clusters.get(name, _GONE)["status"] == "INACTIVE":
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
    return {"cluster": view(region, name, {"TAGS", "SETTINGS"})}


def describe(region: Region, params: Document) -> Document:
    """Describe clusters; unknown ones are failures."""
    given = params.get("clusters") or ["default"]
    lookup.at_most(given, 100, "cluster identifiers", "Clusters")
    found = [(reference, lookup.cluster_name(region, reference)) for reference in given]
    include = set(params.get("include", []))
    return {
        "clusters": [view(region, name, include) for _, name in found if name in region.clusters],
        "failures": [
            {"arn": lookup.arn_of(region, "cluster", reference), "reason": "MISSING"}
            for reference, name in found
            if name not in region.clusters
        ],
    }


def list_arns(region: Region, params: Document) -> Document:
    """List the clusters."""
    active = [found["clusterArn"] for found in region.clusters.values() if found["status"] == "ACTIVE"]
    arns, token = page(active, params, lambda arn: [arn])
    return {"clusterArns": arns, "nextToken": token}


def update(region: Region, params: Document) -> Document:
    """Change settings and configuration of a cluster."""
    name = lookup.cluster(region, params)
    kept = ("configuration", "serviceConnectDefaults")
    region.clusters[name].update({member: params[member] for member in kept if member in params})
    return update_settings(region, {"settings": [], **params})


def update_settings(region: Region, params: Document) -> Document:
    """Change settings of a cluster; those that are not given stay."""
    name = lookup.cluster(region, params)
    if any(item.keys() != {"name", "value"} for item in params["settings"]):
        raise AwsError("InvalidParameterException", "A setting has a name and a value.")
    settings = {item["name"]: item for item in [*region.clusters[name]["settings"], *params["settings"]]}
    region.clusters[name]["settings"] = list(settings.values())
    return {"cluster": view(region, name, {"TAGS", "SETTINGS"})}


def delete(region: Region, params: Document) -> Document:
    """Delete a cluster that neither services nor tasks are left in; it is INACTIVE then."""
    name = lookup.cluster(region, params)
    services = [found for (cluster, _), found in region.services.items() if cluster == name]
    if any(found.status != "INACTIVE" for found in services):
        raise AwsError("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
    if any(task.cluster == name and task.status != "STOPPED" for task in region.tasks.values()):
        raise AwsError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
    region.clusters[name]["status"] = "INACTIVE"
    return {"cluster": view(region, name, set())}


def view(region: Region, name: str, include: set[str]) -> Document:
    """Return a cluster as DescribeClusters shows it."""
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
