"""Collecting on the lab: few calls, three rounds, nothing twice, and what could not be had is said."""

from collections import Counter

import pytest

from runbook_lib.aws.collect import ALL_CALLS, FIRST_LOOK_CALLS
from runbook_lib.aws.collectors import COLLECTORS
from runbook_lib.aws.operations import READS
from runbook_lib.evidence.first_look import rest
from runbook_lib.evidence.model import UNREAD_REASONS, request
from tests.conftest import CLUSTER, SERVICE, collection
from tests.diagnosis.builder import FAMILY, REGISTRY


@pytest.fixture(scope="module")
def evidence(lab_of):
    return collection(lab_of("guide")).first_look()


def test_a_first_look_keeps_its_budget(evidence):
    assert evidence.rounds == 3
    assert len(evidence.calls) <= FIRST_LOOK_CALLS
    assert not evidence.unreads


def test_a_list_of_images_beyond_the_budget_is_left_to_the_deeper_look(own_lab, boto):
    lab = own_lab("guide")
    ecs = boto("ecs", lab.endpoint_url)
    beside = [{"name": name, "image": f"{REGISTRY}/{name}:1", "memory": 64} for name in (FAMILY, "sidecar")]
    ecs.register_task_definition(family="two-repositories", networkMode="awsvpc", containerDefinitions=beside)
    ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition="two-repositories")
    found = collection(lab).first_look()
    assert len(found.calls) == FIRST_LOOK_CALLS
    assert {wish.kind for wish in rest(found) if wish not in found.asked()} == {"images"}


def test_nothing_is_asked_twice(evidence):
    asked = [r.request for r in evidence.readings]
    assert len(asked) == len(set(asked))


def test_the_record_of_calls_is_what_the_lab_received(own_lab):
    lab = own_lab("guide")
    mine = Counter(c.operation.partition(":")[2] for c in collection(lab).first_look().calls)
    assert mine == Counter(call["action"] for call in lab.calls())


def test_now_is_awss_clock_not_ours(own_lab):
    lab = own_lab("healthy")
    before = collection(lab).first_look().collected_at
    lab.advance(3600)
    assert (collection(lab).first_look().collected_at - before).total_seconds() == pytest.approx(3600, abs=5)


def test_the_account_is_read_from_the_service(evidence):
    assert evidence.target.account == "123456789012"


def test_every_collector_has_its_iam_action_and_every_action_its_collector():
    operations = {tuple(c.operation.split(":")) for c in COLLECTORS.values()}
    assert operations | {("ecs", "ListClusters"), ("ecs", "ListServices")} == set(READS)


@pytest.mark.parametrize("operation", sorted({op for _, op in READS} - {"DescribeServices"}))
def test_a_denied_operation_is_unread_with_its_action_and_the_rest_still_comes(own_lab, operation):
    lab = own_lab("guide")
    lab.faults([{"action": operation, "error": "AccessDeniedException", "message": "no", "status": 400}])
    found = collection(lab).first_look()
    assert found.service
    for unread in found.unreads:
        assert (unread.reason, unread.operation.partition(":")[2]) == ("access-denied", operation)
        assert unread.action.endswith(operation)


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        ("ThrottlingException", 400, "throttled"),
        ("RepositoryNotFoundException", 400, "absent"),
        ("ServerException", 500, "failed"),
        ("InternalFailure", 501, "failed"),
    ],
)
def test_an_error_of_aws_gets_its_reason(own_lab, error, status, reason):
    lab = own_lab("healthy")
    lab.faults([{"action": "DescribeImages", "error": error, "message": "x", "status": status}])
    unreads = collection(lab).first_look().unreads
    assert [u.reason for u in unreads] == [reason]
    assert reason in UNREAD_REASONS


