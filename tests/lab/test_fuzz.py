"""Whatever comes over the wire, the lab answers it, with no failure of its own, and goes on.

Hypothesis makes the requests, the same ones in each run. Only a simulated load balancer may answer 502 or 503.
"""

import copy
import http.client
import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook_lib.lab.operations import OPERATIONS
from tests.lab.conftest import CLUSTER, FAMILY, SERVICE, Bench

MODELS = botocore.session.Session()
ECS = "AmazonEC2ContainerServiceV20141113"
ASKED = sorted(set(OPERATIONS) - {"DeleteService", "DeleteCluster"})  # these would leave nothing to ask about
quickly = settings(derandomize=True, deadline=None, database=None, max_examples=120)
few = settings(quickly, max_examples=60)

words = st.sampled_from(
    [
        CLUSTER,
        SERVICE,
        FAMILY,
        f"{FAMILY}:1",
        "",
        "a",
        "ENABLED",
        "ROLLBACK",
        "arn:aws:ecs",
        "\ud83d\ude00",
        "\x00",
        "%0d%0a",
    ]
)
texts = words | st.text(max_size=12)
numbers = st.integers() | st.floats() | st.sampled_from([0, -1, 1, 10, 2**31, 10**400])
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


class Wire:
    """One kept connection to a lab, and the question whether that lab still lives."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.port = int(bench.lab.endpoint_url.rpartition(":")[2])
        [balancer] = bench.client("elbv2").describe_load_balancers()["LoadBalancers"]
        self.balancer = balancer["DNSName"]
        self._good: dict[str, dict[str, Any]] = {}
        self._kept = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
        self._kept.request(method, path, body, headers)
        reply = self._kept.getresponse()
        reply.read()
        return reply.status

    def aws(self, service: str, body: bytes, headers: dict[str, str]) -> int:
        scope = f"lab/20261124/{self.bench.lab.region}/{service}/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        return self.ask("POST", "/", body, {"Authorization": signed, **headers})

    def send(self, data: bytes) -> list[int]:
        """Send bytes and nothing more; return the statuses of what comes back before the connection ends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]

    def good_requests(self) -> dict[str, dict[str, Any]]:
        """Requests that the lab takes, by action; the caller may change them."""
        if not self._good:
            self._good = _good_requests(self.bench)
        return copy.deepcopy(self._good)

    def lives(self) -> bool:
        return self.bench.service()["status"] == "ACTIVE"

    def close(self) -> None:
        self._kept.close()


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with Bench("healthy", tmp_path_factory.mktemp("fuzz")) as bench:
        made = Wire(bench)
        yield made
        made.close()


KNOWN = {
    "cluster": [CLUSTER],
    "clusterName": [CLUSTER, "other"],
    "service": [SERVICE, "other"],
    "serviceName": [SERVICE, "other"],
    "services": [SERVICE, "gone"],
    "taskDefinition": [FAMILY, f"{FAMILY}:1", f"{FAMILY}:7"],
    "family": [FAMILY, "other"],
    "image": ["123456789012.dkr.ecr.-.amazonaws.com/a", "nginx", "@", f"{FAMILY}:latest"],
    "valueFrom": ["arn:aws:secretsmanager:x:1:secret:a:b:c", "a", ":"],
}


@st.composite
def like(draw: st.DrawFn, shape: Any, name: str = "") -> Any:
    """A value that fits a shape of botocore's model; one in twelve does not."""
    if draw(st.integers(0, 11)) == 7:
        return draw(anything)
    if shape.type_name == "structure":
        optional = [member for member in shape.members if member not in shape.required_members]
        chosen = draw(st.lists(st.sampled_from(optional), max_size=4, unique=True)) if optional else []
        return {member: draw(like(shape.members[member], member)) for member in [*shape.required_members, *chosen]}
    if shape.type_name == "list":
        return draw(st.lists(like(shape.member, name), max_size=2))
    if shape.type_name == "map":
        return draw(st.dictionaries(texts, like(shape.value, name), max_size=2))
    return draw(st.sampled_from(KNOWN[name]) if name in KNOWN else _scalar(shape))


def _scalar(shape: Any) -> st.SearchStrategy[Any]:
    if getattr(shape, "enum", None):
        return st.sampled_from(shape.enum)
    kinds = {"boolean": st.booleans(), "string": texts}
    return kinds.get(shape.type_name, st.integers(0, 1024) | st.integers(-(2**31), 2**31 - 1))


