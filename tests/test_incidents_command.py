"""`incidents` lists, shows and closes what looks have recorded, in either language and for machines."""

import json
import re

import pytest

from runbook_lib.archive import journal
from tests.command import ecs_runbook

HANGUL = re.compile("[가-힣]")


@pytest.fixture
def recorded(guide, tmp_path):
    """An archive with one incident of two looks; what a command prints about it."""
    for _ in range(2):
        assert ecs_runbook("diagnose", "--params", guide.params, "-p", f"outputs={tmp_path}").returncode == 1

    def incidents(*arguments: object):
        return ecs_runbook("incidents", *arguments, "-p", f"outputs={tmp_path}")

    return incidents


def test_looks_of_one_fault_are_one_incident(recorded):
    [row] = json.loads(recorded("list", "--json").stdout)
    assert (row["status"], row["state"], row["looks"], row["runs"]) == ("open", "stuck", 2, 0)
    assert "image_tag_absent" in row["causes"]


def test_an_incident_that_is_mended_is_listed_with_what_it_was_about(recorded, tmp_path):
    [entries] = tmp_path.rglob("journal")
    journal.write(entries.parent, "look", {"state": "healthy", "causes": [], "symptoms": []})
    [row] = json.loads(recorded("list", "--json").stdout)
    assert (row["state"], row["looks"]) == ("healthy", 3)
    assert "image_tag_absent" in row["causes"]


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("command", ["list", "show"])
def test_a_person_reads_their_language(recorded, command, lang):
    printed = recorded(command, "--lang", lang).stdout
    assert "momentir-cx-llm-cluster/momentir-cx-llm-service" in printed
    assert bool(HANGUL.search(printed)) is (lang == "ko")
    assert "UTC+09:00" in printed


def test_the_journal_keeps_the_evidence_and_tells_it_to_machines_without(recorded, tmp_path):
    shown = json.loads(recorded("show", "latest", "--json").stdout)
    assert [e["kind"] for e in shown["entries"]] == ["opened", "look", "look"]
    assert not [e for e in shown["entries"] if "evidence" in e]
    [look, _] = sorted(tmp_path.rglob("*-look-*.json"))
    kept = tmp_path / "evidence.json"
    kept.write_text(json.dumps(json.loads(look.read_text())["evidence"]))
    again = ecs_runbook("diagnose", "--evidence", kept, "--json")
    assert [v["rule"] for v in json.loads(again.stdout)["causes"]] == [c["rule"] for c in shown["entries"][1]["causes"]]


def test_what_went_wrong_in_a_notebook_is_named(recorded, tmp_path):
    [entries] = tmp_path.rglob("journal")
    journal.write(entries.parent, "problem", {"by": "20_fix", "error": "plan-overtaken", "exit_code": 6})
    printed = recorded("show", "latest", "--lang", "en").stdout
    assert re.search(r"problem .*plan-overtaken.*20_fix", printed)


def test_closing_is_recorded_once_with_its_reason(recorded):
    assert recorded("close", "latest", "--reason", "repaired: tag 42").returncode == 0
    assert "42" in recorded("show", "--lang", "en").stdout
    second = recorded("close", "latest", "--lang", "en")
    assert (second.returncode, "before" in second.stdout) == (0, True)
    assert [e["kind"] for e in json.loads(recorded("show", "--json").stdout)["entries"]].count("closed") == 1


@pytest.mark.parametrize(("asked", "words"), [("20200101T000000Z", "list"), ("nobody/latest", "list")])
def test_an_incident_that_there_is_not_is_said(recorded, asked, words):
    done = recorded("show", asked, "--lang", "en")
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_an_empty_archive_is_no_error(tmp_path):
    done = ecs_runbook("incidents", "list", "-p", f"outputs={tmp_path}", "--lang", "en")
    assert (done.returncode, done.stderr) == (0, "")
    assert ecs_runbook("incidents", "show", "-p", f"outputs={tmp_path}", "--lang", "en").returncode == 2


def test_only_the_incidents_of_the_service_asked_for_are_listed(recorded):
    assert json.loads(recorded("list", "--json", "--service", "momentir-cx-llm-service").stdout)
    assert not json.loads(recorded("list", "--json", "--service", "another").stdout)


def test_a_look_that_cannot_be_recorded_is_shown_all_the_same(guide, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    done = ecs_runbook("diagnose", "--params", guide.params, "-p", f"outputs={in_the_way}", "--lang", "en")
    assert done.returncode == 1
    assert "Image tag" in done.stdout
    assert "was not recorded" in done.stderr


def test_a_healthy_service_leaves_no_record(lab_of, tmp_path):
    assert ecs_runbook("diagnose", "--params", lab_of("healthy").params, "-p", f"outputs={tmp_path}").returncode == 0
    assert not list(tmp_path.iterdir())


def test_without_a_record_nothing_is_written(guide, tmp_path):
    ecs_runbook("diagnose", "--params", guide.params, "-p", f"outputs={tmp_path}", "-p", "incident_id=none")
    assert not list(tmp_path.iterdir())


HOSTILE = "<script>\x1b[31m\u202e=HYPERLINK(1)\nforged line"


def test_text_that_somebody_wrote_into_the_archive_stays_text(recorded, tmp_path):
    [entries] = tmp_path.rglob("journal")
    entry = {"who": HOSTILE, "state": HOSTILE, "by": HOSTILE, "causes": [{"rule": HOSTILE}, {"rule": 1}, "x"]}
    (entries / "20991231T000000.000000Z-look-abcdef.json").write_text(json.dumps(entry))
    (entries / "20991231T000001.000000Z-run-abcdef.json").write_text(json.dumps({"status": HOSTILE, "error": [1]}))
    for command in ("list", "show"):
        printed = recorded(command).stdout
        assert "\x1b" not in printed
        assert "\u202e" not in printed
        assert "\nforged" not in printed
    assert "\u202e" not in recorded("show", "--json").stdout
