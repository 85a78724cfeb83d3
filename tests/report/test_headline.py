"""A headline says what the state alone would hide: nothing desired, not all seen, waiting in vain."""

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.report.context import Context
from runbook_lib.report.headline import headline
from runbook_lib.report.sections import overview
from tests.diagnosis.builder import definition, deployment, event, healthy, service, task, whole, without

BLOCKED = "was unable to stop or start tasks during a deployment because of the service deployment configuration. "


def idle(**changes):
    made = deployment(2, 60, rolloutState="COMPLETED", desiredCount=0)
    return healthy(described=service(made, desiredCount=0, **changes), tasks=[], targets=[])


def deadlocked(minutes):
    described = service(
        deployment(2, minutes),
        deployment(1, 90, status="ACTIVE", rolloutState="COMPLETED", runningCount=1),
        deploymentConfiguration={"maximumPercent": 100, "minimumHealthyPercent": 100},
        events=[event(minutes - 1, BLOCKED)],
    )
    return whole(described, [task(1, 1, 80)], [definition(2), definition(1)])


CASES = {
    "healthy": (healthy(), "healthy", ("ok", "Healthy")),
    "nothing desired": (idle(), "healthy", ("off", "No task is desired, and none runs")),
    "not all read": (
        without(healthy(), "task_definition"),
        "healthy",
        ("unk", "Healthy as far as it could be checked"),
    ),
    "deadlocked": (deadlocked(10), "deploying", ("bad", "Deploying, and waiting will not complete it")),
    "deadlocked for long": (deadlocked(20), "stuck", ("bad", "Stuck")),
}


@pytest.mark.parametrize(("evidence", "state", "said"), CASES.values(), ids=CASES)
def test_the_headline(evidence, state, said):
    diagnosis = judge(evidence)
    assert diagnosis.state == state
    assert headline(diagnosis, evidence, "en") == said
    assert said[1] in overview(diagnosis, evidence, Context("en")).text


def test_the_overview_names_risks():
    assert "원하는 태스크 수가 0개" in overview(judge(idle()), idle(), Context("ko")).text
