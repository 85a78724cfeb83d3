"""The guide's incident, as its own five commands show it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.conftest import CLUSTER, FAMILY, SERVICE, SHA, Bench, MakeBench

AWS = Path(sys.executable).with_name("aws")


def aws(bench: Bench, *arguments: str) -> Any:
    """Run the real AWS CLI against the lab."""
    settings = {
        "AWS_ENDPOINT_URL": bench.lab.endpoint_url,
        "AWS_DEFAULT_REGION": bench.lab.region,
        "AWS_ACCESS_KEY_ID": "lab",
        "AWS_SECRET_ACCESS_KEY": "lab",
        "AWS_PAGER": "",
    }
    done = subprocess.run(
        [AWS, *arguments, "--output", "json"],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout) if done.stdout else None


def test_describe_services_shows_two_deployments_in_progress(guide: Bench) -> None:
    query = (
        "services[0].{status:status,runningCount:runningCount,desiredCount:desiredCount,pendingCount:pendingCount,"
        "deployments:deployments[*].{status:status,taskDefinition:taskDefinition,runningCount:runningCount,"
        "rolloutState:rolloutState}}"
    )
    shown = aws(guide, "ecs", "describe-services", "--cluster", CLUSTER, "--services", SERVICE, "--query", query)
    family = f"arn:aws:ecs:ap-northeast-2:{guide.lab.account}:task-definition/{FAMILY}"
    assert shown == {
        "status": "ACTIVE",
        "runningCount": 1,
        "desiredCount": 1,
        "pendingCount": 0,
        "deployments": [
            {"status": "PRIMARY", "taskDefinition": f"{family}:3", "runningCount": 0, "rolloutState": "IN_PROGRESS"},
            {"status": "ACTIVE", "taskDefinition": f"{family}:2", "runningCount": 1, "rolloutState": "IN_PROGRESS"},
        ],
    }


def test_the_running_task_is_unhealthy(guide: Bench) -> None:
    arns = aws(guide, "ecs", "list-tasks", "--cluster", CLUSTER, "--service-name", SERVICE)["taskArns"]
    query = "tasks[*].{lastStatus:lastStatus,healthStatus:healthStatus,stoppedReason:stoppedReason}"
    shown = aws(guide, "ecs", "describe-tasks", "--cluster", CLUSTER, "--tasks", *arns, "--query", query)
    assert shown == [{"lastStatus": "RUNNING", "healthStatus": "UNHEALTHY", "stoppedReason": None}]


def test_the_events_tell_of_both_faults(guide: Bench) -> None:
    query = "services[0].events[:30].message"
    shown = aws(guide, "ecs", "describe-services", "--cluster", CLUSTER, "--services", SERVICE, "--query", query)
    image = f"{guide.lab.account}.dkr.ecr.ap-northeast-2.amazonaws.com/{FAMILY}:latest"
    assert (
        f"(service {SERVICE}) was unable to place a task. Reason: CannotPullContainerError: pull image manifest has "
        f"been retried 7 time(s): failed to resolve ref {image}: {image}: not found."
    ) in shown
    assert f"(service {SERVICE}) is unable to consistently start tasks successfully." in shown
    assert any(message.endswith(") failed container health checks.") for message in shown)
    assert any(message.endswith("Amazon ECS replaced 1 tasks due to an unhealthy status.") for message in shown)


def test_ecr_has_commit_hashes_only(guide: Bench) -> None:
    query = "imageDetails[*].{tags:imageTags,digest:imageDigest,pushed:imagePushedAt}"
    shown = aws(guide, "ecr", "describe-images", "--repository-name", FAMILY, "--query", query)
    tags = [tag for image in shown for tag in image["tags"]]
    assert SHA in tags
    assert all(len(tag) == 40 for tag in tags)
    assert len({image["digest"] for image in shown}) == len(shown) == 4
    assert len({int(image["pushed"]) // 86400 for image in shown}) >= 3, "pushed on different days"


def test_the_load_balancer_checks_the_root_and_is_content(guide: Bench) -> None:
    group = guide.client("elbv2").describe_target_groups()["TargetGroups"][0]
    assert group["HealthCheckPath"] == "/"
    assert guide.target_health() == [{"State": "healthy"}]
    assert guide.browse("/")[0] == 200
    assert guide.browse("/health")[0] == 404


def test_stopped_tasks_bear_their_reasons(guide: Bench) -> None:
    stopped = guide.tasks(status="STOPPED")
    reasons = {(task["stopCode"], task["stoppedReason"].split(":")[0]) for task in stopped}
    assert ("ServiceSchedulerInitiated", "Task failed container health checks") in reasons
    assert ("TaskFailedToStart", "CannotPullContainerError") in reasons
    unpulled = next(task for task in stopped if task["stopCode"] == "TaskFailedToStart")
    assert "startedAt" not in unpulled
    assert unpulled["containers"][0]["reason"] == unpulled["stoppedReason"]


def test_the_application_logs_the_checks(guide: Bench) -> None:
    task = guide.tasks()[0]
    stream = f"ecs/{FAMILY}/{task['taskArn'].rpartition('/')[2]}"
    events = guide.client("logs").get_log_events(
        logGroupName="/ecs/momentir-cx-llm", logStreamName=stream, startFromHead=True
    )["events"]
    lines = [event["message"] for event in events]
    assert "INFO:     Application startup complete." in lines
    own = [line for line in lines if line.startswith("INFO:     127.0.0.1:")]
    balancers = [line for line in lines if line.startswith("INFO:     10.0.")]
    assert {line.partition(" - ")[2] for line in own} == {'"GET /health HTTP/1.1" 404 Not Found'}
    assert '"GET / HTTP/1.1" 200 OK' in {line.partition(" - ")[2] for line in balancers}


def test_service_deployments_agree(guide: Bench) -> None:
    listed = guide.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"]
    assert [item["status"] for item in listed] == ["IN_PROGRESS", "STOPPED", "SUCCESSFUL"]
    arns = [item["serviceDeploymentArn"] for item in listed]
    newest = guide.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"][0]
    assert newest["deploymentCircuitBreaker"] == {"status": "DISABLED", "failureCount": 4, "threshold": 3}
    revision = newest["targetServiceRevision"]["arn"]
    assert revision.rpartition("/")[2] == guide.service()["deployments"][0]["id"].removeprefix("ecs-svc/")
    shown = guide.ecs.describe_service_revisions(serviceRevisionArns=[revision])["serviceRevisions"][0]
    assert shown["containerImages"][0]["image"].endswith(":latest")
    assert "imageDigest" not in shown["containerImages"][0]


def test_the_file_in_the_repository_is_refused(guide: Bench) -> None:
    document = json.loads((guide.lab.params.parent / "aws" / "task-definition.json").read_text(encoding="utf-8"))
    with pytest.raises(ClientError) as refused:
        guide.ecs.register_task_definition(**document)
    assert refused.value.response["Error"] == {
        "Code": "ClientException",
        "Message": "The secret name must be unique and not shared with any new or existing environment variables set "
        "on the container, such as 'LANGSMITH_TRACING'.",
    }


def test_now_is_now(guide: Bench) -> None:
    reply = guide.ecs.list_clusters()["ResponseMetadata"]
    events = guide.service()["events"]
    span = (events[0]["createdAt"] - events[-1]["createdAt"]).total_seconds()
    assert 30 * 60 < span < 70 * 60
    assert reply["HTTPHeaders"]["date"].endswith("GMT")


def test_the_picture_holds_while_time_passes(bench: MakeBench) -> None:
    played = bench("guide")
    for _ in range(20):
        played.lab.advance(60)
        assert played.deployments() == [("PRIMARY", 3, "IN_PROGRESS"), ("ACTIVE", 2, "IN_PROGRESS")]
        running = [task["healthStatus"] for task in played.tasks() if task["lastStatus"] == "RUNNING"]
        assert running == ["UNHEALTHY"]
        assert played.service()["runningCount"] == 1
    assert played.service()["deployments"][0]["failedTasks"] > 4
