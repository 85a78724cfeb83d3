"""Find what a request names, or answer as ECS does where there is none."""

from collections.abc import Sequence

from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document, Service, Task


def name_of(reference: str) -> str:
    """Return the name in a name or an ARN."""
    return reference.rpartition("/")[2]


def at_most(items: Sequence[str], limit: int, what: str, kind: str) -> None:
    """Refuse an empty list and one that is too long, as ECS does."""
    if not items:
        raise AwsError("InvalidParameterException", f"{kind} cannot be empty.")
    if len(items) > limit:
        raise AwsError("InvalidParameterException", f"{what} can have at most {limit} items.")


def cluster(region: Region, params: Document) -> str:
    """Return the name of the cluster that a request is about."""
    name = name_of(params.get("cluster") or "default")
    found = region.clusters.get(name)
    if found is None:
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    if found["status"] != "ACTIVE":
        raise AwsError("InvalidParameterException", "The referenced cluster was inactive.")
    return name


def service(region: Region, params: Document) -> Service:
    """Return the ACTIVE service that a request is about."""
    found = region.services.get((cluster(region, params), name_of(params["service"])))
    if found is None:
        raise AwsError("ServiceNotFoundException", "Service not found.")
    if found.status != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    return found


def definition(region: Region, reference: str) -> Document | None:
    """Return a task definition by ARN, ``family:revision`` or family (its newest ACTIVE revision)."""
    family, _, revision = name_of(reference).partition(":")
    revisions = region.definitions.get(family, {})
    if revision:
        return revisions.get(int(revision)) if revision.isdigit() else None
    active = [found for found in revisions.values() if found["status"] == "ACTIVE"]
    return max(active, key=lambda found: int(found["revision"]), default=None)


def active_definition(region: Region, reference: str) -> Document:
    """Return a task definition that a service or task may start with."""
    found = definition(region, reference)
    if found is None:
        raise AwsError("ClientException", "TaskDefinition not found.")
    if found["status"] != "ACTIVE":
        raise AwsError("ClientException", "TaskDefinition is inactive")
    return found


def task_arn(region: Region, cluster_name: str, reference: str) -> str:
    """Return the ARN of a task of a cluster that a request names by ARN or id."""
    return reference if reference.startswith("arn:") else region.arn("task", f"{cluster_name}/{reference}")


def task(region: Region, cluster_name: str, reference: str) -> Task | None:
    """Return a task of a cluster by ARN or id."""
    found = region.tasks.get(region.arn("task", f"{cluster_name}/{name_of(reference)}"))
    wanted = {found.arn, found.id} if found else set()
    return found if reference in wanted else None


def check_network(region: Region, definition: Document, params: Document) -> None:
    """Refuse a network configuration that awsvpc lacks, or whose subnets or security groups EC2 does not have."""
    network = (params.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if definition.get("networkMode") == "awsvpc" and not network:
        message = "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        raise AwsError("InvalidParameterException", message)
    problem = region.world.network_problem(network)
    if problem:
        raise AwsError("InvalidParameterException", problem)
