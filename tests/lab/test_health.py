"""Health checks ask the application that the scenario describes, on the port and path that the configuration names."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.conftest import CLUSTER, FAMILY, Bench, MakeBench


def check(command: list[str], **others: int) -> dict[str, Any]:
    return {"command": command, "interval": 10, "timeout": 5, "retries": 2, **others}


def curl(address: str) -> list[str]:
    return ["CMD-SHELL", f"curl -f {address} || exit 1"]


COMMANDS = [
    (curl("http://localhost:8000/health"), "HEALTHY"),
    (curl("http://localhost:8000/"), "HEALTHY"),
    (curl("http://localhost:8000/nowhere"), "UNHEALTHY"),
    (curl("http://localhost:9000/health"), "UNHEALTHY"),
    (curl("http://localhost/health"), "UNHEALTHY"),
    (["CMD", "true"], "HEALTHY"),
    (["NONE"], "UNKNOWN"),
]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A lab with a task for each of the commands, in their order, long enough for their checks to tell."""
    with Bench("healthy", tmp_path_factory.mktemp("checked")) as made:
        network = made.service()["networkConfiguration"]
        for number, (command, _) in enumerate(COMMANDS):
            definition = f"{FAMILY}:{made.revise(1, healthCheck=check(command))}"
            made.ecs.run_task(
                cluster=CLUSTER, taskDefinition=definition, networkConfiguration=network, startedBy=f"check {number}"
            )
        made.lab.advance(85)
        yield made


@pytest.mark.parametrize(("number", "health"), [(number, health) for number, (_, health) in enumerate(COMMANDS)])
def test_the_container_check_asks_what_its_command_says(checked: Bench, number: int, health: str) -> None:
    arns = checked.ecs.list_tasks(cluster=CLUSTER, startedBy=f"check {number}")["taskArns"]
    found = checked.ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]
    assert [task["healthStatus"] for task in found] == [health]


def test_failures_within_the_start_period_do_not_count(bench: MakeBench) -> None:
    played = bench()
    wrong = ["CMD-SHELL", "curl -f http://localhost:8000/nowhere || exit 1"]
    played.update(taskDefinition=f"{FAMILY}:{played.revise(1, healthCheck=check(wrong, startPeriod=120))}")
    played.lab.advance(180)
    new = next(task for task in played.tasks() if task["taskDefinitionArn"].endswith(":2"))
    assert new["healthStatus"] == "UNKNOWN"
    assert played.play_until(lambda: "failed container health checks" in str(played.messages()), 60)


def set_up_check(bench: Bench, **changes: Any) -> None:
    bench.client("elbv2").modify_target_group(TargetGroupArn=bench.group(), **changes)


@pytest.mark.parametrize(
    ("changes", "state", "reason", "description"),
    [
        (
            {"HealthCheckPath": "/nowhere"},
            "unhealthy",
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [404]",
        ),
        ({"HealthCheckPort": "9000"}, "unhealthy", "Target.FailedHealthChecks", "Health checks failed"),
        ({"HealthCheckPath": "/nowhere", "Matcher": {"HttpCode": "200,400-404"}}, "healthy", None, None),
    ],
)
def test_the_target_check_asks_what_the_target_group_says(
    bench: MakeBench, changes: dict[str, Any], state: str, reason: str | None, description: str | None
) -> None:
    played = bench()
    set_up_check(played, **changes)
    played.lab.advance(65)
    found = played.target_health()[0]
    assert (found["State"], found.get("Reason"), found.get("Description")) == (state, reason, description)


def test_a_recovery_takes_the_healthy_threshold(bench: MakeBench) -> None:
    played = bench()
    played.update(healthCheckGracePeriodSeconds=7200)
    set_up_check(played, HealthCheckPath="/nowhere")
    played.lab.advance(75)
    set_up_check(played, HealthCheckPath="/health")
    for seconds, state in ((110, "unhealthy"), (60, "healthy")):
        played.lab.advance(seconds)
        assert [found["State"] for found in played.target_health()] == [state]


def test_the_grace_period_holds_replacement_back(bench: MakeBench) -> None:
    played = bench()
    played.update(desiredCount=0, healthCheckGracePeriodSeconds=600)
    played.lab.advance(120)
    set_up_check(played, HealthCheckPath="/nowhere")
    played.update(desiredCount=1)
    played.lab.advance(500)
    assert "unhealthy" in {found["State"] for found in played.target_health()}
    assert all("is unhealthy in" not in message for message in played.messages())
    assert played.play_until(lambda: "is unhealthy in" in str(played.messages()), 300)


def test_targets_that_nobody_simulates_are_motos(bench: MakeBench) -> None:
    played = bench()
    elb = played.client("elbv2")
    vpc = elb.describe_target_groups()["TargetGroups"][0]["VpcId"]
    other = elb.create_target_group(Name="other", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    arn = other["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.9", "Port": 80}])
    assert len(elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]) == 1
    asked = elb.describe_target_health(TargetGroupArn=played.group(), Targets=[{"Id": "10.9.9.9", "Port": 1}])
    assert asked["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"] == "Target.NotRegistered"
