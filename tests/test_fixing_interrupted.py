"""An apply that is killed at any call, before or after it took effect, is gone on with or taken back; nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib import fixing
from runbook_lib.archive import journal
from runbook_lib.errors import SafetyError
from tests.lab_fixing import Start, applying, changing, given, kinds, revisions, service, settled, target_groups

CALLS = 3  # of the guide's plan: register, update, stop
MOMENTS = [(number, hold) for number in range(1, CALLS + 1) for hold in ("before", "after")]


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECS_RUNBOOK_HOME", str(tmp_path))


def killed(lab, digest, number, hold):
    """Apply in a process of its own, and kill it while its call is held."""
    lab.faults([{"hold": hold, "changes": True, "nth": [number]}])
    process = applying(lab, digest)
    try:
        assert lab.held(60), "the call came"
    finally:
        process.kill()
        process.join()
    assert lab.none_held()
    lab.faults([])


@pytest.mark.parametrize(("number", "hold"), MOMENTS)
def test_a_killed_apply_is_gone_on_with(own_lab: Start, number: int, hold: str) -> None:
    lab = own_lab("guide")
    planned, before = fixing.plan(given(lab)), revisions(lab)
    killed(lab, planned.plan.digest, number, hold)
    applied = fixing.apply(given(lab), planned.plan.digest)
    assert applied.good, applied.steps
    assert len(revisions(lab)) == len(before) + 1, "registered once"
    calls = changing(lab)
    assert len(calls) == len(set(calls)) == CALLS, "no call took effect twice"
    assert settled(lab)
    entries = journal.read(applied.incident).entries
    assert {e.data["change"] for e in entries if e.kind == "intent"} <= {
        e.data["change"] for e in entries if e.kind == "change" and e.data["outcome"] == "done"
    }


def test_a_new_plan_after_a_killed_apply_leaves_a_file_that_is_corrected_already(own_lab: Start) -> None:
    lab = own_lab("guide")
    killed(lab, fixing.plan(given(lab)).plan.digest, 1, "before")
    again = fixing.plan(given(lab))
    assert kinds(again) == ["register", "update-service", "stop-task"]
    assert fixing.apply(given(lab), again.plan.digest).good
    assert changing(lab) == ["RegisterTaskDefinition", "UpdateService", "StopTask"]


@pytest.mark.parametrize(("number", "hold"), MOMENTS)
def test_a_killed_apply_is_taken_back(own_lab: Start, number: int, hold: str) -> None:
    lab = own_lab("guide")
    file = Path(given(lab).task_definition_file)
    text, before, groups = file.read_bytes(), service(lab), target_groups(lab)
    known = revisions(lab)
    killed(lab, fixing.plan(given(lab)).plan.digest, number, hold)
    back = fixing.plan_undo(given(lab))
    if back.plan.changes:
        assert fixing.apply(given(lab), back.plan.digest).good
    assert file.read_bytes() == text
    assert revisions(lab) == known
    assert target_groups(lab) == groups
    assert service(lab)["taskDefinition"] == before["taskDefinition"]
    entries = journal.read(back.incident).entries
    begun = {e.data["change"] for e in entries if e.kind == "intent"}
    assert begun == {e.data["change"] for e in entries if e.kind == "change"}, "every end is recorded"


def test_undoing_is_gone_on_with_too(own_lab: Start) -> None:
    lab = own_lab("guide")
    fixing.apply(given(lab), fixing.plan(given(lab)).plan.digest)
    before = len(changing(lab))
    back = fixing.plan_undo(given(lab))
    killed(lab, back.plan.digest, 1, "after")
    assert fixing.apply(given(lab), back.plan.digest).good
    assert changing(lab)[before:] == ["UpdateService", "DeregisterTaskDefinition"]


def test_two_applies_exclude_each_other_and_a_killed_one_holds_nothing(own_lab: Start) -> None:
    lab = own_lab("guide")
    plan = fixing.plan(given(lab)).plan
    digest, target = plan.digest, plan.target
    assert not fixing.is_applying(given(lab), target)
    lab.faults([{"hold": "before", "changes": True, "nth": [1]}])
    process = applying(lab, digest)
    try:
        assert lab.held(60)
        assert fixing.is_applying(given(lab), target)
        with pytest.raises(SafetyError) as refused:
            fixing.apply(given(lab), digest)
    finally:
        process.kill()
        process.join()
    assert refused.value.key == "apply-elsewhere"
    assert not fixing.is_applying(given(lab), target)
    assert lab.none_held()
    lab.faults([])
    assert fixing.apply(given(lab), digest).good


def test_an_answer_that_is_lost_is_not_asked_for_twice(own_lab: Start) -> None:
    lab = own_lab("guide")
    planned = fixing.plan(given(lab))
    lab.faults([{"preset": "lost-answer", "changes": True}])
    assert fixing.apply(given(lab), planned.plan.digest).good
    assert changing(lab) == ["RegisterTaskDefinition", "UpdateService", "StopTask"]
    assert kinds(planned)[1:] == ["register", "update-service", "stop-task"]
