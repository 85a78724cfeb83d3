"""RegisterTaskDefinition, DescribeTaskDefinition, DeregisterTaskDefinition and their lists."""

from runbook_lib.lab import registration
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.operations.lookup import definition
from runbook_lib.lab.operations.paging import page
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document


def register(region: Region, params: Document) -> Document:
    """Register a revision, unless ECS would refuse it."""
    document = registration.accept(params)
    revisions = region.definitions.setdefault(document["family"], {})
    revision = max(revisions, default=0) + 1
    arn = region.arn("task-definition", f"{document['family']}:{revision}")
    revisions[revision] = {
        **document,
        "taskDefinitionArn": arn,
        "revision": revision,
        "status": "ACTIVE",
        "registeredAt": region.now,
        "registeredBy": f"arn:aws:iam::{region.account}:root",
    }
    region.tags[arn] = params.get("tags", [])
    return {"taskDefinition": revisions[revision], "tags": region.tags[arn]}


def describe(region: Region, params: Document) -> Document:
    """Describe a revision, also an INACTIVE one."""
    found = _found(region, params)
    tags = region.tags_of(found["taskDefinitionArn"]) if "TAGS" in params.get("include", []) else []
    return {"taskDefinition": found, "tags": tags}


def deregister(region: Region, params: Document) -> Document:
    """Make a revision INACTIVE; what runs with it goes on."""
    if ":" not in params["taskDefinition"].rpartition("/")[2]:
        raise AwsError("ClientException", "Invalid revision number.")
    found = _found(region, params)
    if found["status"] == "ACTIVE":
        found.update(status="INACTIVE", deregisteredAt=region.now)
    return {"taskDefinition": found}


def list_arns(region: Region, params: Document) -> Document:
    """List revisions, by family and number."""
    status, family = params.get("status", "ACTIVE"), params.get("familyPrefix")
    found = [
        revision
        for name, revisions in region.definitions.items()
        for revision in revisions.values()
        if revision["status"] == status and family in (None, name)
    ]
    descending = params.get("sort") == "DESC"
    shown, token = page(found, params, lambda item: [item["family"], item["revision"]], descending=descending)
    return {"taskDefinitionArns": [item["taskDefinitionArn"] for item in shown], "nextToken": token}


def list_families(region: Region, params: Document) -> Document:
    """List families that have a revision of the wanted status."""
    status, prefix = params.get("status", "ALL"), params.get("familyPrefix", "")
    found = []
    for family, revisions in region.definitions.items():
        active = any(revision["status"] == "ACTIVE" for revision in revisions.values())
        if family.startswith(prefix) and status in ("ALL", "ACTIVE" if active else "INACTIVE"):
            found.append(family)
    shown, token = page(found, params, lambda family: [family])
    return {"families": shown, "nextToken": token}


def _found(region: Region, params: Document) -> Document:
    found = definition(region, params["taskDefinition"])
    if found is None:
        raise AwsError("ClientException", "Unable to describe task definition.")
    return found
