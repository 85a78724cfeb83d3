"""`report` runs 90_postmortem by papermill and leaves an archived run, whether it succeeds or fails."""

import json

import pytest

from tests.command import ecs_runbook

FILES = {"evidence.json", "verdicts.json", "report.ipynb", "report.ko.html", "report.en.html", "manifest.json"}


@pytest.fixture(scope="module")
def archived(lab_of, tmp_path_factory):
    """One archived report of the guide's incident: what was printed, and its folder."""
    outputs = tmp_path_factory.mktemp("outputs")
    done = ecs_runbook("report", "--params", lab_of("guide").params, "-p", f"outputs={outputs}", "--lang", "en")
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
    assert [p.stem for p in (folder.parent / "journal").iterdir()] == [folder.name]
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


def test_values_of_environment_variables_are_in_no_written_byte(archived):
    for path in archived[1].iterdir():
        assert '"azure"' not in path.read_text(), path.name


def test_a_second_report_joins_the_incident_and_rebuilds_from_its_evidence(archived):
    _, folder, outputs = archived
    done = ecs_runbook("report", "--evidence", folder / "evidence.json", "-p", f"outputs={outputs}", "--exit-verdict")
    assert done.returncode == 1
    assert len(list(outputs.rglob("manifest.json"))) == 2
    assert len(list((folder.parent / "journal").iterdir())) == 2


def test_a_failed_run_is_archived_as_failed(guide, tmp_path):
    done = ecs_runbook(
        "report", "--params", guide.params, "-p", f"outputs={tmp_path}", "-p", "service=nobody", "--lang", "en"
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "`nobody`" in done.stderr
    [manifest] = tmp_path.rglob("manifest.json")
    assert json.loads(manifest.read_text())["status"] == "failed"
    assert (manifest.parent / "report.ipynb").is_file()
