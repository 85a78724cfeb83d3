"""Fault rules: presets in the words of each service, chance with a seed, the documented rates, bad rules, calls."""

import http.client
import json
import math
import time
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from runbook_lib.lab import calls
from runbook_lib.lab.buckets import Buckets
from runbook_lib.lab.call import Call
from runbook_lib.lab.presets import PRESETS
from tests.lab.conftest import CLUSTER, Bench

ONCE = Config(retries={"total_max_attempts": 1})
EXPIRED = "The security token included in the request is expired"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench("healthy", tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture
def faulty(shared: Bench) -> Iterator[Bench]:
    yield shared
    shared.lab.faults([])


def outcome(bench: Bench, service: str, method: str) -> tuple[str, str, int]:
    """The code, message and status of the error that a call meets."""
    with pytest.raises(ClientError) as refused:
        getattr(bench.client(service, config=ONCE), method)()
    answer = refused.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


WORDS = [
    ("throttling", "ecs", "list_clusters", "ThrottlingException", "Rate exceeded", 400),
    ("throttling", "ecr", "describe_repositories", "ThrottlingException", "Rate exceeded", 400),
    ("throttling", "logs", "describe_log_groups", "ThrottlingException", "Rate exceeded", 400),
    ("throttling", "elbv2", "describe_load_balancers", "Throttling", "Rate exceeded", 400),
    ("throttling", "sts", "get_caller_identity", "Throttling", "Rate exceeded", 400),
    ("throttling", "cloudwatch", "describe_alarms", "ThrottlingException", "Rate exceeded", 400),
    ("throttling", "s3", "list_buckets", "SlowDown", "Please reduce your request rate.", 503),
    ("throttling", "ec2", "describe_vpcs", "RequestLimitExceeded", "Request limit exceeded.", 503),
    ("expired-token", "ecs", "list_clusters", "ExpiredTokenException", EXPIRED, 400),
    ("expired-token", "elbv2", "describe_load_balancers", "ExpiredToken", EXPIRED, 403),
    ("expired-token", "sts", "get_caller_identity", "ExpiredToken", EXPIRED, 403),
    ("expired-token", "s3", "list_buckets", "ExpiredToken", "The provided token has expired.", 400),
    ("expired-token", "ec2", "describe_vpcs", "RequestExpired", "Request has expired.", 400),
    ("server-error", "ecs", "list_clusters", "ServerException", "Service Unavailable. Please try again later.", 500),
]


@pytest.mark.parametrize(("preset", "service", "method", "words"), [(*row[:3], row[3:]) for row in WORDS])
def test_a_preset_speaks_as_its_service_does(
    faulty: Bench, preset: str, service: str, method: str, words: tuple[str, str, int]
) -> None:
    faulty.lab.faults([{"preset": preset, "service": service}])
    assert outcome(faulty, service, method) == words


@pytest.mark.parametrize(
    ("service", "method", "answer", "words"),
    [
        (
            "ecs",
            "list_clusters",
            ("AccessDeniedException", 400),
            "is not authorized to perform: ecs:ListClusters on res",
        ),
        (
            "elbv2",
            "describe_load_balancers",
            ("AccessDenied", 403),
            "elasticloadbalancing:DescribeLoadBalancers because",
        ),
        (
            "ec2",
            "describe_vpcs",
            ("UnauthorizedOperation", 403),
            "You are not authorized to perform this operation. Us",
        ),
    ],
)
def test_a_denied_call_is_worded_as_by_a_policy(
    faulty: Bench, service: str, method: str, answer: tuple[str, int], words: str
) -> None:
    faulty.lab.permit({"Version": "2012-10-17", "Statement": []})
    by_policy = outcome(faulty, service, method)
    faulty.lab.permit(None)
    faulty.lab.faults([{"preset": "access-denied", "service": service}])
    assert outcome(faulty, service, method) == by_policy
    assert (by_policy[0], by_policy[2]) == answer
    assert words in by_policy[1]


def test_a_denial_is_for_the_action_that_it_names(faulty: Bench) -> None:
    faulty.lab.faults([{"preset": "access-denied", "service": "ecr", "action": "DescribeImages"}])
    assert faulty.client("ecr").describe_repositories()["repositories"]
    with pytest.raises(ClientError, match=r"ecr:DescribeImages on resource: arn:aws:ecr:.*:repository/momentir-cx-llm"):
        faulty.client("ecr", config=ONCE).describe_images(repositoryName="momentir-cx-llm")


def test_what_is_garbled_cannot_be_read(faulty: Bench) -> None:
    """Half of a JSON answer is to botocore an answer without members."""
    faulty.lab.faults([{"preset": "garbled"}])
    assert set(faulty.client("ecs", config=ONCE).list_clusters()) == {"ResponseMetadata"}
    with pytest.raises(ResponseParserError):
        faulty.client("elbv2", config=ONCE).describe_load_balancers()


def test_a_proxy_answers_with_its_page(faulty: Bench) -> None:
    faulty.lab.faults([{"preset": "proxy-page", "service": "ecs"}])
    code, _, status = outcome(faulty, "ecs", "list_clusters")
    assert (code, status) == ("403", 403)


def test_a_reset_and_a_slow_answer_have_names(faulty: Bench) -> None:
    faulty.lab.faults([{"preset": "reset", "action": "ListClusters"}, {"preset": "slow", "delay": 0.05}])
    with pytest.raises(ConnectionClosedError):
        faulty.client("ecs", config=ONCE).list_clusters()
    before = time.monotonic()
    faulty.client("ecs").describe_clusters()
    assert time.monotonic() - before >= 0.05


def test_silence_lasts_until_the_client_gives_up_and_holds_up_nobody(faulty: Bench) -> None:
    faulty.lab.faults([{"preset": "time-out", "service": "ecs", "action": "ListClusters", "times": 1}])
    hasty = faulty.client("ecs", config=Config(read_timeout=0.3, retries={"total_max_attempts": 1}))
    others = faulty.client("ecs")
    with ThreadPoolExecutor(1) as pool:
        silent = pool.submit(hasty.list_clusters)
        while not faulty.lab.seen():
            time.sleep(0.001)
        assert others.describe_clusters(clusters=[CLUSTER])["clusters"]
        assert not silent.done()
        with pytest.raises(ReadTimeoutError):
            silent.result()
    assert hasty.list_clusters()["clusterArns"]


def test_silence_ends_when_the_lab_closes(bench: Any) -> None:
    played: Bench = bench()
    played.lab.faults([{"preset": "time-out"}])
    host, port = played.lab.endpoint_url.removeprefix("http://").split(":")
    waiting = http.client.HTTPConnection(host, int(port), timeout=30)
    waiting.request("POST", "/", b"{}", {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters"})
    while not played.lab.seen():
        time.sleep(0.001)
    before = time.monotonic()
    played.lab.close()
    assert time.monotonic() - before < 2
    with pytest.raises(ConnectionError):
        waiting.getresponse()
    waiting.close()


def fails(bench: Bench, count: int, action: str = "list_clusters") -> str:
    """For each of so many calls ``x`` where it failed, ``.`` where not."""
    client = bench.client("ecs", config=ONCE)
    found = ""
    for _ in range(count):
        try:
            getattr(client, action)()
            found += "."
        except ClientError:
            found += "x"
    return found


def test_chance_is_the_same_with_the_same_seed(faulty: Bench) -> None:
    rule = {"preset": "throttling", "probability": 0.5}
    drawn = []
    for seed in (1, 1, 2):
        faulty.lab.faults([{**rule, "seed": seed}])
        drawn.append(fails(faulty, 30))
    assert drawn[0] == drawn[1] != drawn[2]
    assert 5 < drawn[0].count("x") < 25


def test_chance_does_not_depend_on_calls_of_other_kinds(faulty: Bench) -> None:
    rule = {"preset": "throttling", "action": "ListClusters", "probability": 0.5, "seed": 7}
    faulty.lab.faults([rule])
    alone = fails(faulty, 10)
    faulty.lab.faults([rule])
    mixed = [fails(faulty, 1) + fails(faulty, 2, "describe_clusters") for _ in range(10)]
    assert "".join(found[0] for found in mixed) == alone
    assert {found[1:] for found in mixed} == {".."}


def test_every_third_call_can_fail(faulty: Bench) -> None:
    faulty.lab.faults([{"preset": "throttling", "every": 3}])
    assert fails(faulty, 7) == "..x..x."


def test_a_rule_that_is_added_counts_from_there_and_is_listed(faulty: Bench) -> None:
    faulty.lab.faults([{"preset": "throttling", "service": "ecs", "times": 1}])
    assert fails(faulty, 2) == "x."
    added = faulty.control("faults", {"add": [{"preset": "server-error", "service": "ecs", "times": 1}]})
    assert [(rule["preset"], rule["taken"]) for rule in added["rules"]] == [("throttling", 1), ("server-error", 0)]
    assert fails(faulty, 2) == "x."
    listed = faulty.control("faults", method="GET")
    assert [rule["taken"] for rule in listed["rules"]] == [1, 1]
    left = faulty.control("faults", {"remove": [listed["rules"][0]["id"]]})
    assert [rule["preset"] for rule in left["rules"]] == ["server-error"]
    assert faulty.control("faults", method="DELETE")["rules"] == []


BAD = {
    "preset": [("throtling", "'throttling'"), (7, "a name"), ("", "a name")],
    "service": [("elb2", "'elbv2'"), ("zzzzzzzz", "there are")],
    "times": [(0, "1 to"), (-1, "1 to"), (2.5, "whole"), ("2", "whole"), (True, "whole"), (10**30, "1 to")],
    "nth": [(3, "list"), ([0], "list"), ([], "list"), (["1"], "list")],
    "every": [(0, "1 to")],
    "probability": [(-0.1, "above 0"), (1.1, "to 1"), (0, "above 0"), ("half", "number")],
    "seed": [(1.5, "whole"), (10**40, "whole")],
    "delay": [(-1, "from 0"), (1e9, "3600"), ("5", "number"), (None, "number")],
    "drip": [(-1, "from 0")],
    "status": [(99, "200"), (1000, "599"), ("400", "whole")],
    "error": [("", "a name"), (7, "a name")],
    "message": [(7, "text")],
    "body": [({}, "text"), (["x"], "text")],
    "reset": [(1, "true or false"), ("yes", "true or false")],
    "rates": [("yes", "true or false")],
    "colour": [("red", "known are preset, service, action")],
}


@pytest.mark.parametrize(("key", "value", "words"), [(key, *case) for key, cases in BAD.items() for case in cases])
def test_a_bad_value_is_named_with_what_the_key_takes(faulty: Bench, key: str, value: Any, words: str) -> None:
    refused = refusal(faulty, {"rules": [{"error": "X"}, {"error": "X", key: value}]})
    assert refused.startswith("rule 2: ")
    assert key in refused
    assert words in refused
    assert "\n" not in refused
    assert faulty.control("faults", method="GET")["rules"] == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"rules": 7}, "give a list"),
        ({"rules": ["throttling"]}, "give an object with keys among preset"),
        ({"rules": [{"service": "ecs"}]}, "does nothing"),
        ({"rules": [{"error": "X", "reset": True}]}, "error and reset"),
        ({"rules": [{"preset": "slow", "hang": True}]}, "preset and hang"),
        ({"rules": [{"preset": "slow", "service": "ecs", "action": "list-tasks"}]}, "'ListTasks'"),
        ({"rule": []}, "known are rules, add, remove"),
        ({}, "give one of"),
        ({"remove": [99]}, "there is no rule 99"),
        ({"remove": "all"}, "list of ids"),
        ("faults", "a JSON object"),
    ],
)
def test_a_request_that_makes_no_sense_is_one_sentence(faulty: Bench, body: Any, words: str) -> None:
    assert words in refusal(faulty, body)


