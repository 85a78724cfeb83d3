"""boto3, unchanged: its waiters and its paginators."""

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import WaiterError

from runbook_lib.lab.operations import OPERATIONS

CLUSTER = "momentir-cx-llm-cluster"
SERVICE = "momentir-cx-llm-service"
FAST = 1200.0  # simulated seconds a second
QUICK = {"Delay": 0.05, "MaxAttempts": 100}
ONCE = {"Delay": 0, "MaxAttempts": 1}
# What a lab of Fargate services has none of, and what has a test of its own (test_neighbours.py).
NOT_FILLED = ("ListContainerInstances", "ListAttributes", "ListServicesByNamespace", "ListAccountSettings")
ECS = boto3.client("ecs", "us-east-1")
PAGINATED = [name for name in OPERATIONS if name not in NOT_FILLED and ECS.can_paginate(xform_name(name))]


def stable(lab, config=QUICK):
    lab.ecs.get_waiter("services_stable").wait(cluster=CLUSTER, services=[SERVICE], WaiterConfig=config)


def run_tasks(lab, count):
    network = lab.service()["networkConfiguration"]
    made = lab.ecs.run_task(
        cluster=CLUSTER, taskDefinition="momentir-cx-llm:1", count=count, networkConfiguration=network
    )
    return [task["taskArn"] for task in made["tasks"]]


def test_services_stable_waits_for_a_deployment_to_complete(bench):
    lab = bench()
    lab.update(forceNewDeployment=True)
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        stable(lab, ONCE)
    lab.lab.run(FAST)
    stable(lab)
    assert lab.completed()


def test_services_stable_fails_for_a_service_that_is_not_there(guide):
    with pytest.raises(WaiterError, match="MISSING"):
        guide.ecs.get_waiter("services_stable").wait(cluster=CLUSTER, services=["nobody"], WaiterConfig=ONCE)


def test_services_stable_passes_after_a_rollback_of_what_was_to_be_deployed(bench):
    """A trap of the real waiter: it does not ask which revision is stable."""
    lab = bench()
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    revision = lab.revise(tag="latest")
    lab.update(taskDefinition=f"momentir-cx-llm:{revision}", deploymentConfiguration=breaker)
    lab.lab.run(FAST)
    stable(lab)
    assert lab.deployments() == [("PRIMARY", 1, "COMPLETED")]


def test_services_stable_passes_where_nothing_is_to_run(bench):
    """Another trap: no task runs, as none is wanted."""
    lab = bench()
    lab.update(desiredCount=0)
    lab.lab.advance(120)
    stable(lab, ONCE)
    assert lab.service()["runningCount"] == 0


def test_services_inactive_waits_for_a_deleted_service_to_drain(bench):
    lab = bench()
    lab.update(desiredCount=0)
    lab.ecs.delete_service(cluster=CLUSTER, service=SERVICE)
    waiter = lab.ecs.get_waiter("services_inactive")
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        waiter.wait(cluster=CLUSTER, services=[SERVICE], WaiterConfig=ONCE)
    lab.lab.run(FAST)
    waiter.wait(cluster=CLUSTER, services=[SERVICE], WaiterConfig=QUICK)
    assert lab.service()["status"] == "INACTIVE"


def test_tasks_running_and_tasks_stopped_wait_for_tasks(bench):
    lab = bench()
    ours, theirs = run_tasks(lab, 2)
    running, stopped = (lab.ecs.get_waiter(name) for name in ("tasks_running", "tasks_stopped"))
    for waiter in (running, stopped):
        with pytest.raises(WaiterError, match="Max attempts exceeded"):
            waiter.wait(cluster=CLUSTER, tasks=[ours], WaiterConfig=ONCE)
    lab.lab.run(FAST)
    running.wait(cluster=CLUSTER, tasks=[ours, theirs], WaiterConfig=QUICK)
    lab.ecs.stop_task(cluster=CLUSTER, task=theirs)
    stopped.wait(cluster=CLUSTER, tasks=[theirs], WaiterConfig=QUICK)
    with pytest.raises(WaiterError, match="STOPPED"):
        running.wait(cluster=CLUSTER, tasks=[ours, theirs], WaiterConfig=ONCE)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A lab with at least five of everything that is listed."""
    from tests.lab.conftest import Bench

    with Bench("healthy", tmp_path_factory.mktemp("many")) as lab:
        network = lab.service()["networkConfiguration"]
        for number in range(5):
            lab.ecs.create_cluster(clusterName=f"cluster-{number}")
            container = {"name": "app", "image": "nginx", "memory": 64}
            lab.ecs.register_task_definition(family=f"family-{number}", containerDefinitions=[container])
            lab.ecs.create_service(
                cluster=CLUSTER,
                serviceName=f"service-{number}",
                taskDefinition="momentir-cx-llm:1",
                desiredCount=0,
                networkConfiguration=network,
            )
        run_tasks(lab, 5)
        yield lab


@pytest.mark.parametrize("operation", PAGINATED)
def test_a_paginator_finds_everything_once(many, operation):
    paginator = many.ecs.get_paginator(xform_name(operation))
    about = {"cluster": CLUSTER} if operation in ("ListServices", "ListTasks") else {}
    key = str(paginator.result_keys[0].expression)
    pages = [page[key] for page in paginator.paginate(**about, PaginationConfig={"PageSize": 2})]
    found = [item for page in pages for item in page]
    assert {len(page) for page in pages[:-1]} == {2}
    assert len(found) == len(set(found)) == 6
    assert set(found) == set(paginator.paginate(**about).build_full_result()[key])
