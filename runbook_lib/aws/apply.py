"""Changes at AWS: how each kind stands now, and the one call that makes it.

Where a call got no answer, whether it took effect is read: that is why every kind can say how it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from runbook_lib.aws.reader import CallFailedError, Reader
from runbook_lib.evidence.model import Target
from runbook_lib.evidence.serialisation import plain
from runbook_lib.plan.definitions import registrable, same
from runbook_lib.plan.edits import EditError, applied
from runbook_lib.plan.model import Change

State = Literal["pending", "done", "unneeded", "stale", "gone"]
Call = tuple[str, str, dict[str, Any]]  # botocore's service, operation, parameters
_GIVEN_BACK = ("STOPPED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")


@dataclass(frozen=True)
class Standing:
    """How a change stands: to be made, made, needless by now, overtaken by another change, or without its object.

    ``facts`` are for the record; ``payload`` holds what the call will send and is never recorded.
    """

    state: State
    facts: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Bench:
    """What a kind may ask: AWS, the service that is mended, what earlier changes made, and the user's file."""

    reader: Reader
    target: Target
    revision: str = ""  # ARN of what ``register`` made
    document: Callable[[str], Mapping[str, Any]] = lambda path: {}


@dataclass(frozen=True)
class _Kind:
    look: Callable[[Change, Bench], Standing]
    call: Callable[[Change, Bench, Standing], Call]


def standing(change: Change, bench: Bench) -> Standing:
    """How a change stands now.

    Raises
    ------
    CallFailedError
        It could not be read.
    """
    return _KINDS[change.kind].look(change, bench)


def call_of(change: Change, bench: Bench, found: Standing) -> Call:
    """The call that makes a change which is pending."""
    return _KINDS[change.kind].call(change, bench, found)


def is_at_aws(change: Change) -> bool:
    """Whether a change is made by a call; else it is of a file of the user."""
    return change.kind in _KINDS


