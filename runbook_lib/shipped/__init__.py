"""The notebooks and parameters files that come with the package.

In the wheel they lie beside this file; in a checkout at the repository's top level, the one place where they live.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent
INSTALLED = (_HERE / "notebooks").is_dir()
FOLDER = _HERE if INSTALLED else _HERE.parents[1]
# Names below FOLDER, as a user's folder has them too. `pyproject.toml` puts the same files into the wheel.
SCHEMA = "parameters/parameters.schema.json"
SAMPLES = ("parameters/lab.yaml", "parameters/momentir-cx-llm.yaml")
_NOTEBOOKS = "[0-9]0_*.ipynb"


def notebooks() -> dict[str, Path]:
    """Our notebooks by their names (``10_diagnose``), in the order in which they are used."""
    return {path.stem: path for path in sorted((FOLDER / "notebooks").glob(_NOTEBOOKS))}


def text(name: str) -> str:
    """One of our files by its name below :data:`FOLDER`."""
    return (FOLDER / name).read_bytes().decode()
