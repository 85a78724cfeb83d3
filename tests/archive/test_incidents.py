"""Which incident a look joins: opened once whoever comes first, open for a day, closed for good."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runbook_lib.archive import journal
from runbook_lib.archive.incidents import close, filed, find, join
from runbook_lib.archive.store import service_folder
from runbook_lib.errors import InputError
from runbook_lib.evidence.journal import Status, changes, incident_id, stamp, status
from runbook_lib.evidence.model import Target

TARGET = Target("cluster", "service", "ap-northeast-2", "123456789012")
ELSEWHERE = Target("cluster", "service", "eu-west-1", "123456789012")


def ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


def an_incident(root: Path, *entry_ages: float, opened: float, target: Target = TARGET) -> Path:
    """An incident opened so many hours ago, with looks of these ages."""
    folder = service_folder(root, target) / incident_id(ago(opened))
    (folder / "journal").mkdir(parents=True)
    for age in entry_ages:
        name = f"{stamp(ago(age))}-look-abcdef.json"
        (folder / "journal" / name).write_text('{"schema": 1, "kind": "look", "who": "me"}')
    return folder


def kinds(folder: Path) -> list[str]:
    return [entry.kind for entry in journal.read(folder).entries]


def test_the_first_fault_opens_an_incident_and_says_so(tmp_path):
    folder = join(tmp_path, TARGET, "", fault=True)
    assert folder.relative_to(tmp_path).parts[:4] == ("123456789012", "ap-northeast-2", "cluster", "service")
    [opened] = journal.read(folder).entries
    assert (opened.kind, opened.text("why")) == ("opened", "fault")


@pytest.mark.parametrize(
    ("ages", "opened", "joined"),
    [
        ((), 1, True),
        ((), 25, False),
        ((23.9,), 100, True),
        ((24.1,), 100, False),
        ((-2,), 1, True),
        ((30, 2), 40, True),
    ],
    ids=["just opened", "never written to", "in time", "too late", "another clock is ahead", "newest counts"],
)
def test_a_look_joins_what_had_an_entry_within_24_hours(tmp_path, ages, opened, joined):
    earlier = an_incident(tmp_path, *ages, opened=opened)
    assert (join(tmp_path, TARGET, "", fault=True) == earlier) is joined


def test_of_several_incidents_the_newest_is_joined(tmp_path):
    an_incident(tmp_path, 1, opened=30)
    newest = an_incident(tmp_path, 3, opened=4)
    assert join(tmp_path, TARGET, "", fault=True) == newest


def test_a_look_without_a_fault_joins_and_does_not_open(tmp_path):
    assert join(tmp_path, TARGET, "", fault=False) is None
    opened = join(tmp_path, TARGET, "", fault=True)
    assert join(tmp_path, TARGET, "", fault=False) == opened
    assert join(tmp_path, ELSEWHERE, "", fault=False) is None


def test_a_replay_opens_nothing(tmp_path):
    assert join(tmp_path, TARGET, "", fault=True, may_open=False) is None


def test_a_closed_incident_is_over_and_the_next_fault_opens_another(tmp_path):
    first = join(tmp_path, TARGET, "", fault=True)
    assert close(first, tmp_path, "repaired")
    assert not close(first, tmp_path, "again")
    assert kinds(first) == ["opened", "closed"]
    assert join(tmp_path, TARGET, "", fault=False) is None
    second = join(tmp_path, TARGET, "", fault=True)
    assert second.name > first.name
    assert join(tmp_path, TARGET, first.name, fault=True) == first


def test_by_parameter_one_is_opened_joined_or_none(tmp_path):
    first = join(tmp_path, TARGET, "new", fault=False)
    second = join(tmp_path, TARGET, "new", fault=False)
    assert first != second
    assert join(tmp_path, TARGET, "", fault=True) == second
    assert join(tmp_path, TARGET, "none", fault=True) is None
    with pytest.raises(InputError) as unknown:
        join(tmp_path, TARGET, "20200101T000000Z", fault=True)
    assert unknown.value.key == "incident-unknown"


def test_an_opener_that_was_killed_is_completed_by_the_next(tmp_path):
    folder = service_folder(tmp_path, TARGET)
    folder.mkdir(parents=True)
    claimed = incident_id(ago(0.1))
    (folder / ".after-first").write_text(claimed)
    assert join(tmp_path, TARGET, "", fault=True) == folder / claimed
    assert kinds(folder / claimed) == ["opened"]


@pytest.mark.parametrize("claim", ["", "garbage", "../../x", "20261301T000000Z", "\udcff"])
def test_a_damaged_claim_leads_nowhere(tmp_path, claim):
    folder = service_folder(tmp_path, TARGET)
    folder.mkdir(parents=True)
    (folder / ".after-first").write_bytes(claim.encode("utf-8", "surrogateescape"))
    opened = join(tmp_path, TARGET, "", fault=True)
    assert opened.parent == folder
    assert join(tmp_path, TARGET, "", fault=True) == opened


def opening(root: Path, gate, found) -> None:
    gate.wait()
    found.put(str(join(root, TARGET, "", fault=True)))


def test_processes_that_meet_a_fault_at_one_moment_open_one_incident(tmp_path):
    context = multiprocessing.get_context("spawn")
    gate, found = context.Barrier(4), context.Queue()
    workers = [context.Process(target=opening, args=(tmp_path, gate, found)) for _ in range(4)]
    for worker in workers:
        worker.start()
    assert len({found.get(timeout=60) for _ in workers}) == 1
    for worker in workers:
        worker.join()
    assert len(filed(tmp_path, TARGET)) == 1


def writing(folder: Path, gate, number: int) -> None:
    gate.wait()
    for n in range(100):
        journal.write(folder, "look", {"number": number, "n": n, "text": "x" * 5000})


def test_no_entry_of_two_writers_is_lost(tmp_path):
    folder = join(tmp_path, TARGET, "", fault=True)
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(2)
    workers = [context.Process(target=writing, args=(folder, gate, number)) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    read = journal.read(folder)
    assert read.damaged == 0
    assert sorted((e.data["number"], e.data["n"]) for e in read.entries if e.kind == "look") == [
        (number, n) for number in range(2) for n in range(100)
    ]


ENDLESS = """
import sys
from pathlib import Path
from runbook_lib.archive import journal
folder = Path(sys.argv[1])
while True:
    journal.write(folder, "look", {"text": "x" * 200_000})
    print("written", flush=True)