def _read(bench: Bench, client: str, operation: str, member: str, /, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bench.reader.call(client, operation, member, **parameters)[member]
    return found


# A revision of the task definition


def _definition(bench: Bench, name: str) -> dict[str, Any]:
    """A revision with its tags, or the newest of a family; empty where there is none."""
    try:
        answer = bench.reader.call(
            "ecs", "DescribeTaskDefinition", "taskDefinition", taskDefinition=name, include=["TAGS"]
        )
    except CallFailedError as error:
        if error.failure.code == "ClientException":  # ECS's answer for a name that there is not
            return {}
        raise
    tags = {"tags": answer["tags"]} if answer.get("tags") else {}
    return {**answer["taskDefinition"], **tags}


def _look_register(change: Change, bench: Bench) -> Standing:
    path, base = change.about.get("path"), change.about.get("base")
    document = bench.document(path) if path else _definition(bench, str(base))
    if not document:
        return Standing("gone", {"revision": base})
    try:
        wanted = applied(registrable(document), () if path else change.edits)
    except EditError as error:  # the document is another one by now
        return Standing("stale", {"pointer": error.pointer})
    newest = _definition(bench, str(change.about["family"]))
    if newest and same(registrable(newest), wanted):
        return Standing("done", {"revision": newest["taskDefinitionArn"]})
    return Standing("pending", {}, wanted)


def _look_deregister(change: Change, bench: Bench) -> Standing:
    arn = str(change.about["revision"])
    found = _definition(bench, arn)
    if not found or found.get("status") == "INACTIVE":
        return Standing("done" if found else "gone", {"revision": arn})
    used = [
        d
        for d in _service(bench).get("deployments") or []
        if d.get("taskDefinition") == arn and d["status"] == "PRIMARY"
    ]
    return Standing("stale", {"revision": arn, "deployment": used[0]["id"]}) if used else Standing("pending")


# The service


def _service(bench: Bench) -> dict[str, Any]:
    """The service; empty where there is none any more."""
    about = {"cluster": bench.target.cluster, "services": [bench.target.service]}
    found = _read(bench, "ecs", "DescribeServices", "services", **about)
    return next((each for each in found if each.get("status") == "ACTIVE"), {})


def _primary(service: Mapping[str, Any]) -> dict[str, Any]:
    return next((d for d in service.get("deployments") or [] if d.get("status") == "PRIMARY"), {})


def _look_update(change: Change, bench: Bench) -> Standing:
    service = _service(bench)
    if not service:
        return Standing("gone", {"service": bench.target.service})
    primary = _primary(service)
    facts = {"deployment": primary.get("id", ""), "taskDefinition": service.get("taskDefinition", "")}
    if primary.get("id") == change.about.get("deployment"):
        return Standing("pending", facts)
    wanted = _members(change, bench)
    fits = all(_agrees(plain(service.get(name)), value) for name, value in wanted.items())
    return Standing("done" if fits else "stale", facts)


def _members(change: Change, bench: Bench) -> dict[str, Any]:
    """What UpdateService sets, but for what it only does."""
    members = {name: value for name, value in change.after.items() if name != "forceNewDeployment"}
    return {**members, "taskDefinition": members.get("taskDefinition") or bench.revision}


def _agrees(found: Any, wanted: Any) -> bool:
    """Whether what is there holds all that is wanted; ECS adds members with their defaults."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_agrees(found.get(name), value) for name, value in wanted.items())
    return bool(found == wanted)


def _update(change: Change, bench: Bench, found: Standing) -> Call:
    names = {"cluster": bench.target.cluster, "service": bench.target.service}
    force = {"forceNewDeployment": True} if change.after.get("forceNewDeployment") else {}
    members = {name: value for name, value in _members(change, bench).items() if value is not None}
    return "ecs", "UpdateService", {**names, **members, **force}


def _look_rollback(change: Change, bench: Bench) -> Standing:
    arn = change.about["service_deployment"]
    about = {"cluster": bench.target.cluster, "service": bench.target.service}
    listed = _read(bench, "ecs", "ListServiceDeployments", "serviceDeployments", **about)
    status = next((str(each.get("status")) for each in listed if each.get("serviceDeploymentArn") == arn), "")
    if status in ("PENDING", "IN_PROGRESS"):
        return Standing("pending", {"status": status})
    return Standing("done" if status in _GIVEN_BACK else "stale" if status else "gone", {"status": status})


# Tasks, target groups, log groups


def _look_task(change: Change, bench: Bench) -> Standing:
    about = {"cluster": bench.target.cluster, "tasks": [change.about["task"]]}
    task = next(iter(_read(bench, "ecs", "DescribeTasks", "tasks", **about)), {})
    if not task or task.get("desiredStatus") == "STOPPED":
        return Standing("done", {"lastStatus": task.get("lastStatus", "")})
    if task.get("group") != f"service:{bench.target.service}":
        return Standing("stale", {"group": task.get("group", "")})
    healthy = task.get("healthStatus") == "HEALTHY" and change.before.get("healthStatus") != "HEALTHY"
    return Standing("unneeded" if healthy else "pending", {"healthStatus": task.get("healthStatus", "")})


def _look_group(change: Change, bench: Bench) -> Standing:
    try:
        about = {"TargetGroupArns": [change.about["target_group_arn"]]}
        group = next(iter(_read(bench, "elbv2", "DescribeTargetGroups", "TargetGroups", **about)), {})
    except CallFailedError as error:
        if error.failure.reason != "absent":
            raise
        group = {}
    if not group:
        return Standing("gone", {"target_group": change.about.get("target_group", "")})
    now = {name: group.get(name) for name in change.after}
    if _agrees(now, change.after):
        return Standing("done", now)
    return Standing("pending" if _agrees(now, change.before) else "stale", now)


def _look_log_group(change: Change, bench: Bench) -> Standing:
    name = change.about["log_group"]
    groups = _read(bench, "logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=name)
    return Standing("done" if any(group.get("logGroupName") == name for group in groups) else "pending")


_KINDS: dict[str, _Kind] = {
    "register": _Kind(
        _look_register, lambda change, bench, found: ("ecs", "RegisterTaskDefinition", dict(found.payload))
    ),
    "deregister": _Kind(
        _look_deregister,
        lambda change, bench, found: ("ecs", "DeregisterTaskDefinition", {"taskDefinition": change.about["revision"]}),
    ),
    "update-service": _Kind(_look_update, _update),
    "roll-back": _Kind(
        _look_rollback,
        lambda change, bench, found: (
            "ecs",
            "StopServiceDeployment",
            {"serviceDeploymentArn": change.about["service_deployment"], "stopType": "ROLLBACK"},
        ),
    ),
    "stop-task": _Kind(
        _look_task,
        lambda change, bench, found: (
            "ecs",
            "StopTask",
            {"cluster": bench.target.cluster, "task": change.about["task"], "reason": change.after["reason"]},
        ),
    ),
    "modify-target-group": _Kind(
        _look_group,
        lambda change, bench, found: (
            "elbv2",
            "ModifyTargetGroup",
            {"TargetGroupArn": change.about["target_group_arn"], **change.after},
        ),
    ),
    "create-log-group": _Kind(
        _look_log_group,
        lambda change, bench, found: ("logs", "CreateLogGroup", {"logGroupName": change.about["log_group"]}),
    ),
}
