"""Measures whole processes: wall time, and peak memory as the kernel counted it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Command = Sequence[str]


@dataclass(frozen=True)
class Sample:
    """One run: seconds from start to exit, and the largest resident set of any of its processes in MiB."""

    seconds: float
    peak_mib: float


def sample(steps: Sequence[Command], env: Mapping[str, str], expected: int) -> Sample:
    """Runs ``steps`` one after the other and adds their times; ``expected`` is the exit code that each must have.

    Python stays small here on purpose: until its exec a child counts its parent's memory as its own.
    """
    runs = [_run(step, env, expected) for step in steps]
    return Sample(sum(run.seconds for run in runs), max(run.peak_mib for run in runs))


def interleaved(
    commands: Mapping[str, tuple[Sequence[Command], int]], env: Mapping[str, str], rounds: int
) -> dict[str, Sample]:
    """The median of each of ``commands`` (steps, expected exit code), run by turns so that all see the same machine.

    One more round comes first and is not counted: it warms the file cache for all alike.
    """
    seen: dict[str, list[Sample]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, (steps, expected) in commands.items():
            taken = sample(steps, env, expected)
            if number:
                seen[name].append(taken)
    return {name: _middle(samples) for name, samples in seen.items()}


def _run(command: Command, env: Mapping[str, str], expected: int) -> Sample:
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        said = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expected:
        words = " ".join(command)
        raise SystemExit(f"{words}: exit code {process.returncode}, expected {expected}\n{said.decode()}")
    return Sample(seconds, usage.ru_maxrss / 1024)


def _middle(samples: list[Sample]) -> Sample:
    return Sample(median(s.seconds for s in samples), median(s.peak_mib for s in samples))
