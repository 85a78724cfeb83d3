"""What a task needs before its containers run: roles, secrets, log groups, images, and ways to all of them.

The order is that of Fargate's platform version 1.4.0, as it was seen: secrets, registry login, log driver, images.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.lab import reasons
from runbook_lib.lab.registry import Reference, hub_name
from runbook_lib.lab.secrets import SecretReference

if TYPE_CHECKING:
    from runbook_lib.lab.region import Region
    from runbook_lib.lab.state import Container, Document, Task

# Seconds from the start of the pull to the failure, as seen on Fargate: who refuses is quick, who is silent is not.
REFUSED, KILLED, UNANSWERED = 30, 180, 285
_PULLS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


@dataclass(frozen=True)
class Problem:
    """Why a task can not start: its stopped reason, how long ECS tried, and the container that it is about."""

    reason: str
    seconds: float = REFUSED
    container: Container | None = None


def unassumable(region: Region, definition: Document) -> str | None:
    """Return the execution or task role that ECS can not assume, or None."""
    named = (definition.get(name) for name in ("executionRoleArn", "taskRoleArn"))
    return next((arn for arn in named if arn and not region.world.assumable(arn)), None)


def problem(region: Region, task: Task) -> Problem | None:
    """Return the first thing that keeps a task from starting; the digests of its images are noted on the way."""
    return next(_problems(region, task), None)


def _problems(region: Region, task: Task) -> Iterator[Problem]:
    for container in task.containers:
        for secret in container.definition.get("secrets", []):
            wanted = SecretReference.of(secret["valueFrom"], region.account, region.name)
            yield from _secret(region, task, wanted)
    references = [Reference.of(container.definition["image"]) for container in task.containers]
    for name in sorted({reference.region for reference in references if reference}):
        yield from _login(region, task, name)
    for container in task.containers:
        yield from _log(region, task, container)
    for container in task.containers:
        yield from _image(region, task, container)


def _denial(region: Region, task: Task, action: str, resource: str) -> str | None:
    """Return IAM's sentence where the execution role may not do something; without a role nothing is allowed."""
    role = task.definition.get("executionRoleArn")
    return region.world.denial(role, task.id, action, resource) if role else None


def _login(region: Region, task: Task, registry_region: str) -> Iterator[Problem]:
    address = region.world.unreachable(task.place, "ecr.api")
    if address:
        yield Problem(reasons.registry_login_unreachable(registry_region, address), UNANSWERED)
    denial = _denial(region, task, "ecr:GetAuthorizationToken", "*")
    if denial:
        yield Problem(reasons.registry_login_denied(denial))


def _secret(region: Region, task: Task, wanted: SecretReference) -> Iterator[Problem]:
    if region.world.unreachable(task.place, wanted.service):
        yield Problem(wanted.unreachable, UNANSWERED)
    denial = _denial(region, task, wanted.action, wanted.arn)
    if denial:
        yield Problem(wanted.denied(denial))
    found = region.world.secret_problem(wanted)
    if found:
        yield Problem(found)


def _log(region: Region, task: Task, container: Container) -> Iterator[Problem]:
    place = log_place(region, task, container)
    if place is None:
        return
    home, group, stream = place
    way = "logs" if home == region.name else "internet"
    if not region.world.has_logs(home) or region.world.unreachable(task.place, way):
        yield Problem(reasons.LOGS_UNREACHABLE, KILLED)
    arn = f"arn:aws:logs:{home}:{region.account}:log-group:{group}"
    denial = _denial(region, task, "logs:CreateLogStream", f"{arn}:log-stream:{stream}")
    if denial:
        yield Problem(reasons.log_stream_denied(denial))
    if region.world.log_group_exists(home, group):
        return
    if log_options(container).get("awslogs-create-group") != "true":
        yield Problem(reasons.log_group_absent(group))
    denial = _denial(region, task, "logs:CreateLogGroup", f"{arn}:log-stream:")
    if denial:
        yield Problem(reasons.log_group_denied(denial))


def _image(region: Region, task: Task, container: Container) -> Iterator[Problem]:
    """Pull an image; a deployment resolves a tag once, and its later tasks pull that digest."""
    image = _wanted_image(task, container)
    reference = Reference.of(image)
    yield from _way_to_registry(region, task, container, image, reference)
    if reference:
        yield from _right_to_pull(region, task, container, reference)
    pulled = region.world.pull(image, platform(task))
    container.digest = pulled.digest
    if pulled.problem:
        yield Problem(pulled.problem, REFUSED, container)
    address = region.world.unreachable(task.place, "s3") if reference else None
    if address:
        whole = image if "@" in image else f"{image}@{pulled.digest}"
        yield Problem(reasons.layers_unreachable(whole, address), UNANSWERED, container)
    container.built = pulled.built
    if task.deployment and pulled.digest:
        task.deployment.digests.setdefault(container.name, pulled.digest)


def _wanted_image(task: Task, container: Container) -> str:
    image: str = container.definition["image"]
    known = task.deployment.digests.get(container.name) if task.deployment else None
    return f"{image}@{known}" if known and "@" not in image else image


def _way_to_registry(
    region: Region, task: Task, container: Container, image: str, reference: Reference | None
) -> Iterator[Problem]:
    address = region.world.unreachable(task.place, "ecr.dkr" if reference else "internet")
    if address:
        yield Problem(reasons.registry_unreachable(*hub_name(image), address), UNANSWERED, container)


def _right_to_pull(region: Region, task: Task, container: Container, reference: Reference) -> Iterator[Problem]:
    denied = any(_denial(region, task, action, reference.arn) for action in _PULLS)
    role = task.definition.get("executionRoleArn", "")
    if denied or not region.world.shares(reference, role):
        yield Problem(reasons.image_forbidden(reference.image, reference.path), REFUSED, container)


def platform(task: Task) -> str:
    """Return the platform that a task runs on, as image indexes name it."""
    given = task.definition.get("runtimePlatform") or {}
    family = "windows" if str(given.get("operatingSystemFamily", "LINUX")).startswith("WINDOWS") else "linux"
    return f"{family}/{'arm64' if given.get('cpuArchitecture') == 'ARM64' else 'amd64'}"


def log_place(region: Region, task: Task, container: Container) -> tuple[str, str, str] | None:
    """Return Region, log group and stream of a container that logs to CloudWatch Logs, or None."""
    options = log_options(container)
    if "awslogs-group" not in options:
        return None
    stream = f"{options.get('awslogs-stream-prefix', 'ecs')}/{container.name}/{task.id}"
    return options.get("awslogs-region", region.name), options["awslogs-group"], stream


def log_options(container: Container) -> Document:
    """Return the options of the awslogs driver of a container; none for another driver."""
    configuration = container.definition.get("logConfiguration") or {}
    return (configuration.get("options") or {}) if configuration.get("logDriver") == "awslogs" else {}
