"""Images are asked for by name: absent is what ECR says is absent."""

import pytest

from runbook_lib.evidence.model import Reading, Unread
from tests.diagnosis.builder import (
    COMMIT,
    REGISTRY,
    container,
    definition,
    deployment,
    deployment_id,
    evidence,
    guide,
    healthy,
    image,
    looked_up,
    not_found,
    service,
    stopped,
    task,
    without,
)
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "image_tag_absent"
DIGEST = "sha256:" + "a" * 64
HUB = container(image="docker.io/library/nginx:1.27")
PINNED = definition(2, container(image=f"{REGISTRY}/momentir-cx-llm@{DIGEST}"))


def found_by(answer, *definitions, **changes):
    """A healthy service whose images were looked up with this answer."""
    given = healthy(**({"definitions": list(definitions)} if definitions else {}) | changes)
    others = [r for r in given.readings if r.request.kind != "image_tags"]
    return evidence(*others, Reading(answer[0], "ecr:BatchGetImage", answer[1]))


def no_repository(given):
    lost = [
        Unread(r.request, "ecr:BatchGetImage", "ecr:BatchGetImage", "absent", "RepositoryNotFoundException", "")
        for r in given.all("image_tags")
    ]
    return evidence(*(r for r in given.readings if r.request.kind != "image_tags"), unreads=tuple(lost))


def other_failure():
    asked, data = looked_up(COMMIT, present=())
    return asked, {**data, "failures": [{**data["failures"][0], "failureCode": "KmsError"}]}


SUPERSEDED = service(deployment(3, 2, runningCount=1), deployment(2, 18, status="ACTIVE"))
OUTCOMES = {
    "tag absent": (guide(), FAIL),
    "no such repository": (no_repository(guide()), FAIL),
    "digest absent": (found_by(looked_up(DIGEST, present=()), PINNED), FAIL),
    "digest there": (found_by(looked_up(DIGEST, present=(DIGEST,)), PINNED), PASS),
    "tag there": (healthy(), PASS),
    "no tag means latest": (
        found_by(looked_up("latest", present=()), definition(2, container(image=f"{REGISTRY}/momentir-cx-llm"))),
        FAIL,
    ),
    "denied, but ECS quotes the registry": (without(guide(), "image_tags"), FAIL),
    "denied, and nothing quoted": (without(guide(tasks=[]), "image_tags"), UNKNOWN),
    "denied, a pull refused": (
        without(guide(tasks=[stopped(1, 3, 2, "CannotPullContainerError: 403 Forbidden", ran=False)]), "image_tags"),
        UNKNOWN,
    ),
    "denied, another image quoted": (
        without(guide(tasks=[stopped(1, 3, 2, not_found(image("other")), ran=False)]), "image_tags"),
        UNKNOWN,
    ),
    "another failure is no absence": (found_by(other_failure()), UNKNOWN),
    "never asked": (evidence(*(r for r in healthy().readings if r.request.kind != "image_tags")), UNKNOWN),
    "another registry": (healthy(definitions=[definition(2, HUB)]), NOT_APPLICABLE),
    "ECR beside another registry": (healthy(definitions=[definition(2, container(), HUB)]), PASS),
    "superseded deployment's image absent": (
        guide(
            described=SUPERSEDED,
            definitions=[definition(3), definition(2, container(tag="latest"))],
            tasks=[task(1, 3, 1)],
        ),
        PASS,
    ),
    "definitions unread": (without(guide(), "task_definition"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_its_facts():
    found = verdict(RULE, guide())
    assert found.confidence == "confirmed"
    assert facts(found, "image", "repository", "tag", "digest", "container", "revision", "deployment_ids") == {
        "image": image("latest"),
        "repository": "momentir-cx-llm",
        "tag": "latest",
        "digest": "",
        "container": "app",
        "revision": "momentir-cx-llm:3",
        "deployment_ids": [deployment_id(3)],
    }
    assert found.facts["newest"][0]["tag"] == COMMIT
    assert [cite.value for cite in found.cites] == ["ImageNotFound"]


def test_the_page_of_newest_images_is_no_proof_of_absence():
    others = [r for r in healthy().readings if r.request.kind != "images"]
    assert verdict(RULE, evidence(*others)).outcome is PASS
    assert verdict(RULE, without(healthy(), "images")).outcome is PASS


def test_a_pinned_image_is_named_by_its_digest():
    found = verdict(RULE, found_by(looked_up(DIGEST, present=()), PINNED))
    assert facts(found, "tag", "digest") == {"tag": "", "digest": DIGEST}


def test_during_a_rollback_the_failed_deployment_is_judged():
    rollback = service(
        deployment(2, 9000, runningCount=1), deployment(3, 10, status="ACTIVE", rolloutState="FAILED", desiredCount=0)
    )
    assert verdict(RULE, guide(described=rollback)).facts["revision"] == "momentir-cx-llm:3"
