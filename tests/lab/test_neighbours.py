"""The operations beside a rollout that a person tries: clusters, capacity providers, settings, tasks with overrides."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.conftest import CLUSTER, FAMILY, SERVICE, Bench, MakeBench


def _run(bench: Bench, **more: Any) -> list[dict[str, Any]]:
    network = bench.service()["networkConfiguration"]
    made = bench.ecs.run_task(cluster=CLUSTER, taskDefinition=FAMILY, networkConfiguration=network, **more)
    return made["tasks"]


def test_an_empty_cluster_can_be_deleted(bench: MakeBench) -> None:
    ecs = bench().ecs
    ecs.create_cluster(clusterName="other")
    assert ecs.delete_cluster(cluster="other")["cluster"]["status"] == "INACTIVE"
    assert [arn.rpartition("/")[2] for arn in ecs.list_clusters()["clusterArns"]] == [CLUSTER]
    assert ecs.describe_clusters(clusters=["other"])["clusters"][0]["status"] == "INACTIVE"
    with pytest.raises(ClientError, match="The referenced cluster was inactive"):
        ecs.list_services(cluster="other")
    assert ecs.create_cluster(clusterName="other")["cluster"]["status"] == "ACTIVE"


def test_a_clusters_settings_and_capacity_are_kept(bench: MakeBench) -> None:
    ecs = bench().ecs
    insights = [{"name": "containerInsights", "value": "enhanced"}]
    ecs.update_cluster_settings(cluster=CLUSTER, settings=insights)
    ecs.put_cluster_capacity_providers(
        cluster=CLUSTER,
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    )
    shown = ecs.describe_clusters(clusters=[CLUSTER], include=["SETTINGS"])["clusters"][0]
    assert (shown["settings"], shown["capacityProviders"]) == (insights, ["FARGATE", "FARGATE_SPOT"])
    with pytest.raises(ClientError, match="The specified capacity provider 'mine' was not found"):
        ecs.put_cluster_capacity_providers(
            cluster=CLUSTER, capacityProviders=["mine"], defaultCapacityProviderStrategy=[]
        )


def test_fargate_has_two_capacity_providers(guide: Bench) -> None:
    shown = guide.ecs.describe_capacity_providers()["capacityProviders"]
    assert [(item["name"], item["status"]) for item in shown] == [("FARGATE", "ACTIVE"), ("FARGATE_SPOT", "ACTIVE")]
    missing = guide.ecs.describe_capacity_providers(capacityProviders=["mine"])["failures"]
    assert [failure["reason"] for failure in missing] == ["MISSING"]


def test_there_are_no_container_instances(guide: Bench) -> None:
    assert guide.ecs.list_container_instances(cluster=CLUSTER)["containerInstanceArns"] == []
    failures = guide.ecs.describe_container_instances(cluster=CLUSTER, containerInstances=["a"])["failures"]
    assert [failure["reason"] for failure in failures] == ["MISSING"]
    assert guide.ecs.list_attributes(cluster=CLUSTER, targetType="container-instance")["attributes"] == []
    with pytest.raises(guide.ecs.exceptions.NamespaceNotFoundException):
        guide.ecs.list_services_by_namespace(namespace="mine")


def test_account_settings_are_kept(bench: MakeBench) -> None:
    ecs = bench().ecs
    assert ecs.list_account_settings()["settings"] == []
    made = ecs.put_account_setting(name="containerInsights", value="enabled")["setting"]
    assert (made["name"], made["value"]) == ("containerInsights", "enabled")
    assert [item["name"] for item in ecs.list_account_settings()["settings"]] == ["containerInsights"]
    pages = ecs.get_paginator("list_account_settings").paginate(effectiveSettings=True)
    effective = {item["name"]: item["value"] for page in pages for item in page["settings"]}
    assert (effective["containerInsights"], effective["taskLongArnFormat"]) == ("enabled", "enabled")
    ecs.delete_account_setting(name="containerInsights")
    assert ecs.list_account_settings()["settings"] == []


def test_only_inactive_definitions_are_deleted(bench: MakeBench) -> None:
    played = bench()
    revision = f"{FAMILY}:{played.revise()}"
    played.ecs.deregister_task_definition(taskDefinition=revision)
    made = played.ecs.delete_task_definitions(taskDefinitions=[revision, f"{FAMILY}:1", f"{FAMILY}:99"])
    assert [item["status"] for item in made["taskDefinitions"]] == ["DELETE_IN_PROGRESS"]
    assert len(made["failures"]) == 2
    listed = played.ecs.list_task_definitions(status="DELETE_IN_PROGRESS")["taskDefinitionArns"]
    assert [arn.rpartition("/")[2] for arn in listed] == [revision]


def test_overrides_are_shown_and_change_the_task_alone(bench: MakeBench) -> None:
    played = bench()
    override = {"name": FAMILY, "command": ["migrate"], "environment": [{"name": "MODE", "value": "once"}]}
    [task] = _run(played, overrides={"containerOverrides": [override], "cpu": "512"})
    assert task["overrides"]["containerOverrides"] == [override]
    assert task["cpu"] == "512"
    shown = played.ecs.describe_task_definition(taskDefinition=FAMILY)["taskDefinition"]
    assert "command" not in shown["containerDefinitions"][0]
    with pytest.raises(ClientError, match="Override for container named gone is not a container in the TaskDefinition"):
        _run(played, overrides={"containerOverrides": [{"name": "gone"}]})


@pytest.mark.parametrize(
    ("parameters", "code", "words"),
    [
        ({"launchType": "EC2"}, "InvalidParameterException", "No Container Instances were found in your cluster."),
        ({"launchType": "EXTERNAL"}, "InvalidParameterException", "No Container Instances were found in your cluster."),
        (
            {"placementStrategy": [{"type": "random"}]},
            "InvalidParameterException",
            "Placement strategies are not supported with FARGATE launch type.",
        ),
        ({"platformVersion": "1.5.0"}, "PlatformUnknownException", "The specified platform version does not exist."),
    ],
)
def test_a_task_that_can_not_be_placed_is_refused(
    guide: Bench, parameters: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(ClientError) as refused:
        _run(guide, **parameters)
    assert refused.value.response["Error"] == {"Code": code, "Message": words}


def test_a_definition_for_instances_alone_does_not_run_on_fargate(bench: MakeBench) -> None:
    played = bench()
    containers = [{"name": "web", "image": "nginx:1", "memory": 64}]
    played.ecs.register_task_definition(family="bridged", networkMode="bridge", containerDefinitions=containers)
    with pytest.raises(ClientError, match="Task definition does not support launch_type FARGATE"):
        played.ecs.run_task(cluster=CLUSTER, taskDefinition="bridged")


def test_a_client_token_starts_tasks_once(bench: MakeBench) -> None:
    played = bench()
    first = _run(played, clientToken="one", count=2)
    assert [task["taskArn"] for task in _run(played, clientToken="one", count=2)] == [t["taskArn"] for t in first]
    with pytest.raises(played.ecs.exceptions.ConflictException):
        _run(played, clientToken="one", count=3)
    assert [task["taskArn"] for task in _run(played, clientToken="two")] != [first[0]["taskArn"]]


@pytest.mark.parametrize(
    ("enabled", "code", "words"),
    [
        (False, "InvalidParameterException", "execute command was not enabled when the task was run"),
        (True, "NotImplementedByLab", "The lab simulates containers"),
    ],
)
def test_no_command_is_executed(bench: MakeBench, enabled: bool, code: str, words: str) -> None:
    played = bench()
    [task] = _run(played, enableExecuteCommand=enabled)
    with pytest.raises(ClientError, match=words) as refused:
        played.ecs.execute_command(cluster=CLUSTER, task=task["taskArn"], command="sh", interactive=True)
    assert refused.value.response["Error"]["Code"] == code


def test_a_strategy_takes_the_place_of_the_launch_type(bench: MakeBench) -> None:
    played = bench()
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    played.update(capacityProviderStrategy=spot, forceNewDeployment=True)
    shown = played.service()
    assert ("launchType" in shown, shown["capacityProviderStrategy"]) == (False, spot)
    assert shown["deployments"][0]["capacityProviderStrategy"] == spot
    assert played.play_until(played.completed, 600)
    assert [task["capacityProviderName"] for task in played.tasks()] == ["FARGATE_SPOT"]


def test_names_may_bear_their_cluster(guide: Bench) -> None:
    arn = guide.service()["serviceArn"]
    for reference in (arn, f"{CLUSTER}/{SERVICE}"):
        found = guide.ecs.describe_services(cluster=CLUSTER, services=[reference])["services"]
        assert [service["serviceName"] for service in found] == [SERVICE]
    other = arn.replace(f":{guide.lab.account}:", ":999999999999:")
    failures = guide.ecs.describe_services(cluster=CLUSTER, services=[other])["failures"]
    assert failures == [{"arn": other, "reason": "MISSING"}]
