"""The platform that tasks run on, and those that an image index in ECR holds images for."""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import deployments, images, tasks
from runbook_lib.diagnosis.images import Use
from runbook_lib.evidence.first_look import EcrImage
from runbook_lib.evidence.model import Evidence, Request, request

_PROCESSORS = {"X86_64": "amd64", "ARM64": "arm64"}
_UNKNOWN = "unknown/unknown"  # what a build attests of itself; nothing of it runs


def wanted(definition: dict[str, Any]) -> str:
    """``linux/amd64`` or the like, or an empty text where the tasks take the platform of their EC2 instance."""
    given = definition.get("runtimePlatform") or {}
    if not given.get("cpuArchitecture") and "FARGATE" not in (definition.get("requiresCompatibilities") or []):
        return ""
    system = "windows" if str(given.get("operatingSystemFamily", "LINUX")).startswith("WINDOWS") else "linux"
    return f"{system}/{_PROCESSORS.get(str(given.get('cpuArchitecture') or 'X86_64'), 'amd64')}"


def uses(evidence: Evidence) -> tuple[Use, ...]:
    """The images in ECR that tasks of the newest deployment pull."""
    newest = deployments.newest(evidence).get("id")
    return tuple(use for use in images.uses(evidence) if use.deployment == newest and use.ecr)


def requests(evidence: Evidence) -> tuple[Request, ...]:
    """One request a repository, for the images that ECR has said to have."""
    tags: dict[tuple[str, str, str], set[str]] = {}
    for image in (use.ecr for use in uses(evidence)):
        if image and images.presence(evidence, image) == "present":
            tags.setdefault((image.registry, image.region, image.repository), set()).add(image.asked)
    return tuple(
        request("image_platforms", registry=registry, region=region, repository=name, tags=",".join(sorted(asked)))
        for (registry, region, name), asked in tags.items()
    )


def read(evidence: Evidence, use: Use) -> dict[str, Any] | None:
    """What was read of an image: ``imageId``, ``index``, ``platforms``; None where it was not."""
    image = use.ecr or EcrImage("", "", "", "")
    place = (image.registry, image.region, image.repository)
    for reading in evidence.all("image_platforms"):
        if tuple(reading.request[name] for name in ("registry", "region", "repository")) == place:
            found = (each for each in reading.data if image.asked in each["imageId"].values())
            return next(found, None)
    return None


def lacks(found: dict[str, Any], platform: str) -> bool:
    """Whether it is an index without an image for the platform; an entry that names none may be for any."""
    given = [f"{each.get('os')}/{each.get('architecture')}" if each else platform for each in found["platforms"]]
    return bool(found["index"]) and platform not in given


def names(found: dict[str, Any]) -> list[str]:
    """The platforms that an index has images for."""
    return sorted({f"{each.get('os')}/{each.get('architecture')}" for each in found["platforms"] if each} - {_UNKNOWN})


def is_another(evidence: Evidence, use: Use, found: dict[str, Any]) -> bool:
    """Whether ECS resolved the tag to another image than it stands for now: somebody has moved it since."""
    mine = tasks.of(evidence, deployments.newest(evidence))
    containers = (c for task in mine for c in task.get("containers") or [] if c.get("name") == use.container)
    resolved = {str(c["imageDigest"]) for c in containers if c.get("imageDigest")}
    return bool(resolved) and found["imageId"].get("imageDigest") not in resolved
