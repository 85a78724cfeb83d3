"""An index without an image for the tasks' platform is told by the platforms of its manifests."""

import pytest

from runbook_lib.diagnosis.engine import judge, wanted
from tests.diagnosis.builder import (
    ACCOUNT,
    COMMIT,
    FAMILY,
    REGION,
    container,
    definition,
    guide,
    healthy,
    not_found,
    reading,
    unread,
    without,
)
from tests.diagnosis.builder import image as reference
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict
from tests.diagnosis.starting import REVISION, failing, got_over, never_started, not_yet

RULE = "image_platform_mismatch"
WHERE = {"registry": ACCOUNT, "region": REGION, "repository": FAMILY, "tags": COMMIT}
DIGEST = "sha256:" + "a" * 64
ATTESTATION = "unknown/unknown"


def platforms(*names, index=True):
    given = [dict(zip(("os", "architecture"), name.split("/"), strict=True)) if name else {} for name in names]
    image = {"imageId": {"imageTag": COMMIT, "imageDigest": DIGEST}, "index": index, "platforms": given}
    return reading("image_platforms", [image], **WHERE)


def on(processor=None, system="LINUX", **changes):
    given = {"operatingSystemFamily": system, **({"cpuArchitecture": processor} if processor else {})}
    return [{**definition(REVISION), "runtimePlatform": given, **changes}, definition(2)]


ARM = platforms("linux/arm64", ATTESTATION)
OUTCOMES = {
    "arm alone on Fargate": (failing(more=(ARM,)), FAIL),
    "arm where amd64 is said": (failing(definitions=on("X86_64"), more=(ARM,)), FAIL),
    "amd64 on ARM64": (failing(definitions=on("ARM64"), more=(platforms("linux/amd64"),)), FAIL),
    "arm on ARM64": (failing(definitions=on("ARM64"), more=(ARM,)), PASS),
    "both": (failing(more=(platforms("linux/arm64", "linux/amd64", ATTESTATION),)), PASS),
    "linux for Windows": (
        failing(definitions=on("X86_64", "WINDOWS_SERVER_2022_CORE"), more=(platforms("linux/amd64"),)),
        FAIL,
    ),
    "an entry that names none": (failing(more=(platforms("linux/arm64", ""),)), PASS),
    "single image": (failing(more=(platforms(index=False),)), NOT_APPLICABLE),
    "EC2, platform of the instance": (
        failing(definitions=[{**definition(REVISION), "requiresCompatibilities": ["EC2"]}], more=(ARM,)),
        NOT_APPLICABLE,
    ),
    "not in ECR": (failing(container(image="docker.io/library/nginx:1")), NOT_APPLICABLE),
    "refused": (failing(more=(unread("image_platforms", **WHERE),)), UNKNOWN),
    "not asked": (failing(), UNKNOWN),
    "image absent": (failing(container(tag="latest"), tags=("latest",)), NOT_APPLICABLE),
    "started since": (got_over(more=(ARM,)), PASS),
    "not tried, not asked": (not_yet(), UNKNOWN),
    "not tried, seen": (not_yet(more=(ARM,)), FAIL),
    "fine": (healthy(), PASS),
    "definition unread": (without(guide(), "task_definition"), UNKNOWN),
    "tasks unread": (without(guide(), "tasks"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_its_facts():
    found = verdict(RULE, OUTCOMES["arm alone on Fargate"][0])
    assert facts(found, "platform", "platforms", "image", "repository", "tag", "container", "revision") == {
        "platform": "linux/amd64",
        "platforms": ["linux/arm64"],
        "image": reference(COMMIT),
        "repository": FAMILY,
        "tag": COMMIT,
        "container": "app",
        "revision": "momentir-cx-llm:3",
    }
    assert (found.label, found.confidence) == ("image-platform-mismatch", "confirmed")


@pytest.mark.parametrize(("resolved", "confidence"), [(DIGEST, "confirmed"), ("sha256:" + "b" * 64, "likely")])
def test_a_tag_that_was_moved_since_makes_it_likely(resolved, confidence):
    pulled = never_started(2)
    pulled["containers"][0]["imageDigest"] = resolved
    assert verdict(RULE, failing(tasks=[pulled], more=(ARM,))).confidence == confidence


def test_it_explains_the_failed_pull():
    text = f"CannotPullContainerError: failed to resolve ref {reference(COMMIT)}: image Manifest does not contain"
    tasks = [never_started(n, stoppedReason=f"{text} descriptor matching platform 'linux/amd64'") for n in (2, 3)]
    diagnosis = judge(failing(tasks=tasks, more=(ARM,)))
    assert [v.rule for v in diagnosis.failed("cause")] == [RULE]
    assert {v.rule: v.explained_by for v in diagnosis.failed("symptom")}["image_pull_failed"][0] == RULE


def wishes(found):
    return [dict(wish.args) for wish in wanted(found) if wish.kind == "image_platforms"]


def test_it_asks_for_the_image_of_the_revision_that_fails():
    assert wishes(failing()) == [WHERE]


@pytest.mark.parametrize("name", ["image absent", "not in ECR", "started since", "fine"])
def test_it_asks_for_nothing_where_nothing_is_to_be_explained(name):
    assert wishes(OUTCOMES[name][0]) == []


def test_it_asks_for_nothing_where_ecr_was_not_to_be_asked():
    assert wishes(without(failing(), "image_tags")) == []


def test_words_of_another_cause_do_not_hide_it():
    tasks = [never_started(n, stoppedReason=not_found(reference(COMMIT))) for n in (2, 3)]
    assert verdict(RULE, failing(tasks=tasks, more=(ARM,))).outcome is FAIL
