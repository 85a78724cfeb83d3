"""The least-privilege policy: exactly the table of operations, documented ARNs, and on the lab enough and no more."""

import json
import re
from copy import deepcopy

import botocore.session
import pytest

from runbook_lib import lab as labs
from runbook_lib.aws.operations import CHANGES, FIX_READS, READS
from runbook_lib.aws.policy import fix_policy, read_policy
from runbook_lib.diagnosis.model import Outcome
from runbook_lib.evidence.model import Target
from runbook_lib.lab.policy import read
from runbook_lib.look import look
from tests.conftest import CLUSTER, SERVICE, given

NARROW = Target(CLUSTER, SERVICE, "ap-northeast-2", "123456789012")
# The ARN formats of the Service Authorization Reference, by resource type.
DOCUMENTED = {
    "service": "arn:${Partition}:ecs:${Region}:${Account}:service/${ClusterName}/${ServiceName}",
    "service-revision": "arn:${Partition}:ecs:${Region}:${Account}:service-revision/"
    "${ClusterName}/${ServiceName}/${ServiceRevisionId}",
    "service-deployment": "arn:${Partition}:ecs:${Region}:${Account}:service-deployment/"
    "${ClusterName}/${ServiceName}/${ServiceDeploymentId}",
    "task-definition": "arn:${Partition}:ecs:${Region}:${Account}:task-definition/"
    "${TaskDefinitionFamilyName}:${TaskDefinitionRevisionNumber}",
    "targetgroup": "arn:${Partition}:elasticloadbalancing:${Region}:${Account}:targetgroup/"
    "${TargetGroupName}/${TargetGroupId}",
    "user": "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}",
    "task": "arn:${Partition}:ecs:${Region}:${Account}:task/${ClusterName}/${TaskId}",
    "repository": "arn:${Partition}:ecr:${Region}:${Account}:repository/${RepositoryName}",
    "role": "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}",
    "log-group": "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}",
    "secret": "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:${SecretId}",
    "log-stream": "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}:log-stream:${LogStreamName}",
}
# What the reference requires for each action; nothing where it has no resource types, or none that a look could name.
REQUIRED = {
    "ecs:DescribeServices": ["service"],
    "ecs:ListServiceDeployments": ["service"],
    "ecs:DescribeServiceRevisions": ["service", "service-revision"],
    "ecs:DescribeTasks": ["task"],
    "ecr:BatchGetImage": ["repository"],
    "ecr:DescribeImages": ["repository"],
    "ecr:GetRepositoryPolicy": ["repository"],
    "logs:GetLogEvents": ["log-stream"],
    "iam:GetRole": ["role"],
    "iam:SimulatePrincipalPolicy": ["role"],
    "logs:DescribeLogGroups": ["log-group"],
    "secretsmanager:DescribeSecret": ["secret"],
}
CHANGED = {
    "ecs:UpdateService": ["service"],
    "ecs:StopServiceDeployment": ["service", "service-deployment"],
    "ecs:StopTask": ["task"],
    "ecs:RegisterTaskDefinition": ["task-definition"],
    "elasticloadbalancing:ModifyTargetGroup": ["targetgroup"],
    "logs:CreateLogGroup": ["log-group"],
    "iam:PassRole": ["role"],
    "iam:GetRole": ["role"],
    "iam:SimulatePrincipalPolicy": ["role", "user"],
}


def listed(value):
    return value if isinstance(value, list) else [value]


def by_action(document):
    """The statement of each action; an action in two statements would be found by the counts."""
    return {action: statement for statement in document["Statement"] for action in statement["Action"]}


def is_format(arn, template):
    pattern = re.escape(template)
    return re.fullmatch(re.sub(r"\\\$\\{\w+\\}", "[^:]+", pattern), arn) is not None


every_target = pytest.mark.parametrize("target", [None, NARROW, Target(CLUSTER, "", "")])


every_policy = pytest.mark.parametrize(
    ("policy", "required"), [(read_policy, REQUIRED), (fix_policy, CHANGED)], ids=["read", "fix"]
)


@every_target
def test_each_action_of_the_table_is_allowed_once_and_nothing_else(target):
    actions = [action for statement in read_policy(target)["Statement"] for action in statement["Action"]]
    assert sorted(actions) == sorted(READS.values())


@every_target
def test_each_change_is_allowed_once_with_what_it_passes_and_what_is_asked_before(target):
    actions = [action for statement in fix_policy(target)["Statement"] for action in statement["Action"]]
    asked = ["iam:GetRole", "iam:SimulatePrincipalPolicy", "iam:PassRole"]
    assert sorted(actions) == sorted([*CHANGES.values(), *FIX_READS.values(), *asked])


