"""Faults, the record of calls, the clock, and the simulated time in every reply."""

import datetime as dt
import http.client
import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from tests.lab.conftest import CLUSTER, SERVICE, Bench, MakeBench

ONCE = Config(retries={"total_max_attempts": 1})


def test_a_key_of_nobody_is_the_iam_user_lab(guide: Bench) -> None:
    who = guide.client("sts").get_caller_identity()
    assert (who["Arn"], who["UserId"][:4]) == (f"arn:aws:iam::{who['Account']}:user/lab", "AIDA")


@pytest.mark.parametrize(("path", "said"), [("clock", "send a JSON object"), ("policy", "send a JSON object")])
def test_a_list_is_for_fault_rules_alone(guide: Bench, path: str, said: str) -> None:
    request = urllib.request.Request(f"{guide.lab.endpoint_url}/_lab/{path}", b"[]")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert said in json.loads(refused.value.read())["error"]
    refused.value.close()


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Bench("healthy", tmp_path_factory.mktemp("faulty")) as made:
        yield made


@pytest.mark.parametrize(
    ("service", "method", "rule", "status"),
    [
        ("ecs", "list_clusters", {"error": "AccessDeniedException", "message": "no"}, 400),
        ("ecs", "list_clusters", {"error": "ServerException", "status": 500}, 500),
        ("elbv2", "describe_load_balancers", {"error": "Throttling", "message": "Rate exceeded"}, 400),
        ("cloudwatch", "describe_alarms", {"error": "AccessDenied", "status": 403}, 403),
        ("logs", "describe_log_groups", {"error": "ThrottlingException"}, 400),
        ("sts", "get_caller_identity", {"error": "ExpiredToken", "status": 403}, 403),
    ],
)
def test_a_fault_speaks_the_protocol_of_its_service(
    faulty: Bench, service: str, method: str, rule: dict[str, Any], status: int
) -> None:
    client = faulty.client(service, config=ONCE)
    faulty.lab.faults([{"service": service, **rule}])
    with pytest.raises(ClientError) as refused:
        getattr(client, method)()
    faulty.lab.faults([])
    assert refused.value.response["Error"]["Code"] == rule["error"]
    assert refused.value.response["Error"]["Message"] == rule.get("message", rule["error"])
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_throttle_once_is_retried(faulty: Bench) -> None:
    faulty.control("faults", {"rules": [{"service": "ecs", "error": "ThrottlingException", "times": 1}]})
    assert faulty.client("ecs").list_clusters()["ResponseMetadata"]["RetryAttempts"] == 1
    faulty.control("faults", {"rules": []})


def test_only_the_third_call_fails(faulty: Bench) -> None:
    client = faulty.client("ecs", config=ONCE)
    faulty.lab.faults([{"service": "ecs", "action": "ListClusters", "error": "ServerException", "nth": [3]}])
    outcomes = []
    for _ in range(5):
        try:
            client.list_clusters()
            outcomes.append("ok")
        except ClientError:
            outcomes.append("failed")
    faulty.lab.faults([])
    assert outcomes == ["ok", "ok", "failed", "ok", "ok"]


def test_a_connection_can_break(faulty: Bench) -> None:
    client = faulty.client("ecs", config=ONCE)
    faulty.lab.faults([{"service": "ecs", "reset": True, "times": 1}])
    with pytest.raises(ConnectionClosedError):
        client.list_clusters()
    assert client.list_clusters()["clusterArns"]
    faulty.lab.faults([])


def test_an_answer_can_be_something_else_altogether(faulty: Bench) -> None:
    """botocore takes what is no JSON for an answer without members; of XML it says what it got instead."""
    faulty.lab.faults([{"body": "<html>Sign in<p></html>"}])
    assert set(faulty.client("ecs", config=ONCE).list_clusters()) == {"ResponseMetadata"}
    with pytest.raises(ResponseParserError, match="Sign in"):
        faulty.client("elbv2", config=ONCE).describe_load_balancers()
    faulty.lab.faults([])


def test_a_body_has_the_status_that_is_asked(faulty: Bench) -> None:
    faulty.lab.faults([{"service": "ecs", "body": "<html>Bad gateway</html>", "status": 502}])
    with pytest.raises(ClientError) as refused:
        faulty.client("ecs", config=ONCE).list_clusters()
    faulty.lab.faults([])
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 502


def test_an_answer_can_break_off_in_the_middle(faulty: Bench) -> None:
    """The connection ends before the length that was promised (which botocore does not look at)."""
    scope = f"Credential=lab/20261124/{faulty.lab.region}/ecs/aws4_request"
    headers = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters", "Authorization": scope}
    request = urllib.request.Request(faulty.lab.endpoint_url, b"{}", headers)
    faulty.lab.faults([{"action": "ListClusters", "truncate": True, "times": 1}])
    with urllib.request.urlopen(request) as answer, pytest.raises(http.client.IncompleteRead) as broken:
        answer.read()
    assert broken.value.partial.startswith(b'{"clusterArns"')
    assert broken.value.expected
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["clusterArns"]
    faulty.lab.faults([])


