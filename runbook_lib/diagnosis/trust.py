"""The roles that a task definition names, and whether ECS can assume them by what IAM says."""

from __future__ import annotations

from typing import Any, Literal

from runbook_lib.diagnosis import deployments, resource_policies
from runbook_lib.diagnosis.resource_policies import Asker
from runbook_lib.evidence.model import Evidence, request

_FIELDS = ("executionRoleArn", "taskRoleArn")
Standing = Literal["absent", "untrusted", "trusted", "undecided", "unread"]


def named(evidence: Evidence) -> dict[str, str]:
    """The roles of the newest deployment's task definition, by the field that names them."""
    definition = deployments.newest_definition(evidence)
    return {field: str(definition[field]) for field in _FIELDS if definition.get(field)}


def standing(evidence: Evidence, arn: str) -> Standing:
    """Whether IAM has the role of this very ARN, and whether it trusts ECS's tasks."""
    asked = request("role", role_arn=arn)
    if any(lost.request == asked and lost.reason == "absent" for lost in evidence.unread("role")):
        return "absent"
    data: dict[str, Any] = next((r.data for r in evidence.all("role") if r.request == asked), {})
    if not data:
        return "unread"
    if arn.startswith("arn:") and data["Arn"] != arn:  # of another path, or another account's namesake
        return "absent"
    said = resource_policies.admits(data["AssumeRolePolicyDocument"], _tasks_of(evidence), "sts:AssumeRole")
    return "undecided" if said is None else ("trusted" if said else "untrusted")


def _tasks_of(evidence: Evidence) -> Asker:
    """ECS as it assumes a role for a task; its ARN in ``aws:SourceArn`` is known up to the account."""
    target = evidence.target
    partition = next(iter(str(evidence.service.get("serviceArn", "")).split(":")[1:2]), "aws")
    source = f"arn:{partition}:ecs:{target.region}:{target.account}:*"
    context = {"aws:sourceaccount": target.account, "aws:sourcearn": source}
    return Asker("Service", frozenset({"ecs-tasks.amazonaws.com"}), context)
