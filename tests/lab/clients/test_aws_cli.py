"""The AWS CLI, unchanged: the commands of the guide, its tables, pages, waiters, errors and exit codes."""

import json
import threading
import time

import pytest

CLUSTER = "momentir-cx-llm-cluster"
SERVICE = "momentir-cx-llm-service"
SHA = "bfea2cf646ba4eb2b4f0e07661b6de2fef444f75"
IN = ("--cluster", CLUSTER)
DESCRIBE = ("aws", "ecs", "describe-services", *IN, "--services", SERVICE)
LIST = ("aws", "ecs", "list-tasks", *IN, "--service-name", SERVICE)
STATE = (
    "services[0].{status:status,runningCount:runningCount,desiredCount:desiredCount,pendingCount:pendingCount,"
    "deployments:deployments[*].{status:status,taskDefinition:taskDefinition,runningCount:runningCount,"
    "rolloutState:rolloutState}}"
)
TASK = "tasks[*].{taskArn:taskArn,lastStatus:lastStatus,healthStatus:healthStatus,stoppedReason:stoppedReason}"
IMAGES = "imageDetails[*].{tags:imageTags,digest:imageDigest,pushed:imagePushedAt}"
FAILED = (254, 255)  # of a service's error: AWS CLI 2, AWS CLI 1


def cells(table):
    """The rows of a table of the CLI as lists of cells."""
    lines = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line if cell.strip()] for line in lines]


def test_the_guides_five_readings_show_its_incident(guide, shell):
    run = shell(guide)
    arn = json.loads(run.out(*LIST))["taskArns"][0]
    state, task, events, images = run.together(
        (*DESCRIBE, "--query", STATE, "--output", "table"),
        ("aws", "ecs", "describe-tasks", *IN, "--tasks", arn, "--query", TASK),
        (*DESCRIBE, "--query", "services[0].events[:10]", "--output", "table"),
        (
            "aws",
            "ecr",
            "describe-images",
            "--repository-name",
            "momentir-cx-llm",
            "--query",
            IMAGES,
            "--output",
            "table",
        ),
    )
    prefix = f"arn:aws:ecs:ap-northeast-2:{guide.lab.account}:task-definition/momentir-cx-llm"
    assert ["IN_PROGRESS", "0", "PRIMARY", f"{prefix}:3"] in cells(state.stdout)
    assert ["IN_PROGRESS", "1", "ACTIVE", f"{prefix}:2"] in cells(state.stdout)
    assert json.loads(task.stdout) == [
        {"taskArn": arn, "lastStatus": "RUNNING", "healthStatus": "UNHEALTHY", "stoppedReason": None}
    ]
    assert "CannotPullContainerError" in events.stdout
    assert len([row for row in cells(events.stdout) if len(row) == 3]) == 11  # a heading and ten events
    assert [SHA] in cells(images.stdout)
    assert ["latest"] not in cells(images.stdout)


def test_the_guides_collection_of_commands_is_answered(guide, shell):
    run = shell(guide)
    group = guide.group()
    arn = guide.ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"][0]
    commands = [
        DESCRIBE,
        ("aws", "ecs", "describe-tasks", *IN, "--tasks", arn),
        ("aws", "ecr", "describe-images", "--repository-name", "momentir-cx-llm"),
        ("aws", "elbv2", "describe-load-balancers", "--names", "momentir-cx-llm-alb"),
        ("aws", "elbv2", "describe-target-groups", "--target-group-arns", group),
        ("aws", "elbv2", "describe-target-health", "--target-group-arn", group, "--output", "text"),
    ]
    done = run.together(*commands)
    assert [each.stderr for each in done] == [""] * len(commands)
    assert json.loads(done[4].stdout)["TargetGroups"][0]["HealthCheckPath"] == "/"
    assert "TARGETHEALTH\thealthy" in done[5].stdout


def test_an_error_of_ecs_is_said_on_stderr_with_the_clis_exit_code(guide, shell):
    file = (guide.lab.params.parent / "aws" / "task-definition.json").as_uri()
    refused, absent, wait = shell(guide).together(
        ("aws", "ecs", "register-task-definition", "--cli-input-json", file),
        ("aws", "ecs", "describe-services", "--cluster", "nowhere", "--services", SERVICE),
        ("aws", "ecs", "wait", "services-stable", *IN, "--services", "nobody"),
    )
    assert refused.returncode in FAILED
    assert "(ClientException) when calling the RegisterTaskDefinition operation: The secret name must" in refused.stderr
    assert absent.returncode in FAILED
    assert "(ClusterNotFoundException) when calling the DescribeServices operation: Cluster not" in absent.stderr
    assert wait.returncode == 255
    assert 'matched expected path: "MISSING"' in wait.stderr