@st.composite
def json_calls(draw: st.DrawFn, service: str) -> tuple[str, bytes]:
    """An operation of a JSON service, with a body for it."""
    model = MODELS.get_service_model(service)
    names = [*ASKED, "CreateDaemon"] if service == "ecs" else model.operation_names
    action = draw(st.sampled_from([*names, "Nonsense"]))
    shape = model.operation_model(action).input_shape if action != "Nonsense" else None
    body = json.dumps(draw(like(shape) if shape else anything), ensure_ascii=True).encode()
    cut = draw(st.integers(0, len(body))) if draw(st.integers(0, 11)) == 7 else len(body)
    return f"{model.metadata['targetPrefix']}.{action}", body[:cut]


@given(call=json_calls("ecs"))
@quickly
def test_any_call_of_ecs_is_answered(wire: Wire, call: tuple[str, bytes]) -> None:
    target, body = call
    status = wire.aws("ecs", body, {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"})
    assert status < 500
    wire.bench.lab.advance(15)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON document: what holds it, and its key or number."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [place for key in keys for place in ((value, key), *_places(value[key]))]


def _good_requests(bench: Bench) -> dict[str, dict[str, Any]]:
    service = bench.service()
    definition = bench.ecs.describe_task_definition(taskDefinition=FAMILY)["taskDefinition"]
    names = ("family", "networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn")
    network = service["networkConfiguration"]
    balancers = service["loadBalancers"]
    breaker = {"enable": True, "rollback": True, "thresholdConfiguration": {"type": "COUNT", "value": 2}}
    alarms = {"alarmNames": ["a"], "enable": True, "rollback": True}
    configuration = {"deploymentCircuitBreaker": breaker, "alarms": alarms, "maximumPercent": 200}
    override = {"name": FAMILY, "command": ["a"], "environment": [{"name": "a", "value": "b"}]}
    tags = [{"key": "a", "value": "b"}]
    about = {"cluster": CLUSTER, "taskDefinition": FAMILY, "networkConfiguration": network}
    return {
        "RegisterTaskDefinition": {
            "containerDefinitions": definition["containerDefinitions"],
            "tags": tags,
            **{name: definition[name] for name in names},
        },
        "CreateService": {**about, "serviceName": "other", "desiredCount": 1, "loadBalancers": balancers, "tags": tags},
        "UpdateService": {
            **about,
            "service": SERVICE,
            "desiredCount": 1,
            "deploymentConfiguration": configuration,
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
            "forceNewDeployment": True,
        },
        "RunTask": {**about, "count": 1, "overrides": {"containerOverrides": [override]}, "tags": tags},
        "UpdateTaskProtection": {"cluster": CLUSTER, "tasks": ["a" * 32], "protectionEnabled": True},
        "TagResource": {"resourceArn": service["serviceArn"], "tags": tags},
        "PutClusterCapacityProviders": {
            "cluster": CLUSTER,
            "capacityProviders": ["FARGATE"],
            "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
        },
    }


@given(st.data())
@settings(quickly, max_examples=150)
def test_a_good_request_with_one_bad_member_is_answered(wire: Wire, data: st.DataObject) -> None:
    action, request = data.draw(st.sampled_from(list(wire.good_requests().items())))
    holder, key = data.draw(st.sampled_from(_places(request)))
    if data.draw(st.booleans()):
        del holder[key]
    else:
        holder[key] = data.draw(anything)
    status = wire.aws("ecs", json.dumps(request).encode(), {"X-Amz-Target": f"{ECS}.{action}"})
    assert status < 500
    wire.bench.lab.advance(30)


@pytest.mark.parametrize("service", ["ecr", "logs", "secretsmanager", "ssm"])
def test_any_call_of_the_json_services_is_answered(wire: Wire, service: str) -> None:
    @given(call=json_calls(service))
    @few
    def ask(call: tuple[str, bytes]) -> None:
        headers = {"X-Amz-Target": call[0], "Content-Type": "application/x-amz-json-1.1"}
        assert wire.aws(service, call[1], headers) < 500

    ask()
    assert wire.lives()


@pytest.mark.parametrize(
    ("service", "signing"),
    [("elbv2", "elasticloadbalancing"), ("iam", "iam"), ("cloudwatch", "monitoring"), ("sts", "sts"), ("ec2", "ec2")],
)
def test_any_call_of_the_query_services_is_answered(wire: Wire, service: str, signing: str) -> None:
    model = MODELS.get_service_model(service)
    members = st.sampled_from(
        [
            name
            for action in model.operation_names
            for name in (getattr(model.operation_model(action).input_shape, "members", None) or {})
        ]
    )
    names = st.builds(
        "{}{}".format, members, st.sampled_from(["", ".member.1", ".member.1.Key", ".1", ".member.x", "."])
    )
    safe = texts.filter(lambda text: text.isascii())

    @given(st.sampled_from([*model.operation_names, "Nonsense"]), st.dictionaries(names, safe, max_size=4))
    @few
    def ask(action: str, parameters: dict[str, str]) -> None:
        body = urlencode({"Action": action, "Version": model.api_version, **parameters}).encode()
        assert wire.aws(signing, body, {"Content-Type": "application/x-www-form-urlencoded"}) < 500

    ask()
    assert wire.lives()


START = {
    "method": ["GET", "POST", "PUT", "HEAD", "OPTIONS", "FOO", "CONNECT", "", "G\x00T", "get"],
    "target": ["/", "*", "http://a/b", "http://[/", "/%ff%00", "/_lab/clock", "/moto-api/reset", "//", "a"],
    "version": ["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "", "X"],
}
HEADERS = (
    """
Host: a|Host: |Host: [|X-Amz-Target: x|X-Amz-Target: \xff\xfe|Authorization: AWS4-HMAC-SHA256|no colon| folded
Authorization: Credential=a/1/b/ecs/|Content-Type: \xff|X-Moto-Account-Id: x|Upgrade: h2c|Expect: 100-continue
Host: x.ap-northeast-2.elb.amazonaws.com|Host: ecs.ap-northeast-2.amazonaws.com
""".strip()
    .replace("\n", "|")
    .split("|")
)
FRAMINGS = (
    """
Content-Length: -1|Content-Length: 5|Content-Length: 99999999999999|Content-Length: x|Content-Length: \xb2
Transfer-Encoding: chunked|Transfer-Encoding: gzip|Content-Length: 5\r\nContent-Length: 6
Transfer-Encoding: chunked\r\nContent-Length: 5
""".strip()
    .replace("\n", "|")
    .split("|")
)
BODIES = [b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"-1\r\n", b"ffffffff\r\n", b"5\r\nhello!"]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request whose parts are each right or wrong."""
    start = " ".join(draw(st.sampled_from(choices)) for choices in START.values())
    lines = draw(st.lists(st.sampled_from(HEADERS), max_size=4)) + draw(st.lists(st.sampled_from(FRAMINGS), max_size=1))
    body = draw(st.binary(max_size=20) | st.sampled_from(BODIES))
    return "\r\n".join([start, *lines, "", ""]).encode("latin-1") + body


@given(requests())
@settings(quickly, max_examples=200)
def test_any_bytes_are_answered(wire: Wire, request_bytes: bytes) -> None:
    statuses = wire.send(request_bytes)
    assert all(status < 500 or (status == 503 and b"elb.amazonaws" in request_bytes) for status in statuses)


@given(st.binary(max_size=200))
@few
def test_noise_is_answered(wire: Wire, noise: bytes) -> None:
    assert all(status < 500 for status in wire.send(noise))
    assert all(status < 500 for status in wire.send(noise + b"\r\n\r\n"))


@given(
    st.sampled_from(["clock", "faults", "policy", "calls", "nothing"]),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    anything,
)
@few
def test_any_control_request_is_answered(wire: Wire, endpoint: str, method: str, body: Any) -> None:
    data = json.dumps(body).encode() if method != "GET" else b""
    assert wire.ask(method, f"/_lab/{endpoint}", data, {}) < 500
    wire.ask("POST", "/_lab/faults", b'{"rules": []}', {})
    wire.ask("POST", "/_lab/policy", b'{"policy": null}', {})
    wire.ask("POST", "/_lab/clock", b'{"rate": 0}', {})


@given(st.text(max_size=20), st.sampled_from(["GET", "POST", "HEAD"]))
@few
def test_any_request_to_a_load_balancer_is_answered(wire: Wire, path: str, method: str) -> None:
    assert wire.ask(method, "/" + path.encode("unicode-escape").hex(), b"", {"Host": wire.balancer}) in (
        200,
        301,
        302,
        404,
        502,
        503,
    )


def test_json_that_is_nested_too_deeply_is_refused(wire: Wire) -> None:
    target = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListTasks"}
    assert wire.aws("ecs", b"[" * 200_000, target) == 400
    assert wire.aws("ecs", b'{"cluster":' * 100_000, target) == 400
    assert wire.lives()
