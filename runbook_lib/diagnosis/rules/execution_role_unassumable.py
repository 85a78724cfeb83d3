"""ECS cannot assume a role that the task definition names.

What it looks for
    Where nothing starts: a role that IAM does not have under that very ARN, or that does not trust ECS's tasks.
Why it breaks a rollout
    ECS assumes both roles before it starts a task.
Blind spots
    Conditions of a trust policy other than account and Region; a role made just now.
Readings
    service, task_arns, tasks, task_definition; role (iam:GetRole).
Fix
    Name a role of this account, or let its trust policy admit ECS's tasks, and deploy again.
Guide section
    Diagnosis 4.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
"""

from __future__ import annotations

from typing import Any, Literal

from runbook_lib.diagnosis import deployments, resource_policies, starts, tasks
from runbook_lib.diagnosis.messages import judge
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.resource_policies import Asker
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence, Request, at, request

_LABEL = "execution-role-unassumable"
_FIELDS = ("executionRoleArn", "taskRoleArn")
Standing = Literal["absent", "untrusted", "trusted", "undecided", "unread"]


def check(evidence: Evidence) -> Finding:
    """FAIL where nothing starts and a role is not there or does not trust ECS's tasks."""
    if settled := starts.settled(evidence):
        return settled
    named = _named(evidence)
    found = {field: _standing(evidence, arn) for field, arn in named.items()}
    name = deployments.newest_revision(evidence)
    if bad := next((field for field, standing in found.items() if standing in ("absent", "untrusted")), ""):
        return _failed(evidence, found[bad], role=named[bad], field=bad, revision=name)
    if "unread" in found.values():
        return unseen(evidence, ("role",))
    if "undecided" in found.values():
        return unknown("trust-undecided", role=next(named[field] for field in named if found[field] == "undecided"))
    return passed(revision=name) if named else not_applicable(reason="no-role", revision=name)


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The roles by which nothing starts."""
    named = () if starts.settled(evidence) else dict.fromkeys(_named(evidence).values())
    return tuple(request("role", role_arn=arn) for arn in named)


def _named(evidence: Evidence) -> dict[str, str]:
    """The roles of the newest deployment's task definition, by the field that names them."""
    definition = deployments.newest_definition(evidence)
    return {field: str(definition[field]) for field in _FIELDS if definition.get(field)}


def _standing(evidence: Evidence, arn: str) -> Standing:
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


def _failed(evidence: Evidence, standing: Standing, **facts: str) -> Finding:
    absent, told = standing == "absent", _told(evidence)
    seen = Cite("iam:GetRole", "Role.Arn" if absent else "Role.AssumeRolePolicyDocument")
    names = Cite("ecs:DescribeTaskDefinition", f"taskDefinition.{facts['field']}", facts["role"])
    return failed("confirmed" if told or absent else "likely", (seen, names, *told), standing=standing, **facts)


def _told(evidence: Evidence) -> tuple[Cite, ...]:
    """ECS's own event since the newest deployment was made."""
    since = deployments.created(deployments.newest(evidence))
    events = evidence.service.get("events") or []
    texts = (str(e.get("message") or "") for e in events if (moment := at(e.get("createdAt"))) and moment >= since)
    found = next((text for text in texts if "role" in text and judge(text).label == _LABEL), "")
    return (Cite("ecs:DescribeServices", "services[0].events[].message", found[:600]),) if found else ()


RULE = Rule(
    id="execution_role_unassumable",
    label=_LABEL,
    role="cause",
    needs=("service", "task_definition"),
    uses=tasks.KINDS,
    guide="diagnosis 4",
    severity=12,
    check=check,
    stopped=True,
    deeper=("role",),
    explains=("tasks_unhealthy", "health_check_unanswered"),
    wants=wants,
)
