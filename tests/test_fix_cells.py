"""The notebook's plan, headless: approved by its digest alone, and a run that fails where it was not applied."""

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
    chosen = {"lang": "en", "mode": "headless", "outputs": str(tmp_path / "archive"), **asked}
    return Incident(layered([from_file(lab.params), {name: (value, "test") for name, value in chosen.items()}]))


def test_headless_there_is_no_button_and_a_wrong_digest_fails_the_run(lab, tmp_path):
    headless = incident(lab, tmp_path)
    assert "Choices open" in headless.apply().text
    with pytest.raises(SafetyError, match="No plan `000000000000`"):
        incident(lab, tmp_path, approve="000000000000").apply()


def test_headless_a_plan_that_stopped_fails_the_run_and_says_where(lab, tmp_path):
    digest = incident(lab, tmp_path, suggested=True)._fix._planned.plan.digest
    lab.faults([{"action": "UpdateService", "error": "AccessDeniedException", "message": "no", "status": 400}])
    with pytest.raises(ApplyError, match=r"done: 2, not done: 2"):
        incident(lab, tmp_path, approve=digest).apply()
