"""ecs-deploy from PyPI, unchanged: a good deployment, a bad one, a rollback, scaling, a single task."""

import pytest

CLUSTER = "momentir-cx-llm-cluster"
SERVICE = "momentir-cx-llm-service"
FAST = 240.0  # simulated seconds a second: ecs-deploy asks every second
GOOD = "77d0a3c96a5f1be2c4d84f0e9b1a3d5c7e8f9012"


@pytest.fixture
def fast(bench):
    """A healthy service whose clock runs."""
    lab = bench()
    lab.lab.run(FAST)
    return lab


def image(lab):
    arn = lab.service()["taskDefinition"]
    definition = lab.ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return definition["containerDefinitions"][0]["image"]


def test_it_deploys_an_image_that_is_there(fast, shell):
    done = shell(fast)("ecs", "deploy", CLUSTER, SERVICE, "--tag", GOOD, "--timeout", "30")
    assert "Deployment successful" in done.stdout
    assert done.returncode == 0
    assert image(fast).endswith(f":{GOOD}")
    assert fast.completed()


def test_it_gives_up_on_an_image_that_is_not_there_and_goes_back_when_asked(fast, shell):
    before = image(fast)
    done = shell(fast)("ecs", "deploy", CLUSTER, SERVICE, "--tag", "latest", "--timeout", "4", "--rollback")
    assert done.returncode == 1
    assert "Deployment failed due to timeout" in done.stderr
    assert "Rolling back to task definition: momentir-cx-llm:1" in done.stdout
    assert "Rollback successful" in done.stdout
    assert image(fast) == before
    assert fast.completed()


def test_it_leaves_a_bad_deployment_where_it_is_not_asked_to_go_back(fast, shell):
    done = shell(fast)("ecs", "deploy", CLUSTER, SERVICE, "--tag", "latest", "--timeout", "3")
    assert done.returncode == 1
    assert fast.deployments()[0] == ("PRIMARY", 2, "IN_PROGRESS")
    assert image(fast).endswith(":latest")


def test_it_scales_a_service_and_runs_a_single_task(fast, shell):
    network = fast.service()["networkConfiguration"]["awsvpcConfiguration"]
    place = ("--subnet", network["subnets"][0], "--securitygroup", network["securityGroups"][0])
    scaled, ran = shell(fast).together(
        ("ecs", "scale", CLUSTER, SERVICE, "2", "--timeout", "30"),
        ("ecs", "run", CLUSTER, "momentir-cx-llm:1", "--launchtype", "FARGATE", *place),
    )
    assert "Scaling successful" in scaled.stdout
    assert fast.service()["runningCount"] == 2
    assert "Successfully started 1 instances of task: momentir-cx-llm:1" in ran.stdout
