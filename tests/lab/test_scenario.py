"""Scenario files: those that come with the lab, and what is refused in others."""

from pathlib import Path

import pytest
import yaml

from runbook_lib import lab
from runbook_lib.lab import LabError


@pytest.mark.parametrize("name", lab.names())
def test_every_scenario_loads_and_is_described_in_both_languages(name: str) -> None:
    found = lab.describe(name)
    assert found.name == name
    assert found.description.ko
    assert found.description.en
    assert found.length <= 70 * 60


def test_the_scenarios_that_come_with_the_lab() -> None:
    assert set(lab.names()) >= {"guide", "guide-target-group", "healthy"}


@pytest.mark.parametrize("name", lab.names())
def test_no_scenario_knows_the_diagnosis(name: str) -> None:
    fix = lab.describe(name).fix
    assert all(step.call and "." in step.call for step in fix), "a fix is stated in AWS calls"


BAD = [
    ("colour: red", 2, "colour"),
    ("secrets: [a]", 2, "secrets"),
    ("steps: [{pause: -1}]", 2, "steps.0.pause"),
    ("steps: [{pause: 1, call: ecs.list_tasks}]", 2, "a call, a pause or"),
    ("applications: {v1: {routes: {/: 200}, shade: 1}}", 2, "applications.v1.shade"),
    ("steps: [", 3, "expected"),
]


@pytest.mark.parametrize(("text", "line", "words"), BAD, ids=[text for text, _, _ in BAD])
def test_a_bad_scenario_is_refused_with_file_and_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(f"extends: healthy\n{text}\n", encoding="utf-8")
    with pytest.raises(LabError) as refused:
        lab.describe(path)
    assert refused.value.key == "bad-scenario"
    assert refused.value.facts["file"] == str(path)
    assert refused.value.facts["line"] == line
    assert words in refused.value.facts["problem"]


@pytest.mark.parametrize("text", ["", "- a", "region: x"])
def test_an_incomplete_scenario_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match="bad-scenario"):
        lab.describe(path)


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(LabError) as refused:
        lab.describe("guid")
    assert refused.value.key == "unknown-scenario"
    assert refused.value.facts == {"name": "guid", "known": lab.names(), "nearest": "guide"}


def test_a_scenario_outside_the_package_plays(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: healthy\ncluster: mine\nsteps: [{pause: 5}]\n", encoding="utf-8")
    with lab.start(path, folder=tmp_path / "out") as played:
        assert yaml.safe_load(played.params.read_text(encoding="utf-8"))["cluster"] == "mine"


def test_an_impossible_call_is_a_bad_scenario(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("extends: healthy\nsteps:\n  - {call: ecs.list_tasks, with: {cluster: gone}}\n", encoding="utf-8")
    with pytest.raises(LabError) as refused:
        lab.start(path, folder=tmp_path)
    assert refused.value.key == "bad-scenario"
    assert "ClusterNotFoundException" in refused.value.facts["problem"]
