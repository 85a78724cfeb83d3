"""A hostile or proxied endpoint answers in AWS's shapes: its text is shown and kept, and becomes nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.lab.hosting import Lab
from runbook_lib.text.visible import unseen
from tests import in_process
from tests.command import ecs_runbook
from tests.conftest import CLUSTER, SERVICE
from tests.safety.hostile import ALL_IN_ONE, spread

PATHS = ("../../../../FORGED", "~/FORGED", "/tmp/FORGED", "a\nFORGED")


def answers(ecs: Any) -> dict[str, Any]:
    """What ECS answers about the lab's service, as it sends it."""
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE, desiredStatus=status)["taskArns"]
    ]
    told = {
        "DescribeServices": ecs.describe_services(cluster=CLUSTER, services=[SERVICE]),
        "DescribeTasks": ecs.describe_tasks(cluster=CLUSTER, tasks=arns),
        "DescribeTaskDefinition": ecs.describe_task_definition(taskDefinition="momentir-cx-llm:2"),
        "ListTasks": {"taskArns": arns},
    }
    bare = {name: {k: v for k, v in answer.items() if k != "ResponseMetadata"} for name, answer in told.items()}
    kept: dict[str, Any] = json.loads(json.dumps(bare, default=lambda when: when.timestamp()))
    return kept


def poison(lab: Lab, ecs: Any, where: tuple[str, ...]) -> None:
    """From now on the lab's ECS adds hostile text to every field of these kinds."""
    found = answers(ecs)
    for kind in where:
        found = {name: spread(answer, ALL_IN_ONE, kind) for name, answer in found.items()}
    lab.faults([{"service": "ecs", "action": name, "body": json.dumps(answer)} for name, answer in found.items()])


@pytest.mark.parametrize("where", [("words",), ("words", "names", "states")], ids="+".join)
def test_what_it_says_steers_no_terminal_and_is_no_path(
    own_lab: Callable[[str], Lab], boto: Callable[[str, str], Any], tmp_path: Path, where: tuple[str, ...]
) -> None:
    lab = own_lab("guide")
    poison(lab, boto("ecs", lab.endpoint_url), where)
    outputs = tmp_path / "a" / "b" / "c" / "d" / "outputs"
    told = ["--params", lab.params, "-p", f"outputs={outputs}", "--lang", "en"]
    _, printed = in_process.command("report", *told)
    for command in (["diagnose"], ["diagnose", "--json"], ["incidents", "list"], ["incidents", "show"]):
        done = ecs_runbook(*command, *told)
        assert "Traceback" not in done.stderr
        lines = (printed + done.stdout + done.stderr).split("\n")
        assert [line for line in lines if unseen(line) or line.startswith("FORGED")] == []
    assert [path for path in outputs.rglob("report.en.html") if r"\x1b[31mFORGED" in path.read_text(encoding="utf-8")]
    assert [path for path in tmp_path.rglob("*") if outputs not in path.parents and "FORGED" in path.name] == []
    assert [path for path in outputs.rglob("*") if not str(path).isascii() or unseen(str(path))] == []


@pytest.mark.parametrize("name", ["cluster", "service", "region", "incident_id"])
@pytest.mark.parametrize("text", PATHS)
def test_a_parameter_is_no_path(tmp_path: Path, name: str, text: str) -> None:
    given = {"cluster": "a", "service": "b", "region": "eu-west-1", name: text}
    outputs = tmp_path / "a" / "b" / "c" / "d" / "outputs"
    options = [part for pair in given.items() for part in ("-p", "=".join(pair))]
    done = ecs_runbook("report", *options, "-p", f"outputs={outputs}", "--lang", "en")
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "\nFORGED" not in done.stderr
