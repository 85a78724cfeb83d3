"""``make bench``: measures against the limits that the project promises, prints a table, fails beyond a limit.

Everything runs against the same lab on the same machine in the same minutes, and what counts is a ratio: seconds say
something about the machine, ratios about us.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from benchmarks import explaining, judging, lab_speed, rendering, watching
from benchmarks.lab import Lab, running, tool
from benchmarks.measure import Command, Sample, interleaved
from benchmarks.page import PAGE, write
from benchmarks.row import Row

CLUSTER, SERVICE, REPOSITORY = "momentir-cx-llm-cluster", "momentir-cx-llm-service", "momentir-cx-llm"
BEGIN, END = "<!-- table: make bench -->", "<!-- end of table -->"
TRIVIAL = {
    "cells": [
        {"cell_type": "code", "execution_count": None, "id": "one", "metadata": {}, "outputs": [], "source": "1"}
    ],
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def main() -> int:
    """0 where every promise holds, else 1."""
    options = _options()
    with tempfile.TemporaryDirectory() as scratch, running("guide") as lab:
        rows = list(_rows(lab, Path(scratch), options.rounds))
    rows += explaining.rows(options.rounds)
    rows += judging.rows(options.rounds)
    rows += rendering.rows(options.rounds)
    rows += lab_speed.rows(options.rounds)
    rows += watching.rows(options.rounds)
    table = "\n".join(
        ["| what | ours | against | theirs | ratio | limit | kept |", "|---|--:|---|--:|--:|--:|---|", *map(str, rows)]
    )
    print(table)
    if options.write:
        write(BEGIN, END, table)
    return 0 if all(row.kept for row in rows) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="counted runs of each command (default 7)")
    parser.add_argument("--write", action="store_true", help=f"put the table into docs/{PAGE.name}")
    return parser.parse_args()


def _rows(lab: Lab, scratch: Path, rounds: int) -> Iterator[Row]:
    env = {**_environment(lab), "ECS_RUNBOOK_OUTPUTS": str(scratch / "outputs")}
    taken = interleaved(_commands(lab, scratch, env), env, rounds)
    yield from _process_rows(taken)
    for seconds in (0.08, 0.2):
        yield _collecting(lab, env, seconds, rounds)


def _process_rows(taken: Mapping[str, Sample]) -> Iterator[Row]:
    ours = taken["diagnose"]
    yield Row("diagnose", ours.seconds, "one `aws ecs describe-services`", taken["describe"].seconds, 1.5)
    yield Row("diagnose", ours.seconds, "the guide's five commands", taken["guide"].seconds, 0.5)
    yield Row("diagnose, peak memory", ours.peak_mib, "a fixed limit", 80, 1.0, "MiB")
    yield Row("report", taken["report"].seconds, "papermill, a notebook of one cell", taken["trivial"].seconds, 2.0)
    yield Row("--help", taken["help"].seconds, "`python -c 'import typer'`", taken["typer"].seconds, 1.5)


def _commands(lab: Lab, scratch: Path, env: Mapping[str, str]) -> dict[str, tuple[list[Command], int]]:
    """What is run by turns: its steps and the exit code that each step must have (1: a cause was found)."""
    runbook = tool("ecs-runbook")
    notebook = scratch / "trivial.ipynb"
    notebook.write_text(json.dumps(TRIVIAL))
    five = _five_commands(lab, env)
    report = [runbook, "report", "--params", lab.params, "-p", f"outputs={scratch / 'outputs'}"]
    trivial = [sys.executable, "-m", "papermill", "--no-progress-bar", str(notebook), str(scratch / "out.ipynb")]
    return {
        "diagnose": ([[runbook, "diagnose", "--params", lab.params, "--json"]], 1),
        "describe": ([five[0]], 0),
        "guide": (five, 0),
        "report": ([report], 0),
        "trivial": ([trivial], 0),
        "help": ([[runbook, "--help"]], 0),
        "typer": ([[sys.executable, "-c", "import typer"]], 0),
    }


def _five_commands(lab: Lab, env: Mapping[str, str]) -> list[Command]:
    """The guide's five diagnosis commands."""
    aws = [tool("aws"), "--endpoint-url", lab.endpoint_url, "--output", "json"]
    service = ["--cluster", CLUSTER, "--services", SERVICE]
    list_tasks: Command = [*aws, "ecs", "list-tasks", "--cluster", CLUSTER, "--service-name", SERVICE]
    listed = subprocess.run(list_tasks, env=env, capture_output=True, check=True)
    tasks = json.loads(listed.stdout)["taskArns"]
    return [
        [*aws, "ecs", "describe-services", *service, "--query", "services[0].deployments"],
        list_tasks,
        [*aws, "ecs", "describe-tasks", "--cluster", CLUSTER, "--tasks", *tasks],
        [*aws, "ecs", "describe-services", *service, "--query", "services[0].events[:10]"],
        [*aws, "ecr", "describe-images", "--repository-name", REPOSITORY],
    ]


def _collecting(lab: Lab, env: Mapping[str, str], delay: float, rounds: int) -> Row:
    """The first look with ``delay`` on every answer, against its three dependent rounds at the speed of the wire."""
    lab.delay(delay)
    try:
        command = [sys.executable, "-m", "benchmarks.collecting", lab.params]
        runs = [subprocess.run(command, env=env, capture_output=True, check=True).stdout for _ in range(rounds)]
    finally:
        lab.delay(0)
    seen = [json.loads(run) for run in runs]
    trips = 3 * median(run["round_trip"] for run in seen)
    what = f"first look, {delay * 1000:.0f} ms added to each answer"
    return Row(what, median(run["first_look"] for run in seen), "three round trips", trips, 1.3)


def _environment(lab: Lab) -> dict[str, str]:
    keys = {
        "AWS_ACCESS_KEY_ID": "lab",
        "AWS_SECRET_ACCESS_KEY": "lab",
        "AWS_DEFAULT_REGION": lab.region,
        "AWS_PAGER": "",
    }
    return {**os.environ, **keys}


if __name__ == "__main__":
    sys.exit(main())
