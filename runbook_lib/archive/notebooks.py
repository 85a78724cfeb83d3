"""Which notebook is meant, and whether it is one."""

from __future__ import annotations

import json
from pathlib import Path

from runbook_lib import shipped
from runbook_lib.errors import InputError
from runbook_lib.parameters import resolve


def find_notebook(name: str) -> Path:
    """A notebook by its file, or by its name among the user's ``notebooks/``, else among those of the package.

    Raises
    ------
    InputError
        There is none of that name, or the file is no notebook of format 4.
    """
    path = Path(name)
    given = path.suffix == ".ipynb" and (path.is_absolute() or path.is_file())
    found = path.resolve() if given else _named(path.name.removesuffix(".ipynb"))
    if not found.is_file():
        raise InputError("notebook-missing", file=str(found), known=", ".join(shipped.notebooks()))
    if not _is_notebook(found):
        raise InputError("notebook-unreadable", file=str(found))
    return found


def _named(name: str) -> Path:
    own = resolve("notebooks") / f"{name}.ipynb"
    return own if own.is_file() else shipped.notebooks().get(name, own)


def _is_notebook(path: Path) -> bool:
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(tree, dict) and tree.get("nbformat") == 4 and isinstance(tree.get("cells"), list)