def test_the_guides_fix_ends_the_incident(bench, shell):
    lab = bench("guide")
    run = shell(lab)
    arn = json.loads(run.out(*LIST))["taskArns"][0]
    file = lab.lab.params.parent / "aws" / "task-definition.json"
    definition = json.loads(file.read_text())
    container = definition["containerDefinitions"][0]
    container["environment"] = [each for each in container["environment"] if each["name"] != "LANGSMITH_TRACING"]
    container["healthCheck"]["command"][1] = container["healthCheck"]["command"][1].replace("/health", "/")
    container["image"] = container["image"].replace(":latest", f":{SHA}")
    file.write_text(json.dumps(definition))
    stop, register = run.together(
        ("aws", "ecs", "stop-task", *IN, "--task", arn, "--reason", "Stopping unhealthy task"),
        ("aws", "ecs", "register-task-definition", "--cli-input-json", f"file://{file}"),
    )
    assert json.loads(stop.stdout)["task"]["desiredStatus"] == "STOPPED"
    revision = json.loads(register.stdout)["taskDefinition"]["revision"]
    update = ("--task-definition", f"momentir-cx-llm:{revision}", "--desired-count", "1", "--force-new-deployment")
    run.out("aws", "ecs", "update-service", *IN, "--service", SERVICE, *update)
    lab.lab.advance(600)
    new = lab.tasks()[0]["taskArn"]
    state, health, balancer, stable = run.together(
        (*DESCRIBE, "--query", "services[0].deployments[*].rolloutState", "--output", "text"),
        ("aws", "ecs", "describe-tasks", *IN, "--tasks", new, "--query", "tasks[0].healthStatus", "--output", "text"),
        (
            *("aws", "elbv2", "describe-load-balancers", "--names", "momentir-cx-llm-alb"),
            *("--query", "LoadBalancers[0].DNSName", "--output", "text"),
        ),
        ("aws", "ecs", "wait", "services-stable", *IN, "--services", SERVICE),
    )
    assert (state.stdout, health.stdout, stable.returncode) == ("COMPLETED\n", "HEALTHY\n", 0)
    assert lab.browse("/", balancer.stdout.strip())[0] == 200


def test_lists_come_in_the_pages_that_the_cli_asks_for(bench, shell):
    lab = bench("healthy")
    run = shell(lab)
    network = lab.service()["networkConfiguration"]
    lab.ecs.run_task(cluster=CLUSTER, taskDefinition="momentir-cx-llm:1", count=10, networkConfiguration=network)
    everything = set(lab.ecs.list_tasks(cluster=CLUSTER)["taskArns"])
    tasks = ("aws", "ecs", "list-tasks", *IN, "--page-size", "3")
    whole, first = (json.loads(done.stdout) for done in run.together(tasks, (*tasks, "--max-items", "7")))
    rest = json.loads(run.out(*tasks, "--starting-token", first["NextToken"]))
    assert len(everything) == 11
    assert (set(whole["taskArns"]), len(first["taskArns"]), "NextToken" in rest) == (everything, 7, False)
    assert {*first["taskArns"], *rest["taskArns"]} == everything
    assert len(rest["taskArns"]) == 4


@pytest.fixture
def waited(bench):
    """A lab in which a deployment, a deletion, a task's start and a task's stop are under way, and both tasks."""
    lab = bench("healthy")
    network = lab.service()["networkConfiguration"]
    new = lab.ecs.run_task(cluster=CLUSTER, taskDefinition="momentir-cx-llm:1", count=2, networkConfiguration=network)
    arns = [task["taskArn"] for task in new["tasks"]]
    lab.ecs.stop_task(cluster=CLUSTER, task=arns[1])
    lab.ecs.create_service(
        cluster=CLUSTER,
        serviceName="old",
        taskDefinition="momentir-cx-llm:1",
        desiredCount=0,
        networkConfiguration=network,
    )
    lab.ecs.delete_service(cluster=CLUSTER, service="old")
    lab.update(forceNewDeployment=True)
    lab.lab.forget_calls()
    return lab, arns


def test_waiters_wait_until_it_is_so_and_fail_where_it_can_not_be(waited, shell):
    """The CLI asks every 6 or 15 real seconds, so all its waiters wait here at once."""
    lab, arns = waited
    run = shell(lab)
    began = time.monotonic()
    waiting = {
        words[0]: run.begin("aws", "ecs", "wait", words[0], *IN, *words[1:])
        for words in (
            ("services-stable", "--services", SERVICE),
            ("services-inactive", "--services", "old"),
            ("tasks-running", "--tasks", arns[0]),
            ("tasks-stopped", "--tasks", arns[1]),
        )
    }
    doomed = run.begin("aws", "ecs", "wait", "tasks-running", *IN, "--tasks", *arns)
    pause = threading.Event()
    while len(lab.lab.calls()) < 5 and time.monotonic() - began < 30:
        pause.wait(0.1)
    assert not any(each.done() for each in (*waiting.values(), doomed))
    lab.lab.advance(600)
    assert {name: each.result().returncode for name, each in waiting.items()} == dict.fromkeys(waiting, 0)
    assert doomed.result().returncode == 255
    assert 'matched expected path: "STOPPED"' in doomed.result().stderr
    assert lab.completed()
