"""ECS's own texts, told apart: labels, names and codes. Every pattern is plain or bounded, so time is linear."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A message of ECS is below 1,100 characters; more is not looked at.
_LONGEST = 4_000
_DUPLICATE = re.compile(
    r"secret name must be unique and not shared with any new or existing environment variables"
    r"(?: set on the container)?(?:, such as ['‘’\"]([^'‘’\"]{1,255})['‘’\"])?"
)
_CODES = re.compile(r"with these codes: \[([0-9, ]{1,64})\]")
_TASK = re.compile(r"\(task ([^\s()]{1,80})\)")
_GROUP = re.compile(r"\(target-group ([^\s()]{1,300})\)")
_PORT = re.compile(r"\(port (\d{1,5})\)")
_REASON = re.compile(r"due to \(reason ([^()]{1,600}(?:\([^()]{0,200}\)[^()]{0,200})?)\)")

# Label -> what its texts contain, in lower case. The first label that fits counts: a rate limit comes as a 4xx too, and
# a platform that is missing reads like an image that is missing.
_PULL: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("disk-full", ("no space left on device",)),
    ("image-pull-rate-limit", ("toomanyrequests", "pull rate limit", "429 too many requests")),
    (
        "image-platform-mismatch",
        (
            "descriptor matching platform",
            "descriptor for platform",
            "no match for platform",
            "no matching manifest for",
        ),
    ),
    (
        "image-pull-network",
        (
            "i/o timeout",
            "statuscode: 0",
            "context canceled",
            "context deadline exceeded",
            "request canceled",
            "client.timeout",
            "no such host",
            "connection refused",
            "connection reset",
            "connection issue",
            "handshake timeout",
            "network is unreachable",
            "send request failed",
        ),
    ),
    (
        "image-pull-auth",
        (
            "403 forbidden",
            "401 unauthorized",
            "no basic auth credentials",
            "accessdenied",
            "not authorized",
            "authorization token has expired",
        ),
    ),
)
_ABSENT = (
    "not found",
    "manifest unknown",
    "name unknown",
    "repository does not exist",
    "does not exist in the registry",
)
_REFUSED = ("pull access denied", "authorization failed", "denied:")
_REGISTRY_AUTH = "unable to pull secrets or registry auth"
_ABOUT_ECR = ("amazon ecr", "ecr registry auth", "error ecr", ".ecr.", "api.ecr", "getauthorizationtoken")


@dataclass(frozen=True)
class HealthFailure:
    """A health check that failed: its label, and the response codes a load balancer quotes (``"404"``)."""

    label: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mentions:
    """The ids that a service event names. Events have come with and without ``(task …)`` and ``(port …)``."""

    tasks: tuple[str, ...]
    target_groups: tuple[str, ...]
    ports: tuple[int, ...]
    reason: str = ""


def pull_failure(text: str) -> str:
    """The label of a failed image pull, ``unknown`` where the text does not tell why, or ``""`` where it is none."""
    lower = text[:_LONGEST].lower()
    if not _is_pull(lower):
        return ""
    found = next((label for label, signs in _PULL if any(sign in lower for sign in signs)), "")
    return found or _absent_or_refused(lower)


def health_failure(text: str) -> HealthFailure | None:
    """What a stopped reason, a service event or a target's description says of a failed health check."""
    part = text[:_LONGEST]
    if "failed container health checks" in part:
        return HealthFailure("container-health-check-failed")
    if codes := _CODES.search(part):
        return HealthFailure("lb-health-check-code-mismatch", tuple(c.strip() for c in codes[1].split(",")))
    if "Target.Timeout" in part or "Request timed out" in part:
        return HealthFailure("lb-health-check-timeout")
    if "failed ELB health checks" in part or "Health checks failed" in part or "is unhealthy in" in part:
        return HealthFailure("load-balancer-health-check-failed")
    return None


def duplicate_name(text: str) -> str | None:
    """The name that RegisterTaskDefinition refused; ``""`` where it refused one unnamed; None where it did not."""
    found = _DUPLICATE.search(text[:_LONGEST])
    return (found[1] or "") if found else None


def mentions(text: str) -> Mentions:
    """The tasks, target groups, ports and the reason that a service event names."""
    part = text[:_LONGEST]
    reason = _REASON.search(part)
    return Mentions(
        tuple(_TASK.findall(part)),
        tuple(_GROUP.findall(part)),
        tuple(int(port) for port in _PORT.findall(part)),
        reason[1].strip() if reason else "",
    )


def is_out_of_memory(text: str) -> bool:
    """Whether ECS says so itself: exit code 137 alone does not."""
    return "OutOfMemory" in text[:_LONGEST]


def _is_pull(lower: str) -> bool:
    if "cannotpull" in lower or "toomanyrequests" in lower or "pull rate limit" in lower:
        return True
    _, found, rest = lower.partition(_REGISTRY_AUTH)
    # The same words head a failed pull and a secret that cannot be had; nothing after them was cut off.
    return bool(found) and (any(sign in rest for sign in _ABOUT_ECR) or not any(c.isalpha() for c in rest))


def _absent_or_refused(lower: str) -> str:
    """``pull access denied`` stands for a wrong name and for missing rights alike: the registry decides."""
    if any(sign in lower for sign in _REFUSED):
        return "image-not-found" if "docker.io/" in lower else "image-pull-auth"
    if any(sign in lower for sign in _ABSENT):
        return "image-not-found"
    return "image-pull-network" if _REGISTRY_AUTH in lower else "unknown"
