"""What RegisterTaskDefinition refuses, in its own words, and the defaults it fills in."""

import copy
import re
from collections.abc import Callable

from runbook_lib.lab import fargate
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.state import Document

_STEP_1_GIB = {512: (1024, 4096), 1024: (2048, 8192), 2048: (4096, 16384), 4096: (8192, 30720)}
_LARGE = {8192: (16384, 61440, 4096), 16384: (32768, 122880, 8192)}
FARGATE_MEMORY: dict[int, range | tuple[int, ...]] = {
    256: (512, 1024, 2048),
    **{cpu: range(low, high + 1, 1024) for cpu, (low, high) in _STEP_1_GIB.items()},
    **{cpu: range(low, high + 1, step) for cpu, (low, high, step) in _LARGE.items()},
}
_IMAGE = re.compile(r"[A-Za-z0-9._\-/:@+]+")
_CONTAINER_DEFAULTS: Document = {
    "cpu": 0,
    "essential": True,
    "environment": [],
    "mountPoints": [],
    "portMappings": [],
    "systemControls": [],
    "volumesFrom": [],
}
_CHECK_DEFAULTS = {"interval": 30, "timeout": 5, "retries": 3}
_CHECK_LIMITS = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}


def accept(params: Document) -> Document:
    """Return the task definition that ECS would keep for a request.

    Raises
    ------
    AwsError
        ClientException with ECS's own words for what it refuses.
    """
    document = copy.deepcopy({name: value for name, value in params.items() if name != "tags"})
    _check_family(document)
    if not document["containerDefinitions"]:
        _refuse("Container list cannot be empty.")
    document["cpu"], document["memory"] = _cpu_units(document.get("cpu")), _mebibytes(document.get("memory"))
    for check in _CHECKS:
        check(document)
    _fill(document)
    return {name: value for name, value in document.items() if value is not None}


def _refuse(message: str) -> None:
    raise AwsError("ClientException", message)


def _is_fargate(document: Document) -> bool:
    return "FARGATE" in document.get("requiresCompatibilities", [])


def _check_family(document: Document) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", document["family"]):
        _refuse(
            "Family contains invalid characters. Up to 255 letters (uppercase and lowercase), numbers, underscores, "
            "and hyphens are allowed."
        )


def _cpu_units(given: str | None) -> str | None:
    """Normalise a task's cpu: ``"1 vCPU"`` becomes ``"1024"``."""
    return _normal(given, r"([\d.]+)\s*vcpu", 1024)


def _mebibytes(given: str | None) -> str | None:
    """Normalise a task's memory: ``"2 GB"`` becomes ``"2048"``."""
    return _normal(given, r"([\d.]+)\s*gb", 1024)


def _normal(given: str | None, pattern: str, factor: int) -> str | None:
    found = re.fullmatch(pattern, (given or "").strip().lower())
    return str(int(float(found.group(1)) * factor)) if found else given


def _check_names(document: Document) -> None:
    names = [container.get("name") for container in document["containerDefinitions"]]
    if not all(names):
        _refuse("Container.name should not be null or empty.")
    for name in names:
        if names.count(name) > 1:
            _refuse(f"Container names must be unique within a task definition: {name}.")


def _check_essential(document: Document) -> None:
    if not any(container.get("essential", True) for container in document["containerDefinitions"]):
        _refuse("TaskDefinition must contain at least one essential container.")


def _check_images(document: Document) -> None:
    for container in document["containerDefinitions"]:
        if not container.get("image"):
            _refuse("Container.image should not be null or empty.")
        if not _IMAGE.fullmatch(container["image"]):
            _refuse("Container.image repository contains invalid characters.")


def _check_environment(document: Document) -> None:
    for container in document["containerDefinitions"]:
        if not all(variable.get("name") for variable in container.get("environment", [])):
            _refuse("Environment variable name cannot be null or empty.")


def _check_secrets(document: Document) -> None:
    """Refuse a name that is an environment variable and a secret at once."""
    for container in document["containerDefinitions"]:
        secrets = [secret["name"] for secret in container.get("secrets", [])]
        taken = [variable.get("name") for variable in container.get("environment", [])]
        for place, name in enumerate(secrets):
            if name in taken or name in secrets[:place]:
                _refuse(
                    "The secret name must be unique and not shared with any new or existing environment variables set "
                    f"on the container, such as '{name}'."
                )
        if secrets and not document.get("executionRoleArn"):
            _refuse("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")


