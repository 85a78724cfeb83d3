"""Permissions for changes: actions, resources, condition keys, passed roles, and what a client can ask of its own."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.lab.conftest import CLUSTER, FAMILY, SERVICE, Bench

ONCE = Config(retries={"total_max_attempts": 1})
NOTHING: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
ECS = "arn:aws:ecs:ap-northeast-2:{account}:"
DEPLOYMENT = f"{ECS}service-deployment/{CLUSTER}/{SERVICE}/abc"
GROUP = "arn:aws:elasticloadbalancing:ap-northeast-2:{account}:targetgroup/web/0123456789abcdef"
ROLE = "arn:aws:iam::{account}:role/worker"
CONTAINERS = [{"name": "app", "image": "app:1", "essential": True, "memory": 128}]


def allow(action: Any, resource: Any = "*", **members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **members}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {**NOTHING, "Statement": list(statements)}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench("healthy", tmp_path_factory.mktemp("change_permissions")) as made:
        yield made


@pytest.fixture
def lab(played: Bench) -> Iterator[Bench]:
    """A lab whose policy is taken away after the test."""
    yield played
    played.lab.permit(None)


def denial(bench: Bench, service: str, method: str, given: dict[str, Any]) -> dict[str, Any]:
    """The error with which a call is refused."""
    with pytest.raises(ClientError) as denied:
        getattr(bench.client(service, config=ONCE), method)(**given)
    return dict(denied.value.response["Error"])


CHANGES = [
    (
        "ecs",
        "register_task_definition",
        {"family": "x", "containerDefinitions": CONTAINERS},
        "ecs:RegisterTaskDefinition",
        f"{ECS}task-definition/x:*",
    ),
    ("ecs", "deregister_task_definition", {"taskDefinition": "x:1"}, "ecs:DeregisterTaskDefinition", "*"),
    (
        "ecs",
        "update_service",
        {"cluster": CLUSTER, "service": SERVICE},
        "ecs:UpdateService",
        f"{ECS}service/{CLUSTER}/{SERVICE}",
    ),
    ("ecs", "stop_task", {"cluster": CLUSTER, "task": "abc"}, "ecs:StopTask", f"{ECS}task/{CLUSTER}/abc"),
    (
        "ecs",
        "stop_service_deployment",
        {"serviceDeploymentArn": DEPLOYMENT},
        "ecs:StopServiceDeployment",
        f"{ECS}service/{CLUSTER}/{SERVICE}",
    ),
    ("elbv2", "modify_target_group", {"TargetGroupArn": GROUP}, "elasticloadbalancing:ModifyTargetGroup", GROUP),
    (
        "logs",
        "create_log_group",
        {"logGroupName": "/ecs/x"},
        "logs:CreateLogGroup",
        "arn:aws:logs:ap-northeast-2:{account}:log-group:/ecs/x:log-stream:",
    ),
    (
        "logs",
        "delete_log_group",
        {"logGroupName": "/ecs/x"},
        "logs:DeleteLogGroup",
        "arn:aws:logs:ap-northeast-2:{account}:log-group:/ecs/x:log-stream:",
    ),
    (
        "iam",
        "simulate_principal_policy",
        {"PolicySourceArn": "arn:aws:iam::{account}:user/lab", "ActionNames": ["ecs:StopTask"]},
        "iam:SimulatePrincipalPolicy",
        "arn:aws:iam::{account}:user/lab",
    ),
]


@pytest.mark.parametrize(("call", "action", "resource"), [(row[:3], *row[3:]) for row in CHANGES])
def test_a_change_is_denied_in_the_words_of_its_service(
    lab: Bench, call: tuple[str, str, dict[str, Any]], action: str, resource: str
) -> None:
    account = lab.lab.account
    service, method, given = call
    given = {name: _in(account, value) for name, value in given.items()}
    lab.lab.permit(NOTHING)
    error = denial(lab, service, method, given)
    assert error["Code"] == ("AccessDenied" if service in ("elbv2", "iam") else "AccessDeniedException")
    assert error["Message"] == (
        f"User: arn:aws:iam::{account}:user/lab is not authorized to perform: {action} on resource: "
        f"{_in(account, resource)} because no identity-based policy allows the {action} action"
    )
    lab.lab.permit(policy(allow(action)))
    assert "not authorized" not in _words(lab, service, method, given)


def _in(account: str, value: Any) -> Any:
    return value.replace("{account}", account) if isinstance(value, str) else value


def _words(bench: Bench, service: str, method: str, given: dict[str, Any]) -> str:
    """The message of the error with which a call is refused, empty where it is not."""
    try:
        getattr(bench.client(service, config=ONCE), method)(**given)
    except ClientError as error:
        return str(error.response["Error"]["Message"])
    return ""


def to_tasks(*resources: str) -> dict[str, Any]:
    tasks = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    return allow("iam:PassRole", list(resources), Condition=tasks)


def test_registering_passes_execution_role_and_task_role(lab: Bench) -> None:
    execution, task = (f"arn:aws:iam::{lab.lab.account}:role/{name}" for name in ("pulls", "works"))
    given = {"family": "y", "containerDefinitions": CONTAINERS, "executionRoleArn": execution, "taskRoleArn": "works"}
    register = allow("ecs:RegisterTaskDefinition", "arn:aws:ecs:*:*:task-definition/y:*")
    lab.lab.permit(policy(register))
    error = denial(lab, "ecs", "register_task_definition", given)
    assert error["Code"] == "AccessDeniedException"
    assert f"perform: iam:PassRole on resource: {execution} because no identity-based policy allows" in error["Message"]
    lab.lab.permit(policy(register, to_tasks(execution)))
    assert (
        f"iam:PassRole on resource: {task} because" in denial(lab, "ecs", "register_task_definition", given)["Message"]
    )
    lab.lab.permit(policy(register, to_tasks(execution, task)))
    assert "not authorized" not in _words(lab, "ecs", "register_task_definition", given)


def test_a_role_that_may_be_passed_to_another_service_alone_is_not_passed(lab: Bench) -> None:
    given = {"family": "y", "containerDefinitions": CONTAINERS, "taskRoleArn": _in(lab.lab.account, ROLE)}
    other = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    lab.lab.permit(policy(allow("ecs:*"), allow("iam:PassRole", Condition=other)))
    assert "iam:PassRole" in denial(lab, "ecs", "register_task_definition", given)["Message"]


@pytest.mark.parametrize(
    ("given", "passes"),
    [
        ({"taskDefinition": FAMILY}, True),
        ({"taskDefinition": f"{FAMILY}:1", "forceNewDeployment": True}, True),
        ({"taskDefinition": "unknown:7"}, False),
        ({"desiredCount": 1}, False),
        ({"healthCheckGracePeriodSeconds": 60}, False),
    ],
)
def test_an_update_passes_the_roles_of_the_task_definition_that_it_names(
    lab: Bench, given: dict[str, Any], passes: bool
) -> None:
    role = lab.ecs.describe_task_definition(taskDefinition=f"{FAMILY}:1")["taskDefinition"]["executionRoleArn"]
    lab.lab.permit(policy(allow("ecs:UpdateService")))
    words = _words(lab, "ecs", "update_service", {"cluster": CLUSTER, "service": SERVICE, **given})
    assert (f"perform: iam:PassRole on resource: {role} because" in words) is passes
    assert passes or "not authorized" not in words


@pytest.mark.parametrize(
    ("statement", "method", "given", "allowed"),
    [
        (("ecs:UpdateService", "ArnEquals", "ecs:cluster", f"{ECS}cluster/{CLUSTER}"), "update_service", {}, True),
        (("ecs:UpdateService", "ArnEquals", "ecs:cluster", f"{ECS}cluster/other"), "update_service", {}, False),
        (("ecs:StopTask", "ArnEquals", "ecs:cluster", f"{ECS}cluster/{CLUSTER}"), "stop_task", {"task": "abc"}, True),
        (("ecs:StopTask", "ArnEquals", "ecs:cluster", f"{ECS}cluster/other"), "stop_task", {"task": "abc"}, False),
        (
            ("ecs:UpdateService", "ArnLike", "ecs:task-definition", f"{ECS}task-definition/{FAMILY}:*"),
            "update_service",
            {"taskDefinition": FAMILY},
            True,
        ),
        (
            ("ecs:UpdateService", "ArnLike", "ecs:task-definition", f"{ECS}task-definition/other:*"),
            "update_service",
            {"taskDefinition": FAMILY},
            False,
        ),
        (("ecs:UpdateService", "ArnLike", "ecs:task-definition", f"{ECS}*"), "update_service", {}, False),
    ],
)
def test_a_change_is_judged_on_its_condition_keys(
    lab: Bench, statement: tuple[str, str, str, str], method: str, given: dict[str, Any], allowed: bool
) -> None:
    action, operator, key, value = statement
    condition = {operator: {key: _in(lab.lab.account, value)}}
    lab.lab.permit(policy(allow(action, Condition=condition), allow("iam:PassRole")))
    service = {"service": SERVICE} if method == "update_service" else {}
    assert ("not authorized" not in _words(lab, "ecs", method, {"cluster": CLUSTER, **service, **given})) is allowed


@pytest.mark.parametrize(("service", "missing"), [(SERVICE, ""), ("other", ":service-deployment/")])
def test_a_deployment_has_the_key_of_its_service_and_the_service_has_not(
    lab: Bench, service: str, missing: str
) -> None:
    account = lab.lab.account
    of_service = {"ArnEquals": {"ecs:service": _in(account, f"{ECS}service/{CLUSTER}/{service}")}}
    deployments = _in(account, f"{ECS}service-deployment/*")
    lab.lab.permit(
        policy(
            allow("ecs:StopServiceDeployment", _in(account, f"{ECS}service/*")),
            allow("ecs:StopServiceDeployment", deployments, Condition=of_service),
        )
    )
    words = _words(lab, "ecs", "stop_service_deployment", {"serviceDeploymentArn": _in(account, DEPLOYMENT)})
    assert missing in words
    assert ("not authorized" in words) is bool(missing)


def simulated(client: Any, arn: str, actions: list[str], resources: list[str], **context: str) -> dict[str, str]:
    """The decision on each action."""
    entries = [
        {"ContextKeyName": key.replace("__", ":"), "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in context.items()
    ]
    found = client.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=actions, ResourceArns=resources, ContextEntries=entries
    )
    return {result["EvalActionName"]: result["EvalDecision"] for result in found["EvaluationResults"]}


def test_a_client_can_ask_beforehand_what_it_may_do(lab: Bench) -> None:
    own = lab.client("sts").get_caller_identity()["Arn"]
    iam = lab.client("iam")
    service = _in(lab.lab.account, f"{ECS}service/{CLUSTER}/{SERVICE}")
    actions = ["ecs:UpdateService", "ecs:DeleteService", "ecs:StopTask"]
    assert own == f"arn:aws:iam::{lab.lab.account}:user/lab"
    assert set(simulated(iam, own, actions, [service]).values()) == {"allowed"}
    lab.lab.permit(
        policy(
            allow(["iam:SimulatePrincipalPolicy", "ecs:DeleteService"]),
            allow("ecs:UpdateService", service),
            {**allow("ecs:Delete*"), "Effect": "Deny"},
        )
    )
    assert simulated(iam, own, actions, [service]) == {
        "ecs:UpdateService": "allowed",
        "ecs:DeleteService": "explicitDeny",
        "ecs:StopTask": "implicitDeny",
    }
    assert simulated(iam, own, actions[:1], [service, f"{service}2"]) == {"ecs:UpdateService": "implicitDeny"}


def test_what_a_client_may_pass_depends_on_the_context_that_it_gives(lab: Bench) -> None:
    own, role = (_in(lab.lab.account, arn) for arn in ("arn:aws:iam::{account}:user/lab", ROLE))
    lab.lab.permit(policy(allow("iam:SimulatePrincipalPolicy"), to_tasks(role)))
    iam = lab.client("iam")
    tasks = {"iam__PassedToService": "ecs-tasks.amazonaws.com"}
    assert simulated(iam, own, ["iam:PassRole"], [role], **tasks) == {"iam:PassRole": "allowed"}
    assert simulated(iam, own, ["iam:PassRole"], [role]) == {"iam:PassRole": "implicitDeny"}
    found = iam.simulate_principal_policy(PolicySourceArn=own, ActionNames=["iam:PassRole"], ResourceArns=[role])
    assert found["EvaluationResults"][0]["MissingContextValues"] == ["iam:passedtoservice"]


def session_clients(bench: Bench, role: str) -> tuple[Any, Any]:
    """Clients of IAM and STS with the keys of a session of a role."""
    made = bench.client("sts").assume_role(RoleArn=role, RoleSessionName="kim")["Credentials"]
    keys = {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
        "aws_session_token": made["SessionToken"],
    }
    known = {"endpoint_url": bench.lab.endpoint_url, "region_name": bench.lab.region, **keys}
    return boto3.client("iam", **known), boto3.client("sts", **known)


def test_a_session_asks_of_the_role_behind_it(lab: Bench) -> None:
    role = f"arn:aws:iam::{lab.lab.account}:role/teams/on-call"
    iam, sts = session_clients(lab, role)
    try:
        session = sts.get_caller_identity()["Arn"]
        assert session == f"arn:aws:sts::{lab.lab.account}:assumed-role/on-call/kim"
        lab.lab.permit(policy(allow(["iam:SimulatePrincipalPolicy", "ecs:StopTask"])))
        asked = ["ecs:StopTask", "ecs:UpdateService"]
        decided = {"ecs:StopTask": "allowed", "ecs:UpdateService": "implicitDeny"}
        assert simulated(iam, role, asked, ["*"]) == decided
        with pytest.raises(ClientError, match=f"Invalid Entity Arn: {session} does not clearly define entity type"):
            simulated(iam, session, asked, ["*"])
    finally:
        iam.close()
        sts.close()


def test_of_another_user_the_lab_knows_nothing(lab: Bench) -> None:
    with pytest.raises(ClientError, match="The lab does not have iam:SimulatePrincipalPolicy"):
        simulated(lab.client("iam"), f"arn:aws:iam::{lab.lab.account}:user/other", ["ecs:StopTask"], ["*"])
