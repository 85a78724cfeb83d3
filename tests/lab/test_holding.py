"""Held calls: a client that is killed at any changing call, before or after the call takes effect."""

import http.client
import signal
import subprocess
import sys
import threading
import time
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.lab.conftest import CLUSTER, SERVICE, Bench

ONCE = Config(retries={"total_max_attempts": 1})
GROUPS = ("/held/one", "/held/two")
# Reads, then makes two log groups and changes the service: three changing calls of two services.
CLIENT = f"""
import boto3, sys
known = dict(endpoint_url=sys.argv[1], region_name=sys.argv[2], aws_access_key_id="lab", aws_secret_access_key="lab")
logs, ecs = boto3.client("logs", **known), boto3.client("ecs", **known)
for name in {GROUPS}:
    logs.describe_log_groups(logGroupNamePrefix=name)
    logs.create_log_group(logGroupName=name)
ecs.update_service(cluster="{CLUSTER}", service="{SERVICE}", desiredCount=2)
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench("healthy", tmp_path_factory.mktemp("holding")) as made:
        yield made


@pytest.fixture
def holding(shared: Bench) -> Iterator[Bench]:
    """A lab as it was before the changes of the test."""
    shared.lab.forget_calls()
    yield shared
    shared.lab.faults([])
    shared.lab.none_held()
    for name in groups(shared):
        shared.client("logs").delete_log_group(logGroupName=name)
    shared.update(desiredCount=1)


def groups(bench: Bench) -> list[str]:
    found = bench.client("logs").describe_log_groups(logGroupNamePrefix="/held/")["logGroups"]
    return [group["logGroupName"] for group in found]


def effects(bench: Bench) -> int:
    """How many of the client's three changes have taken effect."""
    return len(groups(bench)) + (bench.service()["desiredCount"] == 2)


def rule(stage: str, *numbers: int, **more: Any) -> dict[str, Any]:
    return {"hold": stage, "changes": True, "nth": list(numbers), **more}


