"""Every scenario: its true fix makes the wanted revision run and answer, its wrong fix does not."""

from pathlib import Path

import pytest

from runbook_lib import lab
from runbook_lib.lab.scenario import Scenario
from tests.lab.conftest import Bench

NOTHING_TO_FIX = {"deploying", "healthy", "slow-start", "transient-capacity"}
INCIDENTS = sorted(set(lab.names()) - {"healthy"})
STEP = 30  # seconds between two looks


def cured(bench: Bench, scenario: Scenario) -> bool:
    """Whether the wanted image runs in one completed deployment of as many tasks as are desired, and answers 200."""
    found = bench.ecs.describe_services(cluster=scenario.cluster, services=[scenario.service])["services"][0]
    states = [deployment["rolloutState"] for deployment in found["deployments"]]
    if states != ["COMPLETED"] or not found["desiredCount"] or found["runningCount"] != found["desiredCount"]:
        return False
    arns = bench.ecs.list_tasks(cluster=scenario.cluster, serviceName=scenario.service)["taskArns"]
    tasks = bench.ecs.describe_tasks(cluster=scenario.cluster, tasks=arns)["tasks"]
    images = {container["image"] for task in tasks for container in task["containers"]}
    wanted = {image for image in images if image.endswith(f":{scenario.goal.image}")}
    return images == wanted and bench.browse(scenario.goal.path)[0] == 200


@pytest.mark.parametrize("name", lab.names())
def test_the_true_fix_cures(tmp_path: Path, name: str) -> None:
    with Bench(name, tmp_path) as bench:
        scenario = bench.lab.scenario
        assert bool(scenario.fix) is (name not in NOTHING_TO_FIX)
        assert cured(bench, scenario) is (name in {"healthy", "transient-capacity"})
        bench.lab.fix()
        assert bench.play_until(lambda: cured(bench, scenario), int(scenario.goal.within), step=STEP)
        bench.lab.advance(900)
        assert cured(bench, scenario), "and it stays so"


@pytest.mark.parametrize("name", INCIDENTS)
def test_the_wrong_fix_does_not_help(tmp_path: Path, name: str) -> None:
    """It is looked at for as long as the true fix has."""
    with Bench(name, tmp_path) as bench:
        scenario = bench.lab.scenario
        assert scenario.wrong_fix
        bench.lab.wrong_fix()
        bench.lab.advance(STEP * 2)
        assert not bench.play_until(lambda: cured(bench, scenario), int(scenario.goal.within) - STEP * 2, step=STEP * 4)
