"""RegisterTaskDefinition refuses what ECS refuses, in its words."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from runbook_lib.lab import registration
from runbook_lib.lab.errors import AwsError
from tests.lab.conftest import Bench

Change = Callable[[dict[str, Any]], object]


def definition() -> dict[str, Any]:
    return {
        "family": "web",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
        "containerDefinitions": [{"name": "web", "image": "nginx:1", "portMappings": [{"containerPort": 80}]}],
    }


def container(**members: Any) -> Change:
    return lambda document: document["containerDefinitions"][0].update(members)


def task(**members: Any) -> Change:
    return lambda document: document.update(members)


def _without_role(document: dict[str, Any]) -> None:
    del document["executionRoleArn"]
    container(secrets=[{"name": "A", "valueFrom": "a"}])(document)


SECRET = (
    "The secret name must be unique and not shared with any new or existing environment variables set on the "
    "container, such as 'A'."
)
STOP_TIMEOUT = "Invalid 'stopTimeout' setting for container 'web'. It must be between 2 and 120."
ENVIRONMENT, SECRETS = [{"name": "A", "value": "1"}], [{"name": "A", "valueFrom": "a"}]
REFUSED: list[tuple[Change, str]] = [
    (container(environment=ENVIRONMENT, secrets=SECRETS), SECRET),
    (container(secrets=SECRETS * 2), SECRET),
    (_without_role, "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."),
    (task(containerDefinitions=[]), "Container list cannot be empty."),
    (task(networkMode="bridge"), "Fargate only supports network mode ‘awsvpc’."),
    (task(cpu="256", memory="4096"), "No Fargate configuration exists for given values."),
    (task(cpu="300"), "No Fargate configuration exists for given values."),
    (task(cpu="8192", memory="17408"), "No Fargate configuration exists for given values."),
    (task(cpu=None), "Fargate requires that 'cpu' be defined at the task level."),
    (
        container(portMappings=[{"containerPort": 80, "hostPort": 8080}]),
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
    ),
    (container(hostname="web"), "hostname is not supported on container when networkMode=awsvpc."),
    (container(portMappings=[{"containerPort": 0}]), "Invalid 'containerPort' setting for container 'web'."),
    (container(image="nginx 1"), "Container.image repository contains invalid characters."),
    (
        container(cpu=512),
        "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
    ),
    (
        container(logConfiguration={"logDriver": "awslogs", "options": {"awslogs-group": "g"}}),
        "Log driver awslogs requires options: awslogs-region, awslogs-group",
    ),
    (task(ephemeralStorage={"sizeInGiB": 20}), "EphemeralStorage size should be at least 21"),
    (
        container(memory=513),
        "Invalid setting for container 'web'. Its memory cannot be greater than the 'memory' of the task.",
    ),
    (
        container(memory=128, memoryReservation=129),
        "Invalid setting for container 'web'. 'memory' cannot be less than 'memoryReservation'.",
    ),
    (container(privileged=True), "Fargate compatible task definitions do not support privileged"),
    (container(links=["db"]), "Links are not supported when networkMode=awsvpc."),
    (
        container(logConfiguration={"logDriver": "json-file"}),
        "Fargate compatible task definitions do not support log driver json-file",
    ),
    (container(mountPoints=[{"sourceVolume": "data", "containerPath": "/data"}]), "Unknown volume 'data'."),
    (
        container(dependsOn=[{"containerName": "db", "condition": "START"}]),
        "Unknown container 'db' in dependsOn of 'web'.",
    ),
    (container(stopTimeout=1), STOP_TIMEOUT),
    (container(stopTimeout=121), STOP_TIMEOUT),
    (
        task(volumes=[{"name": "data", "host": {"sourcePath": "/data"}}]),
        "Fargate compatible task definitions do not support sourcePath",
    ),
    (
        task(placementConstraints=[{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}]),
        "Fargate compatible task definitions do not support constraints",
    ),
    (container(healthCheck={"command": []}), "Invalid 'healthCheck.command' setting for container 'web'."),
    (container(healthCheck={"command": ["curl"]}), "Invalid 'healthCheck.command' setting for container 'web'."),
    (
        container(portMappings=[{"containerPort": 80}, {"containerPort": 80, "protocol": "tcp"}]),
        "Port mappings must be unique within container 'web'.",
    ),
    (container(essential=False), "TaskDefinition must contain at least one essential container."),
]


@pytest.mark.parametrize(("change", "message"), REFUSED, ids=[message[:40] for _, message in REFUSED])
def test_refused_in_the_words_of_ecs(change: Change, message: str) -> None:
    document = definition()
    change(document)
    with pytest.raises(AwsError) as refused:
        registration.accept(document)
    assert (refused.value.code, refused.value.message) == ("ClientException", message)


@pytest.mark.parametrize(
    ("cpu", "memory", "kept"),
    [("1 vCPU", "2 GB", ("1024", "2048")), (".25 vcpu", "0.5GB", ("256", "512")), ("16384", "122880", None)],
)
def test_sizes_are_accepted_and_normalised(cpu: str, memory: str, kept: tuple[str, str] | None) -> None:
    accepted = registration.accept({**definition(), "cpu": cpu, "memory": memory})
    assert (accepted["cpu"], accepted["memory"]) == (kept or (cpu, memory))


@pytest.mark.parametrize(
    "change",
    [
        container(memory=512, memoryReservation=512),
        container(stopTimeout=120, healthCheck={"command": ["NONE"]}),
        container(portMappings=[{"containerPort": 53}, {"containerPort": 53, "protocol": "udp"}]),
        container(logConfiguration={"logDriver": "awsfirelens"}),
    ],
)
def test_what_ecs_takes_is_accepted(change: Change) -> None:
    document = definition()
    change(document)
    assert registration.accept(document)["family"] == "web"


def test_a_declared_volume_can_be_mounted() -> None:
    document = definition()
    task(volumes=[{"name": "data"}])(document)
    container(mountPoints=[{"sourceVolume": "data", "containerPath": "/data"}])(document)
    assert registration.accept(document)["volumes"] == [{"name": "data"}]


def test_a_dependency_that_must_end_can_not_be_essential() -> None:
    document = definition()
    first = document["containerDefinitions"][0]
    first["dependsOn"] = [{"containerName": "job", "condition": "SUCCESS"}]
    document["containerDefinitions"].append({"name": "job", "image": "job:1"})
    with pytest.raises(AwsError, match="cannot be an essential container"):
        registration.accept(document)


def test_defaults_are_filled_in() -> None:
    document = definition()
    container(healthCheck={"command": ["CMD", "true"]})(document)
    before = copy.deepcopy(document)
    kept = registration.accept(document)["containerDefinitions"][0]
    assert document == before, "the request is left as it was"
    assert kept["portMappings"] == [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]
    assert kept["healthCheck"] == {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3}
    assert kept["essential"] is True


def test_registration_over_the_wire(guide: Bench) -> None:
    made = guide.ecs.register_task_definition(**definition())["taskDefinition"]
    assert (made["family"], made["revision"], made["status"]) == ("web", 1, "ACTIVE")
    assert guide.ecs.describe_task_definition(taskDefinition="web")["taskDefinition"] == made
    gone = guide.ecs.deregister_task_definition(taskDefinition="web:1")["taskDefinition"]
    assert gone["status"] == "INACTIVE"
    with pytest.raises(ClientError, match="Unable to describe task definition"):
        guide.ecs.describe_task_definition(taskDefinition="web")
