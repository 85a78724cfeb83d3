"""`verify` as a user runs it: exit codes, languages, JSON, and the record that it leaves."""

import json
import re

import pytest

import runbook_lib as rb
from tests.command import ecs_runbook, interrupted
from tests.conftest import given
from tests.raw_server import RawServer

HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_healthy_service_answers_at_each_listener(guide, lang):
    done = ecs_runbook("verify", "--params", guide.params, "--tries", "1", "--lang", lang)
    assert done.returncode == 0
    assert bool(HANGUL.search(done.stdout)) is (lang == "ko")
    assert "http:80 /" in done.stdout
    assert "https:443 /" in done.stdout
    assert f"--connect-to ::{guide.endpoint_url.partition('://')[2]}" in done.stdout
    assert "momentir-cx-llm-cluster" in done.stderr


def test_json_is_all_that_goes_to_standard_output(guide):
    done = ecs_runbook("verify", "--params", guide.params, "--tries", "2", "--path", "/nope", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == found["exit_code"] == 1
    assert (found["ok"], found["outcome"]) == (False, "unexpected-status")
    assert [(c["outcome"], c["status"], len(c["ms"]), c["expect"]) for c in found["checks"]] == [
        ("unexpected-status", [404, 404], 2, "200"),
        ("unexpected-status", [404, 404], 2, "200"),
    ]
    assert found["checks"][1]["certificate"]["trusted"] is False


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--path", "nope"), "--path"),
        (("--path", "/a b"), "--path"),
        (("--path", "/a\r\nHost: x"), "--path"),
        (("--expect", "2xx"), "--expect"),
        (("--expect", "099"), "--expect"),
        (("--tries", "0"), "--tries"),
        (("--tries", "many"), "--tries"),
        (("--host", "a/b"), "--host"),
        (("--host", "-a"), "--host"),
        (("--connect-to", "localhost"), "--connect-to"),
        (("--connect-to", "localhost:65536"), "--connect-to"),
        (("--connect-to", "user@localhost:1"), "--connect-to"),
        (("-p", "verify_tries=true"), "verify_tries"),
        (("--paht", "/"), "--path"),
    ],
)
def test_what_makes_no_sense_is_refused_before_aws_is_asked(options, named):
    done = ecs_runbook("verify", "--cluster", "c", "--service", "s", "--region", "eu-west-1", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_a_service_that_there_is_not(guide):
    done = ecs_runbook("verify", "--params", guide.params, "--service", "momentir-cx-llm-servic")
    assert done.returncode == 2
    assert "momentir-cx-llm-service" in done.stderr


def test_a_check_is_kept_in_the_open_incident_and_opens_none(guide, tmp_path):
    options = ("--params", guide.params, "-p", f"outputs={tmp_path}")
    assert ecs_runbook("verify", *options, "--tries", "1").returncode == 0
    assert ecs_runbook("incidents", "list", "--json", "-p", f"outputs={tmp_path}").stdout.strip() == "[]"
    assert ecs_runbook("diagnose", *options).returncode == 1
    assert "20" in ecs_runbook("verify", *options, "--tries", "2").stderr.splitlines()[-1]
    [entry] = [json.loads(path.read_text()) for path in tmp_path.glob("**/journal/*-verify-*.json")]
    assert (entry["kind"], entry["ok"], entry["outcome"], entry["by"]) == ("verify", True, "verified", "verify")
    assert [(check["status"], len(check["ms"])) for check in entry["checks"]] == [([200, 200], 2)] * 2
    assert entry["checks"][1]["url"].startswith("https://momentir-cx-llm-alb-1.")
    shown = ecs_runbook("incidents", "show", "latest", "-p", f"outputs={tmp_path}", "--lang", "en").stdout
    assert "Answers as expected" in " ".join(shown.split())


def test_a_notebook_verifies_and_keeps_it(guide, tmp_path, capsys):
    incident = rb.Incident(given(guide, outputs=str(tmp_path), lang="ko", verify_tries=1))
    section = incident.verify()
    assert "애플리케이션 동작 확인" in section.text
    assert "정상 응답" in section.html
    assert len(list(tmp_path.glob("**/journal/*-verify-*.json"))) == 1


def test_help_says_what_it_takes_in_either_language():
    for lang in ("ko", "en"):
        told = ecs_runbook("verify", "--help", ECS_RUNBOOK_LANG=lang).stdout
        for option in ("--path", "--expect", "--host", "--tries", "--verify-certificate", "--connect-to", "--json"):
            assert option in told


def test_an_interruption_ends_at_once_and_leaves_a_record(guide, tmp_path):
    options = ("--params", guide.params, "-p", f"outputs={tmp_path}")
    assert ecs_runbook("diagnose", *options).returncode == 1
    with RawServer(lambda connection: silent.read(connection) or silent.hold(connection)) as silent:
        done = interrupted("verify", *options, "--connect-to", silent.place, when=lambda: bool(silent.requests))
    assert (done.returncode, done.stdout) == (130, "")
    [entry] = [json.loads(path.read_text()) for path in tmp_path.glob("**/journal/*-verify-*.json")]
    assert (entry["ok"], entry["outcome"]) == (False, "interrupted")
    shown = ecs_runbook("incidents", "show", "latest", "-p", f"outputs={tmp_path}", "--lang", "en")
    assert "interrupted" in shown.stdout


def test_silence_is_exit_code_4_within_the_deadline(guide):
    with RawServer(lambda connection: silent.read(connection) or silent.hold(connection)) as silent:
        options = ("--connect-to", silent.place, "--deadline", "4", "--json")
        done = ecs_runbook("verify", "--params", guide.params, *options)
    assert done.returncode == json.loads(done.stdout)["exit_code"] == 4


def test_a_proxy_of_the_environment_is_not_asked(guide):
    proxy = {"HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"}
    assert ecs_runbook("verify", "--params", guide.params, "--tries", "1", **proxy).returncode == 0
