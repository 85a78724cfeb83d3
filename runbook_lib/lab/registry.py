"""Container registries: which manifest an image reference stands for, and why it can not be pulled.

Only ECR is looked into, that of any account and Region of the lab; an image of another registry is taken to exist.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from runbook_lib.lab import reasons
from runbook_lib.lab.application import LINUX_AMD64, Application
from runbook_lib.lab.transport import Clients

_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)(?::([^@]+))?(?:@(.+))?$")
_ELSEWHERE = "sha256:" + "0" * 64


@dataclass(frozen=True)
class Built:
    """What a manifest is an image of."""

    application: Application
    platform: str = LINUX_AMD64


@dataclass(frozen=True)
class Reference:
    """The parts of an image reference into ECR."""

    image: str
    account: str
    region: str
    repository: str
    tag: str | None
    digest: str | None

    @classmethod
    def of(cls, image: str) -> "Reference | None":
        """Return the parts of an image reference, or None for an image of another registry."""
        found = _ECR.match(image)
        return cls(image, *found.groups()) if found else None

    @property
    def image_id(self) -> dict[str, str]:
        """The image as ECR's API names it."""
        return {"imageDigest": self.digest} if self.digest else {"imageTag": self.tag or "latest"}

    @property
    def path(self) -> str:
        """Where the registry serves what is wanted: a blob for a digest, a manifest for a tag."""
        host = self.image.partition("/")[0]
        what = f"blobs/{self.digest}" if self.digest else f"manifests/{self.tag or 'latest'}"
        return f"https://{host}/v2/{self.repository}/{what}"

    @property
    def arn(self) -> str:
        """ARN of the repository."""
        return f"arn:aws:ecr:{self.region}:{self.account}:repository/{self.repository}"


@dataclass(frozen=True)
class Pull:
    """What came of a pull: the digest that the reference stands for and the image, or the stopped reason."""

    digest: str | None = None
    built: Built | None = None
    problem: str | None = None


class Registry:
    """The registries as a task meets them; `images` are the images by the digest of their manifest, or by tag."""

    def __init__(self, clients: Clients, images: Mapping[str, Built]) -> None:
        self._clients = clients
        self._images = images

    def pull(self, image: str, platform: str) -> Pull:
        """Find what an image reference stands for on a platform such as ``linux/amd64``."""
        reference = Reference.of(image)
        if reference is None:
            tag = image.partition("@")[0].rpartition(":")[2]
            return Pull(_ELSEWHERE, self._images.get(tag) or Built(Application()))
        try:
            found = self._ecr(reference).batch_get_image(
                repositoryName=reference.repository, imageIds=[reference.image_id]
            )["images"]
        except ClientError:
            found = []
        if not found:
            return Pull(problem=reasons.image_absent(image))
        digest = str(found[0]["imageId"]["imageDigest"])
        variant = _variant(found[0]["imageManifest"], digest, platform)
        if variant is None:
            return Pull(digest, problem=reasons.platform_absent(image, platform))
        return Pull(digest, self._built(reference, variant, digest))

    def _built(self, reference: Reference, variant: str, digest: str) -> Built:
        known = (self._images.get(name) for name in (variant, digest, reference.tag or ""))
        return next((built for built in known if built), Built(Application()))

    def policy(self, reference: Reference) -> str | None:
        """Return the repository policy (JSON) of a repository, or None where it has none."""
        try:
            return str(self._ecr(reference).get_repository_policy(repositoryName=reference.repository)["policyText"])
        except ClientError:
            return None

    def _ecr(self, reference: Reference) -> Any:
        return self._clients.get("ecr", reference.account, reference.region)


def hub_name(image: str) -> tuple[str, str]:
    """Return the whole name of an image, which without a host is Docker Hub's, and where its manifest is served."""
    first = image.partition("/")[0]
    has_host = "/" in image and ("." in first or ":" in first)
    host, rest = (first, image.partition("/")[2]) if has_host else ("docker.io", image)
    if host == "docker.io" and "/" not in rest:
        rest = f"library/{rest}"
    name, _, tag = rest.partition(":")
    asked = "registry-1.docker.io" if host == "docker.io" else host
    return f"{host}/{name}:{tag or 'latest'}", f"https://{asked}/v2/{name}/manifests/{tag or 'latest'}"


def _variant(manifest: str, digest: str, platform: str) -> str | None:
    """Return the digest of a platform's manifest; a manifest that is no index is all there is."""
    document = json.loads(manifest)
    if "manifests" not in document:
        return digest
    for entry in document["manifests"]:
        given = entry.get("platform") or {}
        if f"{given.get('os')}/{given.get('architecture')}" == platform:
            return str(entry["digest"])
    return None
