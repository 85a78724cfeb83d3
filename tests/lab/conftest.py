"""Labs with real boto3 clients. `guide` is shared and must not be changed; `bench` makes a lab of a test's own."""

import http.client
import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
import pytest

from runbook_lib import lab

CLUSTER = "momentir-cx-llm-cluster"
SERVICE = "momentir-cx-llm-service"
FAMILY = "momentir-cx-llm"
SHA = "bfea2cf646ba4eb2b4f0e07661b6de2fef444f75"
OLD = "c41e7ad09b3f5d2168a7f4be0c9d1e2f3a4b5c6d"


class Bench:
    """A lab with clients, and the questions that many tests ask."""

    def __init__(self, scenario: str | Path, folder: Path, **given: Any) -> None:
        self.lab = lab.start(scenario, folder=folder, **given)
        self._clients: dict[str, Any] = {}

    def __enter__(self) -> "Bench":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            client.close()
        self.lab.close()

    def client(self, service: str, **config: Any) -> Any:
        """Return the client of a service; one of its own where a configuration is given."""
        key = f"{service} {config}"
        if key not in self._clients:
            known = {"endpoint_url": self.lab.endpoint_url, "region_name": self.lab.region}
            keys = {"aws_access_key_id": "lab", "aws_secret_access_key": "lab"}
            self._clients[key] = boto3.client(service, **(known | keys | config))
        return self._clients[key]

    @property
    def ecs(self) -> Any:
        return self.client("ecs")

    def service(self, name: str = SERVICE) -> dict[str, Any]:
        return self.ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0]

    def deployments(self, name: str = SERVICE) -> list[tuple[str, int, str]]:
        """Return status, revision and rollout state of each deployment."""
        found = self.service(name)["deployments"]
        return [(d["status"], int(d["taskDefinition"].rpartition(":")[2]), d["rolloutState"]) for d in found]

    def messages(self, name: str = SERVICE) -> list[str]:
        """Return the service's events, newest first, without their prefix."""
        return [event["message"].removeprefix(f"(service {name}) ") for event in self.service(name)["events"]]

    def tasks(self, name: str = SERVICE, status: str = "RUNNING") -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster=CLUSTER, serviceName=name, desiredStatus=status)["taskArns"]
        return self.ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []

    def group(self) -> str:
        groups = self.client("elbv2").describe_target_groups()["TargetGroups"]
        return groups[0]["TargetGroupArn"]

    def target_health(self) -> list[dict[str, str]]:
        found = self.client("elbv2").describe_target_health(TargetGroupArn=self.group())
        return [item["TargetHealth"] for item in found["TargetHealthDescriptions"]]

    def revise(
        self, base: int = 1, tag: str | None = None, task: dict[str, Any] | None = None, **container: Any
    ) -> int:
        """Register a revision like another one with another image tag or other members of its task or container."""
        given = self.ecs.describe_task_definition(taskDefinition=f"{FAMILY}:{base}")["taskDefinition"]
        names = ("family", "networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn")
        document = {name: given[name] for name in names} | (task or {})
        definition = {**given["containerDefinitions"][0], **container}
        if tag:
            definition["image"] = definition["image"].rpartition(":")[0] + f":{tag}"
        made = self.ecs.register_task_definition(containerDefinitions=[definition], **document)
        return made["taskDefinition"]["revision"]

    def update(self, **parameters: Any) -> dict[str, Any]:
        return self.ecs.update_service(cluster=CLUSTER, service=SERVICE, **parameters)["service"]

    def play_until(self, done: Callable[[], bool], seconds: int = 3600, step: int = 30) -> bool:
        """Let time pass until something holds; whether it came to hold."""
        for _ in range(0, seconds, step):
            if done():
                return True
            self.lab.advance(step)
        return done()

    def completed(self) -> bool:
        found = self.deployments()
        return len(found) == 1 and found[0][2] == "COMPLETED"

    def browse(self, path: str, host: str | None = None) -> tuple[int, dict[str, str]]:
        """Ask the load balancer for a path; return status and headers."""
        if host is None:
            host = self.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["DNSName"]
        port = int(self.lab.endpoint_url.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": host})
            reply = connection.getresponse()
            reply.read()
            return reply.status, dict(reply.getheaders())
        finally:
            connection.close()

    def control(self, path: str, body: Any = None, method: str = "POST") -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.lab.endpoint_url}/_lab/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)


MakeBench = Callable[..., Bench]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[MakeBench]:
    made: list[Bench] = []

    def make(scenario: str | Path = "healthy") -> Bench:
        made.append(Bench(scenario, tmp_path / f"lab{len(made)}"))
        return made[-1]

    yield make
    for each in made:
        each.__exit__(None, None, None)


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench("guide", tmp_path_factory.mktemp("guide")) as made:
        yield made
