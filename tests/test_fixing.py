"""A fix on the lab: planned, approved, applied and taken back, with nothing that the plan does not show."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from runbook_lib import fixing, runs
from runbook_lib import lab as labs
from runbook_lib.applying import Applied
from runbook_lib.archive import journal
from runbook_lib.errors import InputError
from runbook_lib.evidence.clocks import by_aws
from runbook_lib.look import look
from tests.lab_fixing import PLANS, Start, changing, given, kinds, service, settled, target_groups

CURED = [name for name, plan in PLANS.items() if plan.get("changes") and "by_hand" not in plan]
# The call that each kind of change makes.
CALLS = {
    "register": "RegisterTaskDefinition",
    "update-service": "UpdateService",
    "roll-back": "StopServiceDeployment",
    "stop-task": "StopTask",
    "modify-target-group": "ModifyTargetGroup",
    "create-log-group": "CreateLogGroup",
    "deregister": "DeregisterTaskDefinition",
}


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECS_RUNBOOK_HOME", str(tmp_path))


def is_expected(planned: fixing.Planned, scenario: str) -> None:
    """The plan of a scenario is the one that scenarios.yaml says."""
    expected = PLANS[scenario]
    assert kinds(planned) == expected.get("changes", [])
    assert [choice.id for choice in planned.plan.choices] == expected.get("asks", [])
    assert list(planned.plan.by_hand) == expected.get("by_hand", [])
    assert planned.plan.ready is bool(expected.get("changes"))


@pytest.mark.parametrize("scenario", [name for name in PLANS if name not in CURED])
def test_what_a_plan_alone_does_not_cure_is_said(own_lab: Start, scenario: str) -> None:
    is_expected(fixing.plan(given(own_lab(scenario))), scenario)


@pytest.mark.parametrize("scenario", CURED)
def test_the_plan_cures_and_makes_no_call_that_it_does_not_show(own_lab: Start, scenario: str) -> None:
    lab = own_lab(scenario)
    planned = fixing.plan(given(lab))
    is_expected(planned, scenario)
    assert changing(lab) == [], "a plan changes nothing"
    applied = fixing.apply(given(lab), planned.plan.digest)
    assert applied.good, applied.steps
    assert changing(lab) == [CALLS[kind] for kind in kinds(planned) if kind in CALLS]
    assert settled(lab)


def test_undo_restores_the_service_the_revision_and_the_file(own_lab: Start) -> None:
    lab = own_lab("guide")
    file = Path(given(lab).task_definition_file)
    before, text = service(lab), file.read_bytes()
    fixing.apply(given(lab), fixing.plan(given(lab)).plan.digest)
    assert settled(lab)
    assert file.read_bytes() != text
    planned = fixing.plan_undo(given(lab))
    assert kinds(planned) == ["update-service", "deregister", "restore-file"]
    assert fixing.apply(given(lab), planned.plan.digest).good
    assert file.read_bytes() == text
    assert [path.name for path in file.parent.iterdir()] == [file.name], "and no backup is left"
    after = service(lab)
    assert (after["taskDefinition"], after["desiredCount"]) == (before["taskDefinition"], before["desiredCount"])


@pytest.mark.parametrize(
    "scenario", ["balancer-check-port", "guide-target-group", "slow-start-killed", "scaled-to-zero"]
)
def test_undo_restores_settings(own_lab: Start, scenario: str) -> None:
    lab = own_lab(scenario)
    names = ("taskDefinition", "desiredCount", "healthCheckGracePeriodSeconds", "networkConfiguration")
    before, groups = service(lab), target_groups(lab)
    fixing.apply(given(lab), fixing.plan(given(lab)).plan.digest)
    assert fixing.apply(given(lab), fixing.plan_undo(given(lab)).plan.digest).good
    after = service(lab)
    assert {name: after.get(name) for name in names} == {name: before.get(name) for name in names}
    assert target_groups(lab) == groups


def test_applying_again_makes_no_second_call(own_lab: Start) -> None:
    lab = own_lab("guide")
    digest = fixing.plan(given(lab)).plan.digest
    fixing.apply(given(lab), digest)
    calls = changing(lab)
    again = fixing.apply(given(lab), digest)
    assert again.good
    assert changing(lab) == calls


def test_everything_is_in_the_journal_before_and_after(own_lab: Start) -> None:
    lab = own_lab("guide")
    digest = fixing.plan(given(lab)).plan.digest
    applied: Applied = fixing.apply(given(lab), digest)
    entries = [entry for entry in journal.read(applied.incident).entries if entry.kind not in ("opened", "look")]
    of_changes = ["intent", "change"] * len(applied.plan.changes)
    assert [entry.kind for entry in entries] == ["plan", "approval", *of_changes, "applied"]
    assert all(entry.data.get("plan", {}) == digest for entry in entries if entry.kind != "plan")
    made = [entry for entry in entries if entry.kind == "change"]
    assert all(entry.data["facts"].get("request_id") for entry in made if entry.data["what"] in CALLS)
    assert ":iam::" in entries[1].text("caller") or ":sts::" in entries[1].text("caller")


def test_a_plan_is_as_old_as_its_entry_however_old_the_look_is_that_it_was_made_from(own_lab: Start) -> None:
    asked = given(own_lab("guide"))
    found = look(asked)
    earlier = replace(
        found, evidence=replace(found.evidence, collected_at=found.evidence.collected_at - timedelta(minutes=1))
    )
    made = fixing.planned(asked, earlier, runs.record(found, asked, "diagnose"))
    entries = journal.read(made.incident).entries
    told, largest = by_aws(entries, {e.id: found.evidence for e in entries if e.kind == "look"})
    assert largest == timedelta()
    assert [e.kind for e in told] == ["opened", "look", "plan"]
    assert told[-1].at >= found.evidence.collected_at


def test_no_value_of_the_environment_is_recorded(own_lab: Start) -> None:
    lab = own_lab("guide")
    file = Path(given(lab).task_definition_file)
    document = json.loads(file.read_text("utf-8"))
    document["containerDefinitions"][0]["environment"].append({"name": "PASSWORD", "value": "hunter2-never-shown"})
    file.write_text(json.dumps(document, indent=2), "utf-8")
    applied = fixing.apply(given(lab), fixing.plan(given(lab)).plan.digest)
    assert applied.good
    kept = b"".join(path.read_bytes() for path in applied.incident.rglob("*") if path.is_file())
    assert b"hunter2" not in kept
    assert b"hunter2-never-shown" in file.read_bytes(), "the file keeps its own"


def test_the_guides_order_stops_tasks_first(own_lab: Start) -> None:
    lab = own_lab("guide")
    planned = fixing.plan(given(lab, order="guide"))
    assert kinds(planned) == ["stop-task", "edit-file", "register", "update-service"]
    assert fixing.apply(given(lab, order="guide"), planned.plan.digest).good
    assert settled(lab)


@pytest.mark.parametrize("seed", range(8))
def test_a_plan_for_what_was_drawn_is_applied_whole_or_not_at_all(tmp_path: Path, seed: int) -> None:
    with labs.start("random", folder=tmp_path / "lab", seed=seed) as lab:
        planned = fixing.plan(given(lab))
        if not planned.plan.ready:
            return
        assert fixing.apply(given(lab), planned.plan.digest).good
        assert changing(lab) == [CALLS[kind] for kind in kinds(planned)]


def test_the_report_tells_what_was_changed(own_lab: Start) -> None:
    lab = own_lab("balancer-check-port")
    applied = fixing.apply(given(lab), fixing.plan(given(lab)).plan.digest)
    page = (runs.archive(look(given(lab)), given(lab), applied.incident) / "report.en.html").read_text("utf-8")
    assert "Changes on record: 1." in page
    assert "No change was recorded" not in page
    assert str(applied.steps[0].facts["request_id"]) in page


def test_what_was_undone_is_not_offered_again(own_lab: Start) -> None:
    lab = own_lab("balancer-check-port")
    fixing.apply(given(lab), fixing.plan(given(lab)).plan.digest)
    fixing.apply(given(lab), fixing.plan_undo(given(lab)).plan.digest)
    with pytest.raises(InputError) as refused:
        fixing.plan_undo(given(lab))
    assert refused.value.key == "nothing-applied"