def _check_fargate_size(document: Document) -> None:
    if not _is_fargate(document):
        return
    for name in ("cpu", "memory"):
        if not document.get(name):
            _refuse(f"Fargate requires that '{name}' be defined at the task level.")
    cpu, memory = document["cpu"], document["memory"]
    allowed = FARGATE_MEMORY.get(int(cpu), ()) if cpu.isdigit() else ()
    if not memory.isdigit() or int(memory) not in allowed:
        _refuse("No Fargate configuration exists for given values.")


def _check_fargate(document: Document) -> None:
    problem = fargate.problem(document) if _is_fargate(document) else None
    if problem:
        _refuse(problem)


def _check_network_mode(document: Document) -> None:
    if _is_fargate(document) and document.get("networkMode") != "awsvpc":
        _refuse("Fargate only supports network mode ‘awsvpc’.")
    if document.get("networkMode") == "awsvpc":
        for container in document["containerDefinitions"]:
            _check_awsvpc(container)


def _check_awsvpc(container: Document) -> None:
    if container.get("hostname"):
        _refuse("hostname is not supported on container when networkMode=awsvpc.")
    if container.get("links"):
        _refuse("Links are not supported when networkMode=awsvpc.")
    mappings = container.get("portMappings", [])
    for mapping in mappings:
        if mapping.get("hostPort", mapping.get("containerPort")) != mapping.get("containerPort"):
            _refuse("When networkMode=awsvpc, the host ports and container ports in port mappings must match.")
    ends = [(mapping.get("containerPort"), mapping.get("protocol", "tcp")) for mapping in mappings]
    if len(set(ends)) < len(ends):
        _refuse(f"Port mappings must be unique within container '{container['name']}'.")


def _check_ports(document: Document) -> None:
    for container in document["containerDefinitions"]:
        for mapping in container.get("portMappings", []):
            if not 1 <= mapping.get("containerPort", 0) <= 65535:
                _refuse(f"Invalid 'containerPort' setting for container '{container['name']}'.")


def _check_resources(document: Document) -> None:
    containers = document["containerDefinitions"]
    for container in containers:
        if not (document.get("memory") or container.get("memory") or container.get("memoryReservation")):
            _refuse(
                f"Invalid setting for container '{container['name']}'. "
                "At least one of 'memory' or 'memoryReservation' must be specified."
            )
    cpu = document.get("cpu") or ""
    if cpu.isdigit() and sum(container.get("cpu", 0) for container in containers) > int(cpu):
        _refuse("The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.")


def _check_memory(document: Document) -> None:
    task = document.get("memory") or ""
    for container in document["containerDefinitions"]:
        hard, soft = container.get("memory"), container.get("memoryReservation")
        invalid = f"Invalid setting for container '{container['name']}'."
        if task.isdigit() and max(hard or 0, soft or 0) > int(task):
            _refuse(f"{invalid} Its memory cannot be greater than the 'memory' of the task.")
        if hard and soft and soft > hard:
            _refuse(f"{invalid} 'memory' cannot be less than 'memoryReservation'.")


def _check_volumes(document: Document) -> None:
    known = {volume.get("name") for volume in document.get("volumes", [])}
    for container in document["containerDefinitions"]:
        for mount in container.get("mountPoints", []):
            if mount.get("sourceVolume") not in known:
                _refuse(f"Unknown volume '{mount.get('sourceVolume')}'.")


def _check_logging(document: Document) -> None:
    for container in document["containerDefinitions"]:
        configuration = container.get("logConfiguration") or {}
        wanted = {"awslogs-group", "awslogs-region"}
        if configuration.get("logDriver") == "awslogs" and wanted - set(configuration.get("options") or {}):
            _refuse("Log driver awslogs requires options: awslogs-region, awslogs-group")


