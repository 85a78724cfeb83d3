"""How long a large incident takes to be judged and rendered, and how large its page is: 5,000 events, 2,000 tasks.

As a program: prints ``{"seconds", "html_kb", "guide_kb"}`` as JSON, of the slower language: processor time, which other
processes of a busy machine do not change, and kilobytes. Imports are not in it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.row import Row
from runbook_lib.diagnosis.engine import judge
from runbook_lib.evidence.model import Evidence
from runbook_lib.evidence.serialisation import load
from runbook_lib.report.context import Context
from runbook_lib.report.page import html
from runbook_lib.text import LANGUAGES
from tests.report.sizes import large

GUIDE = Path(__file__).parents[1] / "tests" / "incidents" / "guide.json"


def rows(rounds: int) -> Iterator[Row]:
    """The rows about the page."""
    command = [sys.executable, "-m", __spec__.name]
    runs = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(min(rounds, 3))]
    taken = {name: median(run[name] for run in runs) for name in runs[0]}
    what = "page of 5,000 events and 2,000 tasks"
    yield Row(f"{what}, judged and rendered", taken["seconds"], "a fixed limit", 5.0, 1.0)
    yield Row(f"{what}, its size", taken["html_kb"], "a fixed limit", 2_000, 1.0, "kB")
    yield Row("page of the guide's incident, its size", taken["guide_kb"], "a fixed limit", 300, 1.0, "kB")


def main() -> None:
    """Measure once."""
    guide = max(_rendered(load(GUIDE), lang)[1] for lang in LANGUAGES)
    taken = [_rendered(large(), lang) for lang in LANGUAGES]
    seconds, size = (max(values) for values in zip(*taken, strict=True))
    print(json.dumps({"seconds": seconds, "html_kb": size, "guide_kb": guide}))


def _rendered(evidence: Evidence, lang: str) -> tuple[float, float]:
    began = time.process_time()
    page = html(judge(evidence), evidence, Context(lang))
    return time.process_time() - began, len(page.encode()) / 1000


if __name__ == "__main__":
    main()
