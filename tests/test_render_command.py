"""`incidents render` makes an archived report again from the archive alone: the same bytes, whatever came after."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runbook_lib import runs
from runbook_lib.archive import journal
from runbook_lib.diagnosis.engine import judge
from runbook_lib.errors import InputError
from runbook_lib.look import Look
from runbook_lib.parameters import Parameters
from tests.in_process import command
from tests.report import sample

FILES = [f"report.{lang}.{form}" for lang in ("ko", "en") for form in ("html", "md")] + ["report.json"]


@pytest.fixture
def archived(tmp_path):
    """A report as a notebook writes it, of an incident with a plan and a half-written entry; and its archive."""
    root = tmp_path / "outputs"
    seen = Look(replace(sample.guide(), lab=True), judge(sample.guide()))
    given = Parameters(
        cluster=sample.CLUSTER,
        service=sample.SERVICE,
        region=sample.REGION,
        outputs=str(root),
        timezone="Europe/Berlin",
        profile="ops",
        endpoint_url="http://127.0.0.1:5599",
        task_definition_file=str(tmp_path / "task-definition.json"),
    )
    incident = runs.record(seen, given, "diagnose")
    journal.write(incident, "plan", {"digest": "abc123", "plan": {"changes": [{}]}})
    (incident / "journal" / "20261123T080000.000000Z-look-abcdef.json").write_text('{"schema": 1, "ki')
    return runs.archive(seen, given, incident), root


def render(root, out, *told: object) -> bytes:
    code, printed = command("incidents", "render", *told, "-p", f"outputs={root}", "--output", out)
    assert code == 0, printed
    return out.read_bytes()


def options(name: str) -> list[str]:
    parts = name.split(".")
    return ["--format", parts[-1], *(["--lang", parts[1]] if len(parts) == 3 else [])]


@pytest.mark.parametrize("name", FILES)
def test_the_same_report_is_the_same_bytes_also_when_the_incident_went_on(archived, tmp_path, name):
    folder, root = archived
    journal.write(folder.parent, "closed", {"reason": "over"})
    (folder.parent / "journal" / "20261124T080000.000000Z-look-abcdef.json").write_text("{")
    before = (folder / name).read_bytes()
    for asked in (folder.name, folder.parent.name, "latest", folder):
        assert render(root, tmp_path / "out", asked, *options(name)) == before


def test_an_archive_that_was_copied_elsewhere_is_enough(archived, tmp_path):
    folder, root = archived
    copied = shutil.copytree(folder.parent, tmp_path / "elsewhere" / folder.parent.name) / folder.name
    for name in FILES:
        if name != "report.json":
            (copied / name).unlink()
    for name in FILES:
        assert render(root, tmp_path / "out", copied, *options(name)) == (folder / name).read_bytes()


@pytest.mark.parametrize("name", ["report.ko.html", "report.en.html"])
def test_a_report_of_an_earlier_version_tells_what_was_recorded_until_it_ended(archived, tmp_path, name):
    folder, root = archived
    before = (folder / name).read_bytes()
    for path in folder.glob("report.*"):
        path.unlink()
    later = datetime.now(UTC) + timedelta(hours=1)
    entry = folder.parent / "journal" / f"{later:%Y%m%dT%H%M%S.%fZ}-closed-abcdef.json"
    entry.write_text(json.dumps({"schema": 1, "kind": "closed", "reason": "over"}))
    assert render(root, tmp_path / "out", folder.name, *options(name)) == before


def test_an_entry_that_has_gone_since_is_said_to_be_missing(archived, tmp_path):
    folder, root = archived
    [plan] = (folder.parent / "journal").glob("*-plan-*")
    plan.unlink()
    made = render(root, tmp_path / "out", folder.name, "--format", "md", "--lang", "en").decode()
    assert "could not be read: 2" in made


def test_without_a_file_it_goes_to_standard_output(archived):
    folder, root = archived
    _, printed = command("incidents", "render", "latest", "-p", f"outputs={root}", "--format", "md", "--lang", "en")
    assert printed == (folder / "report.en.md").read_text()


@pytest.mark.parametrize(
    ("told", "key"),
    [
        (["latest", "--format", "pdf"], "form-unknown"),
        (["20200101T000000Z-90_postmortem-abcdef"], "report-unknown"),
        (["20200101T000000Z"], "incident-unknown"),
    ],
)
def test_what_is_not_there_is_named(archived, told, key):
    with pytest.raises(InputError) as error:
        command("incidents", "render", *told, "-p", f"outputs={archived[1]}")
    assert error.value.key == key


def test_damaged_evidence_is_named_and_no_traceback(archived):
    folder, root = archived
    (folder / "evidence.json").write_text('{"schema": 1')
    with pytest.raises(InputError) as error:
        command("incidents", "render", folder.name, "-p", f"outputs={root}")
    assert error.value.key == "evidence-not-json"


def test_a_damaged_report_file_is_as_good_as_none(archived, tmp_path):
    folder, root = archived
    before = (folder / "report.ko.html").read_bytes()
    (folder / "report.json").write_text('{"record": 7, "rendering": [], "damaged": "x"}')
    assert render(root, tmp_path / "out", folder.name)
    (folder / "report.json").write_text('{"rec')
    assert render(root, tmp_path / "out", folder.name, "--lang", "ko") == before
