"""Find what a request names, or answer as ECS does where there is none."""

import re
from collections.abc import Sequence

from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document, Service, Task

_NAME = re.compile(r"[a-zA-Z0-9\-_]{1,255}")


def name_of(reference: str) -> str:
    """Return the name in a name or an ARN."""
    return reference.rpartition("/")[2]


def at_most(items: Sequence[str], limit: int, what: str, kind: str) -> None:
    """Refuse an empty list and one that is too long, as ECS does."""
    if not items:
        raise AwsError("InvalidParameterException", f"{kind} cannot be empty.")
    if len(items) > limit:
        raise AwsError("InvalidParameterException", f"{what} can have at most {limit} items.")


def valid_name(kind: str, name: str) -> str:
    """Return a name of a cluster or service, which ECS refuses where it has other characters."""
    if not _NAME.fullmatch(name):
        raise AwsError("InvalidParameterException", f"{kind} must match ^[a-zA-Z0-9\\-_]{{1,255}}$, but was {name}")
    return name


def arn_of(region: Region, kind: str, reference: str) -> str:
    """Return the ARN that a reference is, or stands for."""
    return reference if reference.startswith("arn:") else region.arn(kind, reference)


def _parts(region: Region, kind: str, reference: str) -> list[str] | None:
    """Return what stands behind the kind in an ARN, or the parts of a short reference; None for another account's.

    Raises `AwsError` for an ARN of another Region, of something else, and for what is no ARN.
    """
    if not reference.startswith("arn:"):
        return reference.split("/")
    fields = reference.split(":", 5)
    found, *rest = fields[-1].split("/")
    if len(fields) < 6 or fields[2] != "ecs" or found != kind or not rest:
        raise AwsError("InvalidParameterException", "Invalid identifier: Unexpected number of separators")
    if fields[3] != region.name:
        raise AwsError("InvalidParameterException", "Invalid Region in ARN")
    return rest if fields[4] == region.account else None


def cluster_name(region: Region, reference: str) -> str | None:
    """Return the name of the cluster behind a name or an ARN, also of none that exists; None for another account's."""
    parts = _parts(region, "cluster", reference)
    if parts is not None and len(parts) > 1:
        raise AwsError("InvalidParameterException", "Invalid identifier: Unexpected number of separators")
    return valid_name("Cluster", parts[0]) if parts else None


def name_in(region: Region, kind: str, cluster: str, reference: str) -> str | None:
    """Return name or id of a service or task of a cluster; None for another account's.

    Raises `AwsError` where the reference names another cluster.
    """
    parts = _parts(region, kind, reference)
    if parts is None:
        return None
    if len(parts) > 2:
        raise AwsError("InvalidParameterException", "Invalid identifier: Unexpected number of separators")
    if len(parts) == 2 and parts[0] != cluster:
        message = f"Invalid identifier: Identifier is for cluster {parts[0]}. Your cluster is {cluster}"
        raise AwsError("InvalidParameterException", message)
    return parts[-1]


def cluster(region: Region, params: Document) -> str:
    """Return the name of the cluster that a request is about."""
    name = cluster_name(region, params.get("cluster") or "default")
    found = region.clusters.get(name) if name else None
    if name is None or found is None:
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    if found["status"] != "ACTIVE":
        raise AwsError("ClientException", "The referenced cluster was inactive.")
    return name


def service(region: Region, params: Document) -> Service:
    """Return the ACTIVE service that a request is about."""
    within = cluster(region, params)
    found = region.services.get((within, name_in(region, "service", within, params["service"]) or ""))
    if found is None:
        raise AwsError("ServiceNotFoundException", "Service not found.")
    if found.status != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    return found


def definition(region: Region, reference: str) -> Document | None:
    """Return a task definition by ARN, ``family:revision`` or family (its newest ACTIVE revision)."""
    parts = _parts(region, "task-definition", reference)
    family, _, revision = (parts[-1] if parts else "").partition(":")
    revisions = region.definitions.get(family, {})
    if revision:
        return revisions.get(int(revision)) if revision.isascii() and revision.isdigit() else None
    active = [found for found in revisions.values() if found["status"] == "ACTIVE"]
    return max(active, key=lambda found: int(found["revision"]), default=None)


def active_definition(region: Region, reference: str, inactive: str = "ClientException") -> Document:
    """Return a task definition that a service or task may start with; `inactive` is the code for one that is not."""
    found = definition(region, reference)
    if found is None:
        raise AwsError("ClientException", "TaskDefinition not found.")
    if found["status"] != "ACTIVE":
        raise AwsError(inactive, "TaskDefinition is inactive")
    return found


def arn_in(region: Region, kind: str, cluster: str, reference: str) -> str:
    """Return the ARN of a service or task of a cluster that a request names by ARN, name or id."""
    within = reference if "/" in reference else f"{cluster}/{reference}"
    return reference if reference.startswith("arn:") else region.arn(kind, within)


def task(region: Region, cluster: str, reference: str) -> Task | None:
    """Return a task of a cluster by ARN or id."""
    task_id = name_in(region, "task", cluster, reference)
    if task_id is None:
        return None
    if len(task_id) not in (32, 36):
        raise AwsError("InvalidParameterException", "taskId length should be one of [32,36]")
    return region.tasks.get(region.arn("task", f"{cluster}/{task_id}"))


def check_network(region: Region, definition: Document, params: Document) -> None:
    """Refuse a network configuration that awsvpc lacks, or whose subnets or security groups EC2 does not have."""
    network = (params.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if definition.get("networkMode") == "awsvpc" and not network:
        message = "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        raise AwsError("InvalidParameterException", message)
    problem = region.world.network_problem(network)
    if problem:
        raise AwsError("InvalidParameterException", problem)
