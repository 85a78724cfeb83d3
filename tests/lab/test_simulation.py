"""SimulatePrincipalPolicy, asked by real boto3: what the policies of roles allow."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from runbook_lib.lab import wire
from runbook_lib.lab.errors import ReplyShapeError
from tests.lab.conftest import Bench

EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
REPOSITORY = "arn:aws:ecr:ap-northeast-2:123456789012:repository/web"
OTHER = REPOSITORY.replace("/web", "/batch")
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
Decisions = dict[tuple[str, str], str]


class Simulator:
    """Makes roles and asks what they may do."""

    def __init__(self, bench: Bench) -> None:
        self.iam = bench.client("iam")
        self._names = (f"simulated-{number}" for number in itertools.count())

    def role(self, *statements: dict[str, Any], **settings: Any) -> str:
        name = next(self._names)
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **settings)["Role"]["Arn"]
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)
        return str(arn)

    def ask(self, role: str, *actions: str, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=list(actions), **more
        )
        return found

    def decisions(self, role: str, *actions: str, resources: list[str]) -> Decisions:
        results = self.ask(role, *actions, ResourceArns=resources)["EvaluationResults"]
        return {
            (result["EvalActionName"], each["EvalResourceName"]): each["EvalResourceDecision"]
            for result in results
            for each in result["ResourceSpecificResults"]
        }


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Bench("healthy", tmp_path_factory.mktemp("simulation")) as made:
        yield Simulator(made)


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def test_each_action_is_decided_on_each_resource(simulator: Simulator) -> None:
    role = simulator.role(allow("ecr:BatchGetImage", resource=REPOSITORY))
    assert simulator.decisions(role, "ecr:BatchGetImage", "ecr:PutImage", resources=[REPOSITORY, OTHER]) == {
        ("ecr:BatchGetImage", REPOSITORY): "allowed",
        ("ecr:BatchGetImage", OTHER): "implicitDeny",
        ("ecr:PutImage", REPOSITORY): "implicitDeny",
        ("ecr:PutImage", OTHER): "implicitDeny",
    }


def test_a_result_names_the_form_of_the_resource_and_the_worst_decision(simulator: Simulator) -> None:
    role = simulator.role(allow("ecr:*"), {"Effect": "Deny", "Action": "ecr:BatchGetImage", "Resource": OTHER})
    result = simulator.ask(role, "ecr:BatchGetImage", ResourceArns=[REPOSITORY, OTHER])["EvaluationResults"][0]
    assert result["EvalResourceName"] == "arn:${Partition}:ecr:${Region}:${Account}:repository/${RepositoryName}"
    assert result["EvalDecision"] == "explicitDeny"


def test_without_a_resource_the_action_is_decided_on_all(simulator: Simulator) -> None:
    role = simulator.role(allow("ecr:BatchGetImage", resource=REPOSITORY), allow("ecr:GetAuthorizationToken"))
    for more in ({}, {"ResourceArns": ["*"]}):
        found = simulator.ask(role, "ecr:GetAuthorizationToken", "ecr:BatchGetImage", **more)
        assert [(r["EvalDecision"], "ResourceSpecificResults" in r) for r in found["EvaluationResults"]] == [
            ("allowed", False),
            ("implicitDeny", False),
        ]
        assert not found["IsTruncated"]


def test_managed_policies_and_the_boundary_count(simulator: Simulator) -> None:
    role = simulator.role()
    name = role.rpartition("/")[2]
    simulator.iam.attach_role_policy(RoleName=name, PolicyArn=EXECUTION)
    actions = ("ecr:GetAuthorizationToken", "logs:PutLogEvents", "secretsmanager:GetSecretValue")
    decided = [r["EvalDecision"] for r in simulator.ask(role, *actions)["EvaluationResults"]]
    assert decided == ["allowed", "allowed", "implicitDeny"]
    within = json.dumps({"Version": "2012-10-17", "Statement": [allow("logs:*")]})
    boundary = simulator.iam.create_policy(PolicyName="within", PolicyDocument=within)["Policy"]["Arn"]
    simulator.iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
    decided = [r["EvalDecision"] for r in simulator.ask(role, *actions)["EvaluationResults"]]
    assert decided == ["implicitDeny", "allowed", "implicitDeny"]


def test_condition_keys_that_decide_and_are_not_known_are_named(simulator: Simulator) -> None:
    tagged = {"StringEquals": {"aws:ResourceTag/team": "web"}, "StringLike": {"aws:PrincipalArn": "*"}}
    role = simulator.role(allow("ecr:BatchGetImage", Condition=tagged))
    result = simulator.ask(role, "ecr:BatchGetImage", "ecr:PutImage", ResourceArns=[REPOSITORY])["EvaluationResults"]
    assert [r["MissingContextValues"] for r in result] == [["aws:ResourceTag/team"], []]
    assert [r["ResourceSpecificResults"][0]["MissingContextValues"] for r in result] == [["aws:ResourceTag/team"], []]


def test_a_condition_is_decided_by_the_context_that_is_given(simulator: Simulator) -> None:
    there = {"StringEquals": {"aws:RequestedRegion": "ap-northeast-2"}}
    role = simulator.role(allow("ecr:BatchGetImage", Condition=there))
    result = simulator.ask(role, "ecr:BatchGetImage")["EvaluationResults"][0]
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("implicitDeny", ["aws:requestedregion"])
    for region, decision in (("ap-northeast-2", "allowed"), ("us-east-1", "implicitDeny")):
        entry = {"ContextKeyName": "aws:RequestedRegion", "ContextKeyValues": [region], "ContextKeyType": "string"}
        result = simulator.ask(role, "ecr:BatchGetImage", ContextEntries=[entry])["EvaluationResults"][0]
        assert (result["EvalDecision"], result["MissingContextValues"]) == (decision, [])


def test_results_come_in_pages(simulator: Simulator) -> None:
    role = simulator.role()
    actions = [f"ecr:Action{number}" for number in range(12)]
    pages = simulator.iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=role, ActionNames=actions, PaginationConfig={"PageSize": 5}
    )
    found = [[r["EvalActionName"] for r in page["EvaluationResults"]] for page in pages]
    assert found == [actions[:5], actions[5:10], actions[10:]]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"PolicySourceArn": "arn:aws:iam::123456789012:role/gone", "ActionNames": ["s3:GetObject"]}, "NoSuchEntity"),
        ({"PolicySourceArn": "arn:aws:iam::123456789012:role/gone", "ActionNames": ["GetObject"]}, "InvalidInput"),
        ({"PolicySourceArn": "arn:aws:iam::123456789012:role/gone", "ActionNames": []}, "ValidationError"),
        ({"PolicySourceArn": "arn:aws:iam::123456789012:user/me", "ActionNames": ["s3:Get"]}, "NotImplementedByLab"),
        (
            {"PolicySourceArn": "arn:aws:iam::123456789012:role/x", "ActionNames": ["s3:Get"], "ResourcePolicy": "{}"},
            "NotImplementedByLab",
        ),
        (
            {"PolicySourceArn": "arn:aws:iam::123456789012:role/x", "ActionNames": ["s3:Get"], "Marker": "forged"},
            "NoSuchEntity",
        ),
    ],
)
def test_what_is_refused(simulator: Simulator, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        simulator.iam.simulate_principal_policy(**asked)
    assert refused.value.response["Error"]["Code"] == code


def test_a_marker_of_nobodys_is_refused(simulator: Simulator) -> None:
    with pytest.raises(ClientError, match="Marker"):
        simulator.ask(simulator.role(), "s3:GetObject", Marker="forged")


def test_a_change_of_the_role_counts_at_once(simulator: Simulator) -> None:
    role = simulator.role()
    assert simulator.decisions(role, "ecr:BatchGetImage", resources=[REPOSITORY]).popitem()[1] == "implicitDeny"
    simulator.iam.attach_role_policy(RoleName=role.rpartition("/")[2], PolicyArn=EXECUTION)
    assert simulator.decisions(role, "ecr:BatchGetImage", resources=[REPOSITORY]).popitem()[1] == "allowed"


def test_it_is_a_call_that_a_policy_of_clients_can_refuse(simulator: Simulator, tmp_path: Any) -> None:
    with Bench("healthy", tmp_path) as bench:
        own = Simulator(bench)
        role, other = own.role(), own.role()
        bench.lab.permit(
            {"Version": "2012-10-17", "Statement": [allow("iam:SimulatePrincipalPolicy", "iam:GetRole", resource=role)]}
        )
        own.ask(role, "s3:GetObject")
        own.iam.get_role(RoleName=role.rpartition("/")[2])
        for call in (
            lambda: own.ask(other, "s3:GetObject"),
            lambda: own.iam.get_role(RoleName=other.rpartition("/")[2]),
        ):
            with pytest.raises(ClientError, match=f"on resource: {other}"):
                call()


def test_a_reply_that_is_not_the_apis_is_not_sent() -> None:
    with pytest.raises(ReplyShapeError):
        wire.render_xml("iam", "SimulatePrincipalPolicy", {"Results": []}, "id")
