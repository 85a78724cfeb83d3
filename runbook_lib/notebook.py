"""What only a notebook needs: its parameters out of its namespace, and errors shown as one sentence."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from runbook_lib.errors import RunbookError
from runbook_lib.parameters import Parameters, names, parameters
from runbook_lib.text import language, sentence

# papermill heads the cell that it injects with this comment.
_INJECTED = "# Parameters"


def given_parameters(namespace: Mapping[str, Any]) -> Parameters:
    """The parameters of a notebook, from ``globals()``.

    Names that papermill injected, or that stand in the parameters cell, must be parameters; other names are the
    user's own and none of our business.

    Raises
    ------
    ParameterError
        An unknown name, or a value that cannot be used.
    """
    assigned = [name for source in namespace.get("In", []) for name in _parameter_names(source)]
    wanted = dict.fromkeys([*names(), *assigned])
    return parameters({name: namespace[name] for name in wanted if name in namespace}, "notebook")


def _parameter_names(source: str) -> list[str]:
    """The names that a cell assigns, where the cell is one of parameters: injected, or assignments of known names."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return []
    if not statements or not all(isinstance(s, ast.Assign) for s in statements):
        return []
    found = [t.id for s in statements if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)]
    ours = source.startswith(_INJECTED) or bool(set(found) & set(names()))
    return found if ours else []


@contextmanager
def explained(namespace: Mapping[str, Any]) -> Iterator[None]:
    """Gives a failure of ours its sentence, which IPython then prints in place of a traceback."""
    try:
        yield
    except RunbookError as error:
        lang = language(str(namespace.get("lang", "")))
        error.sentence = sentence(error.key, error.facts, lang)
        raise
