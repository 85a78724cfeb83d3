"""Roles on the lab, broken over the IAM API: the readings, and the verdict with and without ECS's words."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from runbook_lib.aws.collect import ALL_CALLS
from runbook_lib.aws.role_collectors import _decisions
from runbook_lib.diagnosis.engine import Diagnosis, judge
from runbook_lib.evidence.model import Evidence
from runbook_lib.lab.hosting import Lab
from runbook_lib.look import Look, look
from tests.conftest import CLUSTER, SERVICE, given

ROLE = "ecsTaskExecutionRole"
Boto = Callable[[str, str], Any]


class Account:
    """The lab's account, whose roles a test breaks before it deploys once more."""

    def __init__(self, lab: Lab, boto: Boto) -> None:
        self.lab = lab
        self.iam = boto("iam", lab.endpoint_url)
        self.ecs = boto("ecs", lab.endpoint_url)

    def trust(self, **principal: str) -> None:
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=document)

    def only(self, *actions: str) -> None:
        """Leave the role these actions and nothing else."""
        self.strip()
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName=ROLE, PolicyName="own", PolicyDocument=document)

    def strip(self) -> None:
        for name in self.iam.list_role_policies(RoleName=ROLE)["PolicyNames"]:
            self.iam.delete_role_policy(RoleName=ROLE, PolicyName=name)
        for policy in self.iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]:
            self.iam.detach_role_policy(RoleName=ROLE, PolicyArn=policy["PolicyArn"])

    def delete(self) -> None:
        self.strip()
        self.iam.delete_role(RoleName=ROLE)

    def deployed(self) -> Look:
        self.ecs.update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)
        self.lab.advance(600)
        return look(given(self.lab))


@pytest.fixture
def account(own_lab: Callable[[str], Lab], boto: Boto) -> Account:
    return Account(own_lab("healthy"), boto)


def wordless(evidence: Evidence) -> Evidence:
    """The same without a word of ECS's: no event's, no task's and no container's."""

    def stripped(data: Any) -> Any:
        if isinstance(data, list):
            return [stripped(one) for one in data]
        if isinstance(data, dict):
            return {k: "" if k in ("stoppedReason", "reason", "message") else stripped(v) for k, v in data.items()}
        return data

    kinds = ("service", "tasks")
    return replace(
        evidence,
        readings=tuple(replace(r, data=stripped(r.data)) if r.request.kind in kinds else r for r in evidence.readings),
    )


def causes(diagnosis: Diagnosis) -> list[tuple[str, str, str | None]]:
    return [(v.rule, v.label, v.confidence) for v in diagnosis.failed("cause")]


