"""A notebook that fails is an outcome, kept with what it printed, not an exception."""

import json

import pytest

from runbook_lib.archive.notebooks import find_notebook
from runbook_lib.errors import InputError
from runbook_lib.parameters import Parameters
from runbook_lib.runs import run_notebook


def notebook(path, *sources: str, kernel: str = "python3"):
    cells = [
        {"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    spec = {"display_name": kernel, "language": "python", "name": kernel}
    path.write_text(json.dumps({"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def run(path, tmp_path):
    given = Parameters(outputs=str(tmp_path / "outputs"), cluster="c", service="s")
    return run_notebook(find_notebook(str(path)), given)


@pytest.mark.parametrize(
    ("sources", "problem"),
    [
        (["1", "raise RuntimeError('broke off')", "2"], "broke off"),
        (["import os; os._exit(9)"], "Kernel died"),
    ],
    ids=["raises", "dies"],
)
def test_a_run_that_breaks_off_is_archived_as_failed(tmp_path, sources, problem):
    done = run(notebook(tmp_path / "own.ipynb", *sources), tmp_path)
    manifest = json.loads((done.folder / "manifest.json").read_text())
    assert (done.ok, manifest["status"]) == (False, "failed")
    assert problem in manifest["error"]
    assert "report.ipynb" in manifest["files"]


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


def test_half_written_evidence_is_kept_and_not_believed(tmp_path):
    source = "import os, pathlib; pathlib.Path(os.environ['ECS_RUNBOOK_RUN'], 'evidence.json').write_text('{\"sch')"
    done = run(notebook(tmp_path / "own.ipynb", source), tmp_path)
    assert done.look is None
    assert (done.folder / "evidence.json").is_file()


def test_a_notebook_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InputError) as refused:
        run(tmp_path / "none.ipynb", tmp_path)
    assert refused.value.key == "notebook-missing"
