"""Every scenario of the lab: what the diagnosis names, the cause that leads first, and no other."""

from pathlib import Path

import pytest
import yaml

from runbook_lib import lab as labs
from runbook_lib.look import look
from runbook_lib.parameters import from_file, layered

EXPECTED = yaml.safe_load(Path(__file__).with_name("scenarios.yaml").read_text(encoding="utf-8"))


def test_every_scenario_has_its_expectation():
    assert set(EXPECTED) == set(labs.names())


@pytest.mark.parametrize("scenario", EXPECTED)
def test_a_scenarios_causes_are_the_expected_ones(own_lab, scenario):
    found = look(layered([from_file(own_lab(scenario).params)]))
    assert [verdict.label for verdict in found.diagnosis.failed("cause")] == EXPECTED[scenario]
