"""The notebooks run headless by plain papermill, in both languages, from the root and from their own folder."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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


def html(path: Path) -> str:
    return "".join("".join(o.get("data", {}).get("text/html", "")) for o in outputs(path))


@pytest.mark.parametrize(
    ("folder", "notebook", "lang"),
    [(".", "notebooks/10_diagnose.ipynb", "ko"), ("notebooks", "10_diagnose.ipynb", "en")],
)
def test_diagnose_runs_headless_from_any_folder(guide, tmp_path, folder, notebook, lang):
    out = tmp_path / "out.ipynb"
    done = papermill(notebook, out, "-f", guide.params, "-p", "lang", lang, cwd=ROOT / folder)
    assert done.returncode == 0, done.stderr[-2000:]
    text = html(out)
    assert "LANGSMITH_TRACING" in text
    assert "bfea2cf646ba4eb2b4f0e07661b6de2fef444f75" in text
    assert ("이미지 태그" in text) is (lang == "ko")


def test_postmortem_by_plain_papermill_archives_itself(guide, tmp_path):
    out = tmp_path / "out.ipynb"
    done = papermill("notebooks/90_postmortem.ipynb", out, "-f", guide.params, "-p", "outputs", tmp_path / "archive")
    assert done.returncode == 0, done.stderr[-2000:]
    [manifest] = (tmp_path / "archive").rglob("manifest.json")
    assert (manifest.parent / "report.ko.html").is_file()
    assert str(manifest.parent) in html(out)


def test_watch_runs_headless_and_shows_its_end_alone(guide, tmp_path):
    out = tmp_path / "out.ipynb"
    done = papermill("notebooks/30_watch.ipynb", out, "-f", guide.params, "-p", "outputs", tmp_path, "-p", "lang", "en")
    assert done.returncode == 0, done.stderr[-2000:]
    text = html(out)
    assert "Cannot succeed" in text
    assert "ecs-runbook fix plan" in text
    assert "Verify the application" in text
    assert len(list(tmp_path.glob("**/journal/*-verify-*.json"))) == 1
    assert not list(tmp_path.glob("**/journal/*-closed-*.json")), "it answers, but no deployment completed"
    assert "application/vnd.jupyter.widget-view+json" not in out.read_text(encoding="utf-8")


def test_relative_paths_start_from_the_home_that_is_printed(guide, tmp_path):
    (tmp_path / "base").mkdir()
    definition = guide.params.parent / "aws" / "task-definition.json"
    (tmp_path / "base" / "td.json").write_text(definition.read_text(encoding="utf-8"), encoding="utf-8")
    out = tmp_path / "out.ipynb"
    done = papermill(
        str(ROOT / "notebooks" / "10_diagnose.ipynb"), out, "-f", guide.params, "-p", "task_definition_file", "td.json",
        cwd=tmp_path, ECS_RUNBOOK_HOME=str(tmp_path / "base"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert [o["text"] for o in outputs(out) if o["output_type"] == "stream"] == [[f"기준 폴더: {tmp_path}/base\n"]]
    assert f"{tmp_path}/base/td.json" in html(out)


def test_fix_is_a_dry_run_until_its_digest_is_approved(own_lab, tmp_path):
    lab = own_lab("guide")
    told = ("-f", lab.params, "-p", "suggested", "True", "-p", "outputs", tmp_path / "archive", "-p", "lang", "en")
    dry = papermill("notebooks/20_fix.ipynb", tmp_path / "dry.ipynb", *told)
    assert dry.returncode == 0, dry.stderr[-2000:]
    shown = html(tmp_path / "dry.ipynb")
    assert lab.changes() == []
    assert "Register a new revision of" in shown
    assert "There is nothing on record to take back" in shown
    [digest] = set(re.findall(r"-p approve ([0-9a-f]{12})", shown))
    done = papermill("notebooks/20_fix.ipynb", tmp_path / "done.ipynb", *told, "-p", "approve", digest)
    assert done.returncode == 0, done.stderr[-2000:]
    assert [call["action"] for call in lab.changes()] == ["RegisterTaskDefinition", "UpdateService", "StopTask"]
    assert "4 changes applied, each read back" in html(tmp_path / "done.ipynb")
    widgets = [
        o for path in ("dry", "done") for o in outputs(tmp_path / f"{path}.ipynb") if "widget" in str(o.get("data"))
    ]
    assert widgets == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-p", "clustr", "a"], "`cluster`"),
        (["-p", "cluster", "a"], "`service`"),
    ],
)
def test_a_wrong_parameter_is_one_sentence_and_no_call(tmp_path, arguments, words):
    out = tmp_path / "out.ipynb"
    assert papermill("notebooks/10_diagnose.ipynb", out, *arguments).returncode != 0
    [error] = [o for o in outputs(out) if o["output_type"] == "error"]
    assert words in error["traceback"][0]
    assert len(error["traceback"]) == 1
    assert HANGUL.search(error["traceback"][0])
