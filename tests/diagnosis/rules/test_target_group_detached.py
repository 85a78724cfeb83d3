"""Targets that nobody checks: without a listener, or in a zone that the load balancer lacks."""

import pytest

from runbook_lib.diagnosis.engine import wanted
from tests.diagnosis.builder import BALANCER, guide, healthy, stopped, target, target_group, without
from tests.diagnosis.failing import UNUSED, balancers, blank, failing
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "target_group_detached"
NO_LISTENER = target_group(LoadBalancerArns=[])
ZONE = ("Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer")
OTHER = ("Target.NotRegistered", "Target is not registered to the target group")


def in_zone(reason=ZONE, zone="ap-northeast-2c"):
    found = target(1, "unused", reason)
    found["Target"]["AvailabilityZone"] = zone
    return [found]


OUTCOMES = {
    "no listener": (failing(UNUSED, "unused", group=NO_LISTENER), FAIL),
    "no listener, nobody says a word": (blank(failing(UNUSED, "unused", group=NO_LISTENER)), FAIL),
    "a zone that is not enabled": (failing(targets=in_zone(), more=(balancers("ap-northeast-2a"),)), FAIL),
    "a zone, nobody says a word": (blank(failing(targets=in_zone(), more=(balancers("ap-northeast-2a"),))), FAIL),
    "not registered any more": (failing(OTHER, "unused"), PASS),
    "the target of a task that is gone": (
        failing(UNUSED, "unused", tasks=[stopped(1, 2, 3, "Task stopped by user")], group=NO_LISTENER),
        PASS,
    ),
    "unhealthy is in use": (failing(), PASS),
    "in use": (healthy(), PASS),
    "no target group": (guide(group={}), NOT_APPLICABLE),
    "target groups unread": (without(failing(UNUSED, "unused"), "target_groups"), UNKNOWN),
    "target health unread": (without(failing(UNUSED, "unused"), "target_health"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


SURE = {
    "two operations agree": (blank(failing(UNUSED, "unused", group=NO_LISTENER)), "confirmed", "listener"),
    "elb says so": (failing(targets=in_zone()), "confirmed", "zone"),
    "zone and load balancer disagree": (
        blank(failing(targets=in_zone(), more=(balancers("ap-northeast-2a"),))),
        "confirmed",
        "zone",
    ),
    "the state alone": (blank(failing(UNUSED, "unused")), "likely", "listener"),
}


@pytest.mark.parametrize(("found", "confidence", "kind"), SURE.values(), ids=SURE)
def test_how_sure_it_is_and_of_what(found, confidence, kind):
    seen = verdict(RULE, found)
    assert (seen.confidence, seen.facts["kind"]) == (confidence, kind)


def test_its_facts():
    found = verdict(RULE, failing(targets=in_zone(), more=(balancers("ap-northeast-2a"),)))
    assert facts(found, "zone", "zones", "unused", "balancer_arn") == {
        "zone": "ap-northeast-2c",
        "zones": ["ap-northeast-2a"],
        "unused": 1,
        "balancer_arn": BALANCER,
    }


def test_the_load_balancers_are_asked_for_where_a_target_is_unused():
    assert [wish["arns"] for wish in wanted(failing(targets=in_zone())) if wish.kind == "load_balancers"] == [BALANCER]
    assert "load_balancers" not in {wish.kind for wish in wanted(failing())}
