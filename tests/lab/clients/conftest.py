"""Programs that are no part of this project, run as their users run them: nothing is set but endpoint and keys."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

Done = subprocess.CompletedProcess[str]
Run = Callable[[str, Sequence[str]], Done]


def start(endpoint: str, home: Path, words: Sequence[str]) -> Done:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": "ap-northeast-2",
        "AWS_ACCESS_KEY_ID": "lab",
        "AWS_SECRET_ACCESS_KEY": "lab",
        "LANG": "C.UTF-8",
    }
    program = str(Path(sys.executable).parent / words[0])
    return subprocess.run([program, *words[1:]], env=env, capture_output=True, text=True, timeout=60, check=False)


class Shell:
    """Runs programs against a lab, several at once where they do not depend on each other."""

    def __init__(self, endpoint: str, home: Path) -> None:
        self._endpoint, self._home = endpoint, home
        self._pool = ThreadPoolExecutor(8)

    def __call__(self, *words: str) -> Done:
        return start(self._endpoint, self._home, words)

    def begin(self, *words: str) -> Any:
        """Start a program; its `result()` is there when it has ended."""
        return self._pool.submit(self, *words)

    def together(self, *commands: Sequence[str]) -> list[Done]:
        return [each.result() for each in [self.begin(*words) for words in commands]]

    def out(self, *words: str) -> str:
        """What a program that succeeds writes to standard output."""
        done = self(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home without any configuration of AWS."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def shell(home):
    return lambda bench: Shell(bench.lab.endpoint_url, home)
