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

from runbook_lib.diagnosis import deployments, starts, tasks, trust
from runbook_lib.diagnosis.messages import judge
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.trust import Standing
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence, Request, at, request

_LABEL = "execution-role-unassumable"


def check(evidence: Evidence) -> Finding:
    """FAIL where nothing starts and a role is not there or does not trust ECS's tasks."""
    if settled := starts.settled(evidence):
        return settled
    named = trust.named(evidence)
    found = {field: trust.standing(evidence, arn) for field, arn in named.items()}
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
    named = () if starts.settled(evidence) else dict.fromkeys(trust.named(evidence).values())
    return tuple(request("role", role_arn=arn) for arn in named)


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