"""


def test_a_kill_in_the_middle_leaves_whole_entries_alone(tmp_path):
    folder = join(tmp_path, TARGET, "", fault=True)
    with subprocess.Popen([sys.executable, "-c", ENDLESS, str(folder)], stdout=subprocess.PIPE, text=True) as writer:
        told = [writer.stdout.readline() for _ in range(5)]
        os.kill(writer.pid, signal.SIGKILL)
    read = journal.read(folder)
    assert read.damaged == 0
    assert len(read.entries) >= 1 + len(told)
    assert {len(e.text("text")) for e in read.entries if e.kind == "look"} == {200_000}


FULL = """
import resource, sys
from pathlib import Path
from runbook_lib.archive import journal
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    journal.write(Path(sys.argv[1]), "look", {"text": "x" * 5000})
except OSError as error:
    print(type(error).__name__)
"""


def test_a_full_disk_leaves_no_half_entry(tmp_path):
    folder = join(tmp_path, TARGET, "", fault=True)
    done = subprocess.run([sys.executable, "-c", FULL, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "OSError"
    assert [p.name.split("-")[1] for p in (folder / "journal").iterdir()] == ["opened"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "\x00", "[" * 5000, "\udcff"])
def test_a_damaged_entry_is_counted_and_hides_nothing(tmp_path, text):
    folder = an_incident(tmp_path, 1, opened=2)
    (folder / "journal" / f"{stamp(ago(0.5))}-look-bbbbbb.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    (folder / "journal" / "notes.txt").write_text("somebody's")
    (folder / "journal" / ".draft").write_text("half")
    read = journal.read(folder)
    assert (len(read.entries), read.damaged) == (1, 2)


def test_entries_of_later_versions_are_kept_as_they_are(tmp_path):
    folder = an_incident(tmp_path, 1, opened=2)
    (folder / "journal" / f"{stamp(ago(0.5))}-approval-bbbbbb.json").write_text('{"schema": 9, "digest": "abc"}')
    assert [(e.kind, e.data.get("digest")) for e in journal.read(folder).entries] == [
        ("look", None),
        ("approval", "abc"),
    ]


def test_a_run_whose_entry_was_never_written_is_there_all_the_same(tmp_path):
    folder = an_incident(tmp_path, 1, opened=2)
    run = folder / f"{ago(0.5):%Y%m%dT%H%M%SZ}-90_postmortem-abcdef"
    run.mkdir()
    (run / "manifest.json").write_text(json.dumps({"notebook": "90_postmortem", "status": "failed", "who": "me"}))
    entry = journal.read(folder).entries[-1]
    assert (entry.kind, entry.text("run"), entry.text("status")) == ("run", run.name, "failed")


def test_what_changed_between_looks_is_told(tmp_path):
    folder = join(tmp_path, TARGET, "", fault=True)
    for causes in (["a", "b"], ["b"], ["b", "c"]):
        journal.write(folder, "look", {"causes": [{"rule": rule} for rule in causes]})
    told = [
        ([c.rule for c in change.new], [c.rule for c in change.gone])
        for change in changes(journal.read(folder).entries)
    ]
    assert told == [([], []), (["a", "b"], []), ([], ["a"]), (["c"], [])]


def test_an_incident_is_found_by_less_than_its_path(tmp_path):
    folder = an_incident(tmp_path, opened=2)
    an_incident(tmp_path, opened=3)
    nobody = Target("", "", "")
    for asked in (
        folder.name,
        "latest",
        f"service/{folder.name}",
        "cluster/service/latest",
        f"/service/{folder.name}/",
    ):
        assert find(tmp_path, nobody, asked).folder == folder


def test_an_incident_that_is_none_or_several_is_said(tmp_path):
    folder = an_incident(tmp_path, opened=2)
    twin = service_folder(tmp_path, ELSEWHERE) / folder.name
    twin.mkdir(parents=True)
    nobody = Target("", "", "")
    with pytest.raises(InputError) as several:
        find(tmp_path, nobody, folder.name)
    assert several.value.key == "incident-ambiguous"
    assert "eu-west-1" in several.value.facts["candidates"]
    assert find(tmp_path, Target("", "", "eu-west-1"), folder.name).folder == twin
    with pytest.raises(InputError) as none:
        find(tmp_path, nobody, folder.name[:-2] + ("2Z" if folder.name.endswith("1Z") else "1Z"))
    assert (none.value.key, none.value.facts["nearest"]) == ("incident-unknown", folder.name)


def test_links_out_of_the_archive_are_not_followed(tmp_path):
    outside = an_incident(tmp_path / "outside", opened=2)
    root = tmp_path / "outputs"
    root.mkdir()
    (root / "123456789012").symlink_to(outside.parents[3], target_is_directory=True)
    assert filed(root, Target("", "", "")) == ()


def test_status_follows_from_names_alone(tmp_path):
    folder = an_incident(tmp_path, 30, opened=40)
    now = datetime.now(UTC)
    assert status(journal.marks(folder), folder.name, now) is Status.LAPSED
    journal.write(folder, "closed", {})
    assert status(journal.marks(folder), folder.name, now) is Status.CLOSED


def closing(folder: Path, gate, found, number: int) -> None:
    gate.wait()
    found.put(close(folder, folder.parents[4], f"r{number}"))


def test_of_several_who_close_at_once_one_does(tmp_path):
    folder = join(tmp_path, TARGET, "", fault=True)
    context = multiprocessing.get_context("spawn")
    gate, found = context.Barrier(3), context.Queue()
    workers = [context.Process(target=closing, args=(folder, gate, found, number)) for number in range(3)]
    for worker in workers:
        worker.start()
    assert sorted(found.get(timeout=60) for _ in workers) == [False, False, True]
    for worker in workers:
        worker.join()
    assert kinds(folder) == ["opened", "closed"]


def test_a_damaged_entry_closes_nothing(tmp_path):
    folder = join(tmp_path, TARGET, "", fault=True)
    (folder / "journal" / f"{stamp(ago(0))}-closed-ffffff.json").write_text("{")
    assert join(tmp_path, TARGET, "", fault=False) == folder
    assert close(folder, tmp_path, "really")
