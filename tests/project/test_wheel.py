"""The built wheel in an environment that has its dependencies and not this repository: a user's, without a checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runbook_lib import shipped
from tests.command import clean_environment

ROOT = Path(__file__).parents[2]
NOTEBOOK = "notebooks/10_diagnose.ipynb"
OURS = [*(f"notebooks/{path.name}" for path in shipped.notebooks().values()), *shipped.SAMPLES, shipped.SCHEMA]


class Installed:
    """The wheel, installed. What else it can import lies beside the tests' own packages, but this repository does not.

    The packages of this environment are named in a path file; path files among them, such as the one that leads to this
    repository, are not followed from there.
    """

    def __init__(self, folder: Path) -> None:
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        subprocess.run(build, capture_output=True, check=True, cwd=ROOT)
        [wheel] = folder.glob("*.whl")
        venv.create(folder / "env", symlinks=True)
        self.bin = folder / "env" / "bin"
        self.packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "env")}))
        (self.packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
        uv = Path(sys.executable).parent / "uv"
        options = ["pip", "install", "--offline", "--no-cache", "--no-deps", "--compile-bytecode", "--python"]
        install = [uv, *options, self.bin / "python", wheel]
        subprocess.run(install, capture_output=True, check=True)

    def __call__(self, *words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        """One run of the installed command."""
        env = {name: value for name, value in clean_environment().items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        del env["ECS_RUNBOOK_OUTPUTS"]
        env |= {"PATH": os.pathsep.join([str(self.bin), os.environ["PATH"]]), "ECS_RUNBOOK_LANG": "en"}
        return subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, cwd=cwd, env=env)

    def ecs_runbook(self, *words: object, cwd: Path) -> str:
        """What the command prints; it must succeed."""
        done = self(self.bin / "ecs-runbook", *words, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("wheel"))


@contextmanager
def newer(installed: Installed, *names: str) -> Iterator[None]:
    """The package as a newer version of it would be: with other notebooks."""
    files = {installed.packages / "runbook_lib" / "shipped" / name: (ROOT / name).read_text("utf-8") for name in names}
    for path, text in files.items():
        path.write_text(text.replace("Asia/Seoul", "UTC"), encoding="utf-8")
    yield
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")


def test_it_runs_from_the_wheel_and_cannot_see_the_repository(installed, tmp_path):
    code = "import json, sys, runbook_lib; print(json.dumps([runbook_lib.__file__, *sys.path]))"
    [file, *path] = json.loads(installed(installed.bin / "python", "-c", code, cwd=tmp_path).stdout)
    assert Path(file).is_relative_to(installed.packages)
    assert str(ROOT) not in path


def test_the_wheel_holds_what_lives_at_the_repositorys_top_level(installed):
    found = installed.packages / "runbook_lib" / "shipped"
    files = {str(path.relative_to(found)): path.read_bytes() for kind in ("*.ipynb", "*.yaml", "*.json")
             for path in found.rglob(kind)}  # fmt: skip
    assert files == {name: (ROOT / name).read_bytes() for name in OURS}


def test_a_folder_is_laid_out_diagnosed_and_upgraded_without_a_checkout(installed, tmp_path):
    printed = installed.ecs_runbook("init", cwd=tmp_path)
    assert "jupyter lab notebooks/00_start.ipynb" in printed
    assert {name: (tmp_path / name).read_bytes() for name in OURS} == {n: (ROOT / n).read_bytes() for n in OURS}
    commands = installed.ecs_runbook("commands", "--params", "parameters/momentir-cx-llm.yaml", cwd=tmp_path)
    assert "--cluster momentir-cx-llm-cluster" in commands
    mine = (tmp_path / NOTEBOOK).read_text(encoding="utf-8").replace("stuck_after = 15", "stuck_after = 30")
    (tmp_path / NOTEBOOK).write_text(mine, encoding="utf-8")
    with newer(installed, NOTEBOOK, "notebooks/30_watch.ipynb"):
        installed.ecs_runbook("init", "--upgrade", cwd=tmp_path)
    assert (tmp_path / NOTEBOOK).read_text(encoding="utf-8") == mine
    assert "UTC" in (tmp_path / "notebooks" / "10_diagnose.new.ipynb").read_text(encoding="utf-8")
    assert "UTC" in (tmp_path / "notebooks" / "30_watch.ipynb").read_text(encoding="utf-8")


def test_the_whole_demonstration_plays_in_an_empty_folder(installed, tmp_path):
    """The lab with its scenarios, plan, fix and watch, and the postmortem's notebook in a kernel of its own."""
    printed = installed.ecs_runbook("demo", cwd=tmp_path)
    [manifest] = tmp_path.rglob("manifest.json")
    told = json.loads(manifest.read_text(encoding="utf-8"))
    assert (told["status"], told["notebook"], told["git_commit"]) == ("succeeded", "90_postmortem", "")
    assert {"report.ko.html", "report.en.html"} <= {path.name for path in manifest.parent.iterdir()}
    assert "make " not in printed
    assert not (tmp_path / "notebooks").exists()