def test_roles_are_passed_to_tasks_alone():
    found = by_action(fix_policy(NARROW))
    assert found["iam:PassRole"]["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    assert found["ecs:UpdateService"]["Resource"].endswith(f":service/{CLUSTER}/{SERVICE}")


@every_policy
@every_target
def test_every_resource_is_of_a_documented_kind_and_format(target, policy, required):
    for action, statement in by_action(policy(target)).items():
        resources = listed(statement["Resource"])
        kinds = required.get(action)
        assert len(resources) == len(kinds or ["*"]), action
        for arn, kind in zip(resources, kinds or [], strict=False):
            assert is_format(arn, DOCUMENTED[kind]), arn
        if not kinds:
            assert resources == ["*"], action


def test_actions_are_operations_of_their_service():
    session = botocore.session.get_session()
    models = {"elasticloadbalancing": "elbv2"}
    for action in by_action(read_policy()):
        prefix, _, name = action.partition(":")
        assert name in session.get_service_model(models.get(prefix, prefix)).operation_names


def test_without_a_target_every_name_is_open():
    document = read_policy()
    assert by_action(document)["ecs:DescribeServices"]["Resource"] == "arn:aws:ecs:*:*:service/*/*"
    assert not any("Condition" in statement for statement in document["Statement"])


def test_a_target_narrows_what_can_be_narrowed():
    found = by_action(read_policy(NARROW))
    ecs = "arn:aws:ecs:ap-northeast-2:123456789012"
    assert found["ecs:DescribeServices"]["Resource"] == f"{ecs}:service/{CLUSTER}/{SERVICE}"
    assert found["ecs:DescribeTasks"]["Resource"] == f"{ecs}:task/{CLUSTER}/*"
    for action in ("ecs:ListTasks", "ecs:ListServices"):
        if action in found:
            assert found[action]["Condition"] == {"ArnLike": {"ecs:cluster": f"{ecs}:cluster/{CLUSTER}"}}


def test_names_may_be_given_as_arns():
    arns = Target(f"arn:aws:ecs:x:1:cluster/{CLUSTER}", f"arn:aws:ecs:x:1:service/{CLUSTER}/{SERVICE}", NARROW.region)
    assert read_policy(arns) == read_policy(Target(CLUSTER, SERVICE, NARROW.region))


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("ap-northeast-2", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
        ("", "aws"),
    ],
)
def test_the_partition_is_the_regions(region, partition):
    arns = [one for s in read_policy(Target("c", "s", region))["Statement"] for one in listed(s["Resource"])]
    assert {arn.split(":")[1] for arn in arns if arn != "*"} == {partition}


@every_policy
@every_target
def test_it_is_a_policy_as_iam_takes_it(target, policy, required):
    document = policy(target)
    assert read(document).statements
    sids = [statement["Sid"] for statement in document["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)
    assert len(json.dumps(document, separators=(",", ":"))) < 2048  # the smallest quota of all: inline, of a user


@pytest.fixture
def lab(own_lab, request):
    return own_lab(getattr(request, "param", "guide"))


@pytest.mark.parametrize("lab", labs.names(), indirect=True)
def test_a_look_with_exactly_this_policy_lacks_nothing(lab):
    before = look(given(lab))
    target = Target(lab.scenario.cluster, lab.scenario.service, lab.region, lab.account)
    lab.permit(read_policy(target))
    after = look(given(lab))
    assert after.evidence.unreads == before.evidence.unreads
    assert after.diagnosis.verdicts == before.diagnosis.verdicts
    refused = {call["action"] for call in lab.calls() if call["status"] != 200}
    assert refused == (
        {"BatchGetImage", "DescribeImages", "GetRepositoryPolicy"}
        if lab.scenario.name == "registry-forbidden"
        else set()
    )


def unknowns(seen):
    return [v for v in seen.diagnosis.verdicts if v.outcome is Outcome.UNKNOWN]


def test_without_one_action_the_run_names_just_that_action(lab):
    """Each action that the run made is taken away in turn: what is missing, and no other, is named."""
    whole = look(given(lab))
    target = Target(CLUSTER, SERVICE, lab.region, lab.account)
    for operation in {call.operation for call in whole.evidence.calls}:
        action = READS[tuple(operation.split(":"))]
        lab.permit(_without(read_policy(target), action))
        seen = look(given(lab))
        assert {(u.reason, u.operation, u.action) for u in seen.evidence.unreads} == {
            ("access-denied", operation, action)
        }
        assert {(v.facts["operation"], v.facts["action"]) for v in unknowns(seen)} <= {(operation, action)}
        assert {v.label for v in seen.diagnosis.failed("cause")} <= {v.label for v in whole.diagnosis.failed("cause")}


def _without(document, action):
    less = deepcopy(document)
    for statement in less["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != action]
    less["Statement"] = [statement for statement in less["Statement"] if statement["Action"]]
    return less
