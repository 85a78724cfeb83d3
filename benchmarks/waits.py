"""How other tools wait for a deployment, as they are, in the lab's time: what they say in the end, and when.

boto3's waiter and ecs-deploy run in this process; their pauses move the lab's stepped clock. The AWS CLI is a process
of its own: its lab runs `RATE` times as fast, and it reads a copy of its own waiter with a pause as much shorter.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import botocore
from botocore.exceptions import WaiterError

from runbook_lib.lab.hosting import Lab
from runbook_lib.parameters import Parameters

RATE = 15
KEYS = {"aws_access_key_id": "lab", "aws_secret_access_key": "lab"}


@dataclass(frozen=True)
class Waited:
    """What a wait said: ``yes``, ``no`` or ``time-out``; and when, in simulated seconds since it began."""

    said: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.said}, {self.seconds:.0f} s"


def client(given: Parameters) -> Any:
    """A client of ECS as any other tool has it."""
    make: Any = boto3.client
    return make("ecs", endpoint_url=given.endpoint_url, region_name=given.region, **KEYS)


def boto3_waiter(lab: Lab, given: Parameters) -> Waited:
    """`services_stable` with its own 40 attempts, 15 seconds apart."""
    began = lab.now
    with patch("botocore.waiter.time", SimpleNamespace(sleep=lab.advance)):
        try:
            client(given).get_waiter("services_stable").wait(cluster=given.cluster, services=[given.service])
        except WaiterError as error:
            said = "time-out" if "Max attempts" in str(error) else "no"
            return Waited(said, lab.now - began)
    return Waited("yes", lab.now - began)


def ecs_deploy(lab: Lab, given: Parameters) -> Waited:
    """The wait of `ecs deploy` after its update: each second, 300 seconds at most, an error event ends it."""
    from ecs_deploy import cli, ecs

    began = lab.now
    clock = SimpleNamespace(now=lambda: datetime.fromtimestamp(lab.now, UTC))
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, {"AWS_ENDPOINT_URL": given.endpoint_url}))
        stack.enter_context(patch.multiple(cli, sleep=lab.advance, datetime=clock))
        stack.enter_context(redirect_stdout(io.StringIO()))
        stack.enter_context(redirect_stderr(io.StringIO()))
        action = ecs.EcsAction(ecs.EcsClient("lab", "lab", given.region), given.cluster, given.service)
        try:
            cli.wait_for_finish(action, 300, "", "", "failed", False)
        except (ecs.EcsError, cli.TaskPlacementError) as error:
            return Waited("time-out" if "timeout" in str(error) else "no", lab.now - began)
    return Waited("yes", lab.now - began)


def aws_cli(lab: Lab, given: Parameters) -> Waited:
    """`aws ecs wait services-stable`; the lab must run at `RATE`."""
    began = lab.now
    with tempfile.TemporaryDirectory() as folder:
        _quicker(Path(folder))
        keys = {name.upper(): value for name, value in KEYS.items()}
        environment = {**os.environ, **keys, "AWS_DATA_PATH": folder, "AWS_DEFAULT_REGION": given.region}
        command = [str(Path(sys.executable).parent / "aws"), "ecs", "wait", "services-stable"]
        command += ["--cluster", given.cluster, "--services", given.service, "--endpoint-url", given.endpoint_url]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    said = "yes" if done.returncode == 0 else "time-out" if "Max attempts" in done.stderr else "no"
    return Waited(said, lab.now - began)


def _quicker(folder: Path) -> None:
    """botocore's own waiters of ECS, asking as often in the lab's time as they do in ours."""
    version = "2014-11-13"
    own = Path(botocore.__file__).parent / "data" / "ecs" / version
    waiters = json.loads((own / "waiters-2.json").read_text(encoding="utf-8"))
    waiters["waiters"]["ServicesStable"]["delay"] //= RATE
    place = folder / "ecs" / version
    place.mkdir(parents=True)
    (place / "waiters-2.json").write_text(json.dumps(waiters), encoding="utf-8")
