"""A time-out is told apart: no way in, a slow answer, or neither is known."""

import pytest

from runbook_lib.diagnosis.engine import wanted
from tests.diagnosis.builder import (
    BALANCER,
    CODE_404,
    definition,
    deployment,
    guide,
    healthy,
    target_group,
    task,
    without,
)
from tests.diagnosis.failing import (
    BALANCER_GROUP,
    REFUSED,
    TASK_GROUP,
    TIMED_OUT,
    balancers,
    blank,
    failing,
    fails,
    groups,
    rule,
    tail,
    unhealthy_event,
)
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "health_check_timeout"
ADMITTED = rule(UserIdGroupPairs=[{"GroupId": BALANCER_GROUP}])
CLOSED = (balancers("a"), groups(rule(443, 443, UserIdGroupPairs=[{"GroupId": BALANCER_GROUP}])))
OPEN = (balancers("a"), groups(ADMITTED))
BEFORE, WHILE = (tail(1, ("/", 200, "10.0.12.34"), ready=2.9, asked=minutes) for minutes in (10, 0.2))
YOUNG = fails(deployments=[deployment(3, 2), deployment(2, 90, status="ACTIVE", rolloutState="COMPLETED")])
OLD_TIMES_OUT = {"described": YOUNG, "tasks": [task(1, 2, 80)], "definitions": [definition(3), definition(2)]}
OUTCOMES = {
    "of a revision that is being replaced, no rule lets it in": (
        failing(TIMED_OUT, more=CLOSED, **OLD_TIMES_OUT),
        FAIL,
    ),
    "of a revision that is being replaced, a rule lets it in": (
        failing(TIMED_OUT, more=OPEN, **OLD_TIMES_OUT),
        UNKNOWN,
    ),
    "no rule lets it in": (failing(TIMED_OUT, more=CLOSED), FAIL),
    "nobody says a word, no rule lets it in": (blank(failing(more=CLOSED)), FAIL),
    "nothing but the time-out is known": (failing(TIMED_OUT), FAIL),
    "requests arrive": (failing(TIMED_OUT, more=(*OPEN, WHILE)), FAIL),
    "nobody says a word, a rule lets it in": (blank(failing(more=OPEN)), NOT_APPLICABLE),
    "refused": (failing(REFUSED, more=CLOSED), NOT_APPLICABLE),
    "a code": (failing(CODE_404, more=CLOSED), NOT_APPLICABLE),
    "on a wrong port": (failing(TIMED_OUT, group=target_group(HealthCheckPort="80")), NOT_APPLICABLE),
    "the target answers": (healthy(), PASS),
    "no target group": (guide(group={}), NOT_APPLICABLE),
    "target groups unread": (without(failing(TIMED_OUT), "target_groups"), UNKNOWN),
    "definitions unread": (without(failing(TIMED_OUT), "task_definition"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


RULES_OF_GROUPS = {
    "none": ((), "blocked"),
    "the load balancer's group": ((ADMITTED,), "unknown"),
    "everything from it": (({"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": BALANCER_GROUP}]},), "unknown"),
    "another port": ((rule(80, 443, UserIdGroupPairs=[{"GroupId": BALANCER_GROUP}]),), "blocked"),
    "another group": ((rule(UserIdGroupPairs=[{"GroupId": "sg-other"}]),), "blocked"),
    "UDP": (({"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},), "blocked"),
    "the world": ((rule(IpRanges=[{"CidrIp": "0.0.0.0/0"}]),), "unknown"),
    "some addresses, which may be the load balancer's": ((rule(IpRanges=[{"CidrIp": "10.0.0.0/16"}]),), "unknown"),
    "a prefix list": ((rule(PrefixListIds=[{"PrefixListId": "pl-1"}]),), "unknown"),
}


@pytest.mark.parametrize(("permissions", "kind"), RULES_OF_GROUPS.values(), ids=RULES_OF_GROUPS)
def test_which_rules_let_the_load_balancer_in(permissions, kind):
    found = verdict(RULE, failing(TIMED_OUT, more=(balancers("a"), groups(*permissions))))
    assert found.facts["kind"] == kind
    assert found.confidence == ("confirmed" if kind == "blocked" else "likely")


@pytest.mark.parametrize(("log", "kind"), [(WHILE, "slow"), (BEFORE, "blocked")])
def test_a_request_that_was_answered_before_the_failure_shows_no_way_in(log, kind):
    found = verdict(RULE, failing(TIMED_OUT, more=(*CLOSED, log)))
    assert (found.facts["kind"], found.confidence) == (kind, "confirmed")


def test_a_new_deployment_does_not_explain_that_targets_time_out():
    seen = verdict("health_check_unanswered", failing(TIMED_OUT, more=OPEN, **OLD_TIMES_OUT))
    assert (seen.outcome, seen.facts["superseded"]) == (FAIL, [])


def test_a_time_out_that_an_event_tells_of_is_cited_from_the_event():
    said = unhealthy_event(2, 5, "Request timed out")
    found = verdict(RULE, without(failing(targets=[], described=fails(events=[said])), "target_health"))
    assert [cite.operation for cite in found.cites] == ["ecs:DescribeServices"]


def test_a_load_balancer_without_security_groups_cannot_be_told_to_be_kept_out():
    nlb = balancers("a")
    nlb.data[0].pop("SecurityGroups")
    assert verdict(RULE, failing(TIMED_OUT, more=(nlb, groups()))).facts["kind"] == "unknown"


def test_its_facts():
    assert facts(verdict(RULE, failing(TIMED_OUT, more=CLOSED)), "task_groups", "balancer_groups", "port") == {
        "task_groups": [TASK_GROUP],
        "balancer_groups": [BALANCER_GROUP],
        "port": "8000",
    }


def test_security_groups_are_asked_for_where_a_time_out_is_not_explained():
    asked = {wish.kind: wish for wish in wanted(failing(TIMED_OUT))}
    assert asked["security_groups"]["ids"] == TASK_GROUP
    assert asked["load_balancers"]["arns"] == BALANCER
    assert {wish.kind for wish in wanted(failing(REFUSED))} == {"log_tail"}
