"""The tracked files of the repository, for the contract tests."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def tracked(*patterns: str) -> tuple[Path, ...]:
    """Files that git knows or would add (so a new file is judged before it is committed), as absolute paths."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return tuple(sorted(ROOT / name for name in set(names) if (ROOT / name).is_file()))


@cache
def tree(path: Path) -> ast.Module:
    """A Python file, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def shown(path: Path) -> str:
    """A path as a person names it, and as a test's id."""
    return path.relative_to(ROOT).as_posix()


PACKAGE = tracked("runbook_lib/*.py")
NOTEBOOKS = tracked("notebooks/*.ipynb")
