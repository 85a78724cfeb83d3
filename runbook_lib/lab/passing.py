"""Which IAM roles a call passes to the tasks of ECS, for which its caller needs ``iam:PassRole``.

RegisterTaskDefinition passes the roles that it names; what starts tasks of a task definition that it names
(RunTask, CreateService, UpdateService) passes those of the task definition. An UpdateService that names none, such as
one of the desired count alone, passes none (seen: keidarcy/e1s issue 429). The execution role comes first (seen).
"""

from collections.abc import Callable
from typing import Any

from runbook_lib.lab.call import Call

Definition = Callable[[Call, str], "dict[str, Any] | None"]  # the task definition that a call names
ACTION = "iam:PassRole"
CONTEXT = {"iam:passedtoservice": "ecs-tasks.amazonaws.com"}
_ROLES = ("executionRoleArn", "taskRoleArn")
_STARTS_TASKS = ("RunTask", "CreateService", "UpdateService")


def roles(asked: Call, params: dict[str, Any], definition: Definition) -> list[str]:
    """Return the ARNs of the roles that a call of ECS passes."""
    if asked.action == "RegisterTaskDefinition":
        given = params
    elif asked.action in _STARTS_TASKS and params.get("taskDefinition"):
        overrides = params.get("overrides")
        given = {**(definition(asked, str(params["taskDefinition"])) or {}), **_roles(overrides)}
    else:
        return []
    return list(dict.fromkeys(_arn(asked, role) for role in _roles(given).values()))


def _roles(given: Any) -> dict[str, str]:
    return {name: str(given[name]) for name in _ROLES if given.get(name)} if isinstance(given, dict) else {}


def _arn(asked: Call, role: str) -> str:
    """The ARN of a role by ARN, or by the name that a task definition may have instead."""
    return role if role.startswith("arn:") else f"arn:aws:iam::{asked.account}:role/{role}"
