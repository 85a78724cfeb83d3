"""Bounds that leave no step are told by arithmetic, before ECS says so."""

import pytest

from tests.diagnosis.builder import deployment, event, guide, healthy, service
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, verdict

RULE = "deployment_deadlocked"
SAID = event(
    1, "was unable to stop or start tasks during a deployment because of the service deployment configuration."
)


def waiting(desired: int, lower: int, upper: int, running: int, **new):
    bounds = {"minimumHealthyPercent": lower, "maximumPercent": upper}
    old = deployment(2, 3000, status="ACTIVE", rolloutState="COMPLETED", runningCount=running)
    made = deployment(3, 20, **new)
    return guide(
        described=service(made, old, deploymentConfiguration=bounds, desiredCount=desired, runningCount=running),
        tasks=[],
    )


OUTCOMES = {
    "2 at 75 to 100 %": (waiting(2, 75, 100, 2), FAIL),
    "1 at 100 to 150 %": (waiting(1, 100, 150, 1), FAIL),
    "3 at 100 to 125 %": (waiting(3, 100, 125, 3), FAIL),
    "1 at 100 to 200 %": (waiting(1, 100, 200, 1), PASS),
    "1 at 0 to 100 %": (waiting(1, 0, 100, 1), PASS),
    "room, since a task is down": (waiting(2, 75, 100, 1), PASS),
    "new tasks have started": (waiting(2, 75, 100, 2, runningCount=1), PASS),
    "ECS says so": (guide(described=service(deployment(3, 3), events=[SAID])), FAIL),
    "completed": (healthy(), NOT_APPLICABLE),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome
