"""Which two revisions are compared, and what is asked for to compare them; never by a revision's number."""

import pytest

from runbook_lib.diagnosis.revisions import completed_before, deployed_last, wants
from runbook_lib.evidence.model import request
from tests.diagnosis.builder import (
    brief,
    definition,
    definition_arn,
    deployment,
    guide,
    guide_tasks,
    healthy,
    service,
    stopped,
    task,
    without,
)
from tests.diagnosis.comparing import completed, incident, setting, settings

OLD = {"status": "ACTIVE", "runningCount": 1}
DONE = deployment(1, 90, rolloutState="COMPLETED", **OLD)
BACK = service(deployment(1, 90, rolloutState="COMPLETED", runningCount=1))
UNDONE = [brief(3, "ROLLBACK_SUCCESSFUL", 20, 5), brief(1, "SUCCESSFUL", 90, 85)]
FAILED = [stopped(2, 3, 9, "x"), task(1, 1, 60)]


def pair(evidence):
    """The numbers of both revisions by their last digit."""
    last = deployed_last(evidence)
    before = completed_before(evidence, last) if last else None
    return tuple(side and int(side.number) % 1000 for side in (before, last))


PAIRS = {
    "by the service deployments: 2 never completed": (guide(), (1, 3)),
    "by a listed deployment": (
        guide(described=service(deployment(3, 10), deployment(2, 18, **OLD), DONE), briefs=[]),
        (1, 3),
    ),
    "the newest that completed, not the one with the highest number": (
        guide(briefs=[brief(9, "SUCCESSFUL", 400, 390), brief(8, "SUCCESSFUL", 80, 70)]),
        (8, 3),
    ),
    "not one that completed after it": (guide(briefs=[brief(7, "SUCCESSFUL", 5, 4)]), (None, 3)),
    "none completed": (guide(briefs=[brief(3, "IN_PROGRESS", 10), brief(2, "STOPPED", 18, 10)]), (None, 3)),
    "history unread": (without(guide(), "service_deployments"), (None, 3)),
    "rolled back": (guide(described=BACK, tasks=FAILED, briefs=UNDONE), (1, 3)),
    "rolling back": (
        guide(
            described=service(
                deployment(1, 90, runningCount=1), deployment(3, 10, status="ACTIVE", rolloutState="FAILED")
            )
        ),
        (1, 3),
    ),
    "the one that runs completed too": (
        healthy(briefs=[brief(2, "SUCCESSFUL", 6, 2), brief(1, "SUCCESSFUL", 80, 70)]),
        (1, 2),
    ),
    "no deployment": (guide(described=service(), briefs=[]), (None, None)),
    "service unread": (without(guide(briefs=[]), "service"), (None, None)),
}


@pytest.mark.parametrize(("evidence", "numbers"), PAIRS.values(), ids=PAIRS)
def test_which_revisions_are_compared(evidence, numbers):
    assert pair(evidence) == numbers


def test_when_they_were_deployed_and_completed():
    last = deployed_last(guide())
    before = completed_before(guide(), last)
    assert (guide().collected_at - last.at).total_seconds() == 600
    assert (guide().collected_at - before.at).total_seconds() == 3600


def test_of_what_ecs_rolled_back_to_the_time_is_that_of_its_own_deployment():
    evidence = guide(described=BACK, tasks=FAILED, briefs=UNDONE)
    before = completed_before(evidence, deployed_last(evidence))
    assert deployed_last(evidence).rolled_back
    assert (evidence.collected_at - before.at).total_seconds() == 85 * 60


def arns(revision, *others):
    return ",".join(brief(n, "", 0)["targetServiceRevisionArn"] for n in (revision, *others))


BOTH = request("service_revisions", arns=arns(1, 3))
FIRST = request("compared_definition", arn=definition_arn(1))
WANTS = {
    "the revisions first": (guide(), (BOTH,)),
    "then the task definition that they name": (guide(more=(settings(),)), (BOTH, FIRST)),
    "both at once where a task names it": (guide(tasks=[*guide_tasks(), task(9, 1, 50)]), (BOTH, FIRST)),
    "not the task definition that is read anyway": (
        guide(described=service(deployment(3, 18), DONE), definitions=[definition(3)]),
        (BOTH,),
    ),
    "of a rollback both task definitions": (
        guide(described=BACK, tasks=[], briefs=UNDONE, definitions=[definition(1)], more=(settings(),)),
        (BOTH, request("compared_definition", arn=definition_arn(3))),
    ),
    "one that is deployed again but once": (
        guide(more=(settings(setting(1, taskDefinition=definition_arn(3)), setting(3)),)),
        (BOTH,),
    ),
    "nothing of a service that is well": (
        healthy(briefs=PAIRS["the one that runs completed too"][0].data("x", [])),
        (),
    ),
    "nothing of a deployment that comes along well": (guide(described=service(deployment(3, 2)), tasks=[]), ()),
    "nothing where task definitions could not be read": (without(guide(), "task_definition"), ()),
    "nothing without history": (without(guide(), "service_deployments"), ()),
}


@pytest.mark.parametrize(("evidence", "wishes"), WANTS.values(), ids=WANTS)
def test_what_is_asked_for(evidence, wishes):
    assert wants(evidence) == wishes


def test_nothing_more_is_wanted_once_all_is_read():
    found = incident(completed())
    assert [wish for wish in wants(found) if wish not in found.asked()] == []
