"""What the lab promises of itself: ready soon, quick answers, long times in a moment, many services."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.lab import tool
from benchmarks.row import Row

FIXED = "a fixed limit"


@dataclass(frozen=True)
class Life:
    """One lab from its start to its end: seconds until its ready line, peak memory in MiB, what its client measured."""

    ready_s: float
    peak_mib: float
    seen: dict[str, float]


def rows(rounds: int) -> Iterator[Row]:
    """The lab's rows."""
    lives = [_live("guide", "") for _ in range(rounds + 1)][1:]
    yield Row("lab, until it is ready", median(life.ready_s for life in lives), FIXED, 1.5, 1.0)
    calls = median(_live("healthy", "answers").seen["per_second"] for _ in range(3))
    yield Row("lab, 1,000 DescribeServices from 8 threads", 1000 / calls, FIXED, 1.0, 1.0)
    yield Row("lab, 24 hours of a steady service of 4 tasks", _live("healthy", "day").seen["seconds"], FIXED, 2.0, 1.0)
    many = _live("healthy", "many")
    yield Row("lab, an answer about 500 services of 4 tasks", many.seen["milliseconds"], FIXED, 50, 1.0, "ms")
    yield Row("lab, 500 services of 4 tasks, peak memory", many.peak_mib, FIXED, 500, 1.0, "MiB")


def _live(scenario: str, load: str) -> Life:
    """Start a lab whose clock stands still, let a client of another process load it, and end it."""
    command = [tool("ecs-runbook"), "lab", "up", "--scenario", scenario, "--port", "0", "--speed", "0"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        ready = json.loads(process.stdout.readline()) if process.stdout else {}
        ready_s = time.perf_counter() - began
        try:
            seen = _loaded(load, ready["params"]) if load else {}
        finally:
            process.terminate()
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = 0
    return Life(ready_s, usage.ru_maxrss / 1024, seen)


def _loaded(load: str, params: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.lab_load", load, params]
    seen: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return seen
