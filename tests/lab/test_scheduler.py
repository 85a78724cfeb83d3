"""Rollouts: bounds, replacement, circuit breaker, draining, steady state, deletion."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.conftest import CLUSTER, FAMILY, OLD, SERVICE, SHA, Bench, MakeBench

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


def service_deployments(bench: Bench) -> list[dict[str, Any]]:
    listed = bench.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"]
    arns = [item["serviceDeploymentArn"] for item in listed]
    return bench.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]


def test_a_good_rollout_starts_new_tasks_before_it_stops_old_ones(bench: MakeBench) -> None:
    played = bench()
    played.update(taskDefinition=f"{FAMILY}:{played.revise(1, OLD)}")
    seen: list[tuple[int, int]] = []

    def done() -> bool:
        found = played.service()
        seen.append((found["runningCount"], found["pendingCount"]))
        return played.completed()

    assert played.play_until(done, 600)
    assert min(running for running, _ in seen) == 1
    assert (1, 1) in seen
    assert (2, 0) in seen
    told = [message.split(" (task")[0].split(" (target")[0] for message in reversed(played.messages())][4:]
    assert told[:4] == [
        "has started 1 tasks:",
        "registered 1 targets in",
        "has stopped 1 running tasks:",
        "deregistered 1 targets in",
    ]
    assert "has begun draining connections on 1 tasks." in told[4]
    assert [item["status"] for item in service_deployments(played)] == ["SUCCESSFUL", "SUCCESSFUL"]


def test_a_superseded_deployment_drains_before_the_new_one_is_complete(bench: MakeBench) -> None:
    played = bench()
    attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": "300"}
    played.client("elbv2").modify_target_group_attributes(TargetGroupArn=played.group(), Attributes=[attribute])
    played.update(taskDefinition=f"{FAMILY}:{played.revise()}")
    assert played.play_until(lambda: "draining" in str(played.target_health()), 300)
    played.lab.advance(240)
    assert played.deployments() == [("PRIMARY", 2, "IN_PROGRESS"), ("ACTIVE", 1, "COMPLETED")]
    draining = next(found for found in played.target_health() if found["State"] == "draining")
    assert draining["Reason"] == "Target.DeregistrationInProgress"
    assert played.play_until(played.completed, 300)


def test_the_breaker_rolls_back_to_the_last_completed_deployment(bench: MakeBench) -> None:
    played = bench()
    before = played.service()["deployments"][0]
    played.update(taskDefinition=f"{FAMILY}:{played.revise(1, 'latest')}", deploymentConfiguration=BREAKER)
    failed = played.service()["deployments"][0]["id"]
    assert played.play_until(lambda: played.service()["deployments"][0]["id"] == before["id"], 3600, step=15)
    primary, last = played.service()["deployments"][0], played.messages()
    assert primary["createdAt"] == before["createdAt"], "a rollback takes up the old deployment"
    assert primary["rolloutStateReason"] == (
        f"ECS deployment circuit breaker: rolling back to deploymentId {before['id']}."
    )
    assert f"(deployment {failed}) deployment failed: tasks failed to start." in last
    assert f"rolling back to deployment {before['id']}." in last
    assert "stopped 1 pending tasks." in last
    assert played.play_until(played.completed, 600)
    newest = service_deployments(played)[0]
    assert newest["status"] == "ROLLBACK_SUCCESSFUL"
    assert newest["statusReason"] == (
        "Service deployment rolled back because the circuit breaker threshold was exceeded."
    )
    assert newest["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
    assert newest["updatedAt"] == newest["finishedAt"]
    first = service_deployments(played)[-1]
    assert first["updatedAt"] == first["finishedAt"] < newest["createdAt"], "a rollback is no change of that one"
    assert played.service()["taskDefinition"].endswith(":1")


def test_the_breaker_counts_health_failures(bench: MakeBench) -> None:
    played = bench()
    played.update(taskDefinition=f"{FAMILY}:{played.revise(1, SHA)}", deploymentConfiguration=BREAKER)
    assert played.play_until(lambda: any("rolling back" in message for message in played.messages()), 3600)
    assert sum("is unhealthy in (target-group" in message for message in played.messages()) >= 3
    assert played.play_until(played.completed, 600)


def test_a_breaker_without_rollback_stops_there(bench: MakeBench) -> None:
    played = bench()
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    played.update(taskDefinition=f"{FAMILY}:{played.revise(1, 'latest')}", deploymentConfiguration=breaker)
    assert played.play_until(lambda: played.deployments()[0][2] == "FAILED", 3600)
    played.lab.advance(1800)
    assert played.deployments() == [("PRIMARY", 2, "FAILED"), ("ACTIVE", 1, "COMPLETED")]
    assert played.service()["deployments"][0]["rolloutStateReason"] == (
        "ECS deployment circuit breaker: tasks failed to start."
    )
    assert played.service()["runningCount"] == 1
    assert service_deployments(played)[0]["status"] == "STOPPED"


@pytest.mark.parametrize(("resets", "left"), [(True, 0), (False, 1)])
def test_a_healthy_task_resets_the_failures_unless_told_otherwise(bench: MakeBench, resets: bool, left: int) -> None:
    played = bench()
    breaker = {"enable": True, "rollback": True, "resetOnHealthyTask": resets}
    configuration = {"deploymentCircuitBreaker": breaker}
    played.update(taskDefinition=f"{FAMILY}:{played.revise(1, 'latest')}", deploymentConfiguration=configuration)
    assert played.play_until(lambda: played.service()["deployments"][0]["failedTasks"] == 1, 120)
    ecr = played.client("ecr")
    image = ecr.batch_get_image(repositoryName=FAMILY, imageIds=[{"imageTag": OLD}])["images"][0]
    ecr.put_image(repositoryName=FAMILY, imageManifest=image["imageManifest"], imageTag="latest")
    assert played.play_until(played.completed, 900)
    assert played.deployments() == [("PRIMARY", 2, "COMPLETED")]
    assert played.service()["deployments"][0]["failedTasks"] == left


def test_a_service_deployment_is_pending_for_a_moment(bench: MakeBench) -> None:
    played = bench()
    played.update(forceNewDeployment=True)
    fresh = service_deployments(played)[0]
    assert (fresh["status"], "startedAt" in fresh) == ("PENDING", False)
    played.lab.advance(2)
    begun = service_deployments(played)[0]
    assert (begun["status"], (begun["startedAt"] - begun["createdAt"]).total_seconds()) == ("IN_PROGRESS", 1.6)
    played.update(forceNewDeployment=True)
    assert service_deployments(played)[1]["status"] == "STOP_REQUESTED"
    played.lab.advance(15)
    assert service_deployments(played)[1]["status"] == "STOPPED"


@pytest.mark.parametrize(
    ("kind", "value", "threshold"),
    [("COUNT", 2, 2), ("UNBOUNDED_PERCENT", 50, 1), ("BOUNDED_PERCENT", 50, 3), ("BOUNDED_PERCENT", 100, 3)],
)
def test_the_breakers_threshold_is_configured(bench: MakeBench, kind: str, value: int, threshold: int) -> None:
    played = bench()
    rule = {"enable": True, "rollback": True, "thresholdConfiguration": {"type": kind, "value": value}}
    breaker = {"deploymentCircuitBreaker": rule}
    played.update(taskDefinition=f"{FAMILY}:{played.revise(1, 'latest')}", deploymentConfiguration=breaker)
    told = "deployment failed: tasks failed to start."
    assert played.play_until(lambda: any(told in message for message in played.messages()), 3600, step=15)
    found = service_deployments(played)[0]["deploymentCircuitBreaker"]
    assert (found["status"], found["threshold"], found["failureCount"]) == ("TRIGGERED", threshold, threshold)


def test_a_user_can_stop_a_deployment(bench: MakeBench) -> None:
    played = bench()
    played.update(taskDefinition=f"{FAMILY}:{played.revise(1, 'latest')}")
    played.lab.advance(60)
    arn = played.service()["currentServiceDeployment"]
    assert played.ecs.stop_service_deployment(serviceDeploymentArn=arn)["serviceDeploymentArn"] == arn
    assert service_deployments(played)[0]["status"] == "ROLLBACK_REQUESTED"
    played.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert played.play_until(played.completed, 600)
    assert played.deployments() == [("PRIMARY", 1, "COMPLETED")]
    newest = service_deployments(played)[0]
    assert (newest["status"], newest["statusReason"]) == (
        "ROLLBACK_SUCCESSFUL",
        "Service deployment rolled back by user.",
    )
    with pytest.raises(ClientError, match="The valid values are ROLLBACK"):
        played.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ABORT")
    with pytest.raises(played.ecs.exceptions.ConflictException):
        played.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    with pytest.raises(played.ecs.exceptions.ServiceDeploymentNotFoundException):
        played.ecs.stop_service_deployment(serviceDeploymentArn=arn + "x")


def test_a_lost_task_of_an_older_deployment_comes_back_with_its_own_revision(bench: MakeBench) -> None:
    played = bench()
    played.update(taskDefinition=f"{FAMILY}:{played.revise(1, 'latest')}")
    played.lab.advance(120)
    old = next(task for task in played.tasks() if task["taskDefinitionArn"].endswith(":1"))
    stopped = played.ecs.stop_task(cluster=CLUSTER, task=old["taskArn"])["task"]
    assert (stopped["lastStatus"], stopped["desiredStatus"]) == ("DEACTIVATING", "STOPPED")
    assert stopped["stoppedReason"] == "Task stopped by user"
    played.lab.advance(30)
    assert [task["taskDefinitionArn"][-2:] for task in played.tasks()].count(":1") == 1


def test_bounds_that_leave_no_room_are_told(bench: MakeBench) -> None:
    played = bench()
    full = {"maximumPercent": 150, "minimumHealthyPercent": 100}
    played.update(taskDefinition=f"{FAMILY}:{played.revise()}", deploymentConfiguration=full)
    played.lab.advance(1200)
    assert played.deployments() == [("PRIMARY", 2, "IN_PROGRESS"), ("ACTIVE", 1, "COMPLETED")]
    told = [message for message in played.messages() if "because of the service deployment configuration" in message]
    assert len(told) == 1
    played.update(deploymentConfiguration={"minimumHealthyPercent": 0})
    assert played.play_until(played.completed, 600)


def test_scaling_starts_no_deployment(bench: MakeBench) -> None:
    played = bench()
    before = played.service()["deployments"][0]["id"]
    played.update(desiredCount=4)
    assert played.play_until(lambda: played.service()["runningCount"] == 4, 300)
    assert any(message.startswith("has started 3 tasks: (task ") for message in played.messages())
    assert any(message.startswith("registered 3 targets in") for message in played.messages())
    played.update(desiredCount=0)
    played.lab.advance(300)
    found = played.service()
    assert (found["runningCount"], found["deployments"][0]["id"]) == (0, before)
    assert played.target_health() == []
    assert played.browse("/")[0] == 503


def test_a_rollout_of_several_tasks_keeps_the_lower_bound(bench: MakeBench) -> None:
    played = bench()
    played.update(desiredCount=4)
    played.lab.advance(300)
    assert played.messages()[0] == "has reached a steady state."
    half = {"maximumPercent": 150, "minimumHealthyPercent": 50}
    played.update(taskDefinition=f"{FAMILY}:{played.revise()}", deploymentConfiguration=half)
    seen: list[tuple[int, int]] = []

    def done() -> bool:
        found = played.service()
        healthy = sum(task["healthStatus"] == "HEALTHY" for task in played.tasks())
        seen.append((healthy, found["runningCount"] + found["pendingCount"]))
        return played.completed()

    assert played.play_until(done, 900)
    assert min(healthy for healthy, _ in seen) >= 2
    assert max(total for _, total in seen) <= 6


def test_forcing_deploys_the_same_revision(bench: MakeBench) -> None:
    played = bench()
    played.update(forceNewDeployment=True)
    assert played.deployments() == [("PRIMARY", 1, "IN_PROGRESS"), ("ACTIVE", 1, "COMPLETED")]
    assert played.play_until(played.completed, 600)


def test_a_sixth_deployment_is_refused(bench: MakeBench) -> None:
    played = bench()
    for _ in range(4):
        played.update(forceNewDeployment=True)
    with pytest.raises(ClientError, match="5 active deployments exist, unable to create new deployment"):
        played.update(forceNewDeployment=True)


def test_deletion_drains_then_the_service_is_inactive(bench: MakeBench) -> None:
    played = bench()
    with pytest.raises(ClientError, match="cannot be stopped while it is scaled above 0"):
        played.ecs.delete_service(cluster=CLUSTER, service=SERVICE)
    assert played.ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)["service"]["status"] == "DRAINING"
    played.lab.advance(300)
    assert played.service()["status"] == "INACTIVE"
    assert played.ecs.list_services(cluster=CLUSTER)["serviceArns"] == []
    with pytest.raises(played.ecs.exceptions.ServiceNotActiveException):
        played.update(desiredCount=1)
    played.lab.advance(3700)
    missing = played.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["failures"]
    assert [failure["reason"] for failure in missing] == ["MISSING"]


def test_the_stable_waiter_ends(bench: MakeBench) -> None:
    played = bench()
    played.update(taskDefinition=f"{FAMILY}:{played.revise()}")
    played.lab.run(400)
    waiter = played.ecs.get_waiter("services_stable")
    waiter.wait(cluster=CLUSTER, services=[SERVICE], WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
    played.lab.run(0)
    assert played.deployments()[0][1] == 2


def test_a_service_starts_at_most_500_tasks_a_minute(bench: MakeBench) -> None:
    played = bench()
    played.update(desiredCount=200)
    played.lab.advance(30)
    started = [message for message in played.messages() if message.startswith("has started ")]
    assert [message.split(" ")[2] for message in started[:2]] == ["74", "125"]


@pytest.mark.parametrize(
    ("count", "words"), [(5001, "Desired count exceeds limit."), (-1, "cannot be a negative number")]
)
def test_a_count_that_ecs_would_not_take_is_refused(bench: MakeBench, count: int, words: str) -> None:
    played = bench()
    with pytest.raises(ClientError, match=words):
        played.update(desiredCount=count)