def test_deep_nesting_is_refused(faulty: Bench) -> None:
    assert refusal(faulty, raw=b'{"rules": ' + b"[" * 200_000)


def refusal(bench: Bench, body: Any = None, endpoint: str = "faults", raw: bytes | None = None) -> str:
    """The sentence with which the lab refuses a request, status 400."""
    host, port = bench.lab.endpoint_url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.request("POST", f"/_lab/{endpoint}", raw or json.dumps(body))
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    assert (answer.status, set(said)) == (400, {"error"})
    return said["error"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"advance": -1}, "from 0 to 604800 of seconds"),
        ({"advance": 1e12}, "from 0 to 604800 of seconds"),
        ({"advance": math.nan}, "NaN"),
        ({"advance": math.inf}, "Infinity"),
        ({"advance": 10**400}, "advance"),
        ({"advance": "10m"}, "a number from 0"),
        ({"advance": True}, "a number from 0"),
        ({"rate": -1}, "from 0 to 3600"),
        ({"rate": 10_000}, "from 0 to 3600"),
        ({"rate": None}, "a number"),
        ({"speed": 2}, "known are advance, rate"),
    ],
)
def test_time_does_not_go_backwards_or_mad(faulty: Bench, body: Any, words: str) -> None:
    before = faulty.lab.now
    assert words in refusal(faulty, body, "clock")
    assert faulty.lab.now == before


