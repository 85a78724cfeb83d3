"""A notebook that fails is an outcome, kept with what it printed, not an exception."""

import json

import pytest

from runbook_lib import shipped
from runbook_lib.archive.notebooks import find_notebook
from runbook_lib.errors import ExitCode, InputError
from runbook_lib.parameters import Parameters
from runbook_lib.runs import run_notebook
from tests import in_process

HALF_WRITTEN = "import os, pathlib; pathlib.Path(os.environ['ECS_RUNBOOK_RUN'], 'evidence.json').write_text('{\"sch')"


def notebook(path, *sources: str, kernel: str = "python3"):
    cells = [
        {"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    spec = {"display_name": kernel, "language": "python", "name": kernel}
    path.write_text(json.dumps({"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def given(tmp_path):
    return Parameters(outputs=str(tmp_path / "outputs"), cluster="c", service="s")


def run(path, tmp_path):
    return run_notebook(find_notebook(str(path)), given(tmp_path))


def archived_as_failed(done, problem: str) -> bool:
    manifest = json.loads((done.folder / "manifest.json").read_text())
    assert (done.ok, done.exit_code, manifest["status"]) == (False, ExitCode.BAD, "failed")
    assert problem in manifest["error"]
    return "report.ipynb" in manifest["files"]


def test_a_run_that_breaks_off_is_archived_as_failed(tmp_path):
    path = notebook(tmp_path / "own.ipynb", "1", "raise RuntimeError('broke off')", "2")
    done = in_process.archived(path, given(tmp_path))
    assert archived_as_failed(done, "broke off")
    cells = json.loads((done.folder / "report.ipynb").read_text())["cells"]
    counts = {"".join(cell["source"]): cell["execution_count"] for cell in cells if cell["cell_type"] == "code"}
    assert (counts["1"] is None, counts["2"] is None) == (False, True)


@pytest.fixture(scope="module")
def died(tmp_path_factory):
    """A run whose kernel dies while it writes."""
    folder = tmp_path_factory.mktemp("died")
    return run(notebook(folder / "own.ipynb", HALF_WRITTEN, "os._exit(9)"), folder)


@pytest.mark.xdist_group("died")
def test_a_run_whose_kernel_dies_is_archived_as_failed(died):
    assert archived_as_failed(died, "Kernel died")


@pytest.mark.xdist_group("died")
def test_half_written_evidence_is_kept_and_not_believed(died):
    assert died.look is None
    assert (died.folder / "evidence.json").is_file()


def test_a_kernel_that_does_not_exist_is_said(tmp_path):
    done = run(notebook(tmp_path / "own.ipynb", "1", kernel="no-such-kernel"), tmp_path)
    assert not done.ok
    assert "no-such-kernel" in done.error


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"cells": 1}', '{"cells": [], "nbformat": 3}', "\udcff"])
def test_a_file_that_is_no_notebook_is_refused(tmp_path, text):
    path = tmp_path / "own.ipynb"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError) as refused:
        run(path, tmp_path)
    assert refused.value.key == "notebook-unreadable"


def test_a_notebook_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InputError) as refused:
        run(tmp_path / "none.ipynb", tmp_path)
    assert refused.value.key == "notebook-missing"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's folder that the package has not laid out."""
    monkeypatch.setenv("ECS_RUNBOOK_HOME", str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", ["90_postmortem", "90_postmortem.ipynb", "notebooks/90_postmortem.ipynb"])
def test_a_notebook_is_the_users_else_the_packages(home, monkeypatch, name):
    monkeypatch.chdir(home)
    assert find_notebook(name) == shipped.notebooks()["90_postmortem"]
    own = notebook(home / "notebooks" / "90_postmortem.ipynb", "1")
    assert find_notebook(name) == own


def test_a_notebook_beside_another_is_found_by_its_whole_name(home):
    own = notebook(home / "notebooks" / "10_diagnose.new.ipynb", "1")
    assert find_notebook("10_diagnose.new") == own


def test_where_a_name_is_unknown_those_of_the_package_are_named(home):
    with pytest.raises(InputError) as refused:
        find_notebook("20_fixx")
    assert "20_fix" in refused.value.facts["known"]
    assert str(home) in refused.value.facts["file"]
