"""Actions that the execution role lacks: which, of which label, how sure, now or next; and what is no proof."""

from dataclasses import replace

import pytest

from runbook_lib.diagnosis import grants
from runbook_lib.diagnosis.engine import judge, wanted
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.diagnosis.rules.execution_role_denied import RULE as MINE
from runbook_lib.evidence.model import Reading, Unread
from tests.diagnosis.builder import (
    ACCOUNT,
    LOG_GROUP,
    REGION,
    container,
    deployment,
    evidence,
    guide,
    healthy,
    reading,
    service,
    stopped,
    task,
    unread,
    whole,
    without,
)
from tests.diagnosis.builder import definition as plain
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "execution_role_denied"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/execution"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:langsmith-Ab12Cd"
REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/momentir-cx-llm"
LOGIN, READ, PARAMETERS = "ecr:GetAuthorizationToken", "secretsmanager:GetSecretValue", "ssm:GetParameters"
OPEN_LOG, WRITE_LOG = "logs:CreateLogStream", "logs:PutLogEvents"
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
AUTH = "ResourceInitializationError: unable to pull secrets or registry auth"
REFUSED = f"{AUTH}: operation error ECR: GetAuthorizationToken, StatusCode: 400, AccessDeniedException: not authorized"
UNREACHED = f"{AUTH}: operation error ECR: GetAuthorizationToken, StatusCode: 0, dial tcp 10.0.0.1:443: i/o timeout"
THEIRS = "210987654321"
FOREIGN = f"{THEIRS}.dkr.ecr.{REGION}.amazonaws.com/shared:v1"


def asked_for(found):
    """What this rule asks for and has no answer to yet."""
    return [wish for wish in wanted(found, (MINE,)) if wish.kind in MINE.deeper]


def failing(*containers, said: str = "", **changes):
    """A deployment whose tasks never start; nothing is known of its role."""
    defined = plain(3, *(containers or (container(),))) | {"executionRoleArn": ROLE} | changes
    tasks = [stopped(n, 3, n, said, ran=False) for n in (2, 4, 6)]
    return whole(service(deployment(3, 10, failedTasks=3)), tasks, [defined])


def answered(found, *denied: str, decision: str = "implicitDeny", missing: tuple[str, ...] = ()):
    """The same after IAM was asked: everything is allowed but what is denied."""
    more: list[Reading] = []
    for wish in asked_for(found):
        if wish.kind == "role_permissions":
            data = [
                {
                    "EvalActionName": action,
                    "EvalResourceName": resource,
                    "EvalDecision": decision if action in denied else "allowed",
                    "MissingContextValues": list(missing) if action in denied else [],
                }
                for action in wish["actions"].split(",")
                for resource in wish["resources"].split(",")
            ]
            more.append(Reading(wish, "iam:SimulatePrincipalPolicy", data))
    return replace(found, readings=(*found.readings, *more))


def shared(found, document=None, code: str = "", reason: str = "access-denied"):
    """The same after the policy of the other account's repository was asked for."""
    where = {"registry": THEIRS, "region": REGION, "repository": "shared"}
    if document is not None:
        return replace(found, readings=(*found.readings, reading("repository_policy", document, **where)))
    return replace(found, unreads=(*found.unreads, unread("repository_policy", reason, code, **where)))


def policy(principal: str):
    return {"Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": ["ecr:*"]}]}


