"""A log group that is not there is told by CloudWatch Logs, and only where tasks do not start."""

import pytest

from runbook_lib.diagnosis.engine import wanted
from tests.diagnosis.builder import LOG_GROUP, REGION, container, guide, healthy, reading, unread, without
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict
from tests.diagnosis.starting import failing, got_over, not_yet

RULE = "log_group_absent"
WHERE = {"group": LOG_GROUP, "region": REGION}


def logging(driver="awslogs", name="app", **options):
    given = {"awslogs-group": LOG_GROUP, "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"}
    given |= {f"awslogs-{key.replace('_', '-')}": value for key, value in options.items()}
    kept = {key: value for key, value in given.items() if value is not None}
    return container(name, logConfiguration={"logDriver": driver, "options": kept})


THERE = reading("log_group", [{"logGroupName": LOG_GROUP}], **WHERE)
GONE = reading("log_group", [], **WHERE)
OUTCOMES = {
    "no such group": (failing(logging(), more=(GONE,)), FAIL),
    "group there": (failing(logging(), more=(THERE,)), PASS),
    "ECS creates it": (failing(logging(create_group="true")), PASS),
    "ECS does not create it": (failing(logging(create_group="false"), more=(GONE,)), FAIL),
    "no Region": (failing(logging(region=None)), FAIL),
    "no group named": (failing(logging(group=None)), FAIL),
    "one of two": (
        failing(
            logging(name="proxy", group="/ecs/proxy"),
            logging(),
            more=(reading("log_group", [{"logGroupName": "/ecs/proxy"}], group="/ecs/proxy", region=REGION), GONE),
        ),
        FAIL,
    ),
    "not the last page": (failing(logging(), more=(reading("log_group", [], partial=True, **WHERE),)), UNKNOWN),
    "refused": (failing(logging(), more=(unread("log_group", **WHERE),)), UNKNOWN),
    "not asked": (failing(logging()), UNKNOWN),
    "another driver": (failing(logging("awsfirelens")), NOT_APPLICABLE),
    "no log configuration": (failing(container(logConfiguration=None)), NOT_APPLICABLE),
    "image absent": (failing(container(tag="latest"), tags=("latest",)), NOT_APPLICABLE),
    "started since": (got_over(logging(), more=(GONE,)), PASS),
    "not tried, not asked": (not_yet(logging()), UNKNOWN),
    "not tried, seen": (not_yet(logging(), more=(GONE,)), FAIL),
    "fine": (healthy(), PASS),
    "definition unread": (without(guide(), "task_definition"), UNKNOWN),
    "tasks unread": (without(guide(), "tasks"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_its_facts():
    found = verdict(RULE, OUTCOMES["no such group"][0])
    assert facts(found, "log_group", "region", "missing", "container", "revision", "others") == {
        "log_group": LOG_GROUP,
        "region": REGION,
        "missing": "",
        "container": "app",
        "revision": "momentir-cx-llm:3",
        "others": [],
    }
    assert (found.label, found.confidence) == ("log-driver-misconfigured", "confirmed")
    assert {cite.operation for cite in found.cites} == {"ecs:DescribeTaskDefinition", "logs:DescribeLogGroups"}


@pytest.mark.parametrize(("name", "option"), [("no Region", "awslogs-region"), ("no group named", "awslogs-group")])
def test_an_option_that_is_missing_is_named(name, option):
    found = verdict(RULE, OUTCOMES[name][0])
    assert (found.facts["missing"], found.confidence) == (option, "likely")


def wishes(found):
    return [dict(wish.args) for wish in wanted(found) if wish.kind == "log_group"]


def test_it_asks_for_each_group_once():
    found = failing(logging(), logging(name="b"), logging(name="c", group="/ecs/c", create_group="true"))
    assert wishes(found) == [WHERE]


@pytest.mark.parametrize("name", ["another driver", "image absent", "started since", "fine"])
def test_it_asks_for_nothing_where_nothing_is_to_be_explained(name):
    assert wishes(OUTCOMES[name][0]) == []
