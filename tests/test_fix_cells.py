"""The notebook's plan with somebody to press the button: choices re-plan, and the button says what it will do."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_lib.applying import ApplyError
from runbook_lib.errors import SafetyError
from runbook_lib.lab.hosting import Lab
from runbook_lib.parameters import from_file, layered
from runbook_lib.workflow import Incident


@pytest.fixture
def lab(own_lab, request) -> Lab:
    return own_lab(getattr(request, "param", "guide"))


def incident(lab: Lab, tmp_path: Path, **asked: object) -> Incident:
    chosen = {"lang": "en", "mode": "interactive", "outputs": str(tmp_path / "archive"), **asked}
    return Incident(layered([from_file(lab.params), {name: (value, "test") for name, value in chosen.items()}]))


def button(panel):
    return panel.children[-1]


def dropdowns(panel) -> list:
    return [box.children[1] for box in panel.children[:-2]]


def test_choices_are_dropdowns_and_the_button_waits_for_them(lab, tmp_path):
    panel = incident(lab, tmp_path).apply()
    assert (button(panel).disabled, button(panel).description) == (True, "Choose first")
    for place in range(3):
        asked = dropdowns(panel)[place]
        asked.value = next(value for label, value in asked.options if "(suggested)" in label)
    assert button(panel).description == f"Apply 4 changes to {lab.scenario.service}"
    assert lab.changes() == []
    button(panel).click()
    assert "4 changes applied" in panel.children[0].value
    assert len(panel.children) == 1
    assert [call["action"] for call in lab.changes()] == ["RegisterTaskDefinition", "UpdateService", "StopTask"]
    back = incident(lab, tmp_path).undo()
    assert button(back).description == f"Take back by 3 changes to {lab.scenario.service}"


def test_going_back_asks_nothing_more(lab, tmp_path):
    panel = incident(lab, tmp_path).apply()
    dropdowns(panel)[0].value = "back"
    assert len(dropdowns(panel)) == 1
    assert not button(panel).disabled


def test_a_press_that_comes_too_late_is_told_and_changes_nothing(lab, tmp_path, boto):
    panel = incident(lab, tmp_path, suggested=True).apply()
    names = {"cluster": lab.scenario.cluster, "service": lab.scenario.service}
    boto("ecs", lab.endpoint_url).update_service(**names, forceNewDeployment=True)
    lab.forget_calls()
    button(panel).click()
    assert "is out of date" in panel.children[-2].value
    assert lab.changes() == []


@pytest.mark.parametrize("lab", ["healthy"], indirect=True)
def test_nothing_to_fix_has_no_button(lab, tmp_path):
    assert "Nothing to fix" in incident(lab, tmp_path).apply().text


def test_headless_there_is_no_button_and_a_wrong_digest_fails_the_run(lab, tmp_path):
    headless = incident(lab, tmp_path, mode="headless")
    assert "Choices open" in headless.apply().text
    with pytest.raises(SafetyError, match="No plan `000000000000`"):
        incident(lab, tmp_path, approve="000000000000").apply()


def test_headless_a_plan_that_stopped_fails_the_run_and_says_where(lab, tmp_path):
    digest = incident(lab, tmp_path, suggested=True)._fix._planned.plan.digest
    lab.faults([{"action": "UpdateService", "error": "AccessDeniedException", "message": "no", "status": 400}])
    with pytest.raises(ApplyError, match=r"done: 2, not done: 2"):
        incident(lab, tmp_path, mode="headless", approve=digest).apply()
