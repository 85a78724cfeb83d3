"""What changed is listed where the likeliest explanation comes first, and nothing is claimed that was not compared."""

from dataclasses import replace

import pytest

from runbook_lib import lab as labs
from runbook_lib.diagnosis.changes import compare
from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.explaining import ORDER, fields_of
from runbook_lib.diagnosis.messages.causes import CAUSES
from runbook_lib.diagnosis.model import Outcome
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.evidence.serialisation import dumps, loads
from runbook_lib.look import look
from runbook_lib.parameters import from_file, layered
from tests.diagnosis.builder import (
    brief,
    container,
    definition,
    definition_arn,
    deployment,
    guide,
    healthy,
    service,
    without,
)
from tests.diagnosis.builder import unread as refused
from tests.diagnosis.comparing import completed, incident, setting, settings

ROLE = "arn:aws:iam::123456789012:role/tasks"


def compared(evidence):
    return compare(judge(evidence), evidence)


def judged(label, role="cause"):
    """A diagnosis whose one fault has this label."""
    whole = judge(healthy())
    first = replace(whole.verdicts[0], label=label, role=role, outcome=Outcome.FAIL, facts={})
    return replace(whole, verdicts=(first, *whole.verdicts[1:]))


def test_what_changed_in_the_guides_incident():
    found = compared(incident())
    assert [(c.container, c.field, c.before, c.after) for c in found.changes] == [
        ("app", "image.tag", ("5d0a1c7",), ("latest",))
    ]
    assert found.changes[0].labels[0] == "image-not-found"
    assert (found.missing, found.settings, found.unreads) == ("", True, ())
    assert found.hidden == (("app", "environment"),)


