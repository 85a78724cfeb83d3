"""The execution role may not do what a task needs before it starts.

What it looks for
    Where nothing starts: actions that the task definition needs and that IAM refuses to its execution role.
Why it breaks a rollout
    ECS does all of that with this role before the containers run.
Blind spots
    Policies of secrets, keys and own repositories; conditions whose value is not known here.
Readings
    service, task_arns, tasks, task_definition; role_permissions (iam:SimulatePrincipalPolicy), repository_policy.
Fix
    Give the execution role the missing actions on that resource.
Guide section
    Diagnosis 3 and 4.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import deployments, grants, mended, sharing, starts, tasks
from runbook_lib.diagnosis.grants import Grant, Refusal
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence, Request

_KINDS = ("role_permissions", "repository_policy")


def check(evidence: Evidence) -> Finding:
    """FAIL where nothing starts and the role, or another account's repository, refuses what is needed."""
    if settled := starts.settled(evidence):
        return settled
    definition = deployments.newest_definition(evidence)
    role, wanted = _role(definition), _wanted(evidence, definition)
    name = deployments.revision(definition.get("taskDefinitionArn", ""))
    if not wanted or not (role or _is_fargate(definition)):  # on an instance, the instance's own role pulls and logs
        return not_applicable(reason="no-role", revision=name)
    if refused := _refused(evidence, role, wanted) + _shares(evidence, definition):
        besides = grants.besides(evidence, role, wanted)
        return _failed(evidence, refused, besides, role=role, revision=name)
    if starts.awaited(evidence):
        unread = grants.is_unread(evidence, role, wanted)
        return unseen(evidence, _KINDS) if unread else not_applicable(reason="no-failed-start", revision=name)
    return _undecided(evidence, definition, wanted) or passed(role=role, revision=name)


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """What the role by which nothing starts may do, and whom the repositories of other accounts let in."""
    definition = deployments.newest_definition(evidence)
    if not (role := _role(definition)) or starts.settled(evidence):
        return ()
    asked = (grant.request(role) for grant in _wanted(evidence, definition))
    return (*asked, *(() if starts.awaited(evidence) else sharing.requests(evidence, definition)))


def _wanted(evidence: Evidence, definition: dict[str, Any]) -> tuple[Grant, ...]:
    """What is needed; before a task has failed to start, what the role's own policies alone decide."""
    needed = grants.needed(evidence, definition)
    return tuple(one for one in needed if grants.OWN.issuperset(one.actions)) if starts.awaited(evidence) else needed


def _shares(evidence: Evidence, definition: dict[str, Any]) -> tuple[Refusal, ...]:
    return () if starts.awaited(evidence) else sharing.refusals(evidence, definition)


def _role(definition: dict[str, Any]) -> str:
    return str(definition.get("executionRoleArn") or "")


def _is_fargate(definition: dict[str, Any]) -> bool:
    return "FARGATE" in (definition.get("requiresCompatibilities") or [])


def _refused(evidence: Evidence, role: str, wanted: tuple[Grant, ...]) -> tuple[Refusal, ...]:
    """Without a role everything is refused."""
    if role:
        return grants.refusals(evidence, role, wanted)
    nobody = Cite("ecs:DescribeTaskDefinition", "taskDefinition.executionRoleArn")
    return tuple(Refusal(grant.label, grant.actions, grant.resources, nobody) for grant in wanted)


def _undecided(evidence: Evidence, definition: dict[str, Any], wanted: tuple[Grant, ...]) -> Finding | None:
    """UNKNOWN where something was not read, or hangs on a condition whose value is not known."""
    role = _role(definition)
    if grants.is_unread(evidence, role, wanted) or sharing.is_unread(evidence, definition):
        return unseen(evidence, _KINDS)
    hangs = grants.is_undecided(evidence, role, wanted) or sharing.is_undecided(evidence, definition)
    return unknown("permissions-undecided", role=role) if hangs or grants.is_unclear(definition) else None


def _failed(evidence: Evidence, refused: tuple[Refusal, ...], besides: list[str], **facts: Any) -> Finding:
    """The refusal that ECS tells of leads, else the one that comes first; it comes next where ECS tells of another."""
    now = mended.lasting(evidence)
    agreed = tuple(each for each in now if each.judgement.label in {one.label for one in refused})
    label = agreed[0].judgement.label if agreed else refused[0].label
    mine = [one for one in refused if one.label == label]
    others = [action for one in refused if one not in mine for action in one.actions]
    return failed(
        "confirmed" if agreed else "likely",
        (*(one.cite for one in mine), *(each.cite for each in agreed)),
        label=label,
        actions=list(dict.fromkeys(action for one in mine for action in one.actions)),
        resources=list(dict.fromkeys(resource for one in mine for resource in one.resources)),
        also_denied=sorted({*others, *besides}),
        shared=not any(one.cite.operation == "ecr:GetRepositoryPolicy" for one in mine),
        next=not agreed and any(each.judgement.certain for each in now),
        **facts,
    )


RULE = Rule(
    id="execution_role_denied",
    label="image-pull-auth",
    role="cause",
    needs=("service", "task_definition"),
    uses=tasks.KINDS,
    guide="diagnosis 3, 4",
    severity=16,
    check=check,
    stopped=True,
    deeper=_KINDS,
    labels=grants.LABELS,
    explains=("image_pull_failed", "tasks_unhealthy", "health_check_unanswered"),
    wants=wants,
)
