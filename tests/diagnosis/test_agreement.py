"""A checklist item does not say that nothing was observed where causes tell what was."""

import pytest

from runbook_lib.diagnosis.agreement import agreeing
from runbook_lib.diagnosis.model import Outcome, Verdict

PATHS, CONTAINER, CODE = "health_check_path_mismatch", "container_check_failing", "health_check_code"


def verdict(rule, outcome, **facts):
    return Verdict(rule, "unknown", "cause", outcome, facts=facts)


@pytest.mark.parametrize(
    ("failed", "reason"),
    [((CONTAINER, CODE), "both-failing"), ((CONTAINER,), "not-observed"), ((CODE,), "not-observed")],
)
def test_what_other_causes_saw_was_observed(failed, reason):
    paths = verdict(PATHS, Outcome.UNKNOWN, reason="not-observed", code="404")
    found = agreeing((paths, *(verdict(rule, Outcome.FAIL) for rule in failed)))
    assert found[0].facts == {"reason": reason, "code": "404"}


def test_another_reason_stands():
    paths = verdict(PATHS, Outcome.UNKNOWN, reason="target-unreachable")
    both = (verdict(CONTAINER, Outcome.FAIL), verdict(CODE, Outcome.FAIL))
    assert agreeing((paths, *both))[0] == paths
