"""A port that the task does not have is the cause only where nobody answers there."""

import pytest

from tests.diagnosis.builder import (
    CODE_404,
    container,
    definition,
    guide,
    healthy,
    really_asks,
    service,
    target,
    target_group,
    without,
)
from tests.diagnosis.failing import REFUSED, TIMED_OUT, UNCHECKED, blank, failing, fails, tail
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "health_check_port"
WRONG = target_group(HealthCheckPort="80")
WITH_PROXY = definition(2, UNCHECKED, container("proxy", portMappings=[{"containerPort": 80}], healthCheck=None))
RANGE = definition(2, container(healthCheck=None, portMappings=[{"containerPortRange": "70-90"}]))
UNMAPPED = definition(2, container(healthCheck=None, portMappings=[]))
CHECKED = definition(2, container(healthCheck={"command": really_asks("/")}))
ELSEWHERE = [{**service()["loadBalancers"][0], "containerName": "web"}]
OUTCOMES = {
    "port 80, the container has 8000": (failing(group=WRONG), FAIL),
    "nobody says a word": (blank(failing(group=WRONG)), FAIL),
    "no such container": (failing(described=fails(loadBalancers=ELSEWHERE)), FAIL),
    "the log names another port": (failing(more=(tail(1, ready=2, ready_port=9000),)), FAIL),
    "the log names the container's own address": (failing(more=(tail(1, ready=2, ready_local=True),)), FAIL),
    "the log names the right port": (failing(more=(tail(1, ready=2, ready_port=8000, ready_local=False),)), PASS),
    "a side-car has the port": (failing(group=WRONG, definitions=[WITH_PROXY]), PASS),
    "a range has the port": (failing(group=WRONG, definitions=[RANGE]), PASS),
    "no port is mapped at all": (failing(group=WRONG, definitions=[UNMAPPED]), PASS),
    "somebody answers on the port": (failing(CODE_404, group=WRONG), NOT_APPLICABLE),
    "it passes, mapped or not": (healthy(group=WRONG), PASS),
    "the container's own check tells why": (failing(group=WRONG, definitions=[CHECKED]), NOT_APPLICABLE),
    "nothing observed": (failing(group=WRONG, tasks=[], targets=[], described=service()), NOT_APPLICABLE),
    "no target group": (guide(group={}), NOT_APPLICABLE),
    "target groups unread": (without(failing(), "target_groups"), UNKNOWN),
    "definitions unread": (without(failing(group=WRONG), "task_definition"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_a_refusal_confirms_it_and_a_time_out_does_not():
    assert verdict(RULE, failing(REFUSED, group=WRONG)).confidence == "confirmed"
    assert verdict(RULE, failing(TIMED_OUT, group=WRONG)).confidence == "likely"


def test_its_facts():
    assert facts(verdict(RULE, failing(group=WRONG)), "kind", "port", "ports", "container") == {
        "kind": "port",
        "port": "80",
        "ports": ["8000"],
        "container": "app",
    }


def test_a_target_of_another_revision_is_no_failure_of_this_one():
    assert verdict(RULE, failing(group=WRONG, targets=[target(1, "healthy")])).outcome is PASS
