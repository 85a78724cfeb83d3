"""What is written appears whole or not at all, and no name leaves its folder."""

import json

import pytest

from runbook_lib.archive.store import NO_INCIDENT, begin, create, safe, service_folder
from runbook_lib.errors import InputError
from runbook_lib.evidence.model import Target

TARGET = Target("cluster", "service", "ap-northeast-2", "123456789012")
HOSTILE = [
    "../../etc",
    "/etc",
    "..",
    ".",
    "a/b",
    "",
    "\x00",
    "\u202eevil",
    "<script>",
    "~",
    "a\nb",
    "\ud800",
    "가나" * 200,
]


def begun(root, name="90_postmortem"):
    return begin(root, name, {"pid": 1}, {"target": {}})


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_leaves_the_archive(tmp_path, name):
    folder = service_folder(tmp_path, Target(name, name, name, name))
    folder.mkdir(parents=True)
    assert folder.resolve().is_relative_to(tmp_path.resolve())
    assert len(folder.relative_to(tmp_path).parts) == 4
    assert not [part for part in folder.relative_to(tmp_path).parts if part.startswith(".")]


def test_two_names_never_become_one_folder():
    names = [*HOSTILE, "a b", "a_b", "a-b", "a.b", "_", "service", ".service", "service~"]
    assert len({safe(name) for name in names}) == len(names)


@pytest.mark.parametrize("name", ["service", "My_Service-1", "a" * 255])
def test_a_name_of_ecs_stays_as_it_is(name):
    assert safe(name) == name


@pytest.mark.parametrize("notebook", ["90_postmortem", "../x", "a b", "나의 노트북"])
def test_a_run_appears_only_when_it_is_whole(tmp_path, notebook):
    run = begun(tmp_path, notebook)
    run.write("evidence.json", "{}")
    assert not [p for p in tmp_path.iterdir() if not p.name.startswith(".")]
    final = run.commit(TARGET, {"id": run.id}, "20261123T080000Z")
    assert final.parent == service_folder(tmp_path, TARGET) / "20261123T080000Z"
    assert json.loads((final / "manifest.json").read_text()) == {"id": run.id}
    assert sorted(p.name for p in final.iterdir()) == ["evidence.json", "manifest.json"]
    assert not list(tmp_path.glob(".*"))


def test_a_run_of_no_incident_lies_beside_them(tmp_path):
    assert begun(tmp_path).commit(TARGET, {}, "").parent.name == NO_INCIDENT


def test_two_runs_of_one_moment_do_not_meet(tmp_path):
    assert len({begun(tmp_path).commit(TARGET, {}, "") for _ in range(20)}) == 20


def test_an_archive_that_cannot_be_written_is_said(tmp_path):
    in_the_way = tmp_path / "outputs"
    in_the_way.write_text("a file")
    with pytest.raises(InputError) as refused:
        begun(in_the_way)
    assert refused.value.key == "outputs-unwritable"


def test_of_several_writers_of_one_name_the_first_wins(tmp_path):
    path = tmp_path / "entry.json"
    assert [create(path, text) for text in ("first", "second")] == [True, False]
    assert path.read_text() == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["entry.json"]


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        create(tmp_path / "none" / "entry.json", "text")
    assert not list(tmp_path.iterdir())
