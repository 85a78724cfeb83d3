"""The images that the service's deployments ask ECR for, and what ECR says of each when asked by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.evidence.first_look import EcrImage, ecr_image
from runbook_lib.evidence.model import Evidence, Request

Presence = Literal["present", "absent", "no-repository", "unasked"]


@dataclass(frozen=True)
class Use:
    """One container's image in one deployment's task definition. ``ecr`` is None for another registry."""

    image: str
    ecr: EcrImage | None
    container: str
    revision: str
    deployment: str


def uses(evidence: Evidence) -> tuple[Use, ...]:
    """The images of the deployment made last and of the PRIMARY one: what new tasks pull. Newest first."""
    made = (deployments.newest(evidence), deployments.primary(evidence))
    chosen = {d["id"]: d for d in made if d.get("id")}
    return tuple(use for deployment in chosen.values() for use in _uses(evidence, deployment))


def presence(evidence: Evidence, image: EcrImage) -> Presence:
    """Whether ECR has the image. Another failure code than ImageNotFound does not say that it is absent."""
    unread = (u for u in evidence.unread("image_tags") if _same_repository(u.request, image))
    if any(u.code == "RepositoryNotFoundException" for u in unread):
        return "no-repository"
    for reading in evidence.all("image_tags"):
        if not _same_repository(reading.request, image):
            continue
        if any(image.asked in found.values() for found in reading.data["images"]):
            return "present"
        if any(_is_missing(failure, image) for failure in reading.data["failures"]):
            return "absent"
    return "unasked"


def newest_lacks_one(evidence: Evidence) -> bool:
    """Whether ECR says that it lacks an image of the newest deployment."""
    newest = deployments.newest(evidence).get("id")
    mine = (use.ecr for use in uses(evidence) if use.deployment == newest and use.ecr)
    return any(presence(evidence, image) in ("absent", "no-repository") for image in mine)


def newest_tags(evidence: Evidence, image: EcrImage, most: int = 5) -> list[dict[str, str]]:
    """The newest tagged images of the repository: ``tag``, ``digest``, ``pushed_at``. A page proves no absence."""
    readings = (r for r in evidence.all("images") if _same_repository(r.request, image))
    tagged = (found for reading in readings for found in reading.data if found.get("imageTags"))
    return [_newest(found) for found in tagged][:most]


def _newest(found: dict[str, Any]) -> dict[str, str]:
    return {
        "tag": str(found["imageTags"][0]),
        "digest": str(found.get("imageDigest", "")),
        "pushed_at": str(found.get("imagePushedAt", "")),
    }


def _uses(evidence: Evidence, deployment: Deployment) -> list[Use]:
    arn = deployment.get("taskDefinition", "")
    containers = evidence.task_definitions().get(arn, {}).get("containerDefinitions") or []
    found = [(str(c.get("image", "")), str(c.get("name", ""))) for c in containers]
    of = (deployments.revision(arn), str(deployment["id"]))
    return [Use(image, ecr_image(image), name, *of) for image, name in found if image]


def _same_repository(asked: Request, image: EcrImage) -> bool:
    named = (asked["registry"], asked["region"], asked["repository"])
    return named == (image.registry, image.region, image.repository)


def _is_missing(failure: dict[str, Any], image: EcrImage) -> bool:
    return failure.get("failureCode") == "ImageNotFound" and image.asked in failure.get("imageId", {}).values()
