"""What a notebook sees, and what it costs to see it."""

import json
import subprocess
import sys

import pytest

import runbook_lib

HEAVY = {"pandas", "boto3", "botocore", "rich", "papermill"}


def fresh(code: str) -> list[str]:
    """What a new interpreter prints as JSON after ``code``."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_what_is_visible_is_what_is_exported():
    visible = fresh("import json, runbook_lib as rb; print(json.dumps([n for n in dir(rb) if n[0] != '_']))")
    assert sorted(visible) == sorted(runbook_lib.__all__)


def test_a_notebook_has_few_names_to_learn():
    assert 0 < len(runbook_lib.__all__) <= 15


@pytest.mark.parametrize("name", getattr(runbook_lib, "__all__", []))
def test_every_exported_name_is_there_and_documented(name):
    assert getattr(runbook_lib, name).__doc__


@pytest.mark.parametrize(
    "code",
    [
        "import runbook_lib",
        "import sys; sys.argv = ['ecs-runbook', '--help']\n"
        "from runbook_lib.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n",
    ],
    ids=["import runbook_lib", "ecs-runbook --help"],
)
def test_nothing_heavy_is_loaded_before_it_is_used(code):
    loaded = fresh(f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))")
    assert set(loaded) & HEAVY == set()
