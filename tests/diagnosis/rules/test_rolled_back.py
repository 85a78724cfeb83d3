"""A rollback is told, though the service is steady and DescribeServices has forgotten the deployment."""

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.state import State
from tests.diagnosis.builder import brief, deployment, healthy, image, not_found, service, stopped, task, without
from tests.diagnosis.rules.verdicts import FAIL, PASS, UNKNOWN, verdict

RULE = "rolled_back"


STEADY = service(deployment(2, 3000, rolloutState="COMPLETED", runningCount=1))


def after(*briefs, tasks=()):
    return healthy(described=STEADY, briefs=list(briefs), tasks=[task(1, 2, 2900), *tasks])


BACK = brief(3, "ROLLBACK_SUCCESSFUL", 20, 15, "why")
GOOD = brief(2, "SUCCESSFUL", 3000, 2995)
OUTCOMES = {
    "rolled back": (after(BACK, GOOD), FAIL),
    "the rollback failed": (after(brief(3, "ROLLBACK_FAILED", 20, 15), GOOD), FAIL),
    "deployed well since": (after(brief(2, "SUCCESSFUL", 10, 5), BACK), PASS),
    "two days ago": (after(brief(3, "ROLLBACK_SUCCESSFUL", 2900, 2890), GOOD), PASS),
    "never": (after(GOOD), PASS),
    "unread": (without(after(GOOD), "service_deployments"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_the_service_is_not_called_healthy_and_the_failed_revision_is_judged():
    failed = stopped(5, 3, 16, not_found(image("latest")), ran=False)
    found = judge(after(BACK, GOOD, tasks=[failed]))
    assert found.state is State.FAILING
    assert [v.label for v in found.failed("cause")] == ["image-not-found"]
    told = next(v for v in found.failed("symptom") if v.rule == RULE).facts
    assert (told["revision"], told["running"], told["reason"]) == ("momentir-cx-llm:3", "momentir-cx-llm:2", "why")
