"""The same scenario, seed, start and steps give the same answers, byte for byte; time goes by alike in any steps."""

import http.client
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from runbook_lib import lab

START = "2026-11-23T09:00:00Z"
SIGNED = "AWS4-HMAC-SHA256 Credential=lab/20261123/ap-northeast-2/{}/aws4_request, SignedHeaders=host, Signature=0"
# Scenarios in which tasks fail in their several ways, a deployment rolls back, and targets drain.
SEVERAL = ("guide", "bad-build-rolled-back", "slow-start-killed", "long-draining")


def call(connection, service, body, **headers):
    connection.request("POST", "/", body, {"Authorization": SIGNED.format(service), **headers})
    return connection.getresponse().read()


def ecs(connection, action, **parameters):
    headers = {"X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{action}"}
    return call(connection, "ecs", json.dumps(parameters), **headers)


def elb(connection, action, **parameters):
    form = "&".join(f"{name}={quote(value)}" for name, value in {"Action": action, **parameters}.items())
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return call(connection, "elasticloadbalancing", f"{form}&Version=2015-12-01", **kind)


def connect(running):
    return http.client.HTTPConnection(running.endpoint_url.removeprefix("http://"), timeout=10)


def answers(running):
    """The bodies of what a look at the service reads, running and stopped tasks alike."""
    cluster, connection = running.scenario.cluster, connect(running)
    services = ecs(connection, "DescribeServices", cluster=cluster, services=[running.scenario.service])
    service = json.loads(services)["services"][0]
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in json.loads(ecs(connection, "ListTasks", cluster=cluster, desiredStatus=status))["taskArns"]
    ]
    bodies = [
        services,
        ecs(connection, "DescribeTasks", cluster=cluster, tasks=arns),
        ecs(connection, "DescribeTaskDefinition", taskDefinition=service["taskDefinition"]),
        ecs(connection, "ListServiceDeployments", cluster=cluster, service=running.scenario.service),
        elb(connection, "DescribeTargetHealth", TargetGroupArn=service["loadBalancers"][0]["targetGroupArn"]),
    ]
    connection.close()
    return bodies


def fixed(folder, seed, start):
    """What is answered after the guide's incident is fixed."""
    with lab.start("guide", folder=folder, seed=seed, start=start) as running:
        running.fix()
        running.advance(600)
        return answers(running)


def played(folder, scenario, step):
    """What is answered after 15 minutes in such steps, each after a change that makes the lab look at everything."""
    with lab.start(scenario, folder=folder, start=START) as running:
        connection = connect(running)
        for _ in range(0, 900, step):
            elb(connection, "CreateTargetGroup", Name="other", Protocol="HTTP", Port="80", TargetType="ip", VpcId="x")
            running.advance(step)
        connection.close()
        return answers(running)


def in_a_process(function, *given):
    """What a function above returns in a process of its own, in which no other lab runs; an element a line."""
    words = f"import sys; from tests.lab import test_determinism as t; t.show(t.{function.__name__}, *sys.argv[1:])"
    command = [sys.executable, "-c", words, *map(str, given)]
    root = Path(__file__).parents[2]
    return subprocess.run(command, capture_output=True, check=True, cwd=root).stdout.splitlines()


def show(function, folder, *given):
    parts = function(Path(folder), *(int(each) if each.isdigit() else each for each in given))
    sys.stdout.buffer.write(b"\n".join(parts))


def test_the_same_seed_and_start_give_the_same_answers_in_another_process(tmp_path):
    given = [(tmp_path / "a", 7, START), (tmp_path / "b", 7, "1795424400"), (tmp_path / "c", 8, START)]
    with ThreadPoolExecutor() as pool:
        first, second, other = pool.map(lambda each: in_a_process(fixed, *each), given)
    assert len(first) == 5
    assert first == second
    assert [one != two for one, two in zip(first, other, strict=True)] == [True] * 5


def test_the_clock_begins_where_it_is_told_to(tmp_path):
    with lab.start("healthy", folder=tmp_path, start=START) as running:
        assert running.now == 1795424400 + 3600


@pytest.mark.parametrize("start", ["yesterday", "-1", "nan", "1e300", ""])
def test_a_start_that_is_no_time_is_refused(tmp_path, start):
    with pytest.raises(lab.LabError, match="bad-start"):
        lab.start("healthy", folder=tmp_path, start=start)


def differing(folder, *scenarios):
    """The names of scenarios that are not the same after one long step and after many short ones."""
    pairs = {name: [played(folder, name, step) for step in (900, 12)] for name in scenarios}
    return [name.encode() for name, (at_once, in_ticks) in pairs.items() if at_once != in_ticks]


def test_time_that_passes_at_once_is_time_that_passes_in_ticks(tmp_path):
    assert in_a_process(differing, tmp_path, *SEVERAL) == []
