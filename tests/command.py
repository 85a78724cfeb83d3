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

ECS_RUNBOOK = str(Path(sys.executable).parent / "ecs-runbook")


def ecs_runbook(
    *arguments: object, cwd: Path | None = None, stdout: IO[str] | int = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[str]:
    """One run of the command, in Korean unless ``ECS_RUNBOOK_LANG`` or ``--lang`` says otherwise."""
    if stdout is subprocess.PIPE and not any(name.startswith("PYTHON") for name in environment):
        env = clean_environment() | environment
        return warm.run("runbook_lib.cli:main", ECS_RUNBOOK, *map(str, arguments), cwd=cwd or Path.cwd(), env=env)
    return _ended(_start(arguments, stdout, cwd, environment))


def interrupted(
    *arguments: object, when: Callable[[], bool], by: signal.Signals = signal.SIGINT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """One run of the command that gets a signal once ``when`` is true.

    Ctrl-C and a kill for good reach all its processes, as from a terminal and from a machine that goes down; SIGTERM
    reaches the command alone, as from a CI job.
    """
    started = _start(arguments, subprocess.PIPE, None, environment)
    while not when() and started.poll() is None:
        os.sched_yield()
    (os.kill if by is signal.SIGTERM else os.killpg)(started.pid, by)
    return _ended(started)


def clean_environment() -> dict[str, str]:
    """This process's environment without what would change a run: AWS settings, ours, the language."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "ECS_RUNBOOK_", "LANG", "LC_"))}
    return kept | {"PYTHONIOENCODING": "utf-8", "ECS_RUNBOOK_OUTPUTS": os.environ["ECS_RUNBOOK_OUTPUTS"]}


def _start(
    arguments: tuple[object, ...], stdout: IO[str] | int, cwd: Path | None, environment: dict[str, str]
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [ECS_RUNBOOK, *map(str, arguments)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=clean_environment() | environment,
        start_new_session=True,
    )


def _ended(started: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    out, err = started.communicate()
    return subprocess.CompletedProcess(started.args, started.returncode, out, err)


def diagnose_json(*arguments: object, **environment: str) -> dict[str, Any]:
    """What ``diagnose --json`` printed."""
    return json.loads(ecs_runbook("diagnose", "--json", *arguments, **environment).stdout)
