"""What an archived run says of itself."""

from __future__ import annotations

import getpass
import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from runbook_lib.archive.store import Run

SCHEMA = 1
_STATUS = {"": "succeeded", "interrupted": "interrupted"}


def manifest(run: Run, facts: Mapping[str, Any], *, error: str, notebook: Path | None) -> dict[str, Any]:
    """Id, times (UTC), who, versions and outcome of a run; ``facts`` are its target, parameters, counts and calls."""
    return {
        "schema": SCHEMA,
        "id": run.id,
        "notebook": run.notebook,
        "began_at": run.began.isoformat(),
        "ended_at": datetime.now(UTC).isoformat(),
        "status": _STATUS.get(error, "failed"),
        "error": error,
        "who": _who(),
        "version": version("ecs-runbook"),
        "git_commit": _git_commit(notebook.parent if notebook else Path.cwd()),
        "notebook_sha256": hashlib.sha256(notebook.read_bytes()).hexdigest() if notebook else "",
        "files": sorted(path.name for path in run.folder.iterdir()),
        **facts,
    }


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def _git_commit(folder: Path) -> str:
    git = shutil.which("git")
    if not git:
        return ""
    asked = [git, "-C", str(folder), "rev-parse", "HEAD"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
