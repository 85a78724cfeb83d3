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


@pytest.fixture
def only_looks(tmp_path):
    """An incident of which `diagnose` has left two looks and nothing else; its folder and the archive."""
    root = tmp_path / "outputs"
    given = Parameters(cluster=sample.CLUSTER, service=sample.SERVICE, region=sample.REGION, outputs=str(root))
    evidence = sample.guide()
    for later in (timedelta(0), timedelta(minutes=5)):
        seen = replace(evidence, collected_at=evidence.collected_at + later)
        incident = runs.record(Look(seen, judge(seen)), given, "diagnose")
    return incident, root


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


@pytest.mark.parametrize("left", ["", '{"schema": 1', "[]", '{"schema": 1, "target": {}}'])
def test_for_evidence_that_is_damaged_the_look_of_the_journal_stands_and_that_is_said(archived, tmp_path, left):
    folder, root = archived
    asked = ("--format", "md", "--lang", "en")
    before = render(root, tmp_path / "out", folder.name, *asked).decode()
    (folder / "evidence.json").write_text(left)
    after = render(root, tmp_path / "out", folder.name, *asked).decode()
    assert after == before.replace("could not be read: 1", "could not be read: 2")


def test_without_any_evidence_the_damaged_file_is_named_and_no_traceback(archived):
    folder, root = archived
    (folder / "evidence.json").write_text('{"schema": 1')
    for look in (folder.parent / "journal").glob("*-look-*"):
        look.write_text("")
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


def test_entries_of_other_types_count_as_damaged_and_nothing_is_claimed_of_what_they_held(archived, tmp_path):
    folder, root = archived
    step = {"plan": "abc123", "change": ["register"], "what": 5, "outcome": "done", "facts": "x"}
    journal.write(folder.parent, "change", step)
    shutil.rmtree(folder)
    source = render(root, tmp_path / "out", folder.parent.name, "--format", "md", "--lang", "en").decode()
    assert source.count("could not be read: 2.") == 2, "in the summary and where it says what is missing"
    assert "| change |" not in source
    assert "No change has been recorded" not in source
    assert "What can be read of the record holds no change." in source


@pytest.mark.parametrize("name", FILES)
def test_an_incident_that_holds_only_looks_is_told_by_the_newest(only_looks, tmp_path, name):
    incident, root = only_looks
    made = render(root, tmp_path / "out", incident.name, *options(name))
    assert made == render(root, tmp_path / "out", "latest", *options(name))
    at = sample.guide().collected_at + timedelta(minutes=5)
    told = at.isoformat() if name == "report.json" else f"{at + timedelta(hours=9):%Y-%m-%d %H:%M:%S} KST"
    assert told in made.decode()


def test_looks_keep_no_zone_and_no_profile_so_those_asked_for_count(only_looks, tmp_path):
    asked = ["latest", "-p", "timezone=Europe/Berlin", "-p", "profile=ops", "--format", "md"]
    made = render(only_looks[1], tmp_path / "out", *asked).decode()
    assert "08:25:12 (UTC+01:00)" in made
    assert "--profile ops" in made


def test_a_fix_and_a_watch_after_the_only_look_make_a_postmortem(only_looks, tmp_path):
    incident, root = only_looks
    journal.write(incident, "change", {"plan": "p", "change": "register", "what": "register", "outcome": "done"})
    journal.write(incident, "watch", {"phase": "end", "end": "completed", "deployment": "ecs-svc/4"})
    made = render(root, tmp_path / "out", "latest", "--format", "md", "--lang", "en").decode()
    assert "ECS runbook · postmortem" in made
    assert "✅ **Recovered**" in made
    assert "The service was not read again after it recovered (last look: " in made


def test_a_newest_look_that_is_damaged_is_passed_over(only_looks, tmp_path):
    incident, root = only_looks
    before = render(root, tmp_path / "out", "latest", "--format", "json")
    journal.write(incident, "look", {"state": "stuck", "causes": [], "symptoms": [], "evidence": {"schema": 99}})
    after = json.loads(render(root, tmp_path / "out", "latest", "--format", "json"))
    assert after["at"] == json.loads(before)["at"]
    assert after["incident"]["unreadable"] == 1


def test_without_any_evidence_the_ways_on_are_named(only_looks):
    incident, root = only_looks
    for path in (incident / "journal").glob("*-look-*"):
        path.unlink()
    with pytest.raises(InputError) as error:
        command("incidents", "render", "latest", "-p", f"outputs={root}")
    assert error.value.key == "report-none"


@pytest.mark.parametrize("name", FILES)
def test_standard_output_is_the_file_byte_for_byte(archived, name):
    folder, root = archived
    _, printed = command("incidents", "render", folder.name, "-p", f"outputs={root}", *options(name))
    assert printed == (folder / name).read_text(encoding="utf-8")