def test_a_day_passes_in_time(bench: Any) -> None:
    played: Bench = bench()
    before = time.monotonic()
    played.control("clock", {"advance": 86400})
    assert time.monotonic() - before < 5
    assert played.completed()


def test_a_clock_freezes(bench: Any) -> None:
    played: Bench = bench()
    played.control("clock", {"rate": 3600})
    frozen = played.control("clock", {"rate": 0})
    assert played.control("clock", method="GET") == frozen
    assert frozen["at"].startswith("20")


def test_calls_beyond_the_documented_rate_are_throttled(faulty: Bench) -> None:
    """Cluster changes share 20 tokens, of which one comes back each second."""
    faulty.lab.faults([{"preset": "ecs-rates"}])
    client = faulty.client("ecs", config=ONCE)
    for _ in range(20):
        client.create_cluster(clusterName=CLUSTER)
    assert fails(faulty, 5) == "....."
    with pytest.raises(ClientError, match="Rate exceeded"):
        client.create_cluster(clusterName=CLUSTER)
    faulty.lab.advance(1)
    client.create_cluster(clusterName=CLUSTER)


def test_botos_retries_wait_until_the_bucket_has_a_token(faulty: Bench) -> None:
    faulty.lab.faults([{"preset": "ecs-rates"}])
    patient = faulty.client("ecs", config=Config(retries={"mode": "standard", "total_max_attempts": 6}))
    replies = [patient.create_cluster(clusterName=CLUSTER) for _ in range(21)]
    assert sum(reply["ResponseMetadata"]["RetryAttempts"] for reply in replies) >= 1


