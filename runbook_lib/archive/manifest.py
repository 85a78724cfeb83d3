"""What an archived run says of itself."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from runbook_lib import shipped
from runbook_lib.archive.owners import who
from runbook_lib.archive.store import Run

SCHEMA = 1
_STATUS = {"": "succeeded", "interrupted": "interrupted", "killed": "interrupted"}


def begun(notebook: Path | None) -> dict[str, Any]:
    """What is known of a run when it begins: who runs it, and the versions of package, folder and notebook."""
    return {
        "who": who(),
        "version": version("ecs-runbook"),
        "git_commit": "" if _installed(notebook) else _git_commit(notebook.parent if notebook else Path.cwd()),
        "notebook_sha256": hashlib.sha256(notebook.read_bytes()).hexdigest() if notebook else "",
    }


def manifest(run: Run, facts: Mapping[str, Any], *, error: str) -> dict[str, Any]:
    """Id, times (UTC), outcome and files of a run; ``facts`` are its target, incident, parameters, counts and calls.

    ``error`` is empty for a run that succeeded, ``interrupted`` or ``killed``, or the last that its notebook said.
    """
    return {
        **run.facts,  # first: of a killed run they were read from a file, which cannot change what we know ourselves
        "schema": SCHEMA,
        "id": run.id,
        "notebook": run.notebook,
        "began_at": run.began.isoformat(),
        "ended_at": datetime.now(UTC).isoformat(),
        "status": _STATUS.get(error, "failed"),
        "error": error,
        "files": run.files(),
        **facts,
    }


def _installed(notebook: Path | None) -> bool:
    """Whether it is the package's, which is in no repository, though the environment's folder may be."""
    return shipped.INSTALLED and notebook is not None and notebook.is_relative_to(shipped.FOLDER)


def _git_commit(folder: Path) -> str:
    git = shutil.which("git")
    if not git:
        return ""
    asked = [git, "-C", str(folder), "rev-parse", "HEAD"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
