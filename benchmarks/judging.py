"""How fast evidence is judged: one at a time, ten thousand in one process, and whether memory stays flat meanwhile.

As a program: prints ``{"one", "many", "grown"}`` as JSON: seconds of the slowest evidence (a median of its runs),
seconds of all, MiB that the process has grown by. The evidence is that of the tests. Imports are not in it, loading is.
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from benchmarks.row import Row
from runbook_lib.diagnosis.engine import judge
from runbook_lib.evidence.model import Evidence
from runbook_lib.evidence.serialisation import loads

INCIDENTS = Path(__file__).parents[1] / "tests" / "incidents"
COUNT = 10_000
ACCOUNT = "123456789012"
ONCE = 50  # runs of one evidence that its median is taken of
WARM = 500  # judged before memory is looked at


def rows(rounds: int) -> Iterator[Row]:
    """The rows about judging; ten thousand take a while, so that they are judged three times at most."""
    command = [sys.executable, "-m", __spec__.name]
    count = min(rounds, 3)
    runs = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(count)]
    taken = {name: median(run[name] for run in runs) for name in runs[0]}
    yield Row("judging one evidence, the slowest", taken["one"], "a fixed limit", 0.02, 1.0)
    yield Row("loading and judging 10,000 in one process", taken["many"], "a fixed limit", 60.0, 1.0)
    yield Row("memory that 10,000 add", taken["grown"], "a fixed limit", 5.0, 1.0, "MiB")


def main() -> None:
    """Measure once."""
    saved = [path.read_text(encoding="utf-8") for path in sorted(INCIDENTS.glob("*.json"))]
    one = max(map(_once, saved))
    _judge(saved, WARM)
    gc.collect()
    before = _peak()
    many = _timed(saved, COUNT)
    print(json.dumps({"one": one, "many": many, "grown": _peak() - before}))


def _once(text: str) -> float:
    """The median of judging it for the first time, in seconds."""
    times = []
    for number in range(ONCE):
        evidence = _of(text, number)
        began = time.perf_counter()
        judge(evidence)
        times.append(time.perf_counter() - began)
    return median(times)


def _timed(saved: list[str], count: int) -> float:
    began = time.perf_counter()
    _judge(saved, count)
    return time.perf_counter() - began


def _judge(saved: list[str], count: int) -> None:
    for number, text in enumerate(islice(cycle(saved), count)):
        judge(_of(text, number))


def _of(text: str, number: int) -> Evidence:
    """The evidence of an account of its own, so that nothing is remembered from another."""
    return loads(text.replace(ACCOUNT, f"{number:012}"))


def _peak() -> float:
    """The largest resident set so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
