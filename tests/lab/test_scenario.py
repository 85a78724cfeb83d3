"""Scenario files: those that come with the lab, and what is refused in others."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from runbook_lib import lab
from runbook_lib.lab import LabError, scenario

PARTS = [part for part in vars(scenario).values() if isinstance(part, type) and issubclass(part, scenario._Part)]


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
    ("region: mars-1", 2, "region"),
    ("network: {zones: []}", 2, "network.zones"),
    ("steps: [{pause: 1000000000000}]", 2, "steps.0.pause"),
    ("steps: [{pause: 604800}, {pause: 1}]", 2, "more than seven days"),
    ("cluster: a\ncluster: b", 3, "cluster stands twice"),
    ("steps: [{call: ecs.create_service, body: gone}]", 2, "no body 'gone'"),
    ("load_balancers: {x: [{port: 80, protocol: HTTP, target_group: y}]}", 2, "which is no target group"),
    ("bodies: {a: {base: b}, b: {base: a}}", 2, "built on itself"),
    ("files: {../outside.json: completed}", 2, "leads out of the folder"),
    ("network: {nat: true}", 2, "only private subnets have a NAT gateway"),
    ("fix: [{call: ecs.list_tasks, with: {x: 1}, shade: 1}]", 2, "fix.0.shade"),
    ("colour: red", 2, "colour"),
    ("secrets: [a]", 2, "secrets"),
    ("steps: [{pause: -1}]", 2, "steps.0.pause"),
    ("steps: [{pause: 1, call: ecs.list_tasks}]", 2, "a call, a pause, a change"),
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


def test_a_scenario_that_extends_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "loop.yaml"
    path.write_text("extends: loop.yaml\n", encoding="utf-8")
    with pytest.raises(LabError, match="extends itself"):
        lab.describe(path)


def test_what_cannot_be_set_up_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("extends: healthy\nregion: xx-nowhere-1\n", encoding="utf-8")
    with pytest.raises(LabError) as refused:
        lab.start(path, folder=tmp_path)
    assert (refused.value.facts["file"], refused.value.facts["line"]) == (str(path), 2)
    assert "can not be set up" in refused.value.facts["problem"]


def test_a_call_that_fails_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    text = "extends: healthy\nsteps:\n  - {pause: 5}\n  - {call: ecs.list_tasks, with: {cluster: '${nothing}'}}\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabError) as refused:
        lab.start(path, folder=tmp_path)
    assert (refused.value.facts["file"], refused.value.facts["line"]) == (str(path), 4)
    assert "nothing is known as ${nothing}" in refused.value.facts["problem"]


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(LabError) as refused:
        lab.describe("guid")
    assert refused.value.key == "unknown-scenario"
    assert refused.value.facts == {"name": "guid", "known": (*lab.names(), *lab.DRAWN), "nearest": "guide"}


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


DOCUMENTATION = (Path(__file__).parents[2] / "docs" / "lab.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", lab.names())
def test_the_documentation_tells_of_every_scenario(name: str) -> None:
    assert f"\n| `{name}` | " in DOCUMENTATION


def keys(model: type[BaseModel]) -> set[str]:
    """Every key of a part of a scenario, as it is written in YAML."""
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize("part", PARTS, ids=[part.__name__ for part in PARTS])
def test_the_documentation_has_every_key(part: type[BaseModel]) -> None:
    schema = DOCUMENTATION.partition("## Scenarios")[2].partition("## How true it is")[0]
    assert {key for key in keys(part) if not re.search(rf"\b{key}\b", schema)} == set()
