"""The layers of pyproject.toml hold: who may import whom, and which outside package has its place where."""

import subprocess
import sys
from pathlib import Path

from tests.contract.source import ROOT


def test_every_import_keeps_to_the_layers():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache", "--config", ROOT / "pyproject.toml"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
