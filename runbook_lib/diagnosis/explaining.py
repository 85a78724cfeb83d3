"""Which fields of a task definition or service can have to do with a cause, the likeliest first: where to look."""

from __future__ import annotations

from runbook_lib.diagnosis.messages.causes import CAUSES

_PORTS = ("portMappings", "loadBalancers", "healthCheck", "image", "networkConfiguration", "environment", "command")
_CONTAINER = ("image", "command", "entryPoint", "environment", "secrets", "memory", "taskRoleArn")
_NETWORK = ("networkConfiguration", "networkMode", "platformVersion")
_ROLES = ("executionRoleArn", "taskRoleArn")
_SIZE = ("cpu", "memory", "capacityProviderStrategy", "launchType", "networkConfiguration", "runtimePlatform")

# By a cause's label where it has its own, else by the group of the label.
_FIELDS: dict[str, tuple[str, ...]] = {
    "image": ("image",),
    "image-pull-auth": ("executionRoleArn", "repositoryCredentials", "image"),
    "image-pull-network": (*_NETWORK, "image"),
    "image-pull-rate-limit": ("image", "repositoryCredentials"),
    "image-platform-mismatch": ("runtimePlatform", "image"),
    "secret": ("secrets", "repositoryCredentials", *_ROLES),
    "secret-access-denied": ("executionRoleArn", "secrets", "repositoryCredentials"),
    "secret-network": (*_NETWORK, "secrets"),
    "secret-env-duplicate": ("environment", "secrets"),
    "logging": ("logConfiguration", "executionRoleArn"),
    "log-network": (*_NETWORK, "logConfiguration"),
    "role": _ROLES,
    "container": _CONTAINER,
    "container-exec-format": ("runtimePlatform", "image", "entryPoint", "command"),
    "container-entrypoint-missing": ("entryPoint", "command", "image"),
    "container-runtime-error": ("image", "entryPoint", "command", "mountPoints", "linuxParameters", "user"),
    "container-health-check-failed": ("healthCheck", "image", "portMappings", "environment", "command", "secrets"),
    "out-of-memory": ("memory", "memoryReservation", "image", "environment", "command"),
    "storage": ("volumes", "mountPoints", "ephemeralStorage"),
    "disk-full": ("ephemeralStorage", "image", "volumes", "mountPoints"),
    "efs-mount-failed": ("volumes", "mountPoints", "networkConfiguration", "taskRoleArn", "platformVersion"),
    "load-balancer": _PORTS,
    "lb-health-check-timeout": ("networkConfiguration", *(f for f in _PORTS if f != "networkConfiguration")),
    "target-group-misconfigured": ("loadBalancers", "portMappings", "networkConfiguration"),
    "placement": _SIZE,
    "eni-provisioning-failed": _NETWORK,
    "quota": _SIZE,
    # Labels of our own, which the catalogue of messages does not have.
    "health-check-path-mismatch": ("healthCheck", "loadBalancers", "image", "portMappings"),
}

# The order of fields that a cause does not tell apart: what a task is made of before what it runs on.
ORDER = (
    *("container", "image", "runtimePlatform", "entryPoint", "command", "environment", "environmentFiles", "secrets"),
    *("repositoryCredentials", "executionRoleArn", "taskRoleArn", "portMappings", "healthCheck", "essential"),
    *("dependsOn", "cpu", "memory", "memoryReservation", "ephemeralStorage", "volumes", "mountPoints"),
    *("logConfiguration", "networkMode", "networkConfiguration", "loadBalancers", "platformVersion", "launchType"),
    "capacityProviderStrategy",
)


def fields_of(label: str) -> tuple[str, ...]:
    """The fields that can have to do with a cause of this label; none where no setting has."""
    own = _FIELDS.get(label)
    group = CAUSES[label].group if label in CAUSES else ""
    return own if own is not None else _FIELDS.get(group, ())