def everything():
    """Two revisions that differ in much."""
    log = {"logDriver": "awslogs", "options": {"awslogs-group": "/other"}}
    port = {"portMappings": [{"containerPort": 9000, "hostPort": 9000, "protocol": "tcp"}]}
    latest = container(tag="latest", secrets=[], command=["***"], user="app", logConfiguration=log, **port)
    made = definition(3, latest) | {"memory": "256", "executionRoleArn": ROLE}
    network = setting(3, networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-c"]}})
    return incident(completed(), settings(setting(1), network), definitions=[made, definition(2)])


FIRST = {
    "image-not-found": ["image.tag"],
    "image-pull-auth": ["executionRoleArn", "image.tag"],
    "image-pull-network": ["networkConfiguration.awsvpcConfiguration.subnets"],
    "secret-not-found": ["secrets", "executionRoleArn"],
    "secret-access-denied": ["executionRoleArn", "secrets"],
    "log-driver-misconfigured": ["logConfiguration.options.awslogs-group"],
    "execution-role-unassumable": ["executionRoleArn"],
    "container-exited": ["image.tag", "command"],
    "out-of-memory": ["memory", "image.tag"],
    "container-runtime-error": ["image.tag", "command", "user"],
    "lb-health-check-code-mismatch": ["portMappings", "image.tag"],
    "lb-health-check-timeout": ["networkConfiguration.awsvpcConfiguration.subnets"],
    "health-check-path-mismatch": ["image.tag", "portMappings"],
    "fargate-capacity-unavailable": ["memory"],
}


@pytest.mark.parametrize(("label", "fields"), FIRST.items(), ids=FIRST)
@pytest.mark.parametrize("role", ["cause", "symptom"])
def test_what_can_explain_the_fault_comes_first(label, fields, role):
    found = compare(judged(label, role), everything())
    assert [change.field for change in found.changes][: len(fields)] == fields
    assert {change.labels for change in found.changes[: len(fields)]} == {(label,)}
    assert [change.rank for change in found.changes] == list(range(1, len(found.changes) + 1))


def test_what_no_fault_explains_keeps_the_order_of_the_fields():
    found = compare(judged("deployments-overlapping"), everything())
    assert {change.labels for change in found.changes} == {()}
    heads = [change.field.partition(".")[0] for change in found.changes]
    known = [head for head in heads if head in ORDER]
    assert known == sorted(known, key=ORDER.index)
    assert heads[len(known) :] == ["user"]


def test_the_leading_cause_decides_before_the_next_ones():
    whole = judged("out-of-memory")
    second = replace(whole.verdicts[1], label="secret-not-found", role="cause", outcome=Outcome.FAIL, facts={})
    found = compare(replace(whole, verdicts=(whole.verdicts[0], second)), everything())
    assert [change.field for change in found.changes][:5] == [
        "memory",
        "image.tag",
        "command",
        "secrets",
        "executionRoleArn",
    ]


def test_of_a_container_that_failed_its_own_changes_come_first():
    before, after = completed(), definition(3, container(tag="latest"), container(name="side", healthCheck=None))
    evidence = incident(before, definitions=[after, definition(2)])
    whole = judged("container-exited")
    first = replace(whole.verdicts[0], facts={"container": "side", "revision": "momentir-cx-llm:3"})
    found = compare(replace(whole, verdicts=(first, *whole.verdicts[1:])), evidence).changes
    assert [(c.container, c.field, c.labels) for c in found[:2]] == [
        ("side", "container", ("container-exited",)),
        ("app", "image.tag", ()),
    ]


def test_a_cause_of_a_revision_that_is_not_compared_is_said_to_be_elsewhere():
    found = compared(incident())
    assert [(v.rule, v.facts["revision"]) for v in found.elsewhere] == [
        ("health_check_path_mismatch", "momentir-cx-llm:2")
    ]
    assert "health-check-path-mismatch" not in found.changes[0].labels


def test_the_table_names_labels_and_fields_that_there_are():
    labels = {*CAUSES, *(rule.label for rule in RULES)}
    assert all(fields_of(label) for label, cause in CAUSES.items() if cause.group in ("image", "secret", "container"))
    assert not [label for label in labels if len(set(fields_of(label))) != len(fields_of(label))]
    assert not fields_of("no such label")


WHY_NOT = {
    "service unread": (without(guide(briefs=[]), "service"), "service", "service"),
    "history unread": (without(guide(), "service_deployments"), "history", "service_deployments"),
    "none completed": (guide(briefs=[brief(3, "IN_PROGRESS", 10)]), "no-completed", ""),
    "revision refused": (replace(guide(), unreads=(refused("service_revisions"),)), "revision", "service_revisions"),
    "revision gone": (guide(more=(settings(setting(3)),)), "revision", ""),
    "definition refused": (
        replace(guide(more=(settings(),)), unreads=(refused("compared_definition", arn=definition_arn(1)),)),
        "definition",
        "compared_definition",
    ),
    "definition never asked for": (guide(more=(settings(),)), "definition", ""),
    "the failing one's definition unread": (
        without(guide(), "task_definition"),
        "definition",
        "task_definition",
    ),
    "nothing failed": (healthy(), "nothing-failed", ""),
}


@pytest.mark.parametrize(("evidence", "missing", "kind"), WHY_NOT.values(), ids=WHY_NOT)
def test_why_there_is_no_comparison(evidence, missing, kind):
    found = compared(evidence)
    assert (found.missing, found.changes) == (missing, ())
    assert {unread.request.kind for unread in found.unreads} == ({kind} if kind else set())


def test_without_the_service_revisions_the_task_definitions_are_compared_all_the_same():
    done = deployment(1, 90, rolloutState="COMPLETED", status="ACTIVE", runningCount=1)
    described = service(deployment(3, 18), done)
    evidence = replace(
        guide(described=described, definitions=[definition(3, container(tag="latest")), completed()]),
        unreads=(refused("service_revisions"),),
    )
    found = compared(evidence)
    assert [change.field for change in found.changes] == ["image.tag"]
    assert not found.settings
    assert [unread.request.kind for unread in found.unreads] == ["service_revisions"]


def test_the_same_task_definition_deployed_again_may_differ_by_its_image_and_service():
    same = definition_arn(3)
    images = [[{"containerName": "app", "image": "a:latest", "imageDigest": f"sha256:{n}"}] for n in (1, 2)]
    old, new = setting(1, taskDefinition=same), setting(3, platformVersion="1.3.0")
    both = settings(old | {"containerImages": images[0]}, new | {"containerImages": images[1]})
    found = compared(guide(more=(both,)))
    assert [change.field for change in found.changes] == ["image.digest", "platformVersion"]
    assert found.before.definition == found.after.definition


def test_two_revisions_that_are_the_same():
    found = compared(incident(definition(1, container(tag="latest"))))
    assert (found.changes, found.missing, found.settings) == ((), "", True)


def test_saved_evidence_gives_the_same_changes():
    evidence = everything()
    assert compared(loads(dumps(evidence))) == compared(evidence)


LIVE = {
    "secret-not-json": ("secrets", "secret-not-found"),
    "arm-image-index": ("image.tag", "image-platform-mismatch"),
}


@pytest.mark.parametrize(("scenario", "expected"), LIVE.items(), ids=LIVE)
def test_a_live_service_with_two_revisions(scenario, expected, tmp_path):
    with labs.start(scenario, folder=tmp_path) as lab:
        seen = look(layered([from_file(lab.params)]))
    found = compare(seen.diagnosis, seen.evidence)
    first = found.changes[0]
    assert (first.field, first.labels[0]) == expected
    assert (found.missing, found.settings) == ("", True)
    assert len(seen.evidence.calls) <= 30
    assert len({found.before.number, found.after.number}) == 2


def test_a_deployment_that_was_rolled_back_is_compared_with_what_runs(tmp_path):
    with labs.start("slow-start-killed", folder=tmp_path) as lab:
        seen = look(layered([from_file(lab.params)]))
    found = compare(seen.diagnosis, seen.evidence)
    assert found.after.rolled_back
    assert [change.field for change in found.changes] == ["healthCheck", "image.tag"]
