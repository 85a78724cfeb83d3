"""Identity policies are evaluated as IAM does."""

import re
from typing import Any

import pytest

from runbook_lib.lab.policy import Decision, read

SERVICE = "arn:aws:ecs:ap-northeast-2:123456789012:service/prod/api"
CLUSTER = "arn:aws:ecs:ap-northeast-2:123456789012:cluster/prod"
CONTEXT = {"ecs:cluster": CLUSTER}


def allow(**members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "ecs:DescribeServices", "Resource": "*", **members}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def without(statement: dict[str, Any], name: str, **members: Any) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != name} | members


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (allow(), True),
        (allow(Action="*"), True),
        (allow(Action="ecs:*"), True),
        (allow(Action="ECS:describe*"), True),
        (allow(Action="ecs:Describe?ervices"), True),
        (allow(Action=["ecs:ListTasks", "ecs:DescribeServices"]), True),
        (allow(Action="ecs:DescribeService"), False),
        (allow(Action="ecs:ListTasks"), False),
        (without(allow(), "Action", NotAction="ecs:Delete*"), True),
        (without(allow(), "Action", NotAction="ecs:Describe*"), False),
        (allow(Resource=SERVICE), True),
        (allow(Resource="arn:aws:ecs:*:*:service/prod/*"), True),
        (allow(Resource="arn:aws:ecs:ap-northeast-2:123456789012:service/prod/ap?"), True),
        (allow(Resource="arn:aws:ecs:*:*:service/PROD/*"), False),
        (allow(Resource="arn:aws:ecs:*:*:service/test/*"), False),
        (without(allow(), "Resource", NotResource="arn:aws:ecs:*:*:service/test/*"), True),
        (without(allow(), "Resource", NotResource=SERVICE), False),
        (allow(Condition={"ArnEquals": {"ecs:cluster": CLUSTER}}), True),
        (allow(Condition={"ArnLike": {"ecs:cluster": "arn:aws:ecs:*:*:cluster/prod"}}), True),
        (allow(Condition={"ArnEquals": {"ecs:cluster": "arn:aws:ecs:*:*:cluster/pr*"}}), True),
        (allow(Condition={"ArnLike": {"ecs:cluster": "arn:aws:*:cluster/prod"}}), False),
        (allow(Condition={"StringEquals": {"ecs:cluster": CLUSTER}}), True),
        (allow(Condition={"StringEquals": {"ecs:cluster": "arn:aws:ecs:*:*:cluster/prod"}}), False),
        (allow(Condition={"StringLike": {"ecs:cluster": ["x", "*/prod"]}}), True),
        (allow(Condition={"StringLike": {"ecs:cluster": "*/test"}}), False),
    ],
)
def test_a_statement_allows_what_it_matches(statement: dict[str, Any], allowed: bool) -> None:
    decided = read(policy(statement)).decide("ecs:DescribeServices", SERVICE, CONTEXT)
    assert decided is (Decision.ALLOWED if allowed else Decision.NOT_ALLOWED)


@pytest.mark.parametrize("deny", [{"Action": "ecs:Describe*"}, {"Action": "*", "Resource": SERVICE}])
def test_an_explicit_deny_beats_every_allow(deny: dict[str, Any]) -> None:
    denied = policy(allow(**deny, Effect="Deny"), allow(Action="*"))
    assert read(denied).decide("ecs:DescribeServices", SERVICE, CONTEXT) is Decision.FORBIDDEN
    assert read(denied).decide("ecs:ListClusters", "*", {}) is Decision.ALLOWED


def test_a_condition_on_what_a_call_does_not_have_is_not_met() -> None:
    """Neither an Allow nor a Deny with it applies."""
    condition = {"ArnLike": {"ecs:cluster": "*:*:*:*:*:*"}}
    assert read(policy(allow(Condition=condition))).decide("ecs:DescribeServices", "*", {}) is Decision.NOT_ALLOWED
    denied = policy(allow(), allow(Effect="Deny", Condition=condition))
    assert read(denied).decide("ecs:DescribeServices", "*", {}) is Decision.ALLOWED


def test_a_lone_statement_needs_no_list() -> None:
    lone = {"Version": "2012-10-17", "Statement": allow()}
    assert read(lone).decide("ecs:DescribeServices", SERVICE, {}) is Decision.ALLOWED


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ([], "an object with a Statement"),
        ({"Version": "2008-10-17", "Statement": []}, "Version must be 2012-10-17"),
        (policy() | {"Statements": []}, "Statements"),
        (policy(allow(Principal="*")), "statement 1 has members ['Principal']"),
        (policy(allow(), allow(Effect="allow")), "statement 2: Effect"),
        (policy(without(allow(), "Action")), "either Action or NotAction"),
        (policy(allow(NotResource="*")), "either Resource or NotResource"),
        (policy(allow(Action=[])), "Action must be a text"),
        (policy(allow(Action="DescribeServices")), "neither actions nor ARNs"),
        (policy(allow(Resource="service/prod/api")), "neither actions nor ARNs"),
        (policy(allow(Resource="arn:aws:ecs:*:*:service/${aws:username}/*")), "policy variables"),
        (policy(allow(Condition=["x"])), "Condition must be an object"),
        (policy(allow(Condition={"Bool": {"aws:SecureTransport": "true"}})), "not Bool on aws:SecureTransport"),
        (policy(allow(Condition={"ArnLike": {"ecs:task": SERVICE}})), "not ArnLike on ecs:task"),
    ],
)
def test_what_is_no_identity_policy_is_refused_and_named(document: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        read(document)
