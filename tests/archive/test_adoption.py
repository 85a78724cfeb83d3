"""What a killed run left is archived once, by whoever comes next; what still lives, or might, is left alone."""

import json
import multiprocessing
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runbook_lib import runs
from runbook_lib.archive import journal
from runbook_lib.archive.incidents import close, filed, join
from runbook_lib.archive.owners import me
from runbook_lib.archive.store import OWNER, Run, begin, service_folder
from runbook_lib.evidence.model import Target

TARGET = Target("cluster", "service", "ap-northeast-2")
FACTS = {"target": {"cluster": "cluster", "service": "service", "region": "ap-northeast-2"}, "parameters": {}}
HERE = me()

with subprocess.Popen([sys.executable, "-c", ""]) as ended:
    ended.wait()
DEAD = {**HERE, "pid": ended.pid, "started": "1"}
AFAR = {**HERE, "host": "another-host"}


def left(root: Path, owner: dict = DEAD, facts: dict = FACTS, hours_ago: float = 0) -> Run:
    """A run of a process that is gone, or not, begun so many hours ago."""
    run = begin(root, "90_postmortem", owner, facts)
    then = datetime.now(UTC) - timedelta(hours=hours_ago)
    folder = run.folder.rename(root / f".{then:%Y%m%dT%H%M%SZ}-90_postmortem-{run.id[-6:]}")
    return Run(root, run.notebook, folder)


def manifests(root: Path) -> list[dict]:
    return [json.loads(path.read_text()) for path in root.rglob("manifest.json")]


def prepared(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("owner", "hours_ago", "adopted"),
    [
        (DEAD, 0, True),
        ({**DEAD, "pid": "7"}, 0, True),
        ({**HERE, "started": "0"}, 0, bool(HERE["started"])),  # where a system tells when a process started
        (HERE, 0, False),
        (HERE, 30, False),
        (AFAR, 23, False),
        (AFAR, 25, True),
        ({**HERE, "boot": "before the restart"}, 1, False),
        ({**HERE, "space": "pid:[another container]"}, 1, False),
    ],
    ids=[
        "dead",
        "no number",
        "number used again",
        "alive",
        "alive for long",
        "afar",
        "afar and old",
        "restarted",
        "another container",
    ],
)
def test_only_a_run_whose_process_cannot_live_is_taken_over(tmp_path, owner, hours_ago, adopted):
    left(tmp_path, owner, hours_ago=hours_ago)
    runs.adopt(tmp_path)
    assert [m["error"] for m in manifests(tmp_path)] == ["killed"] * adopted
    assert len(prepared(tmp_path)) == (not adopted)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 5000, '{"owner": 7}', "\udcff"])
def test_a_run_whose_owner_cannot_be_read_is_taken_over_after_a_day(tmp_path, text):
    for hours_ago in (1, 25):
        run = left(tmp_path, hours_ago=hours_ago)
        (run.folder / OWNER).write_bytes(text.encode("utf-8", "surrogateescape"))
    runs.adopt(tmp_path)
    assert len(manifests(tmp_path)) == len(prepared(tmp_path)) == 1


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"target": 7},
        {"target": {"cluster": "../../x", "service": "a\x00b", "region": None}},
        {**FACTS, "parameters": [1]},
        {**FACTS, "parameters": {"incident_id": {"a": 1}}},
        {**FACTS, "parameters": {"incident_id": "../../x"}},
        {**FACTS, "id": "../../x", "status": "succeeded", "schema": 9},
    ],
    ids=["none", "no target", "names that are paths", "list", "mapping", "path", "lies"],
)
def test_what_a_file_says_of_a_run_cannot_stop_its_adoption_or_lead_out_of_the_archive(tmp_path, facts):
    root = tmp_path / "outputs"
    run = left(root, facts=facts)
    runs.adopt(root)
    [kept] = manifests(root)
    assert (kept["id"], kept["status"], kept["schema"]) == (run.id, "interrupted", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]
    assert not prepared(root)


def test_a_run_that_named_no_incident_of_the_service_is_archived_beside_them(tmp_path):
    left(tmp_path, facts={**FACTS, "parameters": {"incident_id": "20200101T000000Z"}})
    runs.adopt(tmp_path)
    assert [m["incident"] for m in manifests(tmp_path)] == [""]
    assert filed(tmp_path, TARGET) == ()


def test_half_of_the_evidence_is_kept_and_not_believed(tmp_path):
    run = left(tmp_path)
    run.write("evidence.json", '{"schema": 1, "target": {"clu')
    runs.adopt(tmp_path)
    [kept] = manifests(tmp_path)
    assert (kept["state"], kept["files"]) == ("unknown", ["evidence.json"])


def test_a_run_goes_to_the_incident_that_its_kernel_joined_though_that_is_closed_since(tmp_path):
    target = Target("cluster", "service", "ap-northeast-2", "123456789012")
    joined = join(tmp_path, target, "", fault=True)
    run = left(tmp_path)
    run.write("incident", joined.name)
    assert close(joined, tmp_path, "repaired")
    runs.adopt(tmp_path)
    assert [m["incident"] for m in manifests(tmp_path)] == [joined.name]
    assert [e.kind for e in journal.read(joined).entries] == ["opened", "closed", "run"]


def adopting(root: Path, gate) -> None:
    gate.wait()
    runs.adopt(root)


def test_processes_that_find_the_same_runs_archive_each_once(tmp_path):
    incident = join(tmp_path, TARGET, "", fault=True)
    wanted = {left(tmp_path).id for _ in range(10)}
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(4)
    workers = [context.Process(target=adopting, args=(tmp_path, gate)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert {m["id"] for m in manifests(tmp_path)} == wanted
    told = [e.text("run") for e in journal.read(incident).entries if e.kind == "run"]
    assert sorted(told) == sorted(wanted)
    assert not prepared(tmp_path)


def test_an_adopter_that_was_killed_as_well_is_followed_by_the_next(tmp_path):
    run = left(tmp_path)
    run.folder.rename(run.folder.with_name(f"{run.folder.name}~abcdef"))
    runs.adopt(tmp_path)
    assert [m["id"] for m in manifests(tmp_path)] == [run.id]


def test_no_archive_is_no_error_and_makes_none(tmp_path):
    runs.adopt(tmp_path / "none")
    assert not os.listdir(tmp_path)


def test_a_claim_beside_the_incidents_is_no_run(tmp_path):
    join(tmp_path, TARGET, "", fault=True)
    before = sorted(path.name for path in service_folder(tmp_path, TARGET).iterdir())
    runs.adopt(tmp_path)
    assert sorted(path.name for path in service_folder(tmp_path, TARGET).iterdir()) == before