def test_an_answer_can_trickle_in(faulty: Bench) -> None:
    """It comes whole where the client's patience between two pieces suffices."""
    faulty.lab.faults([{"service": "ecs", "drip": 0.2}])
    patient = faulty.client("ecs", config=Config(read_timeout=0.15, retries={"total_max_attempts": 1}))
    assert patient.list_clusters()["clusterArns"]
    faulty.lab.faults([])


def test_the_lab_counts_what_came_in_even_where_it_does_not_answer(faulty: Bench) -> None:
    faulty.lab.faults([{"service": "ecs", "action": "ListClusters", "reset": True, "times": 1}])
    client = faulty.client("ecs")
    client.list_clusters()
    client.describe_clusters()
    assert faulty.control("faults", method="GET")["seen"] == {"ecs:ListClusters": 2, "ecs:DescribeClusters": 1}
    faulty.lab.faults([])
    assert faulty.lab.seen() == {}


def test_delayed_calls_do_not_wait_for_each_other(faulty: Bench) -> None:
    """Twenty calls are answered while one is held back."""
    client = faulty.client("ecs", config=Config(max_pool_connections=8))
    client.list_clusters()
    faulty.lab.faults([{"service": "ecs", "action": "ListClusters", "delay": 3, "times": 1}])
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(client.list_clusters)
        others = [client.describe_clusters(clusters=["x"])["failures"] for _ in range(20)]
        assert all(others)
        assert not held.done()
        assert held.result()["clusterArns"]
    faulty.lab.faults([])


@pytest.mark.parametrize("rules", [[{"colour": "red"}], [{"nth": 3}], [7]])
def test_a_rule_that_makes_no_sense_is_refused(faulty: Bench, rules: list[Any]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        faulty.control("faults", {"rules": rules})
    assert refused.value.code == 400
    refused.value.close()


def test_clients_calls_are_recorded_in_order(bench: MakeBench) -> None:
    played = bench()
    assert played.lab.calls() == []
    played.service()
    played.client("ecr").describe_repositories()
    played.target_health()
    with pytest.raises(ClientError):
        played.ecs.describe_task_definition(taskDefinition="gone")
    calls = played.control("calls", method="GET")["calls"]
    recorded = [(call["service"], call["action"], call["status"]) for call in calls]
    assert recorded == [
        ("ecs", "DescribeServices", 200),
        ("ecr", "DescribeRepositories", 200),
        ("elbv2", "DescribeTargetGroups", 200),
        ("elbv2", "DescribeTargetHealth", 200),
        ("ecs", "DescribeTaskDefinition", 400),
    ]
    played.lab.advance(600)
    played.control("calls", {"reset": True})
    assert played.lab.calls() == []


def test_the_clock_steps_and_runs(bench: MakeBench) -> None:
    played = bench()
    before = played.control("clock", {})["now"]
    assert played.control("clock", {"advance": 3600})["now"] == pytest.approx(before + 3600, abs=0.01)
    assert played.control("clock", {"rate": 10})["rate"] == 10
    assert played.control("clock", {"rate": 0})["now"] > before + 3600


def test_replies_bear_the_simulated_time(bench: MakeBench) -> None:
    played = bench()
    played.lab.advance(86400)
    replies = [
        played.ecs.list_clusters(),
        played.client("ecr").describe_repositories(),
        played.client("elbv2").describe_load_balancers(),
    ]
    now = dt.datetime.fromtimestamp(played.lab.now, dt.UTC)
    for reply in replies:
        stamped = parsedate_to_datetime(reply["ResponseMetadata"]["HTTPHeaders"]["date"])
        assert abs(stamped - now) < dt.timedelta(seconds=2)


def test_an_unknown_control_endpoint_says_what_there_is(faulty: Bench) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        faulty.control("weather", {})
    assert b"/_lab/clock" in refused.value.read()
    refused.value.close()


def test_accounts_are_apart(faulty: Bench) -> None:
    own = faulty.client("sts").get_caller_identity()["Account"]
    assert own == faulty.lab.account
    assert faulty.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"]


def test_fargate_runs_out_of_room_and_gets_it_back(bench: MakeBench) -> None:
    played = bench()
    full = {f"{played.lab.region}{zone}": False for zone in "ac"}
    assert played.control("capacity", {"zones": full}) == {"full": sorted(full)}
    played.update(desiredCount=2)
    played.lab.advance(30)
    assert any("Reason: Capacity is unavailable at this time." in message for message in played.messages())
    assert played.control("capacity", {"zones": dict.fromkeys(full, True)}) == {"full": []}
    assert played.play_until(lambda: played.service()["runningCount"] == 2, 300)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"zones": ["a"]}, "object of zones"),
        ({"zones": {"a": False}}, "no availability zone"),
        ({"zones": {"ap-northeast-2a": 0}}, "true or false"),
        ({"zone": {}}, "unknown key"),
    ],
)
def test_capacity_that_makes_no_sense_is_refused(faulty: Bench, body: dict[str, Any], words: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        faulty.control("capacity", body)
    assert refused.value.code == 400
    assert words in refused.value.read().decode()
    refused.value.close()
