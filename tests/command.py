"""Runs the installed command as a user does."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from tests import warm

MAIN = "runbook_lib.cli:main"
ECS_RUNBOOK = str(Path(sys.executable).parent / "ecs-runbook")


def ecs_runbook(
    *arguments: object,
    cwd: Path | None = None,
    stdout: IO[str] | None = None,
    given: bytes = b"",
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """One run of the command, in Korean unless ``ECS_RUNBOOK_LANG`` or ``--lang`` says otherwise.

    It begins warm, but where it writes to a stream of its own or Python is told how to start.
    """
    env, words = clean_environment() | environment, (ECS_RUNBOOK, *map(str, arguments))
    if stdout is None and not any(name.startswith("PYTHON") for name in environment):
        return warm.run(MAIN, *words, cwd=cwd or Path.cwd(), env=env, given=given)
    return subprocess.run(
        words, stdout=stdout or subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, cwd=cwd, env=env
    )


def interrupted(
    *arguments: object, when: Callable[[], bool], by: signal.Signals = signal.SIGINT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """One run of the command that gets a signal once ``when`` is true.

    Ctrl-C and a kill for good reach all its processes, as from a terminal and from a machine that goes down; SIGTERM
    reaches the command alone, as from a CI job.
    """

    def end(process: Any) -> None:
        while not when() and process.is_alive():
            process.join(0.005)
        (os.kill if by is signal.SIGTERM else os.killpg)(process.pid, by)

    env, words = clean_environment() | environment, (ECS_RUNBOOK, *map(str, arguments))
    return warm.run(MAIN, *words, cwd=Path.cwd(), env=env, meanwhile=end)


def clean_environment() -> dict[str, str]:
    """This process's environment without what would change a run: AWS settings, ours, the language."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "ECS_RUNBOOK_", "LANG", "LC_"))}
    return kept | {"PYTHONIOENCODING": "utf-8", "ECS_RUNBOOK_OUTPUTS": os.environ["ECS_RUNBOOK_OUTPUTS"]}


def diagnose_json(*arguments: object, **environment: str) -> dict[str, Any]:
    """What ``diagnose --json`` printed."""
    return json.loads(ecs_runbook("diagnose", "--json", *arguments, **environment).stdout)
