"""Overlapping deployments are a cause only where the service is stuck or failing."""

import pytest

from runbook_lib.diagnosis.engine import wanted
from runbook_lib.diagnosis.rules import deployments_overlapping
from tests.diagnosis.builder import (
    COMMIT,
    FAMILY,
    brief,
    definition,
    deployment,
    guide,
    guide_tasks,
    healthy,
    reading,
    service,
    task,
    without,
)
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "deployments_overlapping"
OLD = {"status": "ACTIVE", "runningCount": 1}
TWO_YOUNG = service(deployment(3, 2), deployment(2, 6, **OLD))
UP = [task(1, 2, 5)]
OUTCOMES = {
    "two, stuck": (guide(), FAIL),
    "two, failing": (guide(described=service(deployment(3, 2, failedTasks=1), deployment(2, 6, **OLD))), FAIL),
    "two, both young and fine": (guide(described=TWO_YOUNG, tasks=UP), PASS),
    "the newest comes along well, the old one is older than stuck_after": (
        guide(described=service(deployment(3, 1), deployment(2, 40, **OLD)), tasks=UP),
        PASS,
    ),
    "two, young, but tasks unread": (without(guide(described=TWO_YOUNG, tasks=UP), "tasks"), UNKNOWN),
    "one completed and draining": (
        guide(described=service(deployment(3, 20), deployment(2, 90, rolloutState="COMPLETED", **OLD))),
        PASS,
    ),
    "one": (healthy(), PASS),
    "none": (healthy(described=service()), NOT_APPLICABLE),
    "no rollout state": (
        healthy(described=service(deployment(3, 2, rolloutState=""), deployment(2, 6, rolloutState="", **OLD))),
        UNKNOWN,
    ),
    "service unread": (without(guide(), "service"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_it_is_confirmed_by_ecs_and_says_which_and_how_old():
    found = verdict(RULE, guide())
    assert found.confidence == "confirmed"
    assert facts(found, "count", "oldest_age_s", "state") == {"count": 2, "oldest_age_s": 1080.0, "state": "stuck"}
    assert [(d["revision"], d["age_s"], d["running"], d["failed_tasks"]) for d in found.facts["deployments"]] == [
        (f"{FAMILY}:3", 600.0, 0, 3),
        (f"{FAMILY}:2", 1080.0, 1, 2),
    ]
    assert [cite.value for cite in found.cites] == [f"{d['id']} IN_PROGRESS" for d in found.facts["deployments"]]
    assert found.facts["superseded_unhealthy"] == [f"{1:032x}"]


STARTS = {"tasks": UP, "definitions": [definition(3), definition(2)], "tags": (COMMIT,)}
BOTH = service(deployment(3, 10), deployment(2, 18, **OLD))
KEEP = {
    "PRIMARY may start": (STARTS | {"described": BOTH}, f"{FAMILY}:3"),
    "its tasks fail to start": (STARTS | {"described": BOTH, "tasks": guide_tasks()}, ""),
    "its tasks keep failing": (
        STARTS | {"described": service(deployment(3, 10, failedTasks=2), deployment(2, 18, **OLD))},
        "",
    ),
    "its image is absent": ({"described": BOTH, "tasks": UP}, ""),
}


@pytest.mark.parametrize(("changes", "keep"), KEEP.values(), ids=KEEP)
def test_which_deployment_to_keep(changes, keep):
    assert verdict(RULE, guide(**changes)).facts["keep"] == keep


def test_the_last_completed_revision_is_asked_for_and_told():
    before = guide()
    [wish] = [wish for wish in wanted(before) if wish.kind == "service_revisions"]
    completed = wish["arns"].split(",")[0]
    revision = {"serviceRevisionArn": completed, "taskDefinition": definition(1)["taskDefinitionArn"]}
    after = guide(more=(reading("service_revisions", [revision], arns=wish["arns"]),))
    assert verdict(RULE, before).facts["last_completed"] == ""
    assert verdict(RULE, after).facts["last_completed"] == f"{FAMILY}:1"


def test_the_newest_success_counts():
    briefs = [brief(9, "SUCCESSFUL", 400, 390), brief(8, "SUCCESSFUL", 80, 70)]
    [wish] = [wish for wish in wanted(guide(briefs=briefs)) if wish.kind == "service_revisions"]
    assert wish["arns"] == briefs[1]["targetServiceRevisionArn"]


def test_a_listed_completed_deployment_needs_no_further_look():
    done = deployment(1, 90, status="ACTIVE", rolloutState="COMPLETED", runningCount=1)
    found = guide(described=service(deployment(3, 10), deployment(2, 18, **OLD), done))
    assert verdict(RULE, found).facts["last_completed"] == f"{FAMILY}:1"
    assert deployments_overlapping.RULE.wants(found) == ()
