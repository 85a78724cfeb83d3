"""Roles that ECS cannot assume: not there, or without trust; and what is no fault, or cannot be told."""

import pytest

from runbook_lib.diagnosis.engine import wanted
from runbook_lib.diagnosis.rules.execution_role_unassumable import RULE as MINE
from tests.diagnosis.builder import (
    ACCOUNT,
    REGION,
    deployment,
    event,
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

RULE = "execution_role_unassumable"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/execution"
TASK = f"arn:aws:iam::{ACCOUNT}:role/app-task"
SAID = (
    f"failed to launch a task with (error ECS was unable to assume the role '{ROLE}' that was provided for this task.)"
)


def asked_for(found):
    """What this rule asks for and has no answer to yet."""
    return [wish for wish in wanted(found, (MINE,)) if wish.kind in MINE.deeper]


def trust(service_name: str = "ecs-tasks.amazonaws.com", **more):
    statement = {"Effect": "Allow", "Principal": {"Service": service_name}, "Action": "sts:AssumeRole", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def role(arn: str = ROLE, document=None, found: str = ""):
    return reading("role", {"Arn": found or arn, "AssumeRolePolicyDocument": document or trust()}, role_arn=arn)


def absent(arn: str = ROLE):
    return unread("role", "absent", "NoSuchEntity", role_arn=arn)


def starting(*more, lost=(), events=(), **roles):
    """A deployment that has been there for five minutes and got no task."""
    named = {"executionRoleArn": ROLE, **roles}
    described = service(deployment(3, 5), events=[event(1, text) for text in events])
    found = whole(described, [], [plain(3) | named], more=more)
    return evidence(*found.readings, unreads=tuple(lost))


OUTCOMES = {
    "no such role": (starting(lost=[absent()]), FAIL),
    "one of another path": (starting(role(found=ROLE.replace("/app/", "/"))), FAIL),
    "trusts another service": (starting(role(document=trust("ec2.amazonaws.com"))), FAIL),
    "the task role does not trust": (
        starting(role(), role(TASK, trust("lambda.amazonaws.com")), taskRoleArn=TASK), FAIL,
    ),
    "a name alone": (
        starting(role("execution", found=ROLE), executionRoleArn="execution"), PASS,
    ),
    "trusts": (starting(role()), PASS),
    "no role named": (starting(executionRoleArn=None), NOT_APPLICABLE),
    "not asked": (starting(), UNKNOWN),
    "one of two not asked": (starting(role(), taskRoleArn=TASK), UNKNOWN),
    "may not be read": (starting(lost=[unread("role", role_arn=ROLE)]), UNKNOWN),
    "trust on a condition": (
        starting(role(document=trust(Condition={"StringEquals": {"sts:ExternalId": "x"}}))), UNKNOWN,
    ),
    "tasks start": (healthy(), PASS),
    "the image is why": (guide(), NOT_APPLICABLE),
    "tasks unread": (without(starting(), "task_arns"), UNKNOWN),
    "task definition unread": (without(starting(), "task_definition"), UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


CONFIDENCE = {
    "absent": (starting(lost=[absent()]), "confirmed"),
    "untrusted": (starting(role(document=trust("ec2.amazonaws.com"))), "likely"),
    "untrusted, and ECS says so": (starting(role(document=trust("ec2.amazonaws.com")), events=[SAID]), "confirmed"),
}


@pytest.mark.parametrize(("found", "confidence"), CONFIDENCE.values(), ids=CONFIDENCE)
def test_how_sure_it_is(found, confidence):
    assert verdict(RULE, found).confidence == confidence


def test_its_facts():
    found = verdict(RULE, starting(role(), lost=[absent(TASK)], taskRoleArn=TASK))
    assert found.label == "execution-role-unassumable"
    assert facts(found, "role", "field", "standing") == {"role": TASK, "field": "taskRoleArn", "standing": "absent"}


def test_an_absent_role_is_no_good_news_for_the_other():
    assert verdict(RULE, starting(role(), lost=[absent(TASK)], taskRoleArn=TASK)).outcome is FAIL


def test_each_role_is_asked_for_once_and_only_where_nothing_starts():
    asked = asked_for(starting(taskRoleArn=ROLE))
    assert [wish["role_arn"] for wish in asked] == [ROLE]
    assert asked_for(starting(role())) == []
    assert asked_for(healthy()) == asked_for(guide()) == []


def test_it_explains_no_failure_of_tasks_that_ran():
    found = starting(lost=[absent()])
    ran = whole(service(deployment(3, 5)), [stopped(1, 3, 1, "")], [plain(3) | {"executionRoleArn": ROLE}])
    assert verdict(RULE, found).outcome is FAIL
    assert verdict(RULE, evidence(*ran.readings, unreads=(absent(),))).outcome is not FAIL


def test_the_conditions_that_ecs_is_known_to_meet_are_evaluated():
    mine = {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{REGION}:*:*"}}
    others = {"StringEquals": {"aws:SourceAccount": "210987654321"}}
    assert verdict(RULE, starting(role(document=trust(Condition=mine)))).outcome is PASS
    assert verdict(RULE, starting(role(document=trust(Condition=others)))).outcome is FAIL


def test_a_role_that_will_be_needed_is_looked_at_while_the_first_task_is_on_its_way():
    described = service(deployment(3, 1, pendingCount=1))
    pending = [task(1, 3, None, lastStatus="PENDING")]
    found = whole(described, pending, [plain(3) | {"executionRoleArn": ROLE}])
    assert [wish["role_arn"] for wish in asked_for(found)] == [ROLE]
    assert verdict(RULE, evidence(*found.readings, unreads=(absent(),))).outcome is FAIL
    assert verdict(RULE, evidence(*found.readings, role())).outcome is PASS
