"""A client of the lab in a process of its own: ``python -m benchmarks.lab_load answers|day|many PARAMETERS_FILE``.

Prints JSON. ``answers``: DescribeServices a second from 8 threads with kept connections. ``day``: seconds that 24
simulated hours of a steady service of 4 tasks take. ``many``: creates 500 services of 4 tasks, and measures the 95th
percentile of answers about them in milliseconds.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from statistics import quantiles
from typing import Any

import yaml

SECONDS, THREADS = 4.0, 8
SERVICES, TASKS, ROUNDS = 500, 4, 40
DAY = 86400
_TARGET = "AmazonEC2ContainerServiceV20141113"


class Client:
    """Calls of ECS by raw HTTP, so that what is measured is the lab."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.cluster, self.service = parameters["cluster"], parameters["service"]
        self._host = parameters["endpoint_url"].removeprefix("http://")
        scope = f"lab/20260101/{parameters['region']}/ecs/aws4_request"
        self._signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        self._connection = http.client.HTTPConnection(self._host, timeout=60)

    def call(self, action: str, **body: Any) -> dict[str, Any]:
        """Make a call; the answer must be good."""
        headers = {
            "X-Amz-Target": f"{_TARGET}.{action}",
            "Authorization": self._signed,
            "Content-Type": "application/x-amz-json-1.1",
        }
        self._connection.request("POST", "/", json.dumps(body), headers)
        reply = self._connection.getresponse()
        answer: dict[str, Any] = json.loads(reply.read())
        if reply.status != 200:
            raise SystemExit(f"{action}: {answer}")
        return answer

    def advance(self, seconds: float) -> None:
        """Let simulated time pass."""
        body = json.dumps({"advance": seconds}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"http://{self._host}/_lab/clock", body)):
            pass


def answers(parameters: dict[str, Any]) -> dict[str, float]:
    """DescribeServices a second."""
    until, counts = time.perf_counter() + SECONDS, [0] * THREADS

    def ask(number: int) -> None:
        client = Client(parameters)
        while time.perf_counter() < until:
            client.call("DescribeServices", cluster=client.cluster, services=[client.service])
            counts[number] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"per_second": sum(counts) / SECONDS}


def day(parameters: dict[str, Any]) -> dict[str, float]:
    """Seconds of 24 simulated hours."""
    client = Client(parameters)
    client.call("UpdateService", cluster=client.cluster, service=client.service, desiredCount=TASKS)
    client.advance(600)
    began = time.perf_counter()
    client.advance(DAY)
    taken = time.perf_counter() - began
    found = client.call("DescribeServices", cluster=client.cluster, services=[client.service])["services"][0]
    if found["runningCount"] != TASKS:
        raise SystemExit("the service is not steady")
    return {"seconds": taken}


def many(parameters: dict[str, Any]) -> dict[str, float]:
    """Milliseconds of answers about 500 services, while the clock stands still between them."""
    client = Client(parameters)
    model = client.call("DescribeServices", cluster=client.cluster, services=[client.service])["services"][0]
    kept = ("taskDefinition", "networkConfiguration", "loadBalancers", "deploymentConfiguration")
    given = {name: model[name] for name in kept} | {"cluster": client.cluster, "desiredCount": TASKS}
    names = [f"service-{number:03d}" for number in range(SERVICES)]
    for name in names:
        client.call("CreateService", serviceName=name, **given)
    client.advance(300)
    about = [_questions(client, name, names[place : place + 10]) for place, name in enumerate(names[:ROUNDS])]
    taken = [_milliseconds(question) for questions in about for question in questions]
    return {"milliseconds": quantiles(taken, n=20)[-1]}


def _questions(client: Client, name: str, ten: list[str]) -> list[Callable[[], dict[str, Any]]]:
    cluster = client.cluster
    arns = client.call("ListTasks", cluster=cluster)["taskArns"]
    return [
        lambda: client.call("DescribeServices", cluster=cluster, services=ten),
        lambda: client.call("ListTasks", cluster=cluster, serviceName=name),
        lambda: client.call("DescribeTasks", cluster=cluster, tasks=arns),
        lambda: client.call("UpdateService", cluster=cluster, service=name, desiredCount=TASKS),
        lambda: client.call("ListServices", cluster=cluster, maxResults=100),
    ]


def _milliseconds(question: Callable[[], object]) -> float:
    began = time.perf_counter()
    question()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as file:
        print(json.dumps({"answers": answers, "day": day, "many": many}[sys.argv[1]](yaml.safe_load(file))))
