"""The lab that everything is measured against: one process of its own, as a user starts it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


def tool(name: str) -> str:
    """The path of a command that is installed beside this Python."""
    return str(Path(sys.executable).parent / name)


@dataclass(frozen=True)
class Lab:
    """A running lab: its address, Region, and the parameters file for its service."""

    endpoint_url: str
    region: str
    params: str

    def delay(self, seconds: float) -> None:
        """Make every answer take ``seconds`` longer; 0 takes the delay away."""
        rules = [{"delay": seconds}] if seconds else []
        body = json.dumps({"rules": rules}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.endpoint_url}/_lab/faults", body)):
            pass


@contextmanager
def running(scenario: str) -> Iterator[Lab]:
    """A lab with ``scenario`` on a free port of loopback, stopped afterwards."""
    command = [tool("ecs-runbook"), "lab", "up", "--scenario", scenario, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = json.loads(process.stdout.readline()) if process.stdout else {}
            yield Lab(ready["endpoint_url"], ready["region"], ready["params"])
        finally:
            process.terminate()
