"""``ecs-runbook demo``: every act has its real effect on a lab, and one that has not ends it with a sentence."""

import json
import re
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.cli.acts import ACTS
from runbook_lib.text import LANGUAGES, has, say
from tests.command import ECS_RUNBOOK, clean_environment, ecs_runbook, interrupted

ROOT = Path(__file__).parents[1]
MINE = {"AWS_PROFILE": "mine", "AWS_REGION": "nowhere-1", "ECS_RUNBOOK_CLUSTER": "mine"}  # none of it matters


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with our notebooks in which the demo is at home."""
    for name in ("notebooks", "parameters"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def around(home: Path, lang: str = "en") -> dict[str, str]:
    return MINE | {"ECS_RUNBOOK_HOME": str(home), "ECS_RUNBOOK_LANG": lang, "ECS_RUNBOOK_OUTPUTS": str(home / "out")}


def journal(home: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(home.glob("out/**/journal/*.json"))]


def one(entries: list[dict[str, Any]], kind: str, **facts: Any) -> dict[str, Any]:
    [found] = [e for e in entries if e["kind"] == kind and all(e.get(name) == fact for name, fact in facts.items())]
    return found


def titles(printed: str) -> list[str]:
    return re.findall(r"^\[(\d/\d)\] ", printed, re.MULTILINE)


def test_every_act_is_real_and_leaves_its_record(home: Path) -> None:
    done = ecs_runbook("demo", **around(home))
    assert (done.returncode, done.stderr) == (0, "")
    assert titles(done.stdout) == [f"{n}/7" for n in range(1, 8)]
    assert max(map(len, done.stdout.replace(str(home), "").splitlines())) <= 200, "compact"
    entries = journal(home)
    look = next(e for e in entries if e["kind"] == "look")
    assert (look["state"], len(look["causes"])) == ("stuck", 4)
    digest = one(entries, "plan")["digest"]
    assert one(entries, "approval")["plan"] == one(entries, "applied", good=True)["plan"] == digest
    changed = [e["what"] for e in entries if e["kind"] == "change" and e["outcome"] == "done"]
    assert changed == ["edit-file", "register", "update-service", "stop-task"]
    assert one(entries, "watch", phase="end")["end"] == "completed"
    assert [check["status"] for check in one(entries, "verify", ok=True)["checks"]] == [[200], [200]]
    assert one(entries, "closed")["why"] == "verified"
    [run] = home.glob("out/*/*/*/*/*/*/manifest.json")
    [page, other] = [Path(text) for text in re.findall(r"\S+report\.\w\w\.html", done.stdout)]
    assert {page, other} == {run.parent / "report.en.html", run.parent / "report.ko.html"}
    told = page.read_text(encoding="utf-8")
    assert all(
        words in told for words in (digest, "Time to recover", "Image tag not in the repository", "the check passed")
    )
    seen = json.loads((run.parent / "evidence.json").read_text(encoding="utf-8"))
    [service] = [r["data"] for r in seen["readings"] if r["request"]["kind"] == "service"]
    assert [d["rolloutState"] for d in service["deployments"]] == ["COMPLETED"]
    assert (service["runningCount"], service["taskDefinition"].rpartition("/")[2]) == (1, "momentir-cx-llm:4")
    assert list((home / ".lab").iterdir()) == []


def test_what_may_not_be_changed_ends_it_with_the_act_and_the_reason(home: Path) -> None:
    started = subprocess.Popen(
        [ECS_RUNBOOK, "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=clean_environment() | around(home, "ko"),
    )  # fmt: skip
    assert started.stdout
    lines = iter(started.stdout.readline, "")
    lab = next(found.group() for line in lines if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
    rule = {"add": [{"preset": "access-denied", "service": "ecs", "action": "UpdateService"}]}
    urllib.request.urlopen(urllib.request.Request(f"{lab}/_lab/faults", json.dumps(rule).encode())).close()
    out, err = started.communicate()
    assert started.returncode == 1
    assert say("demo.act.apply", "ko") in err
    assert "ecs:UpdateService" in err
    assert len(err.splitlines()) == 1
    assert say("demo.act.watch", "ko") not in out
    assert [e["outcome"] for e in journal(home) if e["kind"] == "change"] == ["done", "done", "failed"]
    assert list((home / ".lab").iterdir()) == []


def test_ctrl_c_ends_it_with_one_sentence_and_without_a_lab(home: Path) -> None:
    done = interrupted("demo", when=lambda: any(home.glob("out/**/journal/*-plan-*")), **around(home))
    assert done.returncode == 130
    assert [line for line in done.stderr.splitlines() if "interrupted" not in line] == []
    assert len(done.stderr.splitlines()) == 1
    assert list((home / ".lab").iterdir()) == []


def test_a_lab_that_cannot_start_says_so(home: Path) -> None:
    (home / ".lab").write_text("in the way", encoding="utf-8")
    done = ecs_runbook("demo", **around(home))
    assert (done.returncode, done.stdout) == (2, "")
    assert str(home / ".lab") in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_with_a_damaged_notebook_it_does_not_begin(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "90_postmortem.ipynb").write_text("{", encoding="utf-8")
    done = ecs_runbook("demo", cwd=tmp_path, **around(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "90_postmortem.ipynb" in done.stderr


@pytest.mark.parametrize("act", [act.__name__ for act, _ in ACTS])
def test_an_act_is_announced_by_one_line_and_its_failure_has_words(act: str) -> None:
    assert all(has(f"demo.{part}.{act}") for part in ("act", "problem"))
    assert not [lang for lang in LANGUAGES if "\n" in say(f"demo.act.{act}", lang)]