def asked(action: str, account: str = "1", region: str = "r", service: str = "ecs") -> Call:
    return Call(service, action, region, account, "json", b"")


def test_a_bucket_is_shared_by_its_actions_alone() -> None:
    buckets = Buckets()
    assert all(buckets.has_token(asked("DescribeServices"), 0) for _ in range(60))
    assert all(buckets.has_token(asked("ListServices"), 0) for _ in range(40))
    assert not buckets.has_token(asked("DescribeServices"), 0)
    assert buckets.has_token(asked("DescribeTasks"), 0)
    assert buckets.has_token(asked("DescribeServices", account="2"), 0)
    assert buckets.has_token(asked("DescribeServices", region="s"), 0)
    assert buckets.has_token(asked("DescribeServices", service="elbv2"), 0)
    assert buckets.has_token(asked("DescribeServices"), 0.05)
    assert not buckets.has_token(asked("DescribeServices"), 0.05)


def test_a_bucket_never_holds_more_than_its_size() -> None:
    buckets = Buckets()
    buckets.has_token(asked("RegisterTaskDefinition"), 0)
    taken = [buckets.has_token(asked("RegisterTaskDefinition"), 1000) for _ in range(21)]
    assert taken == [True] * 20 + [False]


def test_every_preset_can_be_set_by_name_alone(faulty: Bench) -> None:
    faulty.lab.faults([{"preset": name} for name in PRESETS])
    assert [rule["preset"] for rule in faulty.control("faults", method="GET")["rules"]] == list(PRESETS)


def test_a_record_tells_what_was_asked_and_what_came_of_it(faulty: Bench) -> None:
    faulty.lab.forget_calls()
    faulty.lab.faults([{"preset": "throttling", "service": "elbv2"}])
    faulty.client("ecs").describe_services(cluster=CLUSTER, services=["hunter2"])
    outcome(faulty, "elbv2", "describe_load_balancers")
    with pytest.raises(ClientError):
        faulty.client("ecs", config=ONCE).describe_services(cluster="gone", services=["a"])
    fine, throttled, missing = faulty.lab.calls()
    assert (fine["error"], fine["fault"], fine["parameters"]) == (None, None, ("cluster", "services"))
    [rule] = faulty.control("faults", method="GET")["rules"]
    assert (throttled["error"], throttled["fault"]) == ("Throttling", rule["id"])
    assert missing["error"] == "ClusterNotFoundException"
    assert fine["id"] + 2 == missing["id"]
    assert fine["ms"] > 0
    assert "Boto3" in fine["agent"]
    assert fine["request_id"]
    assert fine["account"] == faulty.lab.account
    assert "hunter2" not in json.dumps(faulty.control("calls", method="GET"))


def test_the_record_keeps_the_newest_calls_and_says_so(faulty: Bench) -> None:
    record = calls.Calls()
    for number in range(calls.KEPT + 5):
        record.add(asked(f"A{number}"), None, at=0, since=0, fault=None)
    kept = list(record)
    assert (len(kept), kept[0]["action"], record.dropped) == (calls.KEPT, "A5", 5)
    faulty.client("ecs").list_clusters()
    shown = faulty.control("calls?last=1", method="GET")
    assert [call["action"] for call in shown["calls"]] == ["ListClusters"]
    assert (shown["kept"], shown["dropped"]) == (calls.KEPT, 0)
    with pytest.raises(urllib.error.HTTPError) as refused:
        faulty.control("calls?last=many", method="GET")
    assert refused.value.code == 400
    refused.value.close()
