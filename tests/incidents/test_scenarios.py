"""Every scenario of the lab: what the diagnosis names, the cause that leads first, no other, and at what cost."""

from pathlib import Path

import pytest
import yaml

from runbook_lib import lab as labs
from runbook_lib.look import look
from runbook_lib.parameters import from_file, layered
from tests.incidents.budgets import exceeded, sent

HERE = Path(__file__).parent
EXPECTED = yaml.safe_load((HERE / "scenarios.yaml").read_text(encoding="utf-8"))
SHOWN = yaml.safe_load((HERE / "shown.yaml").read_text(encoding="utf-8"))


def test_every_scenario_has_its_expectation():
    assert set(EXPECTED) == set(labs.names())


@pytest.mark.parametrize("scenario", EXPECTED)
def test_a_scenarios_causes_are_the_expected_ones_and_no_budget_is_exceeded(own_lab, scenario):
    lab = own_lab(scenario)
    with sent() as asked:
        found = look(layered([from_file(lab.params)]))
    assert exceeded(found, asked.requests) == []
    assert [verdict.label for verdict in found.diagnosis.failed("cause")] == EXPECTED[scenario]
    others = {verdict.label for role in ("symptom", "risk") for verdict in found.diagnosis.failed(role)}
    assert {label for label, how in SHOWN.items() if how.get("scenario") == scenario} <= others
