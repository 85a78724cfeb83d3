"""RegisterTaskDefinition, DescribeTaskDefinition, DeregisterTaskDefinition and their lists."""

from runbook_lib.lab import registration
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.operations.lookup import arn_of, at_most, definition
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
    found = _found(region, params, "The specified task definition does not exist.")
    if found["status"] == "ACTIVE":
        found.update(status="INACTIVE", deregisteredAt=region.now)
    return {"taskDefinition": found}


def delete(region: Region, params: Document) -> Document:
    """Delete INACTIVE revisions, which stay described as DELETE_IN_PROGRESS; others are failures."""
    references = params["taskDefinitions"]
    at_most(references, 10, "taskDefinitions", "TaskDefinitions")
    found = [(reference, definition(region, reference)) for reference in references]
    doomed = [one for _, one in found if one and one["status"] != "ACTIVE"]
    for one in doomed:
        one.update(status="DELETE_IN_PROGRESS", deleteRequestedAt=region.now)
    refused = [(reference, one) for reference, one in found if one is None or one["status"] == "ACTIVE"]
    return {"taskDefinitions": doomed, "failures": [_not_deleted(region, *pair) for pair in refused]}


def _not_deleted(region: Region, reference: str, found: Document | None) -> Document:
    arn = found["taskDefinitionArn"] if found else arn_of(region, "task-definition", reference)
    if found is None:
        return {
            "arn": arn,
            "reason": "TASK_DEFINITION_NOT_FOUND",
            "detail": "The specified task definition does not exist.",
        }
    detail = "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
    return {"arn": arn, "reason": "TASK_DEFINITION_IS_ACTIVE", "detail": detail}


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


def _found(region: Region, params: Document, absent: str = "Unable to describe task definition.") -> Document:
    found = definition(region, params["taskDefinition"])
    if found is None:
        raise AwsError("ClientException", absent)
    return found