def test_one_throttled_answer_is_retried_and_counted(own_lab):
    lab = own_lab("healthy")
    lab.faults([{"action": "DescribeTargetHealth", "error": "Throttling", "status": 400, "times": 1}])
    found = collection(lab).first_look()
    assert not found.unreads
    assert [c.attempts for c in found.calls if c.operation == "elbv2:DescribeTargetHealth"] == [2]


def test_a_deeper_look_stays_in_the_budget_and_says_what_it_left_out(guide, evidence):
    wishes = tuple(request("task_definition", arn=f"momentir-cx-llm:{1 + n % 3}") for n in range(3))
    many = tuple(request("log_tail", group="g", stream=f"s{n}", region="ap-northeast-2", paths="/") for n in range(40))
    deeper = collection(guide).deeper(evidence, wishes + many)
    assert len(deeper.calls) == ALL_CALLS
    assert deeper.rounds == 4
    assert {u.reason for u in deeper.unreads} == {"absent", "not-asked"}
    assert len(deeper.asked()) == len(evidence.asked()) + 43


def test_what_has_no_answer_by_the_deadline_is_unread_and_on_record(own_lab):
    lab = own_lab("guide")
    lab.faults([{"action": "ListTasks", "delay": 3600}])
    found = collection(lab, seconds=1).first_look()
    assert found.service
    assert {(u.operation, u.action, u.reason) for u in found.unreads} >= {
        ("ecs:ListTasks", "ecs:ListTasks", "deadline")
    }
    assert {u.reason for u in found.unreads} == {"deadline"}
    assert [c.error for c in found.calls if c.operation == "ecs:ListTasks"] == ["deadline", "deadline"]


def test_after_the_deadline_nothing_more_is_asked(own_lab):
    lab = own_lab("guide")
    found = collection(lab, seconds=0).first_look()
    assert (found.calls, lab.calls()) == ((), [])
    assert {u.reason for u in found.unreads} == {"deadline"}


@pytest.mark.parametrize(
    "body", ["<html>Sign in to the hotel's Wi-Fi</html>", "{}", "[]", "null", '{"services": null}', "5"]
)
def test_an_answer_that_is_none_of_aws_is_unread_as_garbled(own_lab, body):
    lab = own_lab("guide")
    lab.faults([{"action": "DescribeServices", "body": body, "status": 200}])
    [unread] = collection(lab).first_look().unread("service")
    assert (unread.reason, unread.operation) == ("garbled", "ecs:DescribeServices")


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("DescribeServices", '{"services": [{"serviceName": "another", "status": "ACTIVE"}]}'),
        ("DescribeServices", '{"services": [{"events": [{"createdAt": 1e308}]}]}'),
        ("ListTasks", '{"taskArns": [5, null]}'),
        ("DescribeTasks", '{"tasks": [null]}'),
        ("DescribeTasks", '{"tasks": [{}]}'),
        ("DescribeTaskDefinition", '{"taskDefinition": {}}'),
        ("DescribeTaskDefinition", '{"taskDefinition": {"taskDefinitionArn": "a", "containerDefinitions": []}}'),
        ("ListServiceDeployments", '{"serviceDeployments": [[]]}'),
        ("DescribeImages", '{"imageDetails": [{"imageTags": [1]}]}'),
    ],
)
def test_an_answer_of_another_shape_is_unread_as_garbled(own_lab, action, body):
    lab = own_lab("guide")
    lab.faults([{"action": action, "body": body, "status": 200}])
    found = collection(lab).first_look()
    assert {(u.operation.partition(":")[2], u.reason) for u in found.unreads} == {(action, "garbled")}


def test_a_target_group_that_is_not_in_the_answer_is_unread(own_lab):
    lab = own_lab("healthy")
    empty = "<r><DescribeTargetGroupsResult><TargetGroups/></DescribeTargetGroupsResult></r>"
    lab.faults([{"action": "DescribeTargetGroups", "body": empty, "status": 200}])
    assert [u.reason for u in collection(lab).first_look().unread("target_groups")] == ["garbled"]
