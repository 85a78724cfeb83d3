"""A target group that a failing service did not have before, or that others are registered in, is a risk to change."""

from dataclasses import replace

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.report.context import Context
from runbook_lib.report.sections import causes
from tests.diagnosis.builder import GROUP, brief, healthy, service, target, task, without
from tests.diagnosis.comparing import setting, settings
from tests.diagnosis.failing import CODE_503, failing
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "target_group_foreign"
OTHER = GROUP.replace("momentir-cx-llm-tg", "billing")
BRIEFS = [brief(2, "IN_PROGRESS", 18), brief(1, "SUCCESSFUL", 70, 60)]
BALANCER = {"containerName": "app", "containerPort": 8000}
STRANGER = {"Target": {"Id": "10.0.9.9", "Port": 9000}, "TargetHealth": {"State": "healthy"}}


def before(arn, **changes):
    old = setting(1, loadBalancers=[{**BALANCER, "targetGroupArn": arn}])
    return failing(CODE_503, briefs=BRIEFS, more=(settings(old, setting(2)),), **changes)


def beside(*others, **changes):
    mine = [task(1, 2, 3, **changes)]
    return failing(CODE_503, tasks=mine, targets=[target(1, "unhealthy", CODE_503), *others])


DRAINING = {**STRANGER, "TargetHealth": {"State": "draining"}}
OUTCOMES = {
    "another group before": (before(OTHER), FAIL),
    "the same group before": (before(GROUP), PASS),
    "what was before is not known": (failing(CODE_503), PASS),
    "a target that is no task of it": (beside(STRANGER), FAIL),
    "one that leaves": (beside(DRAINING), PASS),
    "its own alone": (beside(), PASS),
    "tasks without addresses": (beside(STRANGER, attachments=[], containers=[]), PASS),
    "the service is fine": (healthy(), NOT_APPLICABLE),
    "no target group": (failing(described=service(), group={}), NOT_APPLICABLE),
    "unread": (without(failing(CODE_503), "target_health"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_its_facts():
    assert facts(verdict(RULE, before(OTHER)), "target_group", "earlier", "foreign") == {
        "target_group": "momentir-cx-llm-tg",
        "earlier": ["billing"],
        "foreign": [],
    }
    assert verdict(RULE, beside(STRANGER)).facts["foreign"] == ["10.0.9.9"]


def test_it_is_looked_at_before_the_check_is_changed():
    found = replace(before(OTHER))
    shown = causes(judge(found), found, Context("en")).text
    assert "1. First check that the service is registered in the right target group." in " ".join(shown.split())
