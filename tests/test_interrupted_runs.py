"""A run that is ended from outside is archived all the same: by itself, or where it was killed, by the next command."""

import json
import signal

from tests.command import ecs_runbook, interrupted


def slow(lab, outputs):
    """The options of a report that waits long enough to be ended in its midst."""
    lab.faults([{"action": "DescribeServices", "delay": 5}])
    return ["--params", lab.params, "-p", f"outputs={outputs}", "--lang", "en"]


def archived_as_interrupted(done, outputs) -> bool:
    [manifest] = outputs.rglob("manifest.json")
    assert done.returncode == 130
    assert str(manifest.parent) in done.stderr
    told = json.loads(manifest.read_text())
    return (told["status"], told["error"]) == ("interrupted", "interrupted")


def test_sigterm_leaves_an_archived_run_and_says_where(own_lab, tmp_path):
    lab = own_lab("guide")
    done = interrupted("report", *slow(lab, tmp_path), when=lambda: bool(lab.calls()), by=signal.SIGTERM)
    assert archived_as_interrupted(done, tmp_path)


def test_a_run_that_lives_is_left_alone_until_ctrl_c_archives_it_and_says_where(own_lab, tmp_path):
    lab = own_lab("guide")
    listed = []

    def seen() -> bool:
        if lab.calls():
            listed.append(ecs_runbook("incidents", "list", "-p", f"outputs={tmp_path}").returncode)
            listed.extend(tmp_path.rglob("manifest.json"))
        return bool(listed)

    done = interrupted("report", *slow(lab, tmp_path), when=seen, by=signal.SIGINT)
    assert listed == [0]
    assert archived_as_interrupted(done, tmp_path)


def test_what_a_killed_run_left_is_archived_by_the_next_command(own_lab, tmp_path):
    lab = own_lab("guide")
    ecs_runbook("diagnose", "--params", lab.params, "-p", f"outputs={tmp_path}")
    options = slow(lab, tmp_path)
    lab.forget_calls()
    killed = interrupted("report", *options, when=lambda: bool(lab.calls()), by=signal.SIGKILL)
    assert killed.returncode == -signal.SIGKILL
    assert not list(tmp_path.rglob("manifest.json"))
    told = json.loads(ecs_runbook("incidents", "show", "--json", *options).stdout)
    [manifest] = tmp_path.rglob("manifest.json")
    kept = json.loads(manifest.read_text())
    assert (kept["status"], kept["error"], kept["notebook"]) == ("interrupted", "killed", "90_postmortem")
    assert kept["parameters"]["service"] == "momentir-cx-llm-service"
    assert [(e["kind"], e.get("status")) for e in told["entries"]][-1] == ("run", "interrupted")
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
