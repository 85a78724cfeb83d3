"""Every notebook runs headless by plain papermill; what is not about a kernel is shown in this process."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import in_process

ROOT = Path(__file__).parents[1]
HANGUL = re.compile("[가-힣]")


def papermill(
    notebook: str, output: Path, *arguments: object, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "papermill", notebook, str(output), "--no-progress-bar", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        | {"PYTHONWARNINGS": "ignore"}
        | environment,
        check=False,
    )


def outputs(path: Path) -> list[dict]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def shown(put_out: list[dict]) -> str:
    """The sections that a notebook shows."""
    return "".join("".join(output.get("data", {}).get("text/html", "")) for output in put_out)


def streams(put_out: list[dict]) -> str:
    return "".join("".join(output["text"]) for output in put_out if output["output_type"] == "stream")


@pytest.fixture
def base(guide, tmp_path):
    """A user's home with a task definition, as a parameter names it."""
    (tmp_path / "base" / "parameters").mkdir(parents=True)
    definition = guide.params.parent / "aws" / "task-definition.json"
    (tmp_path / "base" / "td.json").write_text(definition.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path / "base"


def diagnosed(put_out: list[dict], base: Path) -> str:
    """What 10_diagnose shows of the guide's incident with the home's task definition."""
    text = shown(put_out)
    assert "LANGSMITH_TRACING" in text
    assert "bfea2cf646ba4eb2b4f0e07661b6de2fef444f75" in text
    assert f"{base}/td.json" in text
    return text


def test_diagnose_runs_headless_from_any_folder_below_the_home_that_is_printed(guide, tmp_path, base):
    out, below = tmp_path / "out.ipynb", base / "below"
    below.mkdir()
    told = ("-f", guide.params, "-p", "task_definition_file", "td.json", "-p", "lang", "en")
    done = papermill(str(ROOT / "notebooks" / "10_diagnose.ipynb"), out, *told, cwd=below)
    assert done.returncode == 0, done.stderr[-2000:]
    assert streams(outputs(out)) == f"Paths start from {base}\n"
    assert "이미지 태그" not in diagnosed(outputs(out), base)


def test_diagnose_speaks_the_language_asked_for_and_starts_from_the_home_that_is_named(
    guide, tmp_path, base, monkeypatch
):
    monkeypatch.setenv("ECS_RUNBOOK_HOME", str(base))
    told = yaml.safe_load(guide.params.read_text(encoding="utf-8")) | {"task_definition_file": "td.json", "lang": "ko"}
    put_out = in_process.executed(ROOT / "notebooks" / "10_diagnose.ipynb", tmp_path / "out.ipynb", **told)
    assert streams(put_out) == f"기준 폴더: {base}\n"
    assert "이미지 태그" in diagnosed(put_out, base)


def test_postmortem_by_plain_papermill_archives_itself(guide, tmp_path):
    out = tmp_path / "out.ipynb"
    done = papermill("notebooks/90_postmortem.ipynb", out, "-f", guide.params, "-p", "outputs", tmp_path / "archive")
    assert done.returncode == 0, done.stderr[-2000:]
    [manifest] = (tmp_path / "archive").rglob("manifest.json")
    assert (manifest.parent / "report.ko.html").is_file()
    assert str(manifest.parent) in shown(outputs(out))


def test_watch_runs_headless_and_shows_its_end_alone(guide, tmp_path):
    out = tmp_path / "out.ipynb"
    done = papermill("notebooks/30_watch.ipynb", out, "-f", guide.params, "-p", "outputs", tmp_path, "-p", "lang", "en")
    assert done.returncode == 0, done.stderr[-2000:]
    text = shown(outputs(out))
    assert "Cannot succeed" in text
    assert "ecs-runbook fix plan" in text
    assert "Verify the application" in text
    assert len(list(tmp_path.glob("**/journal/*-verify-*.json"))) == 1
    assert not list(tmp_path.glob("**/journal/*-closed-*.json")), "it answers, but no deployment completed"
    assert "application/vnd.jupyter.widget-view+json" not in out.read_text(encoding="utf-8")


def test_fix_is_a_dry_run_until_its_digest_is_approved(own_lab, tmp_path):
    lab, fix = own_lab("guide"), "notebooks/20_fix.ipynb"
    told = {"suggested": True, "outputs": str(tmp_path / "archive"), "lang": "en"}
    file = yaml.safe_load(lab.params.read_text(encoding="utf-8"))
    dry = in_process.executed(ROOT / fix, tmp_path / "dry.ipynb", **file, **told)
    assert lab.changes() == []
    assert "Register a new revision of" in shown(dry)
    assert "There is nothing on record to take back" in shown(dry)
    [digest] = set(re.findall(r"-p approve ([0-9a-f]{12})", shown(dry)))
    words = [word for name, value in told.items() for word in ("-p", name, value)]
    done = papermill(fix, tmp_path / "done.ipynb", "-f", lab.params, *words, "-p", "approve", digest)
    assert done.returncode == 0, done.stderr[-2000:]
    assert [call["action"] for call in lab.changes()] == ["RegisterTaskDefinition", "UpdateService", "StopTask"]
    applied = outputs(tmp_path / "done.ipynb")
    assert "4 changes applied, each read back" in shown(applied)
    assert [output for output in (*dry, *applied) if "widget" in str(output.get("data"))] == []


@pytest.mark.parametrize(("given", "words"), [({"clustr": "a"}, "`cluster`"), ({"cluster": "a"}, "`service`")])
def test_a_wrong_parameter_is_one_sentence_and_no_call(tmp_path, given, words):
    out = tmp_path / "out.ipynb"
    [error] = in_process.executed(ROOT / "notebooks" / "10_diagnose.ipynb", out, **given)[-1:]
    assert error["output_type"] == "error"
    [sentence] = error["traceback"]
    assert words in sentence
    assert HANGUL.search(sentence)
