"""Runs are put where they belong, whole or not at all, and no name becomes a path."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from runbook_lib.archive.store import begin, incident_folder
from runbook_lib.errors import InputError
from runbook_lib.evidence.model import Target

TARGET = Target("cluster", "service", "ap-northeast-2", "123456789012")
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def an_incident(root, hours_ago: float):
    then = NOW - timedelta(hours=hours_ago)
    folder = incident_folder(root, TARGET, then, incident=True)
    (folder / f"{then:%Y%m%dT%H%M%SZ}-90_postmortem-abcdef").mkdir()
    return folder


def test_a_first_fault_opens_an_incident_named_by_its_time(tmp_path):
    folder = incident_folder(tmp_path, TARGET, NOW, incident=True)
    assert folder.relative_to(tmp_path).parts == (
        "123456789012",
        "ap-northeast-2",
        "cluster",
        "service",
        "20261123T080000Z",
    )


@pytest.mark.parametrize(("hours_ago", "joined"), [(1, True), (23.9, True), (24.1, False)])
def test_a_look_within_24_hours_joins_the_incident(tmp_path, hours_ago, joined):
    earlier = an_incident(tmp_path, hours_ago)
    assert (incident_folder(tmp_path, TARGET, NOW, incident=True) == earlier) is joined


def test_of_several_incidents_the_newest_is_joined(tmp_path):
    an_incident(tmp_path, 30)
    newest = an_incident(tmp_path, 2)
    assert incident_folder(tmp_path, TARGET, NOW, incident=True) == newest


def test_a_run_that_saw_no_fault_opens_no_incident(tmp_path):
    assert incident_folder(tmp_path, TARGET, NOW, incident=False).name == "no-incident"
    assert incident_folder(tmp_path, TARGET, NOW, incident=True).name == "20261123T080000Z"


@pytest.mark.parametrize("name", ["../../etc", "/etc", "..", "a/b", "", "\x00", "\u202eevil", "<script>"])
def test_no_name_leaves_the_archive(tmp_path, name):
    root = tmp_path / "outputs"
    folder = incident_folder(root, Target(name, name, name, name), NOW, incident=True)
    assert folder.resolve().is_relative_to(root.resolve())
    assert len(folder.relative_to(root).parts) == 5


def test_a_run_appears_only_when_it_is_whole(tmp_path):
    run = begin(tmp_path, "90_postmortem")
    run.write("evidence.json", "{}")
    assert not [p for p in tmp_path.iterdir() if not p.name.startswith(".")]
    final = run.commit(TARGET, {"id": run.id}, incident=True)
    assert json.loads((final / "manifest.json").read_text()) == {"id": run.id}
    assert not list(tmp_path.glob(".*"))


def test_two_runs_of_one_moment_do_not_meet(tmp_path):
    folders = [begin(tmp_path, "n").commit(TARGET, {}, incident=True) for _ in range(20)]
    assert len(set(folders)) == 20
    assert len(list((folders[0].parent / "journal").iterdir())) == 20


def test_an_archive_that_cannot_be_written_is_said(tmp_path):
    in_the_way = tmp_path / "outputs"
    in_the_way.write_text("a file")
    with pytest.raises(InputError) as refused:
        begin(in_the_way, "n")
    assert refused.value.key == "outputs-unwritable"
