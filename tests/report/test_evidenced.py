"""Each question of the checklist opens to show what answered it, in AWS's words."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.report import sections
from runbook_lib.report.blocks import Checklist, Facts
from runbook_lib.report.context import Context
from tests.report import sample
from tests.report.page_parser import parse

GUIDE, HEALTHY = sample.guide(), sample.healthy()
DENIED = sample.denied("tasks", "image_tags", "images", "target_health")
LABELS = {"decided": "What decided it", "read": "What was read", "unread": "Not read"}


def opened(evidence: Any, number: int) -> dict[str, tuple[str, ...]]:
    """What an item shows when it is opened, by label."""
    section = sections.checklist_evidence(judge(evidence), evidence, Context("en"))
    items = next(block for block in section.blocks if isinstance(block, Checklist)).items
    facts = [block for block in items[number - 1].inside if isinstance(block, Facts)]
    return {row.label: row.cites or row.lines for block in facts for row in block.rows}


DECIDED = {
    1: "ecs:DescribeServices · services[0].deployments[].rolloutState: ecs-svc/6710824031775290046 IN_PROGRESS",
    3: "file · containerDefinitions[].secrets[].name: aws/task-definition.json LANGSMITH_TRACING",
    4: "elbv2:DescribeTargetGroups · TargetGroups[].HealthCheckPath: /",
    5: "ecr:BatchGetImage · failures[].failureCode: ImageNotFound",
}


@pytest.mark.parametrize("number", DECIDED)
def test_a_fault_shows_what_decided_it(number):
    assert DECIDED[number] in opened(GUIDE, number)[LABELS["decided"]]


READ = {
    1: "ecs:DescribeServices · services[0].deployments[].rolloutState: COMPLETED",
    2: "ecs:DescribeTasks · tasks[].healthStatus: HEALTHY",
    4: "elbv2:DescribeTargetGroups · TargetGroups[].HealthCheckPath: /",
    5: f"ecr:BatchGetImage · images[].imageTag: {sample.TAG}",
    7: "elbv2:DescribeTargetHealth · TargetHealthDescriptions[].TargetHealth.State: healthy",
}


@pytest.mark.parametrize("number", READ)
def test_what_is_well_shows_what_was_read_too(number):
    found = opened(HEALTHY, number)
    assert LABELS["decided"] not in found
    assert [line for line in found[LABELS["read"]] if line.startswith(READ[number])]


@pytest.mark.parametrize("evidence", [GUIDE, HEALTHY], ids=["guide", "healthy"])
@pytest.mark.parametrize("number", range(1, 8))
def test_every_question_has_something_to_show(evidence, number):
    assert opened(evidence, number)


def test_a_value_that_is_there_often_is_shown_once():
    lines = opened(GUIDE, 2)[LABELS["read"]]
    assert any("tasks[].lastStatus" in line and "STOPPED ×" in line for line in lines)


def test_names_of_variables_are_shown_and_no_values():
    lines = " ".join(opened(GUIDE, 3)[LABELS["read"]])
    assert "OPENAI_API_TYPE" in lines
    assert "***" not in lines


def test_what_could_not_be_read_is_named_with_why():
    lines = opened(DENIED, 5)[LABELS["unread"]]
    assert any("ecr:BatchGetImage" in line for line in lines)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_items_open_without_script(lang):
    section = sections.checklist_evidence(judge(GUIDE), GUIDE, Context(lang))
    found = parse(section.html)
    assert len(found.all("details")) == len(found.all("summary")) == 7
    assert found.all("script") == []


def test_the_checklist_of_reports_stays_closed():
    assert "<details" not in sections.checklist(judge(GUIDE), GUIDE, Context("ko")).html
