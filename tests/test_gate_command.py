"""The command `gate`: 0 free, 4 with what blocks, and nothing but one call a poll."""

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest

from runbook_lib.cli.faces import GitHub, Lines
from runbook_lib.diagnosis.gate import Gate
from runbook_lib.following import gate, gate_page
from runbook_lib.report.context import Context
from runbook_lib.report.sections.gating import gate_json
from runbook_lib.report.watch_lines import waiting_line
from tests.command import ecs_runbook
from tests.watched_lab import parameters_of, unfolding


def test_a_service_at_rest_is_free(lab_of):
    lab = lab_of("healthy")
    done = ecs_runbook("gate", "--params", lab.params, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["gate"], told["calls"]) == (0, "free", 1)
    assert done.stderr == ""


def test_a_service_that_there_is_not_yet_is_free(lab_of):
    done = ecs_runbook("gate", "--params", lab_of("healthy").params, "--service", "not-yet", "--lang", "en")
    assert done.returncode == 0
    assert "does not exist yet" in done.stdout


def test_a_cluster_that_there_is_not_is_a_mistake(lab_of):
    done = ecs_runbook("gate", "--params", lab_of("healthy").params, "--cluster", "no-such-cluster")
    assert done.returncode == 2
    assert "no-such-cluster" in done.stderr


def test_what_blocks_is_named_with_since_when_and_why(tmp_path):
    with unfolding("guide", tmp_path) as lab:
        given = parameters_of(lab, timeout=1)
        found = gate(given, wait=lab.advance)
    assert isinstance(found, Gate)
    text = gate_page(found, given, "en", ()).text
    assert "ecs-svc/" in text
    assert "Image tag not in the repository" in text
    told = gate_json(found, "en")
    assert (told["gate"], told["exit_code"]) == ("blocked", 4)
    assert "image-not-found" in [cause["label"] for cause in told["causes"]]


@pytest.mark.parametrize("face", [Lines, GitHub])
def test_while_it_waits_it_tells_what_blocks(tmp_path, face):
    told = StringIO()
    with unfolding("guide", tmp_path) as lab, redirect_stderr(told), redirect_stdout(StringIO()):
        gate(parameters_of(lab, timeout=1), face(Context("en"), waiting_line).told, lab.advance)
    assert "waiting · blocked by ecs-svc/" in told.getvalue()


def test_a_name_that_is_nearly_a_services_opens_no_gate(lab_of):
    params = lab_of("healthy").params
    done = ecs_runbook("gate", "--params", params, "--service", "momentir-cx-llm-servise", "--lang", "en")
    assert done.returncode == 2
    assert "momentir-cx-llm-service" in done.stderr
