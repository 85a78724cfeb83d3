"""What ECS no longer lists is said to be gone; nothing is called good because its traces have vanished."""

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.model import Outcome
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.report import words
from tests.diagnosis.builder import (
    brief,
    definition,
    deployment,
    deployment_id,
    guide,
    healthy,
    service,
    stopped,
    task,
    without,
)

REASON = "Essential container in task exited"
BY_STOPPED = {rule.id for rule in RULES if rule.stopped}
OLD = deployment(2, 600, status="ACTIVE", rolloutState="COMPLETED", runningCount=1)


def failed(minutes=100, **changes):
    """A deployment that its circuit breaker ended, without rollback."""
    return deployment(3, minutes, **{"rolloutState": "FAILED", "failedTasks": 3, "desiredCount": 0} | changes)


def seen(*deployments, tasks=(), **more):
    """These deployments, the task of revision 2 that runs, and other tasks."""
    definitions = [definition(2), definition(3)]
    return guide(described=service(*deployments), definitions=definitions, tasks=[task(1, 2, 500), *tasks], **more)


def exited(minutes):
    return stopped(9, 3, minutes, REASON, exit_code=1, stopCode="EssentialContainerExited")


def outcomes(found):
    return {v.rule: v.outcome for v in judge(found).verdicts if v.rule in BY_STOPPED}


def said_gone(found):
    return {v.rule for v in judge(found).verdicts if v.facts.get("reason") == "gone"}


def test_some_rules_judge_by_stopped_tasks():
    assert {"application_exited", "image_pull_failed", "task_start_failed", "health_check_unanswered"} <= BY_STOPPED


GONE = {
    "failed, without rollback": seen(failed(), OLD),
    "failed with a task left": seen(failed(runningCount=1), tasks=[task(2, 3, 90)]),
    "in progress, short of tasks": seen(failed(rolloutState="IN_PROGRESS", desiredCount=1), OLD),
    "rolled back and no longer listed": seen(
        deployment(2, 600, rolloutState="COMPLETED", runningCount=1),
        briefs=[brief(3, "ROLLBACK_SUCCESSFUL", 100, 90), brief(2, "SUCCESSFUL", 600, 590)],
    ),
    "rolling back": seen(failed(status="ACTIVE"), deployment(2, 600, runningCount=1)),
}


@pytest.mark.parametrize("found", GONE.values(), ids=GONE)
def test_a_rule_that_judges_by_stopped_tasks_says_that_they_are_gone(found):
    assert set(outcomes(found).values()) == {Outcome.UNKNOWN}
    assert said_gone(found) >= BY_STOPPED


def test_a_deployment_whose_task_definition_is_no_longer_known_has_no_good_image():
    """DescribeServices has forgotten it and its tasks are gone: the images of those that run say nothing of it."""
    found = GONE["rolled back and no longer listed"]
    assert said_gone(found) == BY_STOPPED | {rule.id for rule in RULES if "task_definition" in rule.needs}


LEFT = {
    "a young deployment": seen(failed(50), OLD),
    "one still listed": seen(failed(), OLD, tasks=[exited(58)]),
    "its full count runs": seen(deployment(3, 100, failedTasks=2, runningCount=1), tasks=[task(2, 3, 90)]),
    "completed in spite of failures": healthy(
        described=service(deployment(2, 600, rolloutState="COMPLETED", failedTasks=2, runningCount=1))
    ),
    "superseded, with nothing left": healthy(
        described=service(
            deployment(2, 90, rolloutState="COMPLETED", runningCount=1),
            deployment(1, 600, status="ACTIVE", failedTasks=5, desiredCount=0),
        )
    ),
    "fine": healthy(briefs=[brief(2, "SUCCESSFUL", 600, 590)]),
}


@pytest.mark.parametrize("found", LEFT.values(), ids=LEFT)
def test_otherwise_nothing_is_gone(found):
    assert said_gone(found) == set()


def test_stopped_tasks_that_were_not_read_are_not_gone():
    assert said_gone(without(GONE["failed, without rollback"], "tasks")) == set()


@pytest.mark.parametrize("minutes", [5, 45, 58])
def test_what_is_still_listed_of_a_failed_deployment_counts_however_long_ago(minutes):
    found = seen(failed(), OLD, tasks=[exited(minutes)])
    assert outcomes(found)["application_exited"] is Outcome.FAIL


@pytest.mark.parametrize(("lang", "said"), [("ko", "약 1시간"), ("en", "about an hour")])
def test_it_is_said_in_words(lang, said):
    told = [v for v in judge(GONE["rolling back"]).verdicts if v.facts.get("reason") == "gone"]
    assert all(said in words.line(v, lang) and deployment_id(3) in words.line(v, lang) for v in told)
