"""An alarm that failed the deployment is its cause; one that is merely set is none."""

from dataclasses import replace

import pytest

from runbook_lib.diagnosis.rules import RULES
from tests.diagnosis.builder import brief, deployment, event, healthy, reading, service
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, verdict

RULE = "alarm_failed_deployment"
ALARMS = {"deploymentConfiguration": {"alarms": {"enable": True, "rollback": True, "alarmNames": ["5xx"]}}}
BACK = deployment(2, 3000, rolloutState="COMPLETED", runningCount=1)
REASON = "Service deployment rolled back because one or more alarms were triggered: alarm detected."
DETECTED = event(10, "(deployment ecs-svc/1193249058817264003) deployment failed: alarm detected.")
BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."


def back(reason: str = "", **changes):
    rolled_back = [brief(3, "ROLLBACK_SUCCESSFUL", 20, 5, reason)]
    return healthy(described=service(BACK, **ALARMS, **changes), briefs=rolled_back)


OUTCOMES = {
    "the service deployment says so": (back(REASON), FAIL),
    "an event says so": (back(events=[DETECTED]), FAIL),
    "an event of the first years says so": (
        back(events=[event(10, "deployment failed: alarm detected.")]),
        FAIL,
    ),
    "an event about another deployment": (
        back(BREAKER, events=[event(10, "(deployment ecs-svc/7) deployment failed: alarm detected.")]),
        PASS,
    ),
    "the breaker, with an alarm set": (back(BREAKER), PASS),
    "it failed, and nobody says why": (back(), UNKNOWN),
    "no alarm": (healthy(), NOT_APPLICABLE),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_the_alarm_is_named():
    assert verdict(RULE, back(REASON)).facts["alarms"] == ["5xx"]
    assert wishes(back(REASON)) == ()


def test_of_several_alarms_those_that_rang_are_told_apart():
    several = {"deploymentConfiguration": {"alarms": {"enable": True, "alarmNames": ["5xx", "gone"]}}}
    found = healthy(described=service(BACK, **several), briefs=[brief(3, "ROLLBACK_SUCCESSFUL", 20, 5, REASON)])
    assert verdict(RULE, found).facts["alarms"] == ["5xx", "gone"]
    [wish] = wishes(found)
    alarms = {"alarmNames": ["5xx", "gone"], "triggeredAlarmNames": ["5xx"]}
    told = reading("service_deployment", {"serviceDeploymentArn": wish["arn"], "alarms": alarms}, arn=wish["arn"])
    facts = verdict(RULE, replace(found, readings=(*found.readings, told))).facts
    assert (facts["alarms"], facts["watched"]) == (["5xx"], ["5xx", "gone"])


def wishes(found):
    return next(rule for rule in RULES if rule.id == RULE).wants(found)
