"""A true fix makes the deployment succeed; a wrong one does not."""

from collections.abc import Callable

import pytest

from tests.lab.conftest import CLUSTER, FAMILY, SHA, Bench, MakeBench

ROOT_CHECK = "python -c \"import urllib.request; urllib.request.urlopen('http://localhost:8000/').getcode() == 200\""


def stop_unhealthy(bench: Bench) -> None:
    for task in bench.tasks():
        reason = "Stopping unhealthy task to allow clean deployment"
        bench.ecs.stop_task(cluster=CLUSTER, task=task["taskArn"], reason=reason)


def check_root(bench: Bench) -> dict[str, object]:
    command = ["CMD-SHELL", f"{ROOT_CHECK} || exit 1"]
    return {"command": command, "interval": 30, "timeout": 5, "retries": 3, "startPeriod": 60}


def deploy(bench: Bench, revision: int) -> None:
    bench.update(taskDefinition=f"{FAMILY}:{revision}", desiredCount=1, forceNewDeployment=True)


def test_the_guides_own_steps_cure(bench: MakeBench) -> None:
    incident = bench("guide")
    stop_unhealthy(incident)
    deploy(incident, incident.revise(2, SHA, healthCheck=check_root(incident)))
    assert incident.play_until(incident.completed, 600)
    assert incident.deployments() == [("PRIMARY", 4, "COMPLETED")]
    assert [task["healthStatus"] for task in incident.tasks()] == ["HEALTHY"]
    assert incident.browse("/")[0] == 200
    assert incident.messages()[0] == "has reached a steady state."
    assert incident.messages()[1].endswith("deployment completed.")
    stopped = {task["stoppedReason"] for task in incident.tasks(status="STOPPED")}
    assert "Stopping unhealthy task to allow clean deployment" in stopped


@pytest.mark.parametrize(("scenario", "path"), [("guide", "/"), ("guide-target-group", "/health")])
def test_the_scenarios_stated_fix_cures(bench: MakeBench, scenario: str, path: str) -> None:
    incident = bench(scenario)
    incident.lab.fix()
    assert incident.play_until(incident.completed, 600)
    assert incident.browse(path)[0] == 200
    assert incident.target_health() == [{"State": "healthy"}]
    incident.lab.advance(3600)
    assert incident.service()["runningCount"] == 1
    assert incident.completed()


WRONG: dict[str, tuple[str, Callable[[Bench], None]]] = {
    "only stopping the task": ("guide", stop_unhealthy),
    "the absent image once more": ("guide", lambda bench: bench.update(forceNewDeployment=True)),
    "the image alone": ("guide", lambda bench: deploy(bench, bench.revise(3, SHA))),
    "the check alone": ("guide", lambda bench: deploy(bench, bench.revise(3, healthCheck=check_root(bench)))),
    "the container's check, where the target group's is wrong": (
        "guide-target-group",
        lambda bench: deploy(bench, bench.revise(2, SHA, healthCheck=check_root(bench))),
    ),
    "the target group alone, with the image still absent": (
        "guide-target-group",
        lambda bench: bench.client("elbv2").modify_target_group(
            TargetGroupArn=bench.group(), HealthCheckPath="/health"
        ),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_fix_does_not_cure(bench: MakeBench, name: str) -> None:
    scenario, attempt = WRONG[name]
    incident = bench(scenario)
    attempt(incident)
    assert not incident.play_until(incident.completed, 1200, step=120)


def test_pushing_the_wanted_tag_cures_the_pull(bench: MakeBench) -> None:
    incident = bench("guide-target-group")
    ecr = incident.client("ecr")
    known = ecr.batch_get_image(repositoryName=FAMILY, imageIds=[{"imageTag": SHA}])["images"][0]
    ecr.put_image(
        repositoryName=FAMILY,
        imageTag="latest",
        imageManifest=known["imageManifest"],
        imageDigest=known["imageId"]["imageDigest"],
    )
    incident.client("elbv2").modify_target_group(TargetGroupArn=incident.group(), HealthCheckPath="/health")
    assert incident.play_until(incident.completed, 1800)
    assert incident.deployments() == [("PRIMARY", 3, "COMPLETED")]


def test_the_mirror_fails_at_the_target_group(bench: MakeBench) -> None:
    incident = bench("guide-target-group")
    assert incident.deployments() == [("PRIMARY", 3, "IN_PROGRESS"), ("ACTIVE", 2, "IN_PROGRESS")]
    assert [task["healthStatus"] for task in incident.tasks()] == ["HEALTHY"]
    assert incident.target_health() == [
        {
            "State": "unhealthy",
            "Reason": "Target.ResponseCodeMismatch",
            "Description": "Health checks failed with these codes: [404]",
        }
    ]
    assert any(
        message.endswith("due to (reason Health checks failed with these codes: [404])")
        and "(port 8000) is unhealthy in (target-group " in message
        for message in incident.messages()
    )
    reasons = {task["stoppedReason"] for task in incident.tasks(status="STOPPED")}
    assert f"Task failed ELB health checks in (target-group {incident.group()})" in reasons
    assert incident.browse("/health")[0] == 200, "with no healthy target the load balancer fails open"


def test_the_healthy_service_stays_so(bench: MakeBench) -> None:
    steady = bench("healthy")
    before = steady.messages()
    steady.lab.advance(5 * 3600)
    assert steady.deployments() == [("PRIMARY", 1, "COMPLETED")]
    assert steady.messages() == before
    steady.lab.advance(2 * 3600)
    assert steady.messages() == ["has reached a steady state.", *before], "said again after six hours"
    assert steady.browse("/")[0] == 200
