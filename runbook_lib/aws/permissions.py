"""Who applies a plan, and what of it that principal may not do, asked before the first step.

IAM's own simulation answers, with the identity's policies, permission boundaries and service control policies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from runbook_lib.aws.operations import CHANGES
from runbook_lib.aws.policy import partition
from runbook_lib.aws.reader import CallFailedError, Reader
from runbook_lib.errors import AccessError
from runbook_lib.evidence.model import Target
from runbook_lib.plan.model import Change, Plan

_ROOT, _SESSION = ":root", ":assumed-role/"
_TASKS = "ecs-tasks.amazonaws.com"


@dataclass(frozen=True)
class Need:
    """An IAM action that a change needs, on a resource, with the condition keys that AWS would fill in."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def caller(reader: Reader) -> dict[str, str]:
    """``arn`` and ``account`` of whoever calls.

    Raises
    ------
    AccessError
        AWS does not say.
    """
    try:
        found = reader.call("sts", "GetCallerIdentity", "Arn", "Account")
    except CallFailedError as error:
        raise _unread(error) from error
    return {"arn": str(found["Arn"]), "account": str(found["Account"])}


def missing(reader: Reader, who: Mapping[str, str], plan: Plan) -> tuple[str, ...]:
    """The actions of a plan that the caller may not do, each once; the root user may do everything.

    Raises
    ------
    AccessError
        IAM does not say: checking was not possible.
    """
    if who["arn"].endswith(_ROOT):
        return ()
    try:
        principal = _principal(reader, who["arn"])
        denied = (need.action for need in needs(plan) if not _allowed(reader, principal, need))
        return tuple(dict.fromkeys(denied))
    except CallFailedError as error:
        raise _unread(error) from error


def needs(plan: Plan) -> tuple[Need, ...]:
    """What the changes of a plan need, each once."""
    found = [need for change in plan.changes for need in _needs(change, plan.target)]
    return tuple(need for place, need in enumerate(found) if need not in found[:place])


def _needs(change: Change, target: Target) -> Iterator[Need]:
    make = _NEEDS.get(change.kind)
    yield from make(change, target) if make else ()


def _arn(target: Target, service: str, rest: str) -> str:
    return f"arn:{partition(target.region)}:{service}:{target.region}:{target.account}:{rest}"


def _cluster(target: Target) -> dict[str, str]:
    return {"ecs:cluster": _arn(target, "ecs", f"cluster/{target.cluster}")}


def _register(change: Change, target: Target) -> Iterator[Need]:
    yield Need("ecs:RegisterTaskDefinition", _arn(target, "ecs", f"task-definition/{change.about['family']}:*"))
    yield from _passed(change)


def _passed(change: Change) -> Iterator[Need]:
    """Whoever registers or deploys a revision hands its roles to the tasks."""
    for role in change.about.get("roles") or ():
        yield Need("iam:PassRole", str(role), {"iam:PassedToService": _TASKS})


def _update(change: Change, target: Target) -> Iterator[Need]:
    yield Need("ecs:UpdateService", _service(target), _cluster(target))
    yield from _passed(change)


def _roll_back(change: Change, target: Target) -> Iterator[Need]:
    context = {**_cluster(target), "ecs:service": _service(target)}
    for resource in (_service(target), str(change.about["service_deployment"])):
        yield Need("ecs:StopServiceDeployment", resource, context)


def _service(target: Target) -> str:
    return _arn(target, "ecs", f"service/{target.cluster}/{target.service}")


def _task(change: Change, target: Target) -> Iterator[Need]:
    task = change.about["task"]
    yield Need("ecs:StopTask", _arn(target, "ecs", f"task/{target.cluster}/{task}"), _cluster(target))


def _one(action: str, resource: str) -> Any:
    def needed(change: Change, target: Target) -> Iterator[Need]:
        names = {**change.about, "region": target.region, "account": target.account}
        yield Need(action, resource.format(partition=partition(target.region), **names))

    return needed


_NEEDS = {
    "register": _register,
    "update-service": _update,
    "roll-back": _roll_back,
    "stop-task": _task,
    "deregister": _one("ecs:DeregisterTaskDefinition", "*"),
    "modify-target-group": _one(CHANGES["elbv2", "ModifyTargetGroup"], "{target_group_arn}"),
    # The resource that IAM judges it on, as denials show it; a policy for `log-group:NAME:*` covers it.
    "create-log-group": _one(
        "logs:CreateLogGroup", "arn:{partition}:logs:{region}:{account}:log-group:{log_group}:log-stream:"
    ),
}


def _principal(reader: Reader, arn: str) -> str:
    """The ARN whose policies count: a session's role, with the path that only IAM knows."""
    if _SESSION not in arn:
        return arn
    role = arn.partition(_SESSION)[2].partition("/")[0]
    return str(reader.call("iam", "GetRole", "Role", RoleName=role)["Role"]["Arn"])


def _allowed(reader: Reader, principal: str, need: Need) -> bool:
    context = [
        {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
        for key, value in need.context.items()
    ]
    found = reader.call(
        "iam",
        "SimulatePrincipalPolicy",
        "EvaluationResults",
        PolicySourceArn=principal,
        ActionNames=[need.action],
        ResourceArns=[need.resource],
        ContextEntries=context,
    )["EvaluationResults"]
    return bool(found) and all(result.get("EvalDecision") == "allowed" for result in found)


def _unread(error: CallFailedError) -> AccessError:
    return AccessError(
        "permissions-unread", operation=error.operation, reason=error.failure.reason, message=error.failure.message
    )