@pytest.mark.parametrize("stage", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_client_killed_at_any_change_leaves_what_had_taken_effect(holding: Bench, stage: str, number: int) -> None:
    holding.lab.faults([rule(stage, number)])
    command = [sys.executable, "-c", CLIENT, holding.lab.endpoint_url, holding.lab.region]
    with subprocess.Popen(command) as client:
        [held] = holding.lab.held(timeout=60)
        client.kill()
        assert client.wait() == -signal.SIGKILL
    assert held["action"] == ("UpdateService" if number == 3 else "CreateLogGroup")
    assert holding.lab.none_held()
    holding.lab.faults([])
    done = number if stage == "after" else number - 1
    assert effects(holding) == done
    assert [change["status"] for change in holding.lab.changes()] == [200] * done + [0] * (number - done)


def test_a_held_call_goes_on_once_its_rule_is_taken_away(holding: Bench) -> None:
    for stage, there in (("before", []), ("after", [GROUPS[1]])):
        holding.lab.faults([rule(stage, 1)])
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(holding.client("logs").create_log_group, logGroupName=GROUPS[len(there)])
            [held] = holding.lab.held()
            assert (held["hold"], held["given"]) == (stage, {"logGroupName": GROUPS[len(there)]})
            assert groups(holding) == ([GROUPS[0], *there] if stage == "after" else [])
            holding.lab.faults([])
            assert call.result()["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert holding.lab.none_held()
        assert GROUPS[len(there)] in groups(holding)


def test_a_rule_that_is_replaced_lets_its_call_go_and_the_next_one_is_held(holding: Bench) -> None:
    holding.lab.faults([rule("before", 1)])
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(holding.client("logs").create_log_group, logGroupName=GROUPS[0])
        [one] = holding.lab.held()
        holding.lab.faults([rule("after", 1)])
        first.result()
        second = pool.submit(holding.client("logs", config=ONCE).create_log_group, logGroupName=GROUPS[1])
        [two] = holding.lab.held()
        holding.lab.faults([])
        second.result()
    assert (one["hold"], two["hold"]) == ("before", "after")
    assert one["fault"] < two["fault"]


def test_a_held_call_holds_up_nobody(holding: Bench) -> None:
    holding.lab.faults([rule("before", 1)])
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(holding.client("logs").create_log_group, logGroupName=GROUPS[0])
        assert holding.lab.held()
        assert holding.service()["status"] == "ACTIVE"
        holding.update(desiredCount=2)
        holding.lab.advance(60)
        holding.lab.faults([])
        call.result()


def test_held_calls_are_told_and_let_go_over_http(holding: Bench) -> None:
    added = holding.control("faults", {"add": [{"preset": "hold-before", "changes": True, "nth": [1]}]})
    assert holding.control("held", method="GET") == {"held": []}
    with ThreadPoolExecutor(2) as pool:
        told = pool.submit(holding.control, "held?wait=30", method="GET")
        call = pool.submit(holding.client("logs").create_log_group, logGroupName=GROUPS[0])
        [held] = told.result()["held"]
        assert (held["action"], held["fault"]) == ("CreateLogGroup", added["rules"][0]["id"])
        assert holding.control("faults", method="GET")["held"] == [held]
        holding.control("faults", {"remove": [held["fault"]]})
        call.result()
    assert holding.control("held?none=30", method="GET") == {"held": []}


@pytest.mark.parametrize("query", ["wait=soon", "wait=-1", "wait=1e9", "until=3", "none=x"])
def test_a_wait_that_makes_no_sense_is_refused(holding: Bench, query: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        holding.control(f"held?{query}", method="GET")
    assert refused.value.code == 400
    refused.value.close()


def test_nobody_waits_longer_than_said(holding: Bench) -> None:
    assert holding.lab.held(timeout=0) == []
    assert holding.lab.none_held(timeout=0)


def test_changes_are_counted_together_and_reads_are_not(holding: Bench) -> None:
    holding.lab.faults([{"error": "X", "changes": True, "nth": [2, 4]}])
    logs = holding.client("logs", config=ONCE)
    outcomes = []
    for name in (*GROUPS, *GROUPS):
        holding.service()
        outcomes.append(_fails(logs.create_log_group, logGroupName=name))
    assert outcomes == ["", "X", "ResourceAlreadyExistsException", "X"]


def test_changes_of_one_service_are_counted_by_themselves(holding: Bench) -> None:
    holding.lab.faults([{"error": "X", "service": "ecs", "changes": True, "nth": [2]}])
    ecs, logs = holding.client("ecs", config=ONCE), holding.client("logs", config=ONCE)
    update = {"cluster": CLUSTER, "service": SERVICE, "desiredCount": 1}
    outcomes = [
        _fails(ecs.update_service, **update),
        _fails(logs.create_log_group, logGroupName=GROUPS[0]),
        _fails(ecs.describe_clusters),
        _fails(ecs.stop_task, cluster=CLUSTER, task="0" * 32),
    ]
    assert outcomes == ["", "", "", "X"]


def _fails(call: Any, **given: Any) -> str:
    """The code with which a call fails, empty where it does not."""
    try:
        call(**given)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_an_answer_can_be_lost_after_the_effect(holding: Bench) -> None:
    holding.lab.faults([{"preset": "lost-answer", "changes": True, "times": 1}])
    with pytest.raises(ConnectionClosedError):
        holding.client("logs", config=ONCE).create_log_group(logGroupName=GROUPS[0])
    assert groups(holding) == [GROUPS[0]]
    [change] = holding.lab.changes()
    assert change["status"] == 200


def test_an_error_can_come_after_the_effect(holding: Bench) -> None:
    holding.lab.faults([{"preset": "server-error", "changes": True, "late": True, "times": 1}])
    with pytest.raises(ClientError, match="Service Unavailable"):
        holding.client("ecs", config=ONCE).update_service(cluster=CLUSTER, service=SERVICE, desiredCount=2)
    assert holding.service()["desiredCount"] == 2


def test_a_held_call_over_tls_ends_with_its_client(holding: Bench) -> None:
    holding.lab.faults([rule("before", 1)])
    secure = holding.lab.endpoint_url.replace("http:", "https:")
    code = (
        f"import boto3, urllib3; urllib3.disable_warnings(); boto3.client('logs', endpoint_url={secure!r}, "
        f"verify=False, region_name='ap-northeast-2', aws_access_key_id='lab', aws_secret_access_key='lab')"
        f".create_log_group(logGroupName={GROUPS[0]!r})"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as client:
        assert holding.lab.held(timeout=60)
        client.kill()
    assert holding.lab.none_held()
    assert groups(holding) == []


def test_a_client_that_sends_ahead_is_no_client_that_hung_up(holding: Bench) -> None:
    holding.lab.faults([rule("before", 1)])
    host, port = holding.lab.endpoint_url.removeprefix("http://").split(":")
    eager = http.client.HTTPConnection(host, int(port), timeout=30)
    eager.request("POST", "/", b'{"logGroupName": "/held/one"}', _signed("CreateLogGroup"))
    assert holding.lab.held()
    eager.sock.sendall(b"GET /_lab/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    holding.lab.faults([])
    assert eager.getresponse().status == 200
    eager.close()
    assert groups(holding) == [GROUPS[0]]


def _signed(action: str) -> dict[str, str]:
    scope = "lab/20260101/ap-northeast-2/logs/aws4_request"
    return {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"Logs_20140328.{action}",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }


def test_a_lab_that_closes_lets_nobody_wait(bench: Any) -> None:
    played: Bench = bench()
    played.lab.faults([rule("before", 1)])
    host, port = played.lab.endpoint_url.removeprefix("http://").split(":")
    waiting = http.client.HTTPConnection(host, int(port), timeout=30)
    waiting.request("POST", "/", b'{"logGroupName": "/held/one"}', _signed("CreateLogGroup"))
    assert played.lab.held()
    waiter = threading.Thread(target=played.lab.none_held, args=(60,))
    waiter.start()
    before = time.monotonic()
    played.lab.close()
    waiter.join()
    assert time.monotonic() - before < 5
    with pytest.raises(ConnectionError):
        waiting.getresponse()
    waiting.close()


@pytest.mark.parametrize(("value", "words"), [("during", "before or after"), (True, "before or after")])
def test_a_stage_that_there_is_not_is_refused(holding: Bench, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        holding.lab.faults([{"hold": value}])
