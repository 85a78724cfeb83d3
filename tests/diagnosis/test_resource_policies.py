"""Trust and repository policies: what is allowed, what is not, and what cannot be told."""

from typing import Any

import pytest

from runbook_lib.diagnosis.resource_policies import Asker, admits

ACCOUNT = "123456789012"
SOURCE = {"aws:sourceaccount": ACCOUNT, "aws:sourcearn": f"arn:aws:ecs:ap-northeast-2:{ACCOUNT}:*"}
TASKS = Asker("Service", frozenset({"ecs-tasks.amazonaws.com"}), SOURCE)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/web"
PULLER = Asker("AWS", frozenset({ACCOUNT, ROLE, f"arn:aws:iam::{ACCOUNT}:root"}), {"aws:principalarn": ROLE})


def says(**members: Any) -> dict[str, Any]:
    whole = {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
        **members,
    }
    return {name: value for name, value in whole.items() if value is not None}


def on(operator: str, key: str, *values: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: list(values)}}}


TRUSTS: dict[str, tuple[list[dict[str, Any]], bool | None]] = {
    "tasks": ([says()], True),
    "among others": ([says(Principal={"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]})], True),
    "any action of STS": ([says(Action=["sts:*"])], True),
    "another service": ([says(Principal={"Service": "ecs.amazonaws.com"})], False),
    "an account": ([says(Principal={"AWS": "*"})], False),
    "everybody, whoever that is": ([says(Principal="*")], None),
    "another action": ([says(Action="sts:TagSession")], False),
    "all actions but that": ([says(Action=None, NotAction="sts:AssumeRole")], False),
    "all actions but another": ([says(Action=None, NotAction="sts:TagSession")], True),
    "denied": ([says(), says(Effect="Deny")], False),
    "denied to another": ([says(), says(Effect="Deny", Principal={"Service": "ec2.amazonaws.com"})], True),
    "denied on a condition not known": ([says(), says(Effect="Deny", **on("Bool", "aws:ViaAWSService", "true"))], None),
    "to all but somebody": ([says(Principal=None, NotPrincipal={"AWS": ACCOUNT})], None),
    "this account": ([says(**on("StringEquals", "aws:SourceAccount", ACCOUNT))], True),
    "another account": ([says(**on("StringEquals", "aws:SourceAccount", "210987654321"))], False),
    "this Region": ([says(**on("ArnLike", "aws:SourceArn", f"arn:aws:ecs:*:{ACCOUNT}:*"))], True),
    "another Region": ([says(**on("ArnLike", "aws:SourceArn", f"arn:aws:ecs:us-east-1:{ACCOUNT}:*"))], False),
    "one cluster": (
        [says(**on("ArnLike", "aws:SourceArn", f"arn:aws:ecs:ap-northeast-2:{ACCOUNT}:cluster/prod"))],
        None,
    ),
    "not another account": ([says(**on("StringNotEquals", "aws:SourceAccount", "210987654321"))], None),
    "a key not known": ([says(**on("StringEquals", "aws:PrincipalOrgID", "o-1"))], None),
    "a key not known, and another statement": ([says(**on("StringEquals", "aws:PrincipalOrgID", "o-1")), says()], True),
    "a key not known of another service": (
        [says(Principal={"Service": "ec2.amazonaws.com"}, **on("StringEquals", "aws:PrincipalOrgID", "o-1"))],
        False,
    ),
    "nothing": ([], False),
}


@pytest.mark.parametrize(("statements", "said"), TRUSTS.values(), ids=TRUSTS)
def test_who_may_assume_a_role(statements, said):
    assert admits({"Version": "2012-10-17", "Statement": statements}, TASKS, "sts:AssumeRole") is said


PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
SHARED: dict[str, tuple[dict[str, Any], bool | None]] = {
    "with everybody": ({"Principal": "*"}, True),
    "with the account": ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}, True),
    "with the role": ({"Principal": {"AWS": [ROLE]}}, True),
    "with another account": ({"Principal": {"AWS": "arn:aws:iam::210987654321:root"}}, False),
    "with roles named so": ({"Principal": "*", **on("StringLike", "aws:PrincipalArn", "*:role/w*")}, True),
    "with others' roles": ({"Principal": "*", **on("ArnEquals", "aws:PrincipalArn", f"{ROLE}-x")}, False),
    "with an organization": ({"Principal": "*", **on("StringEquals", "aws:PrincipalOrgID", "o-1")}, None),
    "without the layers": ({"Principal": "*", "Action": "ecr:Describe*"}, False),
}


@pytest.mark.parametrize(("members", "said"), SHARED.values(), ids=SHARED)
def test_whom_a_repository_is_shared_with(members, said):
    policy = {"Statement": says(**{"Action": PULL} | members)}
    assert admits(policy, PULLER, "ecr:BatchGetImage") is said


@pytest.mark.parametrize("policy", [None, {}, {"Statement": ["?"]}])
def test_what_is_no_policy_admits_nobody(policy):
    assert admits(policy, TASKS, "sts:AssumeRole") is False
