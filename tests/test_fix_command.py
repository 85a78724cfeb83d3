"""fix plan, apply and undo as a user runs them, against a lab: nothing is changed without the digest of a plan."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from runbook_lib.lab.hosting import Lab
from runbook_lib.parameters import from_file
from tests.command import ecs_runbook

FAR = 1800  # seconds of the lab, in which every deployment of it has ended


@pytest.fixture
def lab(own_lab, request) -> Lab:
    return own_lab(getattr(request, "param", "guide"))


def fix(
    lab: Lab, *arguments: object, outputs: Path | None = None, lang: str = "en"
) -> subprocess.CompletedProcess[str]:
    kept = ("-p", f"outputs={outputs or lab.params.parent / 'outputs'}")
    return ecs_runbook("fix", *arguments, "--params", lab.params, *kept, "--lang", lang)


def planned(lab: Lab, *arguments: object) -> dict:
    return json.loads(fix(lab, "plan", "--json", *arguments).stdout)


def settled(lab: Lab) -> None:
    for _ in range(FAR // 30):
        lab.advance(30)


def test_a_plan_asks_what_evidence_does_not_decide(lab):
    lab.forget_calls()
    done = fix(lab, "plan", lang="ko")
    assert done.returncode == 1
    assert "고를 것이 3개" in done.stdout
    assert "--choose image=bfea2cf646ba4eb2b4f0e07661b6de2fef444f75" in done.stdout
    assert "--approve" not in done.stdout
    assert planned(lab)["open"] == ["way", "image", "side"]
    assert lab.changes() == []


def test_planned_approved_applied_and_taken_back(lab):
    """The whole way, by the commands that each step prints."""
    file = Path(from_file(lab.params)["task_definition_file"][0])
    before = file.read_bytes()
    plan = fix(lab, "plan", "--suggested")
    assert plan.returncode == 0
    dry = fix(lab, "apply", "--suggested")
    assert (dry.returncode, lab.changes()) == (1, [])
    apply = fix(lab, "apply", "--approve", planned(lab, "--suggested")["digest"])
    assert apply.returncode == 0, apply.stderr
    assert apply.stderr.count("Done: ") == 4
    settled(lab)
    assert ecs_runbook("diagnose", "--params", lab.params, "-p", "incident_id=none").returncode == 0
    undo = fix(lab, "undo")
    assert undo.returncode == 1
    [command] = [text for text in undo.stdout.split("\n\n") if "fix undo" in text]
    back = ecs_runbook(*shlex.split(command.partition("\n")[2].replace("\\\n", " "))[1:])
    assert back.returncode == 0, back.stderr
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--approve", "000000000000"], 1, "No plan `000000000000` is on record"),
        (["--approve", "short"], 2, "`approve`"),
        (["--approve", "000000000000", "-p", "incident_id=none"], 2, "`incident_id`"),
        (["--choose", "image"], 2, "NAME=VALUE"),
        (["--choose", "side=both"], 2, "`side=both`"),
        (["--choose", "sise=container"], 2, "Nearest name: `side`"),
        (["--order", "odd"], 2, "`safe` or `guide`"),
        (["--desired-count", "-1"], 2, "from 0 to 5000"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_and_changes_nothing(lab, arguments, code, said):
    done = fix(lab, "apply", *arguments)
    assert done.returncode == code
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert lab.changes() == []


def test_a_fix_is_not_taken_for_its_undo(lab):
    digest = planned(lab, "--suggested")["digest"]
    done = fix(lab, "undo", "--approve", digest)
    assert done.returncode == 1
    assert f"fix undo --plan {digest}" in done.stderr
    assert (fix(lab, "undo").returncode, fix(lab, "undo", "--plan", "x").returncode) == (2, 2)
    assert lab.changes() == []


def test_a_stale_plan_says_what_changed(lab, boto):
    digest = planned(lab, "--suggested")["digest"]
    names = {"cluster": lab.scenario.cluster, "service": lab.scenario.service}
    boto("ecs", lab.endpoint_url).update_service(**names, forceNewDeployment=True)
    lab.forget_calls()
    done = fix(lab, "apply", "--approve", digest)
    assert done.returncode == 1
    assert "the newest deployment (before: `ecs-svc/" in done.stderr
    assert lab.changes() == []


@pytest.mark.parametrize(
    ("lab", "code", "said"),
    [
        ("healthy", 0, "Nothing to fix"),
        ("health-check-tool-missing", 1, "By hand only"),
        ("deploying", 3, "Could not check"),
    ],
    indirect=["lab"],
)
def test_where_there_is_nothing_to_approve_the_plan_says_why(lab, code, said):
    done = fix(lab, "plan", "--suggested")
    assert (done.returncode, said in done.stdout) == (code, True), done.stderr


def test_a_plan_of_saved_evidence_cannot_be_approved(lab, tmp_path):
    saved = tmp_path / "evidence.json"
    ecs_runbook("diagnose", "--params", lab.params, "--save", saved, "-p", "task_definition_file=")
    done = fix(lab, "plan", "--suggested", "--evidence", saved)
    assert "Cannot be approved" in done.stdout
    assert "--approve" not in done.stdout


def test_without_cluster_and_service_usage():
    done = ecs_runbook("fix", "plan", "--lang", "en")
    assert (done.returncode, "`cluster`" in done.stderr) == (2, True)


def test_the_journal_tells_who_approved_what_and_what_became_of_it(lab):
    digest = planned(lab, "--suggested")["digest"]
    assert json.loads(fix(lab, "apply", "--approve", digest, "--json").stdout)["good"] is True
    shown = ecs_runbook(
        "incidents", "show", "--params", lab.params, "-p", f"outputs={lab.params.parent / 'outputs'}", "--lang", "en"
    ).stdout
    words = " ".join(shown.split())
    for said in (
        f"plan `{digest}`".replace("`", ""),
        "approved by arn:aws:",
        "register a task definition · Done",
        "all applied",
    ):
        assert said in words
