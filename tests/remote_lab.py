"""A lab in a process of its own, as a user starts one: moto keeps one state a process, and tests want several labs."""

import json
import os
import urllib.request
from pathlib import Path
from typing import Any

from tests import warm


class RemoteLab:
    """The lab of a scenario behind real HTTP; its clock stands still unless ``rate`` says otherwise."""

    def __init__(self, scenario: str, folder: Path, rate: float = 0.0) -> None:
        arguments = ("--scenario", scenario, "--port", "0", "--rate", str(rate), "--folder", str(folder))
        self._process, line = _started(("lab", *arguments))
        ready = json.loads(line)
        self.endpoint_url: str = ready["endpoint_url"]
        self.region: str = ready["region"]
        self.params = Path(ready["params"])

    def control(self, endpoint: str, body: Any = None) -> Any:
        """What ``/_lab/<endpoint>`` answers."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.endpoint_url}/_lab/{endpoint}", data) as answer:
            return json.load(answer)

    def calls(self) -> list[dict[str, Any]]:
        """Every AWS call that clients have made."""
        return self.control("calls")["calls"]

    def faults(self, rules: list[dict[str, Any]]) -> None:
        """Puts fault rules in force."""
        self.control("faults", {"rules": rules})

    def advance(self, seconds: float) -> None:
        """Lets simulated time pass at once."""
        self.control("clock", {"advance": seconds})

    def close(self) -> None:
        """Ends the process."""
        self._process.terminate()
        self._process.join()


def _started(words: tuple[str, ...]) -> tuple[Any, str]:
    """The process, and its first line, which says that it is ready."""
    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as lines, open(os.devnull, encoding="utf-8") as nothing:
        streams = (nothing.fileno(), writing, 2)
        process = warm.start("runbook_lib.lab.__main__:main", words, streams, Path.cwd(), os.environ)
        os.close(writing)
        return process, lines.readline()