THEIR_IMAGE = answered(failing(container(image=FOREIGN)))
OUTCOMES = {
    "may do all": (answered(failing()), PASS),
    "may not log in": (answered(failing(), LOGIN), FAIL),
    "is denied": (answered(failing(), READ, decision="explicitDeny"), FAIL),
    "on a condition not known": (answered(failing(), LOGIN, missing=("aws:SourceVpc",)), UNKNOWN),
    "may not write, only open, its log": (answered(failing(), WRITE_LOG), PASS),
    "may not check layers": (answered(failing(), "ecr:BatchCheckLayerAvailability"), PASS),
    "not asked": (failing(), UNKNOWN),
    "no role on Fargate": (failing(executionRoleArn=None), FAIL),
    "no role on an instance": (failing(executionRoleArn=None, requiresCompatibilities=["EC2"]), NOT_APPLICABLE),
    "nothing that needs a role": (
        failing({"name": "app", "image": "public.ecr.aws/nginx/nginx:1"}), NOT_APPLICABLE,
    ),
    "a secret without its last characters": (
        answered(failing(container(secrets=[{"name": "A", "valueFrom": SECRET.rpartition("-")[0]}]))), UNKNOWN,
    ),
    "another account's, shared": (shared(THEIR_IMAGE, policy(f"arn:aws:iam::{ACCOUNT}:root")), PASS),
    "another account's, shared with others": (shared(THEIR_IMAGE, policy("arn:aws:iam::999999999999:root")), FAIL),
    "another account's, without a policy": (
        shared(THEIR_IMAGE, code="RepositoryPolicyNotFoundException", reason="absent"), FAIL,
    ),
    "another account's, not readable": (shared(THEIR_IMAGE, code="AccessDeniedException"), UNKNOWN),
    "another account's, not asked": (THEIR_IMAGE, UNKNOWN),
    "tasks start": (healthy(), PASS),
    "the image is why": (guide(), NOT_APPLICABLE),
    "tasks unread": (without(answered(failing()), "tasks"), UNKNOWN),
    "permissions unread": (without(answered(failing()), "role_permissions"), UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


LABELS = {
    LOGIN: "image-pull-auth",
    PULL[0]: "image-pull-auth",
    PULL[1]: "image-pull-auth",
    READ: "secret-access-denied",
    OPEN_LOG: "log-driver-misconfigured",
}


@pytest.mark.parametrize(("action", "label"), LABELS.items())
def test_without_a_word_of_ecs_the_missing_action_tells(action, label):
    found = verdict(RULE, answered(failing(), action))
    assert (found.label, found.confidence, found.facts["actions"]) == (label, "likely", [action])
    assert not found.facts["next"]


def test_its_facts():
    found = verdict(RULE, answered(failing(said=REFUSED), LOGIN, *PULL, WRITE_LOG, OPEN_LOG))
    told = facts(found, "role", "actions", "resources", "also_denied", "revision", "next")
    assert told == {
        "role": ROLE,
        "actions": [LOGIN, *PULL],
        "resources": ["*", REPOSITORY],
        "also_denied": [OPEN_LOG, WRITE_LOG],
        "revision": "momentir-cx-llm:3",
        "next": False,
    }


def test_what_ecs_says_confirms_it_and_leads_among_several():
    found = verdict(RULE, answered(failing(said=REFUSED), READ, LOGIN))
    assert (found.label, found.confidence) == ("image-pull-auth", "confirmed")
    assert {cite.operation for cite in found.cites} == {"iam:SimulatePrincipalPolicy", "ecs:DescribeTasks"}
    assert found.facts["also_denied"] == [READ]


def test_where_ecs_tells_of_something_else_it_comes_next_and_stands_last():
    diagnosis = judge(answered(failing(said=UNREACHED), LOGIN))
    first, second = diagnosis.failed("cause")
    assert (first.rule, first.label) == ("task_start_failed", "image-pull-network")
    assert (second.rule, second.confidence, second.facts["next"]) == (RULE, "likely", True)
    assert all(RULE not in symptom.explained_by for symptom in diagnosis.failed("symptom"))


def test_what_comes_next_stands_after_causes_of_less_weight():
    found = answered(failing(said=UNREACHED), LOGIN)
    heavier = replace(MINE, severity=1)
    rules = (heavier, *(rule for rule in RULES if rule.id != RULE))
    assert [v.rule for v in judge(found, rules).failed("cause")] == ["task_start_failed", RULE]


def test_a_cause_told_twice_is_one():
    assert [v.rule for v in judge(answered(failing(said=REFUSED), LOGIN)).failed("cause")] == [RULE]


def test_without_a_role_the_first_need_is_named():
    found = verdict(RULE, failing(executionRoleArn=None))
    assert (found.label, found.confidence, found.facts["role"]) == ("secret-access-denied", "likely", "")
    assert [cite.field for cite in found.cites] == ["taskDefinition.executionRoleArn"]


def test_a_partial_answer_is_no_good_news():
    found = answered(failing())
    cut = tuple(replace(r, partial=r.request.kind == "role_permissions") for r in found.readings)
    assert verdict(RULE, replace(found, readings=cut)).outcome is UNKNOWN


def test_one_question_for_each_kind_of_resource_and_only_where_nothing_starts():
    asked = {(wish["actions"], wish["resources"]) for wish in asked_for(failing())}
    stream = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{LOG_GROUP}:log-stream:ecs/app/{'0' * 32}"
    assert asked == {
        (READ, SECRET),
        (LOGIN, "*"),
        (f"{OPEN_LOG},{WRITE_LOG}", stream),
        (",".join([*PULL, "ecr:BatchCheckLayerAvailability"]), REPOSITORY),
    }
    assert asked_for(answered(failing())) == asked_for(healthy()) == asked_for(guide()) == []


def test_the_policy_of_a_repository_is_asked_for_only_in_another_account():
    kinds = [wish.kind for wish in asked_for(failing(container(image=FOREIGN)))]
    assert kinds.count("repository_policy") == 1
    assert "repository_policy" not in {wish.kind for wish in asked_for(failing())}


NAMES = {
    SECRET: (READ, SECRET),
    f"{SECRET}:password::": (READ, SECRET),
    "/web/db": (PARAMETERS, f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/web/db"),
    "db": (PARAMETERS, f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/db"),
    "arn:aws:ssm:us-east-1:1:parameter/x": (PARAMETERS, "arn:aws:ssm:us-east-1:1:parameter/x"),
}


@pytest.mark.parametrize(("name", "asked"), NAMES.items())
def test_what_a_secret_is_called_to_iam(name, asked):
    definition = {"containerDefinitions": [{"secrets": [{"name": "A", "valueFrom": name}]}]}
    [grant] = grants.needed(failing(), definition)
    assert (grant.actions, grant.resources) == ((asked[0],), (asked[1],))


def test_secrets_of_the_log_driver_count_too():
    log = {"logDriver": "splunk", "secretOptions": [{"name": "splunk-token", "valueFrom": "token"}]}
    [grant] = grants.needed(failing(), {"containerDefinitions": [{"logConfiguration": log}]})
    assert grant.label == "secret-access-denied"


def test_the_partition_is_the_task_definitions():
    definition = plain(3) | {"taskDefinitionArn": f"arn:aws-cn:ecs:cn-north-1:{ACCOUNT}:task-definition/a:1"}
    arns = [arn for grant in grants.needed(failing(), definition) for arn in grant.resources]
    assert {arn.split(":")[1] for arn in arns if arn not in ("*", SECRET)} == {"aws-cn"}


def test_a_role_that_is_not_there_is_the_other_rules():
    found = failing()
    lost = tuple(
        Unread(wish, "iam:SimulatePrincipalPolicy", "iam:SimulatePrincipalPolicy", "absent", "NoSuchEntity")
        for wish in asked_for(found)
    )
    assert verdict(RULE, evidence(*found.readings, unreads=lost)).outcome is UNKNOWN


def arriving():
    """A deployment whose first task is on its way."""
    defined = plain(3, container(secrets=[{"name": "A", "valueFrom": SECRET}])) | {"executionRoleArn": ROLE}
    return whole(service(deployment(3, 1, pendingCount=1)), [task(1, 3, None, lastStatus="PENDING")], [defined])


def test_while_the_first_task_is_on_its_way_only_what_the_role_alone_decides_is_asked():
    asked = {action for wish in asked_for(arriving()) for action in wish["actions"].split(",")}
    assert asked == {LOGIN, OPEN_LOG, WRITE_LOG}
    refused = verdict(RULE, answered(arriving(), LOGIN))
    assert (refused.outcome, refused.label, refused.confidence) == (FAIL, "image-pull-auth", "likely")
    assert verdict(RULE, answered(arriving())).facts["reason"] == "no-failed-start"
    assert verdict(RULE, arriving()).outcome is UNKNOWN
