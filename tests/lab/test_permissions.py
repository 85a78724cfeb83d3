"""Permissions of the lab: what a policy does not allow is denied in the words of each service."""

import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.lab.conftest import CLUSTER, SERVICE, Bench

ONCE = Config(retries={"total_max_attempts": 1})
NOTHING = {"Version": "2012-10-17", "Statement": []}
REGION = "ap-northeast-2"
WHO = "User: arn:aws:iam::{account}:user/lab is not authorized to perform: "


def only(action: Any, resource: Any = "*", **members: Any) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **members}],
    }


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Bench("healthy", tmp_path_factory.mktemp("permissions")) as made:
        yield made


@pytest.fixture
def lab(played: Bench) -> Iterator[Bench]:
    """A lab whose policy is taken away after the test."""
    yield played
    played.lab.permit(None)


def ecs(kind: str, name: str) -> str:
    return f"arn:aws:ecs:{REGION}:{{account}}:{kind}/{name}"


@pytest.mark.parametrize(
    ("service", "method", "parameters", "resource"),
    [
        (
            "ecs",
            "describe_services",
            {"cluster": CLUSTER, "services": [SERVICE]},
            ecs("service", f"{CLUSTER}/{SERVICE}"),
        ),
        ("ecs", "describe_services", {"services": ["x"]}, ecs("service", "default/x")),
        ("ecs", "describe_clusters", {"clusters": [CLUSTER]}, ecs("cluster", CLUSTER)),
        ("ecs", "describe_tasks", {"cluster": CLUSTER, "tasks": ["abc"]}, ecs("task", f"{CLUSTER}/abc")),
        ("ecs", "list_service_deployments", {"service": "x"}, ecs("service", "default/x")),
        ("ecs", "list_tasks", {"cluster": CLUSTER}, "*"),
        ("ecs", "list_clusters", {}, "*"),
        ("ecs", "describe_task_definition", {"taskDefinition": "x:1"}, "*"),
        ("ecr", "describe_images", {"repositoryName": "app"}, f"arn:aws:ecr:{REGION}:{{account}}:repository/app"),
        (
            "ecr",
            "batch_get_image",
            {"registryId": "210987654321", "repositoryName": "app", "imageIds": [{"imageTag": "t"}]},
            f"arn:aws:ecr:{REGION}:210987654321:repository/app",
        ),
        (
            "logs",
            "get_log_events",
            {"logGroupName": "/ecs/g", "logStreamName": "s/t"},
            f"arn:aws:logs:{REGION}:{{account}}:log-group:/ecs/g:log-stream:s/t",
        ),
    ],
)
def test_a_json_service_names_action_and_resource(
    lab: Bench, service: str, method: str, parameters: dict[str, Any], resource: str
) -> None:
    lab.lab.permit(NOTHING)
    with pytest.raises(ClientError) as denied:
        getattr(lab.client(service, config=ONCE), method)(**parameters)
    response = denied.value.response
    action = f"{service}:{denied.value.operation_name}"
    words = f"{WHO}{action} on resource: {resource} because no identity-based policy allows the {action} action"
    assert response["Error"]["Message"] == words.format(account=lab.lab.account)
    assert response["Error"]["Code"] == "AccessDeniedException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_query_service_names_the_action_alone(lab: Bench) -> None:
    lab.lab.permit(NOTHING)
    with pytest.raises(ClientError) as denied:
        lab.client("elbv2", config=ONCE).describe_target_groups()
    action = "elasticloadbalancing:DescribeTargetGroups"
    words = f"{WHO}{action} because no identity-based policy allows the {action} action"
    assert denied.value.response["Error"]["Code"] == "AccessDenied"
    assert denied.value.response["Error"]["Message"] == words.format(account=lab.lab.account)
    assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_an_explicit_deny_says_so(lab: Bench) -> None:
    everything = only("*")["Statement"]
    lab.lab.permit({**NOTHING, "Statement": [*everything, {**everything[0], "Effect": "Deny", "Action": "ecs:List*"}]})
    with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy"):
        lab.client("ecs", config=ONCE).list_clusters()
    assert lab.service()["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("document", "allowed"),
    [
        (only("ecs:DescribeServices", f"arn:aws:ecs:{REGION}:*:service/{CLUSTER}/{SERVICE}"), True),
        (only("ecs:DescribeServices", f"arn:aws:ecs:{REGION}:*:service/{CLUSTER}/other"), False),
        (only("ecs:*", Condition={"ArnLike": {"ecs:cluster": f"arn:aws:ecs:*:*:cluster/{CLUSTER}"}}), True),
        (only("ecs:*", Condition={"ArnLike": {"ecs:cluster": "arn:aws:ecs:*:*:cluster/other"}}), False),
    ],
)
def test_a_call_is_judged_on_its_own_resource(lab: Bench, document: dict[str, Any], allowed: bool) -> None:
    lab.lab.permit(document)
    if allowed:
        assert lab.service()["status"] == "ACTIVE"
    else:
        with pytest.raises(ClientError, match="ecs:DescribeServices"):
            lab.service()


def test_every_named_resource_must_be_allowed(lab: Bench) -> None:
    lab.lab.permit(only("ecs:DescribeServices", f"arn:aws:ecs:*:*:service/{CLUSTER}/{SERVICE}"))
    with pytest.raises(ClientError, match=f"service/{CLUSTER}/other"):
        lab.ecs.describe_services(cluster=CLUSTER, services=[SERVICE, "other"])


