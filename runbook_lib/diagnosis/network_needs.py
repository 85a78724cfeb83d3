"""What a task must reach over the network before its containers run, in the order in which Fargate asks for it.

Secrets, the login at ECR, the log driver, then images: the order of platform version 1.4.0, as it was seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runbook_lib.evidence.first_look import ecr_image

IMAGE, SECRET, LOG = "image-pull-network", "secret-network", "log-network"
LABELS = (IMAGE, SECRET, LOG)
_ARN = re.compile(r"^arn:[\w-]+:(secretsmanager|ssm):([a-z0-9-]+):")
_HUB = "docker.io"

Container = dict[str, Any]  # one entry of containerDefinitions


@dataclass(frozen=True)
class Need:
    """One service over port 443. ``service`` is as endpoints name it (``ecr.api``), else a registry's host.

    ``region`` is empty for a registry outside ECR: no VPC endpoint leads there. ``label`` is that of the fault where
    it is out of reach.
    """

    service: str
    region: str
    label: str

    def endpoint_names(self) -> tuple[str, ...]:
        """How a VPC endpoint's ``ServiceName`` may name it."""
        name = f"com.amazonaws.{self.region}.{self.service}"
        names = (name, f"cn.{name}") if self.region.startswith("cn-") else (name,)
        return names if self.region else ()


def needs(definition: dict[str, Any], region: str) -> tuple[Need, ...]:
    """What a task of this definition asks for as it starts, each once, in order. ``region`` is the service's own."""
    containers: list[Container] = definition.get("containerDefinitions") or []
    images = [str(container.get("image") or "") for container in containers]
    found = (
        *(need for container in containers for need in _secrets(container, region)),
        *(Need("ecr.api", image.region, IMAGE) for name in images if (image := ecr_image(name))),
        *(need for container in containers for need in _log(container, region)),
        *(need for name in images for need in _registry(name)),
    )
    return tuple(dict.fromkeys(found))


def _secrets(container: Container, region: str) -> Iterator[Need]:
    """A name that is no ARN is a parameter's; that of a registry's credentials is a secret's."""
    logs = container.get("logConfiguration") or {}
    for secret in (*(container.get("secrets") or []), *(logs.get("secretOptions") or [])):
        yield _secret(str(secret.get("valueFrom") or ""), "ssm", region)
    credentials = container.get("repositoryCredentials")
    if isinstance(credentials, dict):
        yield _secret(str(credentials.get("credentialsParameter") or ""), "secretsmanager", region)


def _secret(value: str, service: str, region: str) -> Need:
    found = _ARN.match(value)
    return Need(found[1], found[2], SECRET) if found else Need(service, region, SECRET)


def _log(container: Container, region: str) -> Iterator[Need]:
    logs = container.get("logConfiguration") or {}
    given = logs.get("options")
    options = given if isinstance(given, dict) else {}
    if logs.get("logDriver") == "awslogs" and not options.get("awslogs-endpoint"):
        yield Need("logs", str(options.get("awslogs-region") or region), LOG)


def _registry(image: str) -> tuple[Need, ...]:
    """Where the manifest comes from, and for ECR also the layers, which lie in S3."""
    if found := ecr_image(image):
        return Need("ecr.dkr", found.region, IMAGE), Need("s3", found.region, IMAGE)
    host, slash, _ = image.partition("/")
    named = slash and ("." in host or ":" in host)
    return (Need(host if named else _HUB, "", IMAGE),)
