"""The life and the end of tasks: causes in other services, exits, and how long they are remembered."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lab.conftest import CLUSTER, FAMILY, OLD, Bench, MakeBench

REGION, ACCOUNT = "ap-northeast-2", "123456789012"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:gone-AbCdEf"


def first_failure(bench: Bench, **container: Any) -> dict[str, Any]:
    """Deploy a revision and return its first stopped task."""
    revision = bench.revise(1, **container)
    bench.update(taskDefinition=f"{FAMILY}:{revision}")
    bench.lab.advance(120)
    stopped = [task for task in bench.tasks(status="STOPPED") if task["taskDefinitionArn"].endswith(f":{revision}")]
    return min(stopped, key=lambda task: task["createdAt"])


def logging(group: str, **options: str) -> dict[str, Any]:
    return {"logDriver": "awslogs", "options": {"awslogs-group": group, "awslogs-region": REGION, **options}}


@pytest.mark.parametrize(
    ("container", "words"),
    [
        ({"secrets": [{"name": "X", "valueFrom": SECRET}]}, "Secrets Manager can't find the specified secret"),
        ({"secrets": [{"name": "X", "valueFrom": "/app/key"}]}, "invalid ssm parameters: /app/key"),
        ({"logConfiguration": logging("/ecs/gone")}, "The specified log group does not exist"),
    ],
)
def test_what_is_absent_elsewhere_keeps_a_task_from_starting(
    bench: MakeBench, container: dict[str, Any], words: str
) -> None:
    played = bench()
    task = first_failure(played, **container)
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("ResourceInitializationError: ")
    assert words in task["stoppedReason"]
    assert f"was unable to place a task. Reason: {task['stoppedReason'].removesuffix('.')}." in played.messages()


def test_a_secret_needs_its_json_key(bench: MakeBench) -> None:
    played = bench()
    manager = played.client("secretsmanager")
    arn = manager.create_secret(Name="settings", SecretString='{"id": 1}')["ARN"]
    for key, absent in (("id", False), ("key", True)):
        task = [{"name": "X", "valueFrom": f"{arn}:{key}::"}]
        played.update(taskDefinition=f"{FAMILY}:{played.revise(1, secrets=task)}")
        played.lab.advance(180)
        told = f"did not contain json key {key}" in str(played.messages())
        assert told is absent


def test_a_log_group_may_be_created(bench: MakeBench) -> None:
    played = bench()
    options = logging("/ecs/new", **{"awslogs-create-group": "true"})
    statement = {"Effect": "Allow", "Action": "logs:CreateLogGroup", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    played.client("iam").put_role_policy(RoleName="ecsTaskExecutionRole", PolicyName="groups", PolicyDocument=document)
    played.update(taskDefinition=f"{FAMILY}:{played.revise(1, logConfiguration=options)}")
    assert played.play_until(played.completed, 600)
    groups = played.client("logs").describe_log_groups(logGroupNamePrefix="/ecs/new")["logGroups"]
    assert len(groups) == 1


def test_an_absent_role_launches_nothing(bench: MakeBench) -> None:
    played = bench()
    iam, name = played.client("iam"), "ecsTaskExecutionRole"
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)
    played.update(forceNewDeployment=True)
    played.lab.advance(60)
    assert "ECS was unable to assume the role" in played.messages()[0]
    assert played.service()["pendingCount"] == 0


def test_an_application_that_exits_ends_its_task(bench: MakeBench, tmp_path: Path) -> None:
    scenario = tmp_path / "crash.yaml"
    scenario.write_text(
        f"extends: healthy\napplications:\n  {OLD}: {{starts_in: 3, exit_code: 1, log: ['no OPENAI_API_KEY']}}\n",
        encoding="utf-8",
    )
    played = bench(scenario)
    task = max(played.tasks(status="STOPPED"), key=lambda task: task["createdAt"])
    assert (task["stopCode"], task["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert task["containers"][0]["exitCode"] == 1
    assert played.service()["deployments"][0]["failedTasks"] > 3
    assert "is unable to consistently start tasks successfully." not in played.messages(), "it did start each time"
    assert f"deregistered 1 targets in (target-group {played.group()})" in played.messages()
    assert task["executionStoppedAt"] == task["stoppingAt"], "the container ended, and so the task began to stop"
    lines = played.client("logs").filter_log_events(logGroupName="/ecs/momentir-cx-llm")["events"]
    assert {line["message"] for line in lines} == {"no OPENAI_API_KEY"}


def test_stopped_tasks_are_forgotten_after_an_hour(bench: MakeBench) -> None:
    played = bench()
    arn = played.tasks()[0]["taskArn"]
    played.ecs.stop_task(cluster=CLUSTER, task=arn)
    played.lab.advance(3500)
    assert [task["taskArn"] for task in played.tasks(status="STOPPED")] == [arn]
    played.lab.advance(300)
    assert played.tasks(status="STOPPED") == []
    failures = played.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["failures"]
    assert failures == [{"arn": arn, "reason": "MISSING"}]


def test_a_task_passes_through_its_states(bench: MakeBench) -> None:
    played = bench()
    network = played.service()["networkConfiguration"]
    arn = played.ecs.run_task(cluster=CLUSTER, taskDefinition=FAMILY, networkConfiguration=network, count=1)
    arn = arn["tasks"][0]["taskArn"]
    seen: list[str] = []

    def look() -> str:
        status = played.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0]["lastStatus"]
        if status not in seen:
            seen.append(status)
        return status

    assert played.play_until(lambda: look() == "RUNNING", 120, step=5)
    played.ecs.stop_task(cluster=CLUSTER, task=arn)
    assert played.play_until(lambda: look() == "STOPPED", 120, step=5)
    assert seen == [
        "PROVISIONING",
        "PENDING",
        "ACTIVATING",
        "RUNNING",
        "DEACTIVATING",
        "STOPPING",
        "DEPROVISIONING",
        "STOPPED",
    ]