@pytest.mark.parametrize("missing", ["service", "service-revision"])
def test_a_revision_is_judged_together_with_its_service(lab: Bench, missing: str) -> None:
    revision = lab.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)
    arns = [revision["serviceDeployments"][0]["targetServiceRevisionArn"]]
    both = {"service": f"service/{CLUSTER}/{SERVICE}", "service-revision": f"service-revision/{CLUSTER}/{SERVICE}/*"}
    lab.lab.permit(only("ecs:DescribeServiceRevisions", [f"arn:aws:ecs:*:*:{tail}" for tail in both.values()]))
    assert lab.ecs.describe_service_revisions(serviceRevisionArns=arns)["serviceRevisions"]
    lab.lab.permit(
        only("ecs:DescribeServiceRevisions", [f"arn:aws:ecs:*:*:{t}" for kind, t in both.items() if kind != missing])
    )
    with pytest.raises(ClientError, match=f":{missing}/"):
        lab.ecs.describe_service_revisions(serviceRevisionArns=arns)


@pytest.mark.parametrize("method", ["list_clusters", "list_task_definitions"])
def test_a_call_outside_clusters_has_no_cluster(lab: Bench, method: str) -> None:
    lab.lab.permit(only("ecs:*", Condition={"ArnLike": {"ecs:cluster": "arn:aws:ecs:*:*:cluster/*"}}))
    with pytest.raises(ClientError, match="on resource: \\*"):
        getattr(lab.client("ecs", config=ONCE), method)()


def test_who_one_is_can_always_be_asked(lab: Bench) -> None:
    lab.lab.permit(NOTHING)
    assert lab.client("sts").get_caller_identity()["Account"] == lab.lab.account


def test_the_labs_own_calls_need_no_permission(lab: Bench) -> None:
    lab.lab.permit(NOTHING)
    lab.lab.advance(120)
    lab.lab.permit(None)
    assert lab.completed()


def test_a_denied_call_is_recorded(lab: Bench) -> None:
    lab.lab.forget_calls()
    lab.lab.permit(NOTHING)
    with pytest.raises(ClientError):
        lab.client("ecs", config=ONCE).list_clusters()
    assert [(call["action"], call["status"]) for call in lab.lab.calls()] == [("ListClusters", 400)]


def test_a_policy_is_set_read_and_taken_away_over_http(lab: Bench) -> None:
    assert lab.control("policy", method="GET") == {"policy": None}
    assert lab.control("policy", {"policy": NOTHING}) == {"policy": NOTHING}
    assert lab.control("policy", method="GET") == {"policy": NOTHING}
    assert lab.control("policy", {"policy": None}) == {"policy": None}


@pytest.mark.parametrize("body", [{}, {"policy": {"Statement": []}}, {"policy": 7}])
def test_a_policy_that_makes_no_sense_is_refused(lab: Bench, body: dict[str, Any]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        lab.control("policy", body)
    assert refused.value.code == 400
    refused.value.close()


@pytest.fixture
def on_call(lab: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A client as an engineer has it, by a profile that assumes a role."""
    role = f"arn:aws:iam::{lab.lab.account}:role/on-call"
    (tmp_path / "config").write_text(
        f"[profile keys]\naws_access_key_id = lab\naws_secret_access_key = lab\n"
        f"[profile on-call]\nrole_arn = {role}\nsource_profile = keys\nrole_session_name = kim\n"
        f"region = {REGION}\nendpoint_url = {lab.lab.endpoint_url}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    client = boto3.Session(profile_name="on-call").client("ecs", config=ONCE)
    yield client
    client.close()


def test_a_session_of_a_role_is_called_by_its_name(lab: Bench, on_call: Any) -> None:
    assert on_call.list_clusters()["clusterArns"]
    lab.lab.permit(NOTHING)
    with pytest.raises(ClientError, match=f"User: arn:aws:sts::{lab.lab.account}:assumed-role/on-call/kim is not"):
        on_call.list_clusters()


def test_a_role_that_may_not_be_assumed(lab: Bench, on_call: Any) -> None:
    """By the caller's own policy: without the reason, as sts words it."""
    lab.lab.permit(only("ecs:*"))
    with pytest.raises(ClientError) as denied:
        on_call.list_clusters()
    assert denied.value.operation_name == "AssumeRole"
    assert denied.value.response["Error"]["Code"] == "AccessDenied"
    role = f"arn:aws:iam::{lab.lab.account}:role/on-call"
    assert denied.value.response["Error"]["Message"].endswith(
        f"not authorized to perform: sts:AssumeRole on resource: {role}"
    )


def test_a_role_that_does_not_trust_the_caller(lab: Bench, on_call: Any) -> None:
    """By a fault, since the lab looks at no trust policy."""
    lab.lab.faults([{"service": "sts", "action": "AssumeRole", "error": "AccessDenied", "status": 403}])
    with pytest.raises(ClientError) as denied:
        on_call.list_clusters()
    lab.lab.faults([])
    assert (denied.value.operation_name, denied.value.response["Error"]["Code"]) == ("AssumeRole", "AccessDenied")
