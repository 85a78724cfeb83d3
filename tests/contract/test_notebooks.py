"""Notebooks are the face: a few calls a step, words in both languages, nothing left from a run."""

import ast
import json
import re

import pytest

from tests.contract.source import NOTEBOOKS, shown

FORBIDDEN = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.comprehension,
    ast.If,
    ast.IfExp,
    ast.Match,
    ast.Try,
    ast.With,
    ast.ImportFrom,
)
HEADING = re.compile(r"#+ (?:\d+(?:\.\d+)*\. )?(?=.*[가-힣]).+ · [^가-힣]+")
SENTENCE_END = re.compile(r"[.?](?=\s|$)")

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=shown)


def load(path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def cells(path, kind: str) -> list[dict]:
    return [cell for cell in load(path)["cells"] if cell["cell_type"] == kind]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def is_parameters(cell: dict) -> bool:
    return "parameters" in cell["metadata"].get("tags", [])


def code_lines(cell: dict) -> list[str]:
    return [line for line in source(cell).splitlines() if line.strip() and not line.lstrip().startswith("#")]


def strange(code: str) -> list[str]:
    """What a cell may not do: decide, repeat, define, or import anything but the library."""
    nodes = list(ast.walk(ast.parse(code)))
    imports = [ast.unparse(node) for node in nodes if isinstance(node, ast.Import)]
    return [type(node).__name__ for node in nodes if isinstance(node, FORBIDDEN)] + [
        line for line in imports if line != "import runbook_lib as rb"
    ]


def headings(path) -> list[str]:
    lines = (line for cell in cells(path, "markdown") for line in source(cell).splitlines())
    return [line for line in lines if line.startswith("#")]


def prose(cell: dict) -> list[str]:
    return [line for line in source(cell).splitlines() if line.strip() and not line.startswith("#")]


def test_the_notebooks_are_there():
    assert {path.name for path in NOTEBOOKS} >= {"00_start.ipynb", "10_diagnose.ipynb", "90_postmortem.ipynb"}


@every_notebook
def test_a_cell_has_at_most_three_lines_of_code(path):
    assert [source(c) for c in cells(path, "code") if len(code_lines(c)) > 3 and not is_parameters(c)] == []


@every_notebook
def test_a_cell_only_calls_the_library(path):
    assert [found for cell in cells(path, "code") for found in strange(source(cell))] == []


@every_notebook
def test_one_cell_holds_the_parameters_and_only_assigns(path):
    marked = [cell for cell in cells(path, "code") if is_parameters(cell)]
    assert len(marked) == 1
    assert {type(node) for node in ast.parse(source(marked[0])).body} <= {ast.Assign, ast.AnnAssign}


@every_notebook
def test_headings_are_in_both_languages(path):
    assert headings(path)
    assert [line for line in headings(path) if not HEADING.fullmatch(line)] == []


@every_notebook
def test_a_step_has_at_most_one_sentence_in_each_language(path):
    steps = [cell for cell in cells(path, "markdown") if not source(cell).startswith("# ")]
    long = [text for cell in steps if len(SENTENCE_END.findall(text := "\n".join(prose(cell)))) > 2]
    one_language = [
        text
        for cell in cells(path, "markdown")
        if (text := "\n".join(prose(cell))) and not (re.search("[가-힣]", text) and re.search(r"[A-Za-z]{3}", text))
    ]
    assert long == []
    assert one_language == []


@every_notebook
def test_nothing_is_left_from_a_run(path):
    notebook = load(path)
    assert "papermill" not in notebook["metadata"]
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    left = [c for c in cells(path, "code") if c["outputs"] or c["execution_count"] or "papermill" in c["metadata"]]
    assert left == []


@pytest.mark.parametrize(
    "code",
    [
        "import pandas",
        "from runbook_lib import aws",
        "x = [i for i in y]",
        "if x: y",
        "try:\n  x\nexcept E:\n  y",
        "lambda: 1",
    ],
)
def test_what_a_cell_may_not_do_is_found(code):
    assert strange(code)


def test_a_heading_in_one_language_is_found():
    assert HEADING.fullmatch("## 1. 서비스 상태 확인 · Service state")
    assert not HEADING.fullmatch("## 1. Service state")
    assert not HEADING.fullmatch("## 1. 서비스 상태 확인")
