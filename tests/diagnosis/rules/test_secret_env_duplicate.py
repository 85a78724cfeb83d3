"""A name in both lists, wherever it can be seen, and its values nowhere."""

import json

import pytest

from tests.diagnosis.builder import container, definition, doubled, evidence, file, guide, reading, unread, without
from tests.diagnosis.rules.verdicts import FAIL, PASS, UNKNOWN, facts, verdict

RULE = "secret_env_duplicate"
REFUSAL = (
    "An error occurred (ClientException) when calling the RegisterTaskDefinition operation: The secret name must be "
    "unique and not shared with any new or existing environment variables set on the container, "
    "such as 'LANGSMITH_TRACING'."
)


def message(*lines):
    return reading("deploy_message", {"messages": list(lines)})


SPREAD = [
    container("a", environment=[{"name": "X", "value": "***"}], secrets=[]),
    container("b", environment=[], secrets=[{"name": "X", "valueFrom": "arn"}]),
]
OUTCOMES = {
    "in the file": (guide(more=(file(doubled()),)), FAIL),
    "in a registered revision": (guide(definitions=[definition(3, doubled()), definition(2)]), FAIL),
    "refused in the deploy log": (guide(more=(message("building", REFUSAL),)), FAIL),
    "only a file, no AWS": (evidence(file(doubled())), FAIL),
    "in the file, definitions unread": (without(guide(more=(file(doubled()),)), "task_definition"), FAIL),
    "nowhere": (guide(more=(file(container()), message("ClientException: Container list cannot be empty."))), PASS),
    "one name in two containers": (guide(more=(file(*SPREAD),)), PASS),
    "lists absent": (guide(more=(file(container(environment=None, secrets=None)),)), PASS),
    "no file, no message given": (guide(), PASS),
    "definitions unread": (without(guide(), "task_definition"), UNKNOWN),
    "one of two definitions read": (guide(definitions=[definition(2)]), UNKNOWN),
    "nothing to look at": (evidence(), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_a_given_file_that_cannot_be_read_is_no_pass():
    blind = guide()
    lost = unread("task_definition_file", "failed", "", path="aws/task-definition.json")
    assert verdict(RULE, evidence(*blind.readings, unreads=(lost,))).outcome is UNKNOWN


PLACES = {
    "file": (evidence(file(doubled())), ["aws/task-definition.json"], "file"),
    "revision": (
        guide(definitions=[definition(3, doubled()), definition(2)]),
        ["momentir-cx-llm:3"],
        "ecs:DescribeTaskDefinition",
    ),
    "message": (guide(more=(message(REFUSAL),)), ["ecs:RegisterTaskDefinition"], "ecs:RegisterTaskDefinition"),
}


@pytest.mark.parametrize(("found", "where", "operation"), PLACES.values(), ids=PLACES)
def test_it_names_the_name_and_where(found, where, operation):
    found = verdict(RULE, found)
    assert facts(found, "names", "where") == {"names": ["LANGSMITH_TRACING"], "where": where}
    assert (found.confidence, found.cites[0].operation) == ("confirmed", operation)


def test_a_refusal_that_names_nothing_still_counts():
    text = "The secret name must be unique and not shared with any new or existing environment variables"
    found = verdict(RULE, guide(more=(message(text),)))
    assert (found.outcome, found.facts["names"]) == (FAIL, [])


def test_values_never_leave():
    secret = container(
        environment=[{"name": "X", "value": "hunter2"}], secrets=[{"name": "X", "valueFrom": "arn:hunter2"}]
    )
    found = verdict(RULE, evidence(file(secret)))
    assert "hunter2" not in json.dumps([dict(found.facts), [cite.value for cite in found.cites]])
