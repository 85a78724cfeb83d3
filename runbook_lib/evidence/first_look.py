"""What a first look asks, round by round: three dependent rounds, as far as its 12 calls go; `rest` is what is left."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runbook_lib.evidence.model import Evidence, Request, request
from runbook_lib.evidence.rollback import rolled_back

# Task definitions, target groups and repositories beyond these are left to the deeper look.
MAX_TASK_DEFINITIONS = 3
MAX_TARGET_GROUPS = 3
MAX_REPOSITORIES = 2

# The hosts of every partition (botocore's partitions.json), and those that answer by IPv6 too.
_HOSTS = (
    r"(?:amazonaws\.(?:com|eu)|on\.aws|on\.amazonwebservices\.(?:com|eu)"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)(?:\.cn)?"
)
_ECR = re.compile(
    rf"^(?P<registry>\d{{12}})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.{_HOSTS}/"
    r"(?P<repository>[a-z0-9._/-]+?)(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?$"
)


@dataclass(frozen=True)
class EcrImage:
    """An image reference into ECR. ``asked`` is what is looked up by name: the digest where pinned, else the tag."""

    registry: str
    region: str
    repository: str
    asked: str


def ecr_image(reference: str) -> EcrImage | None:
    """The parts of an ECR image reference, or None where the image lives elsewhere. No tag means ``latest``."""
    match = _ECR.match(reference)
    if not match:
        return None
    asked = match["digest"] or match["tag"] or "latest"
    return EcrImage(match["registry"], match["region"], match["repository"], asked)


def opening(evidence: Evidence) -> tuple[Request, ...]:
    """Round 1: what the names of cluster and service suffice for."""
    return (
        request("service"),
        request("task_arns", desired_status="RUNNING"),
        request("task_arns", desired_status="STOPPED"),
        request("service_deployments"),
    )


def details(evidence: Evidence) -> tuple[Request, ...]:
    """Round 2: the task definitions, which round 3 goes by, tasks and target groups that round 1 named."""
    return _details(evidence, MAX_TASK_DEFINITIONS, MAX_TARGET_GROUPS)


def images(evidence: Evidence) -> tuple[Request, ...]:
    """Round 3: the images that the task definitions of round 2 name, asked by tag or digest, and what ECR has."""
    return _image_requests(list(evidence.task_definitions().values()), MAX_REPOSITORIES)


def rest(evidence: Evidence) -> tuple[Request, ...]:
    """What a first look left out because there was more than its budget; asked by the deeper look."""
    return (
        *_details(evidence),
        *(request("task_definition", arn=arn) for arn in (rolled_back(evidence).get("taskDefinition"),) if arn),
        *_image_requests(list(evidence.task_definitions().values())),
    )


ROUNDS: tuple[Callable[[Evidence], tuple[Request, ...]], ...] = (opening, details, images)


def task_definition_arns(service: dict[str, Any]) -> list[str]:
    """The task definitions of the service's deployments, newest deployment first, each once."""
    arns = [d.get("taskDefinition", "") for d in service.get("deployments", [])] or [service.get("taskDefinition", "")]
    return [arn for arn in dict.fromkeys(arns) if arn]


def target_group_arns(service: dict[str, Any]) -> list[str]:
    """The target groups that the service registers its tasks with, each once."""
    arns = [lb.get("targetGroupArn", "") for lb in service.get("loadBalancers", [])]
    return [arn for arn in dict.fromkeys(arns) if arn]


def _details(evidence: Evidence, definitions: int | None = None, groups: int | None = None) -> tuple[Request, ...]:
    task_arns = [arn for r in evidence.all("task_arns") for arn in r.data]
    group_arns = target_group_arns(evidence.service)
    chunks = [task_arns[n : n + 100] for n in range(0, len(task_arns), 100)]
    return (
        *(request("task_definition", arn=arn) for arn in task_definition_arns(evidence.service)[:definitions]),
        *(request("tasks", arns=",".join(chunk)) for chunk in chunks),
        *((request("target_groups", arns=",".join(group_arns)),) if group_arns else ()),
        *(request("target_health", target_group_arn=arn) for arn in group_arns[:groups]),
    )


def _image_requests(definitions: list[dict[str, Any]], most: int | None = None) -> tuple[Request, ...]:
    """What is asked by name comes first: without it nothing can be said, without the lists nothing be proposed."""
    asked: dict[tuple[str, str, str], set[str]] = {}
    for container in (c for d in definitions for c in d.get("containerDefinitions", [])):
        if image := ecr_image(container.get("image", "")):
            asked.setdefault((image.registry, image.region, image.repository), set()).add(image.asked)
    found = [
        ({"registry": registry, "region": region, "repository": repository}, ",".join(sorted(tags)))
        for (registry, region, repository), tags in list(asked.items())[:most]
    ]
    by_name = (request("image_tags", **where, tags=tags) for where, tags in found)
    return (*by_name, *(request("images", **where) for where, _ in found))
