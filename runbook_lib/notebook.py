"""What only a notebook needs: its parameters out of its namespace."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from runbook_lib.parameters import Parameters, defaults, from_environment, layered

# papermill heads the cell that it injects with this comment.
_INJECTED = "# Parameters"


def given_parameters(namespace: Mapping[str, Any]) -> Parameters:
    """The parameters of a notebook, from ``globals()``, above those of the environment.

    Names that papermill injected, or that stand in the parameters cell, must be parameters; other names are the
    user's own and none of our business. A value that is its default counts as given only where it was injected.

    Raises
    ------
    ParameterError
        An unknown name, or a value that cannot be used.
    """
    sources = namespace.get("In", [])
    injected = {name for source in sources if source.startswith(_INJECTED) for name in _parameter_names(source)}
    known = {name for name, default in defaults().items() if name in namespace and namespace[name] != default}
    unknown = {name for source in sources for name in _parameter_names(source) if name not in defaults()}
    wanted = sorted((injected | known | unknown) & set(namespace))
    return layered([from_environment(), {name: (namespace[name], "notebook") for name in wanted}])


def _parameter_names(source: str) -> list[str]:
    """The names that a cell assigns, where the cell is one of parameters: injected, or assignments of known names."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return []
    if not statements or not all(isinstance(s, ast.Assign) for s in statements):
        return []
    found = [t.id for s in statements if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)]
    ours = source.startswith(_INJECTED) or bool(set(found) & set(defaults()))
    return found if ours else []
