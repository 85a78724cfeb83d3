"""Secrets that come by other ways than a reading: an error of AWS, the proxy's address, the journal of an incident."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.lab.hosting import Lab
from runbook_lib.parameters import Parameters
from tests import in_process
from tests.command import ecs_runbook
from tests.conftest import given
from tests.safety.test_secrets import SECRET, SIGNED, plant_in_answers, written

AnyLab = Callable[[str], Lab]


def holders(folder: Path, text: str) -> list[Path]:
    return [path for path in written(folder) if text.encode() in path.read_bytes()]


def test_an_error_of_aws_gives_no_secret_away(own_lab: AnyLab, tmp_path: Path) -> None:
    lab, outputs = own_lab("guide"), tmp_path / "outputs"
    lab.faults([{"action": "DescribeTasks", "error": "ClientException", "message": f"refused: {SIGNED}"}])
    told = ["--params", lab.params, "-p", f"outputs={outputs}", "--lang", "en"]
    done = ecs_runbook("diagnose", *told)
    assert SECRET not in done.stdout + done.stderr
    _, printed = in_process.command("report", *told)
    assert SECRET not in printed
    assert holders(outputs, SECRET) == []
    assert "evidence.json" in {path.name for path in holders(outputs, "layers.s3.amazonaws.com/x?***")}


def test_the_journal_of_an_incident_tells_no_secret(
    own_lab: AnyLab, boto: Callable[[str, str], Any], tmp_path: Path
) -> None:
    lab, outputs = own_lab("guide"), tmp_path / "outputs"
    plant_in_answers(lab, boto("ecs", lab.endpoint_url))
    for command in (["diagnose"], ["incidents", "list"], ["incidents", "show"], ["incidents", "show", "--json"]):
        done = ecs_runbook(*command, "--params", lab.params, "-p", f"outputs={outputs}", "--lang", "en")
        assert SECRET not in done.stdout + done.stderr
        assert done.returncode in (0, 1)
    assert holders(outputs, SECRET) == []
    assert holders(outputs, "layers.s3.amazonaws.com/x?***") != []


def test_the_password_of_a_proxy_is_neither_printed_nor_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = f"http://ci:{SECRET}@127.0.0.1:9"
    keys = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": SECRET}
    about = {"region": "eu-west-1", "endpoint_url": "http://aws.invalid", "cluster": "a", "service": "b", "lang": "en"}
    told = [word for name, value in about.items() for word in ("-p", f"{name}={value}")]
    environment = {"HTTP_PROXY": proxy, "http_proxy": proxy, **keys}
    done = ecs_runbook("diagnose", *told, "-p", f"outputs={tmp_path}", **environment)
    assert done.returncode == 3
    assert "proxy" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    run = in_process.archived("90_postmortem", Parameters(**about, outputs=str(tmp_path)))
    assert (run.exit_code, "proxy" in run.error) == (3, True)
    assert holders(tmp_path, "proxy") != []
    assert holders(tmp_path, SECRET) == []


def test_a_proxys_page_is_no_answer_of_aws_and_not_kept(own_lab: AnyLab, tmp_path: Path) -> None:
    lab, outputs = own_lab("guide"), tmp_path / "outputs"
    for action, status in (("DescribeServices", 404), ("DescribeTasks", 302), ("DescribeTaskDefinition", 503)):
        lab.faults([{"action": action, "body": f"<html>password={SECRET}</html>", "status": status}])
        run = in_process.archived("90_postmortem", given(lab, outputs=str(outputs)))
        assert run.exit_code in (1, 3), run.error
        assert SECRET not in run.error
    assert len(list(outputs.rglob("manifest.json"))) == 3
    assert holders(outputs, SECRET) == []
