"""What ECS says, in the words of other years: rows of a pattern and what stood, or will stand, in its place.

Every form was seen, in messages that people have posted since 2016 (``tests/fixtures/messages.jsonl`` has them whole).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from runbook_lib.evidence.model import Evidence

SAID = ("message", "stoppedReason", "reason", "rolloutStateReason", "statusReason")
Rows = tuple[tuple[str, str], ...]
_GROUP = r"\(target-group arn:[\w:-]+:targetgroup/([\w-]+)/\w+\)"
_NOT_FOUND = r"pull image manifest has been retried \d time\(s\): failed to resolve ref (\S+): \S+: not found"
_PLATFORM = r"pull image manifest has been retried \d time\(s\): failed to resolve ref (\S+): image Manifest .*'"
_FORBIDDEN = r"unexpected status from HEAD request to (https://[^/]+)/\S+: 403 Forbidden"
_NO_LOGIN = (
    r"operation error ECR: GetAuthorizationToken, https \S+ error StatusCode: 400, RequestID: [\w-]+, api error "
)
_SILENT = r"The task cannot pull registry auth.*i/o timeout"
_MANIFEST = "CannotPullContainerError: Error response from daemon: manifest"

ERAS: dict[str, Rows] = {
    # names
    "without parentheses": (
        (r"\(service ([\w-]+)(?:, taskSet ecs-svc/\d+)?\)", r"service \1"),
        (r"\((task|deployment) ([\w/-]+)\)", r"\1 \2"),
        (_GROUP, r"target-group \1"),
    ),
    "no task named": ((r" \(task \w+\)(?= \(port)", ""),),
    "no port named": ((r" \(port \d+\)", ""),),
    "no service named": ((r"^\(service [^)]*\) ", ""),),
    "no deployment named": ((r"\(deployment [^)]*\) (?=deployment failed)", ""),),
    "the target group by its name": ((_GROUP, r"target-group \1"),),
    "the target group shortened": ((_GROUP, "(target-group ...)"),),
    "a full stop more": ((r"(Task failed .*|due to \(reason .*\))$", r"\1."),),
    # images
    "manifest for, API error": ((_NOT_FOUND, r"API error (404): manifest for \1 not found"),),
    "manifest for, daemon": (
        (f"CannotPullContainerError: {_NOT_FOUND}", rf"{_MANIFEST} for \1 not found: manifest unknown"),
    ),
    "inspect image": (
        (r"pull image manifest has been retried \d", "inspect image has been retried 1"),
        (r"resolve ref (\S+):", r'resolve ref "\1":'),
    ),
    "ref pull": ((r"pull image manifest has been retried \d", "ref pull has been retried 5"),),
    "no retries told": ((r"pull image manifest has been retried \d time\(s\): ", ""),),
    "a descriptor for the platform": ((_PLATFORM, "failed to find a descriptor for platform {linux/amd64}"),),
    "a manifest for the platform": (
        (_PLATFORM, "no matching manifest for linux/amd64 in the manifest list entries: \\1"),
    ),
    "pulling from host": (
        (_FORBIDDEN, r"pulling from host \1 failed with status code [manifests latest]: 403 Forbidden"),
    ),
    "unexpected status code": ((_FORBIDDEN, "unexpected status code [manifests latest]: 403 Forbidden"),),
    # what is fetched before the image
    "RequestError": (
        (
            _SILENT,
            "execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried "
            "3 time(s): RequestError: send request failed caused by: Post https://api.ecr.ap-northeast-2.amazonaws.com/"
            ": dial tcp 52.119.174.83:443: i/o timeout",
        ),
    ),
    "pull command failed": ((_SILENT, "pull command failed: : signal: killed"),),
    "AccessDeniedException alone": ((_NO_LOGIN, ""), (r" because no identity-based policy allows .*? action", "")),
    "unable to get registry auth from asm": ((r"unable to retrieve ecr registry auth", "unable to get registry auth"),),
    "no retrieval told": (
        (r"unable to pull secrets or registry auth: execution resource retrieval failed: ", ""),
        (r"service call has been retried 1 time\(s\): ", ""),
    ),
    "shortened by who posted it": (
        (r"registry auth: .*?(invalid ssm parameters|retrieved secret|invalid character)", r"registry auth: ... \1"),
    ),
    # placement and start
    "the reason for failure is": ((r"a task\. Reason: ", "a task. The reason for failure is "),),
    "because": ((r"a task\. Reason: ", "a task because "),),
    "failed to launch a task": (
        (r"was unable to place a task\. Reason: (.*)\.$", r"failed to launch a task with (error \1)."),
    ),
    "no reason": ((r"was unable to place a task\..*", "was unable to place a task."),),
    "capacity, in short": ((r" Please try again later.*", ""),),
    "the guide recommended": (
        (r"consistently start tasks successfully\.", r"\g<0> For more information, see the Troubleshooting section."),
    ),
    # ends
    "essential container exited": ((r"Essential container in task exited", "Essential container exited"),),
    "with its exit code": ((r"Essential container in task exited", r"\g<0> (exit code 1)"),),
    "target group, in words": ((r"(Task failed ELB health checks) in .*", r"\1 in target group"),),
    "no target group": ((r"Task failed ELB health checks in .*", "Task failed ELB health checks"),),
    "scaling, without parentheses": ((r"initiated by \((deployment [\w/-]+)\)", r"initiated by \1"),),
    # rollouts
    "before replacements were told": ((r" Amazon ECS replaced \d+ tasks due to an unhealthy status\.", ""),),
    "before completion was told": ((r"\(deployment \S+\) deployment completed\.", "has reached a steady state."),),
    "the breaker, by the deployment": (
        (r"Service deployment rolled back because .*", "ECS deployment circuit breaker: tasks failed to start."),
    ),
    "the breaker, with its target": (
        (r"circuit breaker: tasks failed to start\.", "circuit breaker: rolling back to deploymentId ecs-svc/1."),
    ),
}  # fmt: skip


def worded(found: Evidence, rows: Rows) -> Evidence:
    """The evidence with what ECS says put otherwise."""
    return replaced(found, lambda text: _put(text, rows))


def replaced(found: Evidence, put: Any, *, drop: bool = False) -> Evidence:
    """The evidence with every text of ECS replaced by ``put(text)``, or without those that are empty then."""
    ecs = [r for r in found.readings if r.operation.startswith("ecs:")]
    changed = {r.request: replace(r, data=_replaced(r.data, put, drop)) for r in ecs}
    return replace(found, readings=tuple(changed.get(r.request, r) for r in found.readings))


def _put(text: str, rows: Rows) -> str:
    for pattern, words in rows:
        text = re.sub(pattern, words, text)
    return text


def _replaced(data: Any, put: Any, drop: bool) -> Any:
    if isinstance(data, dict):
        new = {key: put(value) if key in SAID else _replaced(value, put, drop) for key, value in data.items()}
        return {key: value for key, value in new.items() if not (drop and key in SAID and not value)}
    return [_replaced(item, put, drop) for item in data] if isinstance(data, list) else data
