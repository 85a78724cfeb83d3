"""Without a browser its tests are skipped and say why; in CI that is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("ci", "code", "outcome"), [("", 0, "1 skipped"), ("true", 1, "1 error")])
def test_a_browser_test_without_a_browser(tmp_path, ci, code, outcome):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    env = kept | {"CHROMIUM": "", "PATH": str(tmp_path), "CI": ci}
    words = ["-n", "0", "-p", "no:cacheprovider", "-k", "healthy and en", "tests/browser/test_accessibility.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, outcome in done.stdout) == (code, True), done.stdout
    assert "no Chromium found" in done.stdout
