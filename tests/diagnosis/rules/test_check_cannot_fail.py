"""A check that cannot fail is a risk, told with a command that can."""

import pytest

from runbook_lib.diagnosis.engine import judge
from tests.diagnosis.builder import asks, container, definition, guide, healthy, really_asks, without
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "check_cannot_fail"


def checked(command, **changes):
    return healthy(definitions=[definition(2, container(healthCheck={"command": command}, **changes))])


OUTCOMES = {
    "the guide's own": (guide(), FAIL),
    "never fails": (checked(["CMD-SHELL", "curl -f http://localhost:8000/ || exit 0"]), FAIL),
    "curl takes any answer": (checked(["CMD-SHELL", "curl http://localhost:8000/ || exit 1"]), FAIL),
    "it looks at the answer": (checked(really_asks("/")), PASS),
    "no check": (healthy(definitions=[definition(2, container(healthCheck=None))]), NOT_APPLICABLE),
    "definitions unread": (without(guide(), "task_definition"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_it_is_a_risk_of_a_service_that_is_fine():
    diagnosis = judge(checked(asks("/")))
    assert [v.rule for v in diagnosis.failed("risk")] == [RULE]
    assert diagnosis.failed("cause") == diagnosis.failed("symptom") == ()


def test_its_facts():
    corrected = (
        'python -c "import sys, urllib.request;'
        " sys.exit(urllib.request.urlopen('http://localhost:8000/health', timeout=3).status != 200)\""
    )
    assert facts(verdict(RULE, guide()), "kind", "container", "revision", "corrected") == {
        "kind": "ignores-comparison",
        "container": "app",
        "revision": "momentir-cx-llm:3",
        "corrected": corrected,
    }


def test_only_the_newest_revision_is_judged():
    mended = [definition(3, container(healthCheck={"command": really_asks("/")})), definition(2)]
    assert verdict(RULE, guide(definitions=mended)).outcome is PASS
