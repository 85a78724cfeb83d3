"""How fast messages are explained: ten thousand real ones in one process, and one text against another twice as long.

As a program: prints ``{"seconds", "once", "twice"}`` as JSON. Python's start and the imports are not in it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from benchmarks.row import Row
from runbook_lib.diagnosis.messages import picked
from runbook_lib.explain import answer

CORPUS = Path(__file__).parents[1] / "tests" / "fixtures" / "messages.jsonl"
COUNT = 10_000
LINES = 2_000


def rows(rounds: int) -> Iterator[Row]:
    """The rows about explaining."""
    command = [sys.executable, "-m", __spec__.name]
    runs = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(rounds)]
    taken = {name: median(run[name] for run in runs) for name in runs[0]}
    yield Row("explain, 10,000 messages in one process", taken["seconds"], "a fixed limit", 1.0, 1.0)
    yield Row("explain, a log of twice as many lines", taken["twice"], "the log", taken["once"], 2.5)


def main() -> None:
    """Measure once."""
    corpus = CORPUS.read_text(encoding="utf-8").splitlines()
    lines = list(islice(cycle(corpus), COUNT))
    texts = [json.loads(line)["text"].replace("\n", " ") for line in islice(cycle(corpus), 2 * LINES)]
    seen = {
        "seconds": _timed(lambda: [answer(line, number) for number, line in enumerate(lines, 1)]),
        "once": _timed(lambda: picked("\n".join(texts[:LINES]))),
        "twice": _timed(lambda: picked("\n".join(texts))),
    }
    print(json.dumps(seen))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
