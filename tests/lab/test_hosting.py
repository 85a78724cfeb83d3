"""Starting a lab: in this process, and as a program of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from runbook_lib import lab
from runbook_lib.lab import LabError
from tests.lab.conftest import CLUSTER, SERVICE, Bench

COLD = "import sys; from runbook_lib import lab; lab.names(); print({'moto', 'boto3'} & set(sys.modules))"


def test_the_parameters_file_is_for_this_lab(guide: Bench) -> None:
    written: dict[str, Any] = yaml.safe_load(guide.lab.params.read_text(encoding="utf-8"))
    assert written == {
        "cluster": CLUSTER,
        "service": SERVICE,
        "region": "ap-northeast-2",
        "endpoint_url": guide.lab.endpoint_url,
        "credentials": "lab",
        "connect_to": guide.lab.endpoint_url.removeprefix("http://"),
        "task_definition_file": str(guide.lab.params.parent / "aws" / "task-definition.json"),
    }
    assert guide.lab.params.is_absolute()


def test_it_listens_on_loopback_alone(guide: Bench) -> None:
    assert guide.lab.endpoint_url.startswith("http://127.0.0.1:")


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LabError) as refused:
            lab.start("healthy", port=port, folder=tmp_path)
    assert (refused.value.key, refused.value.facts) == ("port-in-use", {"port": port})


def test_two_labs_at_once_know_nothing_of_each_other(guide: Bench, tmp_path: Path) -> None:
    with Bench("healthy", tmp_path) as other:
        assert other.deployments() == [("PRIMARY", 1, "COMPLETED")]
        assert len(guide.deployments()) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_says_when_it_is_ready_and_ends_when_told(tmp_path: Path, number: signal.Signals) -> None:
    arguments = ["--scenario", "healthy", "--port", "0", "--folder", str(tmp_path)]
    command = [sys.executable, "-m", "runbook_lib.lab", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        ready = json.loads(program.stdout.readline())
        assert set(ready) == {"endpoint_url", "region", "params"}
        assert Path(ready["params"]).parent == tmp_path
        os.kill(program.pid, number)
        rest, errors = program.communicate(timeout=20)
    assert (program.returncode, rest, errors) == (0, "", "")


def test_looking_at_the_lab_loads_neither_moto_nor_boto3() -> None:
    done = subprocess.run([sys.executable, "-c", COLD], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "set()\n"


def test_the_users_own_aws_settings_do_not_matter(tmp_path: Path) -> None:
    """A profile that does not exist, and a file of them that cannot be read."""
    (tmp_path / "config").write_text("[broken", encoding="utf-8")
    environment = {**os.environ, "AWS_PROFILE": "gone", "AWS_CONFIG_FILE": str(tmp_path / "config")}
    code = f"from runbook_lib import lab; lab.start('guide', folder={str(tmp_path / 'lab')!r}).close()"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
