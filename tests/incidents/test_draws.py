"""Deployments drawn by chance: no wrong cause, none for a good one, no look over budget. `draws` looks at more."""

import pytest
import yaml

from runbook_lib.lab.scenario_files import FOLDER
from tests.incidents.draws import EXPECTED, FAULTY, GOOD, UNNAMED, diagnosed

FAULTS = yaml.safe_load((FOLDER / "_random.yaml").read_text(encoding="utf-8"))["faults"]


def test_every_fault_that_can_be_drawn_has_its_expectation():
    assert set(EXPECTED) == set(FAULTS)


@pytest.mark.parametrize("seed", range(24))
def test_no_cause_is_named_that_was_not_drawn(seed):
    draw = diagnosed(FAULTY, seed)
    assert not draw.wrong, draw
    assert not draw.exceeded, draw
    alone = len(draw.drawn) == 1
    assert not alone or (draw.named(draw.drawn[0]) != UNNAMED) is bool(draw.expected), draw


@pytest.mark.parametrize("seed", range(16))
def test_a_good_deployment_has_no_cause(seed):
    draw = diagnosed(GOOD, seed)
    assert (draw.causes, draw.state) in (((), "healthy"), ((), "deploying")), draw
    assert not draw.exceeded, draw
