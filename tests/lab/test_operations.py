"""The ECS API: limits, pages, failures, errors."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from runbook_lib.lab import wire
from runbook_lib.lab.errors import AwsError, ReplyShapeError
from runbook_lib.lab.operations import OPERATIONS
from tests.lab.conftest import CLUSTER, FAMILY, SERVICE, Bench, MakeBench

GONE = "0" * 32
REVISION = "arn:aws:ecs:ap-northeast-2:123456789012:service-revision/c/s/1"


@pytest.mark.parametrize(
    ("method", "parameters", "code", "message"),
    [
        (
            "describe_services",
            {"cluster": CLUSTER, "services": [f"s{n}" for n in range(11)]},
            "InvalidParameterException",
            "service names can have at most 10 items.",
        ),
        (
            "describe_services",
            {"cluster": CLUSTER, "services": []},
            "InvalidParameterException",
            "Services cannot be empty.",
        ),
        (
            "describe_tasks",
            {"cluster": CLUSTER, "tasks": ["t"] * 101},
            "InvalidParameterException",
            "tasks can have at most 100 items.",
        ),
        ("list_services", {"cluster": "gone"}, "ClusterNotFoundException", "Cluster not found."),
        ("list_tasks", {"cluster": CLUSTER, "serviceName": "gone"}, "ServiceNotFoundException", "Service not found."),
        ("update_service", {"cluster": CLUSTER, "service": "gone"}, "ServiceNotFoundException", "Service not found."),
        (
            "update_service",
            {"cluster": CLUSTER, "service": SERVICE, "taskDefinition": f"{FAMILY}:99"},
            "ClientException",
            "TaskDefinition not found.",
        ),
        (
            "describe_task_definition",
            {"taskDefinition": "gone"},
            "ClientException",
            "Unable to describe task definition.",
        ),
        (
            "stop_task",
            {"cluster": CLUSTER, "task": GONE},
            "InvalidParameterException",
            "The referenced task was not found.",
        ),
        (
            "describe_tasks",
            {"cluster": CLUSTER, "tasks": ["None"]},
            "InvalidParameterException",
            "taskId length should be one of [32,36]",
        ),
        (
            "describe_tasks",
            {"cluster": CLUSTER, "tasks": [f"other/{GONE}"]},
            "InvalidParameterException",
            f"Invalid identifier: Identifier is for cluster other. Your cluster is {CLUSTER}",
        ),
        (
            "describe_services",
            {"cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/c", "services": ["s"]},
            "InvalidParameterException",
            "Invalid Region in ARN",
        ),
        (
            "describe_services",
            {"cluster": "arn:aws:ecs:ap-northeast-2:999999999999:cluster/c", "services": ["s"]},
            "ClusterNotFoundException",
            "Cluster not found.",
        ),
        (
            "describe_clusters",
            {"clusters": ["a/b"]},
            "InvalidParameterException",
            "Invalid identifier: Unexpected number of separators",
        ),
        (
            "list_tasks",
            {"cluster": "so so"},
            "InvalidParameterException",
            r"Cluster must match ^[a-zA-Z0-9\-_]{1,255}$, but was so so",
        ),
        (
            "describe_clusters",
            {"include": ["EVERYTHING"]},
            "InvalidParameterException",
            "include should be one of [ATTACHMENTS,CONFIGURATIONS,SETTINGS,STATISTICS,TAGS]",
        ),
        (
            "update_service",
            {"cluster": CLUSTER, "service": SERVICE, "deploymentConfiguration": {"maximumPercent": 100}},
            "InvalidParameterException",
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
        ),
        (
            "delete_cluster",
            {"cluster": CLUSTER},
            "ClusterContainsServicesException",
            "The Cluster cannot be deleted while Services are active.",
        ),
        (
            "run_task",
            {"cluster": CLUSTER, "taskDefinition": FAMILY},
            "InvalidParameterException",
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ),
        ("list_tasks", {"cluster": CLUSTER, "nextToken": "?"}, "InvalidParameterException", "Invalid token."),
        (
            "list_tasks",
            {"cluster": CLUSTER, "maxResults": 101},
            "InvalidParameterException",
            "maxResults must be between 1 and 100.",
        ),
    ],
)
def test_errors_are_those_of_ecs(
    guide: Bench, method: str, parameters: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(guide.ecs, method)(**parameters)
    assert refused.value.response["Error"] == {"Code": code, "Message": message}
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_what_is_missing_is_a_failure_and_no_error(guide: Bench) -> None:
    answers = [
        guide.ecs.describe_services(cluster=CLUSTER, services=[SERVICE, "gone"]),
        guide.ecs.describe_clusters(clusters=[CLUSTER, "gone"]),
        guide.ecs.describe_tasks(cluster=CLUSTER, tasks=[GONE]),
        guide.ecs.describe_service_deployments(serviceDeploymentArns=[REVISION]),
        guide.ecs.describe_service_revisions(serviceRevisionArns=[REVISION]),
    ]
    assert [[failure["reason"] for failure in answer["failures"]] for answer in answers] == [["MISSING"]] * 5


def test_a_service_revision_shows_the_service_as_it_was_then(bench: MakeBench) -> None:
    played = bench()
    before = played.service()["loadBalancers"]
    played.update(loadBalancers=[])
    listed = played.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"]
    arns = [each["targetServiceRevisionArn"] for each in listed]
    found = played.ecs.describe_service_revisions(serviceRevisionArns=arns)["serviceRevisions"]
    shown = {each["serviceRevisionArn"]: each.get("loadBalancers", []) for each in found}
    assert [bool(shown[arn]) for arn in arns] == [False, True]
    assert shown[arns[1]][0]["targetGroupArn"] == before[0]["targetGroupArn"]


def test_lists_come_in_pages(bench: MakeBench) -> None:
    played = bench()
    for number in range(12):
        played.ecs.create_service(cluster=CLUSTER, serviceName=f"s{number:02}", **_service(played))
    first = played.ecs.list_services(cluster=CLUSTER)
    assert len(first["serviceArns"]) == 10
    rest = played.ecs.list_services(cluster=CLUSTER, nextToken=first["nextToken"])
    assert "nextToken" not in rest
    arns = first["serviceArns"] + rest["serviceArns"]
    assert len(set(arns)) == 13
    pages = played.ecs.get_paginator("list_services").paginate(cluster=CLUSTER, PaginationConfig={"PageSize": 5})
    assert [len(page["serviceArns"]) for page in pages] == [5, 5, 3]


def test_a_page_is_right_while_tasks_come_and_go(bench: MakeBench) -> None:
    played = bench()
    played.update(desiredCount=6)
    played.lab.advance(120)
    first = played.ecs.list_tasks(cluster=CLUSTER, maxResults=3)
    played.ecs.stop_task(cluster=CLUSTER, task=first["taskArns"][0])
    rest = played.ecs.list_tasks(cluster=CLUSTER, maxResults=100, nextToken=first["nextToken"])["taskArns"]
    assert len(rest) == 3
    assert not set(first["taskArns"]) & set(rest)


def _service(bench: Bench) -> dict[str, Any]:
    network = bench.service()["networkConfiguration"]
    return {"taskDefinition": FAMILY, "desiredCount": 0, "networkConfiguration": network}


def test_definitions_are_listed_by_number(guide: Bench) -> None:
    arns = guide.ecs.list_task_definitions(familyPrefix=FAMILY, sort="DESC", maxResults=2)
    assert [arn.rpartition(":")[2] for arn in arns["taskDefinitionArns"]] == ["3", "2"]
    rest = guide.ecs.list_task_definitions(familyPrefix=FAMILY, sort="DESC", nextToken=arns["nextToken"])
    assert [arn.rpartition(":")[2] for arn in rest["taskDefinitionArns"]] == ["1"]


def test_tags_come_and_go(bench: MakeBench) -> None:
    played = bench()
    arn = played.service()["serviceArn"]
    played.ecs.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "cx"}, {"key": "tier", "value": "1"}])
    played.ecs.untag_resource(resourceArn=arn, tagKeys=["tier"])
    assert played.ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "team", "value": "cx"}]
    shown = played.ecs.describe_services(cluster=CLUSTER, services=[arn], include=["TAGS"])["services"][0]
    assert shown["tags"] == [{"key": "team", "value": "cx"}]


def test_a_service_must_fit_its_definition(bench: MakeBench) -> None:
    played = bench()
    group = played.group()
    for balancer, words in (
        ({"containerName": "gone", "containerPort": 8000}, "The container gone does not exist in the task definition."),
        ({"containerName": FAMILY, "containerPort": 1}, "did not have a container port 1 defined"),
    ):
        with pytest.raises(ClientError, match=words):
            played.ecs.create_service(
                cluster=CLUSTER,
                serviceName="other",
                loadBalancers=[{"targetGroupArn": group, **balancer}],
                **_service(played),
            )
    with pytest.raises(ClientError, match="not idempotent"):
        played.ecs.create_service(cluster=CLUSTER, serviceName=SERVICE, **_service(played))


CONSTRAINT = [{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}]
STRATEGY = [{"type": "spread", "field": "host"}]
BUSY = {"maximumPercent": 50, "minimumHealthyPercent": 100}
PAIR = "maximumPercent must be greater than 0 and cannot be less than minimumHealthyPercent."
BY_BOTH = [
    ({"placementConstraints": CONSTRAINT}, "Placement constraints are not supported with FARGATE launch type."),
    ({"placementStrategy": STRATEGY}, "Placement strategies are not supported with FARGATE launch type."),
    ({"platformVersion": "1.5.0"}, "The specified platform version does not exist."),
    ({"deploymentConfiguration": BUSY}, PAIR),
    ({"deploymentConfiguration": {"maximumPercent": 0, "minimumHealthyPercent": 0}}, PAIR),
    ({"deploymentController": {"type": "CODE_DEPLOY"}}, "The lab does not have the deployment controller CODE_DEPLOY;"),
]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        *BY_BOTH,
        ({"launchType": "EC2"}, "The lab does not have the launch type EC2;"),
        ({"launchType": "EXTERNAL"}, "The lab does not have the launch type EXTERNAL;"),
        ({"schedulingStrategy": "DAEMON"}, "The daemon scheduling strategy is not supported with FARGATE launch type."),
        (
            {"schedulingStrategy": "DAEMON", "capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
            "Specifying a capacity provider strategy is not supported when you create a service using the DAEMON",
        ),
        (
            {"healthCheckGracePeriodSeconds": 60},
            "Health check grace period is only valid for services configured to use load balancers",
        ),
        (
            {"role": "balancer"},
            "You cannot specify an IAM role for services that require a service linked role.",
        ),
        ({"desiredCount": None}, "desiredCount must be specified with the REPLICA scheduling strategy."),
    ],
)
def test_a_service_that_fargate_or_the_lab_can_not_have_is_refused(
    guide: Bench, parameters: dict[str, Any], words: str
) -> None:
    asked = {name: value for name, value in {**_service(guide), **parameters}.items() if value is not None}
    with pytest.raises(ClientError, match=words) as refused:
        guide.ecs.create_service(cluster=CLUSTER, serviceName="refused", **asked)
    assert refused.value.response["Error"]["Code"] == _code(words)
    assert guide.ecs.describe_services(cluster=CLUSTER, services=["refused"])["failures"]


@pytest.mark.parametrize(("parameters", "words"), BY_BOTH)
def test_a_service_can_not_become_what_it_can_not_be(guide: Bench, parameters: dict[str, Any], words: str) -> None:
    before = guide.service()
    with pytest.raises(ClientError, match=words) as refused:
        guide.update(**parameters)
    assert refused.value.response["Error"]["Code"] == _code(words)
    assert guide.service() == before


def _code(words: str) -> str:
    known = {"The lab": "NotImplementedByLab", "The spe": "PlatformUnknownException"}
    return known.get(words[:7], "InvalidParameterException")


def test_placement_can_be_emptied_and_the_platform_pinned(bench: MakeBench) -> None:
    changed = bench().update(placementConstraints=[], placementStrategy=[], platformVersion="1.4.0")
    assert changed["platformVersion"] == "1.4.0"


def test_an_inactive_revision_can_not_be_deployed(bench: MakeBench) -> None:
    played = bench()
    revision = played.revise()
    played.ecs.deregister_task_definition(taskDefinition=f"{FAMILY}:{revision}")
    with pytest.raises(ClientError, match="TaskDefinition is inactive"):
        played.update(taskDefinition=f"{FAMILY}:{revision}")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "SerializationException"),
        (b"[]", "SerializationException"),
        (b'{"cluster": 1}', "SerializationException"),
        (b'{"cluster": "c", "services": "s"}', "SerializationException"),
        (b'{"cluster": "c"}', "InvalidParameterException"),
    ],
)
def test_requests_are_checked_against_the_model(body: bytes, code: str) -> None:
    with pytest.raises(AwsError) as refused:
        wire.parse("ecs", "DescribeServices", body)
    assert refused.value.code == code


def test_a_reply_that_drifts_from_the_api_raises() -> None:
    with pytest.raises(ReplyShapeError, match="colour"):
        wire.render("ecs", "DescribeServices", {"services": [{"serviceName": "s", "colour": "red"}]})


def test_every_operation_is_one_of_the_api() -> None:
    assert set(OPERATIONS) <= set(wire.service_model("ecs").operation_names)


@pytest.mark.parametrize(
    ("service", "method", "parameters"),
    [
        ("ecs", "list_daemons", {}),
        ("cloudtrail", "lookup_events", {}),
        ("elbv2", "describe_trust_store_revocations", {"TrustStoreArn": "a"}),
    ],
)
def test_an_operation_that_the_lab_lacks_says_that_it_is_the_labs_lack(
    guide: Bench, service: str, method: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="The lab does not have") as refused:
        getattr(guide.client(service), method)(**parameters)
    assert refused.value.response["Error"]["Code"] == "NotImplementedByLab"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_task_of_a_service_has_no_tags_of_its_own(guide: Bench) -> None:
    arn = guide.tasks()[0]["taskArn"]
    assert guide.ecs.list_tags_for_resource(resourceArn=arn)["tags"] == []
