"""What a service has got over is not counted against it."""

import pytest

from runbook_lib.diagnosis.failures import recent
from tests.diagnosis.builder import CHECKED, deployment, deployment_id, event, guide, healthy, service, stopped, task

DONE = {"rolloutState": "COMPLETED", "runningCount": 1}


def failed(found):
    return [t["taskArn"][-1] for t in recent(found, lambda t: t.get("stoppedReason") == CHECKED)]


def completed(minutes, name="(deployment {})"):
    return [event(minutes, f"{name.format(deployment_id(2))} deployment completed.")]


def steady_again(calm, apart=4, steady=5):
    """Two failures so many minutes apart, the last 8 minutes ago; the service was steady again later."""
    return healthy(
        described=service(
            deployment(2, 60, **DONE), events=[*completed(50), event(steady, "has reached a steady state.")]
        ),
        tasks=[task(1, 2, 5), stopped(2, 2, 7 + calm, CHECKED), stopped(3, 2, 7 + calm + apart, CHECKED)],
    )


CASES = {
    "of the current deployments, newest first": (guide(), ["2", "3"]),
    "longer ago than 30 minutes": (guide(tasks=[stopped(2, 2, 31, CHECKED), stopped(3, 2, 29, CHECKED)]), ["3"]),
    "of a deployment that is gone": (guide(tasks=[stopped(2, 1, 5, CHECKED), stopped(3, 1, 9, CHECKED)]), []),
    "of a superseded deployment without tasks": (
        guide(described=service(deployment(3, 10), deployment(2, 18, status="ACTIVE", desiredCount=0))),
        [],
    ),
    "before the deployment completed": (
        healthy(
            described=service(deployment(2, 20, **DONE), events=completed(5)),
            tasks=[task(1, 2, 5), stopped(2, 2, 8, CHECKED), stopped(3, 2, 12, CHECKED)],
        ),
        [],
    ),
    "before it completed, in plain words": (
        healthy(
            described=service(deployment(2, 20, **DONE), events=completed(5, "deployment {}")),
            tasks=[task(1, 2, 5), stopped(2, 2, 8, CHECKED), stopped(3, 2, 12, CHECKED)],
        ),
        [],
    ),
    "before another one completed": (
        healthy(
            described=service(deployment(2, 60, **DONE), events=completed(5, "(deployment {}1)")),
            tasks=[task(1, 2, 5), stopped(2, 2, 8, CHECKED), stopped(3, 2, 12, CHECKED)],
            briefs=[],
        ),
        ["2", "3"],
    ),
    "after it completed, again and again": (
        healthy(
            described=service(deployment(2, 60, **DONE), events=completed(50)),
            tasks=[task(1, 2, 5), stopped(2, 2, 8, CHECKED), stopped(3, 2, 12, CHECKED)],
        ),
        ["2", "3"],
    ),
    "steady since, for longer than they were apart": (steady_again(1), []),
    "steady since, and they may come again": (steady_again(0, apart=9), ["2", "3"]),
    "not steady since": (steady_again(1, steady=9), ["2", "3"]),
    "once, and the service is fine": (
        healthy(
            described=service(deployment(2, 60, **DONE), events=completed(50)),
            tasks=[task(1, 2, 5), stopped(2, 2, 8, CHECKED)],
        ),
        [],
    ),
    "a task that RunTask started": (guide(tasks=[stopped(2, 2, 5, CHECKED, startedBy="ci")]), []),
}


@pytest.mark.parametrize(("found", "ids"), CASES.values(), ids=CASES)
def test_which_failures_count(found, ids):
    assert failed(found) == ids
