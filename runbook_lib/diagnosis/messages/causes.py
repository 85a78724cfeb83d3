"""The 59 labels: each in its group, and whether it is a cause, a symptom, unknown, or nothing wrong at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["cause", "symptom", "healthy", "unknown"]

_GROUPS: dict[str, tuple[str, ...]] = {
    "image": (
        "image-not-found", "image-pull-auth", "image-pull-network", "image-pull-rate-limit", "image-platform-mismatch",
    ),
    "secret": ("secret-not-found", "secret-access-denied", "secret-network", "secret-env-duplicate"),
    "logging": ("log-driver-misconfigured", "log-network"),
    "role": ("execution-role-unassumable", "pass-role-denied", "infrastructure-role-denied", "service-linked-role"),
    "container": (
        "container-exited", "container-exec-format", "container-entrypoint-missing", "container-runtime-error",
        "out-of-memory", "container-health-check-failed",
    ),
    "storage": ("disk-full", "efs-mount-failed"),
    "load-balancer": (
        "load-balancer-health-check-failed", "lb-health-check-code-mismatch", "lb-health-check-timeout",
        "target-group-misconfigured",
    ),
    "placement": (
        "placement-no-capacity-instances", "placement-no-capacity-cpu", "placement-no-capacity-memory",
        "placement-no-capacity-port", "placement-no-capacity-attribute", "placement-agent-disconnected",
        "eni-provisioning-failed", "fargate-capacity-unavailable",
    ),
    "quota": ("vcpu-quota", "quota-exceeded", "api-throttled"),
    "rollout": (
        "circuit-breaker-triggered", "rolled-back", "alarm-triggered-rollback", "start-impaired", "deployment-blocked",
        "wait-timeout", "blue-green-hook-failed", "blue-green-network-invalid",
    ),
    "interruption": ("host-terminated", "spot-interruption", "stopped-by-user"),
    "request": (
        "task-definition-inactive", "cluster-or-service-not-found", "invalid-task-definition",
        "invalid-service-parameters", "port-mapping-invalid",
    ),
    "aws": ("aws-internal-error",),
    "none": ("unknown",),
    "healthy": ("steady-state", "normal-progress", "deployment-superseded"),
}  # fmt: skip
_SYMPTOMS = ("circuit-breaker-triggered", "rolled-back", "start-impaired", "wait-timeout")


@dataclass(frozen=True)
class Cause:
    """One label: ``group`` is its coarse form."""

    label: str
    group: str
    role: Role


def _role(label: str, group: str) -> Role:
    if group == "healthy":
        return "healthy"
    if label == "unknown":
        return "unknown"
    return "symptom" if label in _SYMPTOMS else "cause"


CAUSES: dict[str, Cause] = {
    label: Cause(label, group, _role(label, group)) for group, labels in _GROUPS.items() for label in labels
}
