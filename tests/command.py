"""Runs the installed command as a user does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ECS_RUNBOOK = str(Path(sys.executable).parent / "ecs-runbook")


def ecs_runbook(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """One run of the command, in Korean unless ``ECS_RUNBOOK_LANG`` or ``--lang`` says otherwise."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "ECS_RUNBOOK_", "LANG", "LC_"))}
    return subprocess.run(
        [ECS_RUNBOOK, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=clean | {"PYTHONIOENCODING": "utf-8", **environment},
        check=False,
    )


def diagnose_json(*arguments: object, **environment: str) -> dict[str, Any]:
    """What ``diagnose --json`` printed."""
    return json.loads(ecs_runbook("diagnose", "--json", *arguments, **environment).stdout)
