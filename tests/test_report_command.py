"""`report` runs 90_postmortem by papermill and leaves an archived run, whether it succeeds or fails."""

import json
from shutil import copytree

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from tests import in_process
from tests.command import ecs_runbook
from tests.conftest import given
from tests.in_process import command

pytestmark = pytest.mark.xdist_group("report")  # one archived report for all of them

FILES = {"evidence.json", "verdicts.json", "report.ipynb", "report.json", "manifest.json"}
FILES |= {f"report.{lang}.{form}" for lang in ("ko", "en") for form in ("html", "md")}

LOG = (
    "export TOKEN=hunter2\nError: hunter2\nAn error occurred (ClientException) when calling the "
    "RegisterTaskDefinition operation: The secret name must be unique and not shared with any new or existing "
    "environment variables set on the container, such as 'LANGSMITH_TRACING'.\n"
)


@pytest.fixture(scope="module")
def archived(lab_of, tmp_path_factory):
    """One archived report of the guide's incident and of a log of CI: what was printed, and its folder."""
    outputs = tmp_path_factory.mktemp("outputs")
    told = ["-p", f"outputs={outputs}", "-p", f"deploy_message={json.dumps(LOG * 50)}", "--lang", "en"]
    done = ecs_runbook("report", "--params", lab_of("guide").params, *told)
    assert done.returncode == 0, done.stderr
    [manifest] = outputs.rglob("manifest.json")
    return done.stdout, manifest.parent, outputs


def test_the_causes_and_the_path_are_printed(archived):
    printed, folder, _ = archived
    assert str(folder / "report.en.html") in printed
    assert "LANGSMITH_TRACING" in printed


def test_a_run_is_complete_and_where_it_belongs(archived):
    _, folder, outputs = archived
    assert {p.name for p in folder.iterdir()} == FILES
    account, region, cluster, service, incident, _ = folder.relative_to(outputs).parts
    assert (account, region) == ("123456789012", "ap-northeast-2")
    assert (cluster, service) == ("momentir-cx-llm-cluster", "momentir-cx-llm-service")
    assert sorted(p.stem.split("-")[1] for p in (folder.parent / "journal").iterdir()) == ["look", "opened", "run"]
    assert incident.endswith("Z")
    assert not [p for p in outputs.iterdir() if p.name.startswith(".")]


def test_the_manifest_says_what_was_seen(archived):
    manifest = json.loads((archived[1] / "manifest.json").read_text())
    assert manifest["status"] == "succeeded"
    assert manifest["counts"]["cause"] == len(manifest["causes"]) == 4
    assert manifest["notebook"] == "90_postmortem"
    assert len(manifest["notebook_sha256"]) == 64


def test_the_pages_need_no_network_and_no_script(archived):
    for lang in ("ko", "en"):
        page = (archived[1] / f"report.{lang}.html").read_text()
        assert f'lang="{lang}"' in page
        assert "<script" not in page
        assert 'src="http' not in page
        assert len(page) < 300_000


def test_the_notebook_holds_no_widget_and_no_error(archived):
    notebook = json.loads((archived[1] / "report.ipynb").read_text())
    kinds = {kind for c in notebook["cells"] for o in c.get("outputs", []) for kind in o.get("data", {})}
    assert "text/html" in kinds
    assert not any("widget" in kind for kind in kinds)
    assert not [o for c in notebook["cells"] for o in c.get("outputs", []) if o["output_type"] == "error"]


def test_jupyter_trusts_the_archived_notebook_and_so_shows_its_styles_and_pictures(archived):
    notary = NotebookNotary()
    trusted = notary.check_signature(nbformat.read(archived[1] / "report.ipynb", as_version=4))
    notary.store.close()
    assert trusted


def test_values_of_environment_variables_are_in_no_written_byte(archived):
    for path in archived[1].iterdir():
        assert '"azure"' not in path.read_text(), path.name


