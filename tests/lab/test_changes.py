"""The changes of a repair over real HTTP: each takes effect, shows, is refused as AWS refuses it, and is recorded."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from runbook_lib.lab import sent
from runbook_lib.lab.call import Call
from tests.lab.conftest import CLUSTER, FAMILY, SERVICE, Bench, MakeBench


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench("healthy", tmp_path_factory.mktemp("changes")) as made:
        yield made


def refused(method: Any, **given: Any) -> tuple[str, str]:
    """Code and message of the error with which a call is refused."""
    with pytest.raises(ClientError) as error:
        method(**given)
    found = error.value.response["Error"]
    return found["Code"], found["Message"]


def test_a_deregistered_revision_can_be_looked_at_and_not_be_started(shared: Bench) -> None:
    revision = f"{FAMILY}:{shared.revise()}"
    ecs, network = shared.ecs, shared.service()["networkConfiguration"]
    assert ecs.deregister_task_definition(taskDefinition=revision)["taskDefinition"]["status"] == "INACTIVE"
    found = ecs.describe_task_definition(taskDefinition=revision)["taskDefinition"]
    assert found["status"] == "INACTIVE"
    assert found["deregisteredAt"]
    start = {"cluster": CLUSTER, "taskDefinition": revision}
    create = {**start, "serviceName": "other", "desiredCount": 0, "networkConfiguration": network}
    inactive = "TaskDefinition is inactive"
    assert refused(ecs.update_service, service=SERVICE, **start) == ("ClientException", inactive)
    assert refused(ecs.create_service, **create) == ("ClientException", inactive)
    assert refused(ecs.run_task, networkConfiguration=network, **start) == ("InvalidParameterException", inactive)


def test_what_does_not_exist_can_not_be_deregistered(shared: Bench) -> None:
    answer = refused(shared.ecs.deregister_task_definition, taskDefinition=f"{FAMILY}:99")
    assert answer == ("ClientException", "The specified task definition does not exist.")


def test_a_service_of_a_deregistered_revision_goes_on_and_scales(bench: MakeBench) -> None:
    played = bench()
    played.ecs.deregister_task_definition(taskDefinition=f"{FAMILY}:1")
    played.update(desiredCount=2)
    assert played.play_until(lambda: played.service()["runningCount"] == 2)


def test_a_stopped_deployment_goes_back(bench: MakeBench) -> None:
    played = bench()
    revision = played.revise(tag="absent")
    played.update(taskDefinition=f"{FAMILY}:{revision}")
    played.lab.advance(30)
    ecs = played.ecs
    [newest] = ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE, maxResults=1)["serviceDeployments"]
    arn = newest["serviceDeploymentArn"]
    assert ecs.stop_service_deployment(serviceDeploymentArn=arn)["serviceDeploymentArn"] == arn

    def state() -> str:
        return str(ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]["status"])

    assert state() == "ROLLBACK_REQUESTED"
    assert played.play_until(lambda: state() == "ROLLBACK_SUCCESSFUL")
    assert played.deployments() == [("PRIMARY", 1, "COMPLETED")]
    assert refused(ecs.stop_service_deployment, serviceDeploymentArn=arn)[0] == "ConflictException"


def test_a_target_group_is_changed(shared: Bench) -> None:
    elb, group = shared.client("elbv2"), shared.group()
    before = elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
    wanted = {
        "HealthCheckPath": "/ready",
        "HealthCheckIntervalSeconds": 20,
        "HealthCheckTimeoutSeconds": 4,
        "HealthyThresholdCount": 3,
        "UnhealthyThresholdCount": 4,
        "Matcher": {"HttpCode": "200-299"},
    }
    [changed] = elb.modify_target_group(TargetGroupArn=group, **wanted)["TargetGroups"]
    assert {name: changed[name] for name in wanted} == wanted
    assert elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"] == [changed]
    elb.modify_target_group(TargetGroupArn=group, **{name: before[name] for name in wanted})


@pytest.mark.parametrize(
    "given",
    [
        {"HealthCheckIntervalSeconds": 10, "HealthCheckTimeoutSeconds": 10},
        {"HealthCheckTimeoutSeconds": 120},
    ],
)
def test_a_check_may_not_last_until_the_next_one(shared: Bench, given: dict[str, int]) -> None:
    elb, group = shared.client("elbv2"), shared.group()
    before = elb.describe_target_groups()["TargetGroups"]
    answer = refused(elb.modify_target_group, TargetGroupArn=group, **given)
    assert answer == ("ValidationError", "Health check interval must be greater than the timeout.")
    assert elb.describe_target_groups()["TargetGroups"] == before


def test_a_target_group_that_there_is_not_can_not_be_changed(shared: Bench) -> None:
    gone = shared.group()[:-4] + "0000"
    answer = refused(shared.client("elbv2").modify_target_group, TargetGroupArn=gone, HealthCheckTimeoutSeconds=5)
    assert answer == ("TargetGroupNotFound", "One or more target groups not found")


def test_a_log_group_is_made_once_and_deleted_once(shared: Bench) -> None:
    logs, name = shared.client("logs"), {"logGroupName": "/ecs/made"}
    logs.create_log_group(**name)
    answer = ("ResourceAlreadyExistsException", "The specified log group already exists")
    assert refused(logs.create_log_group, **name) == answer
    logs.delete_log_group(**name)
    answer = ("ResourceNotFoundException", "The specified log group does not exist.")
    assert refused(logs.delete_log_group, **name) == answer


def test_a_service_whose_log_group_is_deleted_runs_on(bench: MakeBench) -> None:
    played = bench()
    [group] = played.client("logs").describe_log_groups()["logGroups"]
    played.client("logs").delete_log_group(logGroupName=group["logGroupName"])
    played.lab.advance(600)
    assert played.client("logs").describe_log_groups()["logGroups"] == []
    assert played.completed()


def test_everything_of_a_service_is_changed_at_once(bench: MakeBench) -> None:
    played = bench()
    before = played.service()
    network = json.loads(json.dumps(before["networkConfiguration"]))
    network["awsvpcConfiguration"]["subnets"].reverse()
    revision = f"{FAMILY}:{played.revise()}"
    breaker = {"enable": True, "rollback": True}
    changed = played.update(
        taskDefinition=revision,
        desiredCount=3,
        forceNewDeployment=True,
        networkConfiguration=network,
        healthCheckGracePeriodSeconds=45,
        deploymentConfiguration={
            "deploymentCircuitBreaker": breaker,
            "maximumPercent": 150,
            "minimumHealthyPercent": 50,
        },
    )
    assert changed["taskDefinition"].endswith(f"/{revision}")
    assert changed["desiredCount"] == 3
    assert changed["networkConfiguration"] == network
    assert changed["healthCheckGracePeriodSeconds"] == 45
    configuration = changed["deploymentConfiguration"]
    assert configuration["deploymentCircuitBreaker"]["rollback"] is True
    assert (configuration["maximumPercent"], configuration["minimumHealthyPercent"]) == (150, 50)
    assert [deployment["status"] for deployment in changed["deployments"]] == ["PRIMARY", "ACTIVE"]
    assert played.play_until(played.completed)
    assert played.service()["runningCount"] == 3


def test_a_refused_update_changes_nothing(shared: Bench) -> None:
    before = shared.service()
    refused(shared.update, desiredCount=2, healthCheckGracePeriodSeconds=9, taskDefinition=f"{FAMILY}:99")
    refused(shared.update, desiredCount=2, deploymentConfiguration={"maximumPercent": 10})
    assert shared.service() == before


def test_a_deleted_service_drains_is_inactive_and_at_last_gone(bench: MakeBench) -> None:
    played = bench()
    ecs, name = played.ecs, {"cluster": CLUSTER, "service": SERVICE}
    assert refused(ecs.delete_service, **name)[0] == "InvalidParameterException"
    assert ecs.delete_service(force=True, **name)["service"]["status"] == "DRAINING"
    answer = ("ServiceNotActiveException", "Service was not ACTIVE.")
    assert refused(ecs.update_service, desiredCount=1, **name) == answer
    assert played.play_until(lambda: played.service()["status"] == "INACTIVE")
    assert refused(ecs.update_service, desiredCount=1, **name) == answer
    assert ecs.list_services(cluster=CLUSTER)["serviceArns"] == []

    def gone() -> bool:
        found = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])
        return not found["services"] and found["failures"][0]["reason"] == "MISSING"

    assert played.play_until(gone, 7200, step=300)
    assert refused(ecs.update_service, desiredCount=1, **name)[0] == "ServiceNotFoundException"


def test_changes_are_recorded_with_what_was_given_in_order(shared: Bench) -> None:
    shared.lab.forget_calls()
    group = shared.group()
    shared.client("elbv2").modify_target_group(
        TargetGroupArn=group, HealthCheckTimeoutSeconds=5, HealthCheckEnabled=True, Matcher={"HttpCode": "200"}
    )
    shared.service()
    shared.client("sts").get_caller_identity()
    refused(shared.ecs.stop_task, cluster=CLUSTER, task="0" * 32)
    shared.update(desiredCount=1, forceNewDeployment=False)
    modified, stopped, updated = shared.lab.changes()
    assert modified["given"] == {
        "TargetGroupArn": group,
        "HealthCheckTimeoutSeconds": 5,
        "HealthCheckEnabled": True,
        "Matcher": {"HttpCode": "200"},
    }
    assert (stopped["service"], stopped["action"], stopped["error"]) == ("ecs", "StopTask", "InvalidParameterException")
    assert updated["given"] == {
        "cluster": CLUSTER,
        "service": SERVICE,
        "desiredCount": 1,
        "forceNewDeployment": False,
    }
    assert [change["error"] for change in (modified, updated)] == [None, None]
    assert modified["id"] < stopped["id"] < updated["id"]
    told = shared.control("calls?changes=true", method="GET")["calls"]
    assert [call["id"] for call in told] == [modified["id"], stopped["id"], updated["id"]]
    reads = [record for record in shared.lab.calls() if record["given"] is None]
    assert {record["action"] for record in reads} == {"DescribeTargetGroups", "DescribeServices", "GetCallerIdentity"}


def test_secrets_are_not_recorded(shared: Bench) -> None:
    shared.lab.forget_calls()
    shared.revise(environment=[{"name": "PASSWORD", "value": "hunter2"}])
    made = shared.client("secretsmanager").create_secret(Name="recorded", SecretString="hunter2")
    shared.client("secretsmanager").delete_secret(SecretId=made["ARN"], ForceDeleteWithoutRecovery=True)
    registered, created, _ = shared.lab.changes()
    [container] = registered["given"]["containerDefinitions"]
    assert container["environment"] == [{"name": "PASSWORD", "value": sent.HIDDEN}]
    assert created["given"]["SecretString"] == sent.HIDDEN
    assert "hunter2" not in json.dumps(shared.lab.calls())


def asked(service: str, action: str, protocol: str = "json", body: bytes = b"") -> Call:
    return Call(service, action, "r", "1", protocol, body)


@pytest.mark.parametrize(
    ("service", "action", "changes"),
    [
        ("ecs", "DescribeServices", False),
        ("ecs", "UpdateService", True),
        ("ecs", "RegisterTaskDefinition", True),
        ("iam", "SimulatePrincipalPolicy", False),
        ("sts", "AssumeRole", False),
        ("ecr", "BatchGetImage", False),
        ("logs", "FilterLogEvents", False),
        ("logs", "PutLogEvents", True),
        ("s3", "GET /bucket/key", False),
        ("s3", "PUT /bucket/key", True),
    ],
)
def test_a_change_is_what_is_no_read(service: str, action: str, changes: bool) -> None:
    assert asked(service, action).changes is changes


@pytest.mark.parametrize(
    ("body", "given"),
    [
        (b"Action=SetSubnets&Subnets.member.2=b&Subnets.member.1=a", {"Subnets": ["a", "b"]}),
        (b"Action=SetSubnets&Subnets.member=a&Odd.1=b", {"Subnets": "a", "Odd": {"1": "b"}}),
        (b"Action=SetSubnets&Subnets=a&Subnets.member.1=b", {"Subnets": "a"}),
        (b"Action=Unknown&Version=1&X=1", {"X": "1"}),
    ],
)
def test_a_query_is_recorded_as_boto3_has_it_however_odd_it_is(body: bytes, given: dict[str, Any]) -> None:
    action = "Unknown" if b"Unknown" in body else "SetSubnets"
    assert sent.given(asked("elbv2", action, "query", body)) == given


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"[" * 100_000])
def test_what_can_not_be_read_is_recorded_without_parameters(body: bytes) -> None:
    assert sent.given(asked("ecs", "UpdateService", "json", body)) == {}
