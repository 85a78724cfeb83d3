"""``make lab``: the lab and JupyterLab together, ready to practise, and both gone at one Ctrl-C."""

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websocket import create_connection

from tests.command import ECS_RUNBOOK, clean_environment, ecs_runbook

ROOT = Path(__file__).parents[1]


class Practice:
    """``ecs-runbook lab up --jupyter`` as somebody runs it from the repository, with a home of the test's own."""

    def __init__(self, folder: Path) -> None:
        for name in ("notebooks", "parameters"):
            (folder / name).symlink_to(ROOT / name)
        extra = {"ECS_RUNBOOK_HOME": str(folder), "ECS_RUNBOOK_LANG": "ko", "AWS_PROFILE": "mine"}
        self.process = subprocess.Popen(
            [ECS_RUNBOOK, "lab", "up", "--jupyter", "--port", "0"],
            stdout=subprocess.PIPE, text=True, env=clean_environment() | extra, start_new_session=True,
        )  # fmt: skip

    def listen(self) -> None:
        """Wait for what it says once it is ready."""
        assert self.process.stdout
        self.said = "".join(self.process.stdout.readline() for _ in range(10))
        self.page, self.token = re.findall(r"(http://127\.0\.0\.1:\d+/)\S*token=(\w+)", self.said)[0]
        self.lab = re.findall(r"http://127\.0\.0\.1:\d+", self.said)[1]

    def ask(self, path: str, body: Any = None, token: bool = True) -> Any:
        """What JupyterLab's REST API answers."""
        headers = {"Authorization": f"token {self.token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.page}api/{path}", data, headers)) as answer:
            return json.load(answer)

    def run(self, command: str) -> str:
        """What a command prints in a terminal of JupyterLab."""
        name = self.ask("terminals", {})["name"]
        address = f"{self.page.replace('http', 'ws')}terminals/websocket/{name}?token={self.token}"
        terminal = create_connection(address, timeout=30)
        terminal.send(json.dumps(["stdin", f"{command}; echo en''d\r"]))
        printed = ""
        while "end\r\n" not in printed.replace("en''d", ""):
            kind, *text = json.loads(terminal.recv())
            printed += text[0] if kind == "stdout" else ""
        terminal.close()
        return printed


pytestmark = pytest.mark.xdist_group("practice")  # one JupyterLab for all of them


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    made = Practice(tmp_path_factory.mktemp("practice"))
    try:
        made.listen()
        yield made
    finally:
        made.process.terminate()
        made.process.communicate()


def test_it_says_what_to_open_and_what_to_try(practice: Practice) -> None:
    assert "00_start.ipynb?token=" in practice.said
    assert "docs/practice.ko.md" in practice.said


def test_jupyterlab_answers_to_its_token_alone(practice: Practice) -> None:
    assert practice.ask("status")["kernels"] == 0
    with pytest.raises(urllib.error.HTTPError) as refused:
        practice.ask("status", token=False)
    assert refused.value.code == 403
    refused.value.close()


def test_a_terminal_and_a_kernel_see_the_lab_and_ctrl_c_ends_all(practice: Practice) -> None:
    """One test, since what it ends is what it looked at."""
    printed = practice.run(
        'aws ecs list-clusters --query "clusterArns[0]" --output text;'
        ' ecs-runbook lab advance 1m; echo "[$AWS_PROFILE]"'
    )
    assert "cluster/momentir-cx-llm-cluster" in printed
    assert "실습 환경의 시각" in printed
    assert "[]" in printed
    kernel = practice.ask("kernels", {"name": "python3"})["id"]
    assert "momentir-cx-llm-service" in executed(practice, kernel)
    members = processes(practice.process.pid)
    assert len(members) >= 2
    os.killpg(practice.process.pid, signal.SIGINT)
    out, _ = practice.process.communicate(timeout=20)
    assert practice.process.returncode == 0
    assert "끝냅니다" in out
    assert [line for line in running() if int(line.split()[0]) in members] == []
    assert not listens(practice.lab)
    assert not answers(practice)


def executed(practice: Practice, kernel: str) -> str:
    """What a kernel of JupyterLab finds without being told a parameter."""
    code = "import runbook_lib as rb\nincident = rb.incident(globals())\nprint(incident.evidence.target.service)"
    address = f"{practice.page.replace('http', 'ws')}api/kernels/{kernel}/channels?token={practice.token}"
    channel = create_connection(address, timeout=60)
    head = {"msg_id": "1", "msg_type": "execute_request", "session": "s", "username": "", "version": "5.3"}
    content = {"code": code, "silent": False}
    asked = {"header": head, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
    channel.send(json.dumps(asked))
    printed = ""
    while True:
        got = json.loads(channel.recv())
        if got["header"]["msg_type"] in ("stream", "error"):
            printed += str(got["content"].get("text") or got["content"].get("evalue"))
        if got["header"]["msg_type"] == "execute_reply":
            channel.close()
            return printed


def running() -> list[str]:
    """All processes but those that have ended and wait for init to take note: id, parent, state, command."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if not line.split()[2].startswith("Z")]


def processes(above: int) -> set[int]:
    """The processes below one, and itself."""
    pairs = [tuple(map(int, line.split()[:2])) for line in running()]
    members = {above}
    while more := {pid for pid, parent in pairs if parent in members} - members:
        members |= more
    return members


def listens(url: str) -> bool:
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def answers(practice: Practice) -> bool:
    """Whether this JupyterLab still serves its page. Its port says nothing: the next JupyterLab may have it by now."""
    try:
        practice.ask("status")
    except (urllib.error.URLError, ConnectionError) as refused:
        if isinstance(refused, urllib.error.HTTPError):
            refused.close()
        return False
    return True


def test_a_port_that_is_taken_is_said_before_anything_starts() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        before = time.monotonic()
        done = ecs_runbook("lab", "up", "--jupyter", "--port", port, ECS_RUNBOOK_LANG="en")
    assert (done.returncode, done.stdout) == (2, "")
    assert port in done.stderr
    assert time.monotonic() - before < 20


def test_make_lab_is_that_command() -> None:
    words = ["make", "--no-print-directory", "-n", "-o", "setup", "lab", "ARGS=--port 5600"]
    made = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "exec .venv/bin/ecs-runbook lab up --jupyter --port 5600"
