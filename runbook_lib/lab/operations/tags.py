"""TagResource, UntagResource, ListTagsForResource."""

from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.region import Region
from runbook_lib.lab.state import Document


def _known(region: Region, arn: str) -> str:
    if arn in region.tasks:
        region.tags.setdefault(arn, [])
    if arn not in region.tags:
        raise AwsError("InvalidParameterException", "The specified resource was not found.")
    return arn


def tag(region: Region, params: Document) -> Document:
    """Add tags, or change their values."""
    arn = _known(region, params["resourceArn"])
    if not all(item.get("key") for item in params["tags"]):
        raise AwsError("InvalidParameterException", "Tag key cannot be null or empty.")
    tags = {item["key"]: item for item in [*region.tags[arn], *params["tags"]]}
    region.tags[arn] = list(tags.values())
    return {}


def untag(region: Region, params: Document) -> Document:
    """Remove tags."""
    arn = _known(region, params["resourceArn"])
    region.tags[arn] = [item for item in region.tags[arn] if item["key"] not in params["tagKeys"]]
    return {}


def list_tags(region: Region, params: Document) -> Document:
    """List the tags of a resource."""
    return {"tags": region.tags[_known(region, params["resourceArn"])]}
