"""Steady at zero tasks is a risk and never a fault."""

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.state import State
from tests.diagnosis.builder import deployment, healthy, service
from tests.diagnosis.rules.verdicts import FAIL, PASS, verdict

RULE = "nothing_desired"
ZERO = healthy(described=service(deployment(3, 6, rolloutState="COMPLETED", desiredCount=0), desiredCount=0), tasks=[])


def test_outcome():
    assert verdict(RULE, ZERO).outcome is FAIL
    assert verdict(RULE, healthy()).outcome is PASS


def test_it_is_no_fault():
    found = judge(ZERO)
    assert (found.failed("cause"), found.failed("symptom"), found.state) == ((), (), State.HEALTHY)
    assert [v.rule for v in found.failed("risk")] == [RULE]
