"""Who is served: hosts, web pages, requests without credentials; and requests that never end."""

import contextlib
import http.client
import json
import socket
import ssl
import threading
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from runbook_lib.lab import intake
from tests.lab.conftest import CLUSTER, FAMILY, Bench, MakeBench

TARGET = "AmazonEC2ContainerServiceV20141113"


def ask(bench: Bench, method: str, path: str, body: str = "", **headers: str) -> tuple[int, dict[str, Any]]:
    port = int(bench.lab.endpoint_url.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read() or b"{}")
    finally:
        connection.close()


JSON = ("MissingAuthenticationTokenException", 400, "Missing Authentication Token")
QUERY = ("MissingAuthenticationToken", 403, "Request is missing Authentication Token")


@pytest.mark.parametrize(
    ("service", "method", "refusal"),
    [
        ("ecs", "list_clusters", JSON),
        ("logs", "describe_log_groups", JSON),
        ("elbv2", "describe_load_balancers", QUERY),
        ("sts", "get_caller_identity", QUERY),
    ],
)
def test_a_request_without_credentials_is_refused(
    guide: Bench, service: str, method: str, refusal: tuple[str, int, str]
) -> None:
    where = {"endpoint_url": guide.lab.endpoint_url, "region_name": guide.lab.region}
    client = boto3.client(service, config=Config(signature_version=UNSIGNED), **where)
    with pytest.raises(ClientError) as refused:
        getattr(client, method)()
    client.close()
    error, status = refused.value.response["Error"], refused.value.response["ResponseMetadata"]["HTTPStatusCode"]
    assert (error["Code"], status, error["Message"]) == refusal


def test_a_region_that_is_none_is_refused(guide: Bench) -> None:
    signed = "AWS4-HMAC-SHA256 Credential=lab/20261124/narnia/ecs/aws4_request, SignedHeaders=host, Signature=0"
    status, answer = ask(guide, "POST", "/", "{}", X_Amz_Target=f"{TARGET}.ListClusters", Authorization=signed)
    assert (status, answer["__type"]) == (400, "InvalidSignatureException")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/_lab/clock", {}, 200),
        ("/_lab/clock", {"Host": "localhost:5599"}, 200),
        ("/_lab/clock", {"Host": "[::1]:5599"}, 200),
        ("/_lab/clock", {"Origin": "http://evil.example"}, 403),
        ("/_lab/clock", {"Sec_Fetch_Site": "cross-site"}, 403),
        ("/_lab/clock", {"Host": "ecs.ap-northeast-2.amazonaws.com"}, 403),
        ("/_lab/clock", {"Host": "evil.example"}, 421),
        ("/", {"Host": "127.0.0.1.evil.example"}, 421),
        ("/moto-api/reset", {}, 404),
    ],
)
def test_web_pages_and_foreign_hosts_are_not_served(
    guide: Bench, path: str, headers: dict[str, str], status: int
) -> None:
    assert ask(guide, "GET", path, **headers)[0] == status


@pytest.mark.parametrize(
    ("version", "hosts", "status"),
    [("1.1", b"", b"400"), ("1.1", b"Host: a\r\nHost: b\r\n", b"400"), ("1.0", b"", b"200")],
)
def test_http_1_1_wants_one_host(guide: Bench, version: str, hosts: bytes, status: bytes) -> None:
    port = int(guide.lab.endpoint_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /_lab/clock HTTP/" + version.encode() + b"\r\n" + hosts + b"\r\n")
        assert connection.recv(100).split()[1] == status


def test_only_loopback_is_listened_on(guide: Bench) -> None:
    """Another address of this machine is refused, as it is not where something listens on all of them."""
    port = int(guide.lab.endpoint_url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port), timeout=5):
        pass


@pytest.mark.parametrize(
    "sent",
    [
        b"POST / HT",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    ],
)
def test_a_request_that_does_not_end_is_408(guide: Bench, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(intake, "PATIENCE", 0.1)
    port = int(guide.lab.endpoint_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(sent)
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")
        assert b"".join(iter(lambda: connection.recv(1000), b"")), "the rest, and then the end"


def test_a_trickle_does_not_prolong_the_time(guide: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "PATIENCE", 0.2)
    port = int(guide.lab.endpoint_url.rpartition(":")[2])
    ended = threading.Event()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:

        def trickle() -> None:
            with contextlib.suppress(ConnectionError):  # the lab has hung up after its answer
                while not ended.wait(0.02):
                    connection.send(b"x")

        sender = threading.Thread(target=trickle)
        sender.start()
        answer = connection.recv(100)
        ended.set()
        sender.join()
    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("idle", [True, False])
def test_silence_ends_the_connection_without_a_word(guide: Bench, monkeypatch: pytest.MonkeyPatch, idle: bool) -> None:
    monkeypatch.setattr(intake, "IDLE", 0.1)
    port = int(guide.lab.endpoint_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        if idle:
            connection.sendall(b"GET /_lab/clock HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.count(b"HTTP/1.1") == (1 if idle else 0)


def test_a_tls_client_that_says_nothing_more_is_dropped(guide: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "PATIENCE", 0.1)
    port = int(guide.lab.endpoint_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"\x16\x03\x01")
        assert connection.recv(100) == b""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        secured.sendall(b"GET /_lab/cl")
        assert secured.recv(100).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "container",
    [
        {"image": "123456789012.dkr.ecr.-.amazonaws.com/a:b"},
        {"image": "123456789012.dkr.ecr.eu-west-9.amazonaws.com/a"},
        {"secrets": [{"name": "A", "valueFrom": "arn:aws:secretsmanager:-:1:secret"}]},
        {"secrets": [{"name": "A", "valueFrom": "arn:aws:ssm:-:1:parameter/"}]},
        {"secrets": [{"name": "A", "valueFrom": ":"}]},
        {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "?", "awslogs-region": "-"}}},
    ],
)
def test_a_task_with_a_nonsensical_definition_stops_and_nothing_else_does(
    bench: MakeBench, container: dict[str, Any]
) -> None:
    played = bench()
    played.update(taskDefinition=f"{FAMILY}:{played.revise(1, **container)}")
    played.lab.advance(300)
    assert played.service()["status"] == "ACTIVE"
    assert played.ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED")["taskArns"]
