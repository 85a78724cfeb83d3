"""Collectors of what a task needs to start, by existence and configuration alone, and of what its log says.

Values of secrets and parameters are never asked for.
"""

from __future__ import annotations

import json
from typing import Any

from runbook_lib.aws.collector import Collector, Data
from runbook_lib.aws.reader import CallFailedError, Reader
from runbook_lib.evidence.log_lines import sentences
from runbook_lib.evidence.model import Request, Target
from runbook_lib.evidence.serialisation import plain

_PARAMETER_PAGES = 5
_LOG_EVENTS = 200
# All four, so that an image that is no index is an answer too and no failure.
_MEDIA_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_OF_SECRET = ("Name", "ARN", "DeletedDate", "KmsKeyId", "VersionIdsToStages")
_OF_PLATFORM = ("os", "architecture", "variant")


def _secret(reader: Reader, target: Target, wish: Request) -> Data:
    """The secret; empty where AWS answers that there is none, which is what was asked."""
    try:
        found = reader.call("secretsmanager", "DescribeSecret", "ARN", region=wish["region"], SecretId=wish["id"])
    except CallFailedError as refused:
        if refused.failure.code != "ResourceNotFoundException":
            raise
        return {}, False
    return plain({name: found[name] for name in _OF_SECRET if name in found}), False


def _parameter(reader: Reader, target: Target, wish: Request) -> Data:
    """Those of the named parameters that there are. A page may be empty and yet not the last."""
    named = [{"Key": "Name", "Option": "Equals", "Values": wish["names"].split(",")}]
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    for _ in range(_PARAMETER_PAGES):
        answer = reader.call(
            "ssm", "DescribeParameters", "Parameters", region=wish["region"], ParameterFilters=named, **token
        )
        found += [{"Name": each["Name"], "Type": each.get("Type", "")} for each in answer["Parameters"]]
        if not answer.get("NextToken"):
            return found, False
        token = {"NextToken": answer["NextToken"]}
    return found, True


def _log_group(reader: Reader, target: Target, wish: Request) -> Data:
    """The group of exactly this name, or none: names are sorted, so it comes before all that begin with it."""
    answer = reader.call(
        "logs", "DescribeLogGroups", "logGroups", region=wish["region"], logGroupNamePrefix=wish["group"]
    )
    exact = [g["logGroupName"] for g in answer["logGroups"] if g["logGroupName"] == wish["group"]]
    return [{"logGroupName": name} for name in exact], not exact and bool(answer.get("nextToken"))


def _image_platforms(reader: Reader, target: Target, wish: Request) -> Data:
    ids = [{"imageDigest" if "sha256:" in ref else "imageTag": ref} for ref in wish["tags"].split(",")]
    where = {"registryId": wish["registry"], "repositoryName": wish["repository"], "region": wish["region"]}
    answer = reader.call("ecr", "BatchGetImage", "images", imageIds=ids, acceptedMediaTypes=list(_MEDIA_TYPES), **where)
    return [_platforms(image) for image in answer["images"]], False


def _platforms(image: dict[str, Any]) -> dict[str, Any]:
    """Which image it is, whether it is an index, and the platforms of its manifests; of a manifest nothing else."""
    manifest = json.loads(image["imageManifest"])
    entries = manifest.get("manifests")
    platforms = [entry.get("platform") or {} for entry in entries or []]
    kept = [{name: str(given[name]) for name in _OF_PLATFORM if given.get(name)} for given in platforms]
    return {"imageId": plain(image["imageId"]), "index": entries is not None, "platforms": kept}


def _log_lines(reader: Reader, target: Target, wish: Request) -> Data:
    where = {"logGroupName": wish["group"], "logStreamName": wish["stream"], "limit": _LOG_EVENTS}
    events = reader.call("logs", "GetLogEvents", "events", region=wish["region"], **where)["events"]
    return {"sentences": sentences(events), "lines": len(events)}, False


COLLECTORS: dict[str, Collector] = {
    "secret": Collector("secretsmanager:DescribeSecret", _secret),
    "parameter": Collector("ssm:DescribeParameters", _parameter),
    "log_group": Collector("logs:DescribeLogGroups", _log_group),
    "image_platforms": Collector("ecr:BatchGetImage", _image_platforms),
    "log_lines": Collector("logs:GetLogEvents", _log_lines),
}
