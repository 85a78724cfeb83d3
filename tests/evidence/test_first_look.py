"""The first look asks for what the answers before it named, each thing once."""

from datetime import UTC, datetime

import pytest

from runbook_lib.evidence.first_look import MAX_TASK_DEFINITIONS, details, ecr_image, images, opening, rest
from runbook_lib.evidence.model import Evidence, Reading, Target, request

HOST = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com"
DIGEST = "sha256:" + "a" * 64


def evidence(*readings: Reading) -> Evidence:
    return Evidence(Target("c", "s", "r"), datetime(2026, 1, 1, tzinfo=UTC), readings)


@pytest.mark.parametrize(
    ("reference", "repository", "asked"),
    [
        (f"{HOST}/team/app:1.2", "team/app", "1.2"),
        (f"{HOST}/app", "app", "latest"),
        (f"{HOST}/app@{DIGEST}", "app", DIGEST),
        (f"{HOST}/app:1.2@{DIGEST}", "app", DIGEST),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app:1", "app", "1"),
        ("123456789012.dkr-ecr.us-east-1.on.aws/app:1", "app", "1"),
        ("123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/app:1", "app", "1"),
        ("123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu/app:1", "app", "1"),
        ("123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov/app:1", "app", "1"),
    ],
)
def test_an_ecr_reference_is_taken_apart(reference, repository, asked):
    image = ecr_image(reference)
    assert (image.registry, image.repository, image.asked) == ("123456789012", repository, asked)


@pytest.mark.parametrize("reference", ["nginx", "docker.io/library/nginx:1", "public.ecr.aws/x/y:1", "", "a b", HOST])
def test_an_image_elsewhere_is_not_ecr(reference):
    assert ecr_image(reference) is None


def test_round_one_needs_only_the_names():
    assert [r.kind for r in opening(evidence())] == ["service", "task_arns", "task_arns", "service_deployments"]


def test_round_two_asks_for_each_task_definition_and_target_group_once():
    deployments = [{"taskDefinition": f"arn:td:{n}"} for n in (3, 3, 2)]
    service = {"deployments": deployments, "loadBalancers": [{"targetGroupArn": "arn:tg"}] * 2}
    asked = details(evidence(Reading(request("service"), "x", service)))
    assert [(r.kind, r["arn"] or r["arns"] or r["target_group_arn"]) for r in asked] == [
        ("task_definition", "arn:td:3"),
        ("task_definition", "arn:td:2"),
        ("target_groups", "arn:tg"),
        ("target_health", "arn:tg"),
    ]


def test_tasks_are_described_a_hundred_at_a_time():
    arns = [f"t{n}" for n in range(150)]
    asked = details(evidence(Reading(request("task_arns", desired_status="RUNNING"), "x", arns)))
    assert [len(r["arns"].split(",")) for r in asked] == [100, 50]


def test_what_a_first_look_leaves_out_is_asked_by_the_deeper_one():
    deployments = [{"taskDefinition": f"arn:td:{n}"} for n in range(5)]
    seen = evidence(Reading(request("service"), "x", {"deployments": deployments}))
    assert len(details(seen)) == MAX_TASK_DEFINITIONS
    assert len(rest(seen)) == 5


def test_all_tags_of_a_repository_are_asked_by_name_in_one_request():
    readings = [
        Reading(
            request("task_definition", arn=str(n)),
            "x",
            {"taskDefinitionArn": str(n), "containerDefinitions": [{"image": f"{HOST}/app:{tag}"}, {"image": "nginx"}]},
        )
        for n, tag in enumerate(("latest", "b1", "latest"))
    ]
    asked = images(evidence(*readings))
    assert [(r.kind, r["tags"]) for r in asked] == [("image_tags", "b1,latest"), ("images", "")]
