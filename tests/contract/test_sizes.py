"""Small functions, small files, one broad except, and names that say what is inside."""

import ast
from statistics import median, quantiles

import pytest

from tests.contract.source import PACKAGE, shown, tree

BROAD = {"Exception", "BaseException"}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "core", "common", "misc"}


def functions() -> dict[str, int]:
    return {
        f"{shown(path)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in PACKAGE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def broad_excepts() -> list[str]:
    return [
        shown(path)
        for path in PACKAGE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or BROAD & names(node.type))
    ]


def names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def test_half_of_the_functions_have_at_most_12_lines():
    assert median(functions().values()) <= 12


def test_nine_in_ten_functions_have_at_most_35_lines():
    assert quantiles(functions().values(), n=10)[-1] <= 35


def test_no_function_has_more_than_60_lines():
    assert {name: lines for name, lines in functions().items() if lines > 60} == {}


@pytest.mark.parametrize("path", PACKAGE, ids=shown)
def test_no_file_has_more_than_400_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_only_the_engine_catches_everything():
    assert broad_excepts() == ["runbook_lib/diagnosis/engine.py"]


def test_no_module_has_a_name_that_says_nothing():
    assert [shown(path) for path in PACKAGE if EMPTY_NAMES & {path.stem, path.parent.name}] == []