SECRETS, ECR, LOGS = "secretsmanager:*", "ecr:*", "logs:*"
BROKEN: dict[str, tuple[Callable[[Account], None], str, str]] = {
    "no such role": (Account.delete, "execution_role_unassumable", "execution-role-unassumable"),
    "trusts another service": (
        lambda account: account.trust(Service="ec2.amazonaws.com"),
        "execution_role_unassumable",
        "execution-role-unassumable",
    ),
    "may do nothing": (Account.strip, "execution_role_denied", "secret-access-denied"),
    "may not read the secret": (
        lambda account: account.only(ECR, LOGS), "execution_role_denied", "secret-access-denied",
    ),
    "may not log in": (
        lambda account: account.only(SECRETS, LOGS), "execution_role_denied", "image-pull-auth",
    ),
    "may not pull": (
        lambda account: account.only(SECRETS, LOGS, "ecr:GetAuthorizationToken"),
        "execution_role_denied",
        "image-pull-auth",
    ),
    "may not log": (
        lambda account: account.only(SECRETS, ECR), "execution_role_denied", "log-driver-misconfigured",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("broken", "rule", "label"), BROKEN.values(), ids=BROKEN)
def test_a_broken_role_is_the_cause(account: Account, broken: Callable[[Account], None], rule: str, label: str) -> None:
    broken(account)
    seen = account.deployed()
    assert causes(seen.diagnosis) == [(rule, label, "confirmed")]
    assert len(seen.evidence.calls) <= ALL_CALLS
    [(found, told, _)] = causes(judge(wordless(seen.evidence)))
    assert (found, told) == (rule, label)


def test_a_role_that_may_all_and_is_not_needed_costs_nothing(account: Account) -> None:
    seen = account.deployed()
    assert causes(seen.diagnosis) == []
    assert not {"iam:GetRole", "iam:SimulatePrincipalPolicy"} & {call.operation for call in seen.evidence.calls}


def test_what_does_not_keep_a_task_from_starting_is_no_cause(account: Account) -> None:
    account.only(
        SECRETS, "ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "logs:Create*"
    )
    assert causes(account.deployed().diagnosis) == []


def test_the_readings_hold_no_more_than_is_judged(account: Account) -> None:
    account.iam.tag_role(RoleName=ROLE, Tags=[{"Key": "owner", "Value": "somebody"}])
    account.only(SECRETS, LOGS)
    evidence = account.deployed().evidence
    [role] = evidence.all("role")
    assert set(role.data) == {"Arn", "AssumeRolePolicyDocument"}
    for reading in evidence.all("role_permissions"):
        for one in reading.data:
            assert set(one) == {"EvalActionName", "EvalResourceName", "EvalDecision", "MissingContextValues"}
    assert "somebody" not in str(evidence)


@pytest.fixture
def stacked(own_lab: Callable[[str], Lab]) -> Callable[[str], Look]:
    return lambda name: look(given(own_lab(name)))


def test_the_role_is_confirmed_by_two_operations(stacked: Callable[[str], Look]) -> None:
    [found] = stacked("stacked-faults-role").diagnosis.failed("cause")
    assert (found.rule, found.label, found.confidence) == ("execution_role_denied", "image-pull-auth", "confirmed")
    assert {cite.operation for cite in found.cites} == {"iam:SimulatePrincipalPolicy", "ecs:DescribeTasks"}
    assert not found.facts["next"]


def test_behind_a_network_fault_the_missing_permission_comes_next(stacked: Callable[[str], Look]) -> None:
    first, *others = stacked("stacked-faults").diagnosis.failed("cause")
    assert first.label == "image-pull-network"
    found = next(v for v in others if v.rule == "execution_role_denied")
    assert (found.label, found.confidence, found.facts["next"]) == ("image-pull-auth", "likely", True)


def test_of_another_accounts_closed_repository_only_ecs_tells(stacked: Callable[[str], Look]) -> None:
    seen = stacked("registry-forbidden")
    assert causes(seen.diagnosis) == [("task_start_failed", "image-pull-auth", "confirmed")]
    found = next(v for v in seen.diagnosis.unknown if v.rule == "execution_role_denied")
    assert (found.facts["operation"], found.facts["reason"]) == ("ecr:GetRepositoryPolicy", "access-denied")


LIMITS = {
    "nothing": ({}, "implicitDeny", {}),
    "a boundary": (
        {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}},
        "implicitDeny",
        {"RefusedByBoundary": True},
    ),
    "the organization": (
        {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
        "implicitDeny",
        {"RefusedByOrganization": True},
    ),
    "a statement": ({"MatchedStatements": [{"SourcePolicyId": "no"}]}, "explicitDeny", {"DeniedBy": ["no"]}),
    "a boundary that allows": (
        {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": True}}, "implicitDeny", {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("more", "decision", "kept"), LIMITS.values(), ids=LIMITS)
def test_who_refuses_is_kept(more, decision, kept):
    result = {"EvalActionName": "ecr:BatchGetImage", "EvalDecision": decision, **more}
    [found] = _decisions(result, ["*"])
    plain = {"EvalActionName", "EvalResourceName", "EvalDecision", "MissingContextValues"}
    assert {name: value for name, value in found.items() if name not in plain} == kept