def test_of_a_pasted_log_only_awss_words_are_in_any_written_byte(archived):
    files = [p for p in archived[2].rglob("*") if p.is_file()]
    assert not [p.name for p in files if "hunter2" in p.read_text(encoding="utf-8")]
    assert [p.name for p in files if p.name == "report.ipynb" and "must be unique" in p.read_text(encoding="utf-8")]


def test_a_second_report_joins_the_incident_and_rebuilds_from_its_evidence(archived, tmp_path):
    _, folder, outputs = archived
    copied = copytree(outputs, tmp_path / "outputs")
    code, _ = command("report", "--evidence", folder / "evidence.json", "-p", f"outputs={copied}", "--exit-verdict")
    assert code == 1
    assert len(list(copied.rglob("manifest.json"))) == 2
    [journal] = copied.rglob("journal")
    assert sorted(p.stem.split("-")[1] for p in journal.iterdir()) == ["look", "opened", "run", "run"]


def test_a_failed_run_is_archived_as_failed_with_its_sentence(guide, tmp_path):
    done = ecs_runbook(
        "report", "--params", guide.params, "-p", f"outputs={tmp_path}", "-p", "service=nobody", "--lang", "en"
    )
    assert done.returncode == 2  # as `diagnose` would
    assert "Traceback" not in done.stderr
    assert "`nobody`" in done.stderr
    [manifest] = tmp_path.rglob("manifest.json")
    assert json.loads(manifest.read_text())["status"] == "failed"
    cells = json.loads((manifest.parent / "report.ipynb").read_text())["cells"]
    [error] = [o for cell in cells for o in cell.get("outputs", []) if o["output_type"] == "error"]
    [sentence] = error["traceback"]
    assert "`nobody`" in sentence


def test_a_run_that_names_an_incident_that_there_is_not_is_archived_beside_them(guide, tmp_path):
    asked = {"outputs": str(tmp_path), "incident_id": "20200101T000000Z"}
    done = in_process.archived("90_postmortem", given(guide, **asked))
    assert (done.ok, done.exit_code) == (False, 2)
    assert "20200101T000000Z" in done.error
    [manifest] = tmp_path.rglob("manifest.json")
    assert manifest.parents[1].name == "no-incident"
    assert json.loads(manifest.read_text())["status"] == "failed"


def test_any_notebook_that_opens_an_incident_leaves_its_evidence_and_verdict(guide, tmp_path):
    code, _ = command("run", "10_diagnose", "--params", guide.params, "-p", f"outputs={tmp_path}", "--exit-verdict")
    assert code == 1
    [manifest] = tmp_path.rglob("manifest.json")
    assert {"evidence.json", "verdicts.json", "report.ipynb"} <= {p.name for p in manifest.parent.iterdir()}
    assert json.loads(manifest.read_text())["counts"]["cause"] == 4


@pytest.mark.parametrize(("path", "expected"), [("", 0), ("/nope", 1)])
def test_a_watch_whose_http_check_fails_is_bad_also_where_the_service_is_healthy(lab_of, tmp_path, path, expected):
    lab = lab_of("healthy")
    asked = ("--params", lab.params, "-p", f"outputs={tmp_path}", "-p", "verify_tries=1", "-p", f"verify_path={path}")
    code, printed = command("run", "30_watch", *asked, "--exit-verdict")
    assert code == expected, printed
    assert command("run", "30_watch", *asked)[0] == 0, "archived is archived"
    checks = [json.loads(found.read_text()) for found in tmp_path.rglob("verify.json")]
    assert [check["exit_code"] for check in checks] == [expected, expected]
    assert json.loads(next(tmp_path.rglob("verdicts.json")).read_text())["state"] == "healthy"


def test_a_run_that_read_nothing_is_no_good_news(tmp_path):
    path = tmp_path / "own.ipynb"
    cell = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [], "source": "1"}
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    path.write_text(json.dumps({"cells": [cell], "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}))
    assert command("run", path, "-p", f"outputs={tmp_path}/o", "--exit-verdict")[0] == 3