def _check_dependencies(document: Document) -> None:
    known = {container["name"] for container in document["containerDefinitions"]}
    essential = {c["name"] for c in document["containerDefinitions"] if c.get("essential", True)}
    for container in document["containerDefinitions"]:
        for dependency in container.get("dependsOn", []):
            if dependency["containerName"] not in known:
                _refuse(f"Unknown container '{dependency['containerName']}' in dependsOn of '{container['name']}'.")
            ends = dependency["condition"] in ("SUCCESS", "COMPLETE")
            if ends and dependency["containerName"] in essential:
                _refuse("A dependency container with SUCCESS or COMPLETE condition cannot be an essential container")


def _check_health_checks(document: Document) -> None:
    for container in document["containerDefinitions"]:
        command = (container.get("healthCheck") or {"command": ["NONE"]})["command"]
        if not command or command[0] not in ("CMD", "CMD-SHELL", "NONE"):
            _refuse(f"Invalid 'healthCheck.command' setting for container '{container['name']}'.")
        for name, (low, high) in _CHECK_LIMITS.items():
            value = (container.get("healthCheck") or {}).get(name, low)
            if not low <= value <= high:
                _refuse(f"Invalid 'healthCheck.{name}' setting for container '{container['name']}'.")


def _check_storage(document: Document) -> None:
    size = (document.get("ephemeralStorage") or {}).get("sizeInGiB")
    if size is not None and size < 21:
        _refuse("EphemeralStorage size should be at least 21")
    if size is not None and size > 200:
        _refuse("EphemeralStorage size should be at most 200")


def _check_execution_role(document: Document) -> None:
    """Fargate pulls from ECR and logs to CloudWatch with the execution role."""
    if not _is_fargate(document) or document.get("executionRoleArn"):
        return
    for container in document["containerDefinitions"]:
        if ".dkr.ecr." in container["image"]:
            _refuse("Fargate requires task definition to have execution role ARN to support ECR images.")
        if (container.get("logConfiguration") or {}).get("logDriver") == "awslogs":
            _refuse("Fargate requires task definition to have execution role ARN to support log driver awslogs.")


_CHECKS: tuple[Callable[[Document], None], ...] = (
    _check_names,
    _check_essential,
    _check_images,
    _check_environment,
    _check_secrets,
    _check_network_mode,
    _check_fargate_size,
    _check_ports,
    _check_resources,
    _check_memory,
    _check_volumes,
    _check_fargate,
    _check_logging,
    _check_dependencies,
    _check_health_checks,
    _check_storage,
    _check_execution_role,
)


def _fill(document: Document) -> None:
    """Fill in the defaults that ECS shows in a registered task definition."""
    awsvpc = document.get("networkMode") == "awsvpc"
    for container in document["containerDefinitions"]:
        for name, value in _CONTAINER_DEFAULTS.items():
            container.setdefault(name, copy.copy(value))
        for mapping in container["portMappings"]:
            mapping.setdefault("hostPort", mapping["containerPort"] if awsvpc else 0)
            mapping.setdefault("protocol", "tcp")
        if "healthCheck" in container:
            container["healthCheck"] = {**_CHECK_DEFAULTS, **container["healthCheck"]}
    document.setdefault("volumes", [])
    document.setdefault("placementConstraints", [])
    document["compatibilities"] = ["EC2", "FARGATE"] if awsvpc else ["EC2"]
    document["requiresAttributes"] = [{"name": name} for name in _attributes(document)]


def _attributes(document: Document) -> list[str]:
    containers = document["containerDefinitions"]
    wanted = {
        "com.amazonaws.ecs.capability.ecr-auth": any(".dkr.ecr." in c["image"] for c in containers),
        "com.amazonaws.ecs.capability.logging-driver.awslogs": any(
            (c.get("logConfiguration") or {}).get("logDriver") == "awslogs" for c in containers
        ),
        "com.amazonaws.ecs.capability.task-iam-role": bool(document.get("taskRoleArn")),
        "ecs.capability.container-health-check": any("healthCheck" in c for c in containers),
        "ecs.capability.execution-role-awslogs": bool(document.get("executionRoleArn")),
        "ecs.capability.execution-role-ecr-pull": bool(document.get("executionRoleArn")),
        "ecs.capability.secrets.asm.environment-variables": any(c.get("secrets") for c in containers),
        "ecs.capability.task-eni": document.get("networkMode") == "awsvpc",
    }
    return [name for name, present in wanted.items() if present]
