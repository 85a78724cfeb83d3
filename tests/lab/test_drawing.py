"""Scenarios drawn by a seed: the same one every time, and their true fix cures."""

import pytest

from runbook_lib import lab
from tests.lab.conftest import Bench
from tests.lab.test_scenarios import STEP, cured


@pytest.mark.parametrize("name", lab.DRAWN)
def test_a_seed_draws_the_same_scenario_every_time(name):
    drawn = [lab.describe(name, seed) for seed in range(20)]
    assert drawn == [lab.describe(name, seed) for seed in range(20)]
    assert len({scenario.drawn for scenario in drawn}) > len(drawn) / 2


def test_a_good_deployment_has_nothing_to_fix():
    assert not lab.describe("random-good", 1).fix


@pytest.mark.parametrize("seed", range(12))
def test_the_fix_of_what_was_drawn_cures(tmp_path, seed):
    with Bench("random", tmp_path, seed=seed) as bench:
        scenario = bench.lab.scenario
        assert not cured(bench, scenario)
        bench.lab.fix()
        assert bench.play_until(lambda: cured(bench, scenario), int(scenario.goal.within), step=STEP), scenario.drawn


def test_a_target_group_that_checks_by_https_gets_no_answer(bench):
    played = bench()
    played.client("elbv2").modify_target_group(TargetGroupArn=played.group(), HealthCheckProtocol="HTTPS")
    played.lab.advance(120)
    assert "Target.FailedHealthChecks" in {health.get("Reason") for health in played.target_health()}
