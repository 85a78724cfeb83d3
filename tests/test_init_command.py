"""``ecs-runbook init``: lays out what is ours, refreshes what the user has not changed, and touches nothing else."""

import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import shipped
from runbook_lib.cli import app
from runbook_lib.laying_out import RECORD, fingerprint, lay_out
from tests.command import clean_environment, ecs_runbook

ROOT = Path(__file__).parents[1]
NOTEBOOK, OTHER = "notebooks/10_diagnose.ipynb", "notebooks/20_fix.ipynb"
NEW, OLD = "notebooks/10_diagnose.new.ipynb", "notebooks/10_diagnose.old.ipynb"
OURS = [*(f"notebooks/{path.name}" for path in shipped.notebooks().values()), *shipped.SAMPLES, shipped.SCHEMA]


def init(*arguments: object, cwd: Path | None = None) -> tuple[int, str]:
    """The exit code, and what was printed: to stdout where it is 0, else one sentence to stderr."""
    done = ecs_runbook("init", *arguments, cwd=cwd, ECS_RUNBOOK_LANG="en")
    assert (done.stdout if done.returncode else done.stderr) == ""
    assert len(done.stderr.splitlines()) == bool(done.returncode)
    return done.returncode, done.stdout + done.stderr


def upgraded(folder: Path) -> dict[str, tuple[str, str]]:
    """What an upgrade says that became of each file."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert not app(["init", "--upgrade", str(folder), "--json"], standalone_mode=False)
    return {file["path"]: (file["outcome"], file["beside"]) for file in json.loads(printed.getvalue())["files"]}


def content(folder: Path) -> dict[str, Any]:
    """All that is below a folder: bytes of files, targets of links."""
    return {
        str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes()
        for path in folder.rglob("*")
    }


def ours(name: str) -> bytes:
    return (ROOT / name).read_bytes()


def changed(path: Path, change: Callable[[list[dict[str, Any]]], None]) -> bytes:
    """A notebook with changed cells, saved as Jupyter does."""
    tree = json.loads(path.read_bytes())
    change(tree["cells"])
    tree["metadata"]["language_info"] = {"name": "python", "version": "3.12.1"}
    path.write_text(json.dumps(tree, indent=1), encoding="utf-8")
    return path.read_bytes()


def write(cells: list[dict[str, Any]]) -> None:
    cells.append({"cell_type": "markdown", "id": "mine", "metadata": {}, "source": ["My own words\n", "here"]})


def run(cells: list[dict[str, Any]]) -> None:
    cell = next(cell for cell in cells if cell["cell_type"] == "code")
    cell["execution_count"] = 1
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["seen at night"]}]


def record(folder: Path, files: dict[str, str]) -> None:
    """Puts fingerprints on record."""
    tree = json.loads((folder / RECORD).read_bytes())
    (folder / RECORD).write_text(json.dumps(tree | {"files": tree["files"] | files}), encoding="utf-8")


def as_of_an_earlier_version(folder: Path, *names: str) -> None:
    """Files as another version of the package laid them out, with its record."""
    for name in names:
        changed(folder / name, lambda cells: cells.pop())
        record(folder, {name: fingerprint(name, (folder / name).read_text(encoding="utf-8"))})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is laid out."""
    lay_out(tmp_path / "runbooks")
    return tmp_path / "runbooks"


def test_an_empty_folder_gets_all_that_the_package_brings(tmp_path):
    code, printed = init(cwd=tmp_path)
    assert code == 0
    assert {name: found for name, found in content(tmp_path).items() if found} == {
        **{name: ours(name) for name in OURS},
        RECORD: (tmp_path / RECORD).read_bytes(),
    }
    assert (tmp_path / "outputs").is_dir()
    assert "jupyter lab notebooks/00_start.ipynb" in printed
    assert "diagnose --params parameters/my-service.yaml" in printed


def test_the_folder_is_made_and_how_to_enter_it_is_said(tmp_path):
    asked = tmp_path / "on call" / "runbooks"
    code, printed = init(asked)
    assert code == 0
    assert f"cd {shlex.quote(str(asked))}\n" in printed
    assert (asked / NOTEBOOK).is_file()


def test_every_notebook_of_the_project_is_one_of_them():
    assert sorted(f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")) == OURS[:-3]


@pytest.mark.parametrize("name", [NOTEBOOK, shipped.SAMPLES[0], shipped.SCHEMA, RECORD])
def test_what_is_there_already_is_named_and_nothing_is_changed(tmp_path, name):
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text("mine", encoding="utf-8")
    before = content(tmp_path)
    code, said = init(tmp_path)
    assert code == 2
    assert name in said
    assert f"ecs-runbook init --upgrade {tmp_path}" in said
    assert content(tmp_path) == before


def test_files_of_the_users_own_are_no_obstacle_and_stay(tmp_path):
    mine = ["notebooks/own.ipynb", "parameters/my-service.yaml", "outputs/123456789012/report.html", "notes.txt"]
    for name in mine:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert init(tmp_path)[0] == 0
    assert {name: content(tmp_path)[name].decode() for name in mine} == {name: name for name in mine}


@pytest.mark.parametrize("name", ["", "notebooks", "parameters", "outputs"])
@pytest.mark.parametrize("mode", [(), ("--upgrade",)], ids=["init", "upgrade"])
def test_a_file_in_the_place_of_a_folder_is_named(tmp_path, name, mode):
    place = tmp_path / "runbooks" / name
    place.parent.mkdir(exist_ok=True)
    place.write_text("mine", encoding="utf-8")
    before = content(tmp_path)
    code, said = init(*mode, tmp_path / "runbooks")
    assert (code, str(place) in said, content(tmp_path)) == (2, True, before)


@pytest.mark.parametrize("mode", [(), ("--upgrade",)], ids=["init", "upgrade"])
def test_nothing_is_written_through_a_link_to_elsewhere(tmp_path, mode):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "notebooks").symlink_to(tmp_path / "elsewhere")
    before = content(tmp_path)
    code, said = init(*mode, tmp_path / "runbooks")
    assert (code, str(tmp_path / "elsewhere") in said, content(tmp_path)) == (2, True, before)


def test_the_archive_may_be_a_link_to_another_disk(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "outputs").symlink_to(tmp_path / "disk")
    assert init(tmp_path / "runbooks")[0] == 0


@pytest.mark.parametrize("mode", [(), ("--upgrade",)], ids=["init", "upgrade"])
def test_the_projects_own_folder_is_left_alone(mode):
    code, said = init(*mode, ROOT)
    assert (code, "own folder" in said) == (2, True)


def limited(kilobytes: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """``init`` where no file can be larger, as on a disk that fills up."""
    most = kilobytes * 1024
    code = (
        f"import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))\n"
        f"sys.argv = {['ecs-runbook', 'init', *map(str, arguments)]!r}\nfrom runbook_lib.cli import main\nmain()"
    )
    env = clean_environment() | {"PYTHONDONTWRITEBYTECODE": "1", "ECS_RUNBOOK_LANG": "en"}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)


def test_where_not_all_can_be_written_nothing_is_left(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    before = content(tmp_path)
    done = limited(5, tmp_path)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "nothing is left" in done.stderr
    assert content(tmp_path) == before
    assert limited(5, tmp_path / "not" / "there").returncode == 2
    assert content(tmp_path) == before


def test_what_is_left_of_a_killed_init_is_completed(folder):
    whole = content(folder)
    for name in (RECORD, NOTEBOOK, shipped.SAMPLES[0]):
        (folder / name).unlink()
    assert init(folder)[0] == 2
    assert upgraded(folder)[NOTEBOOK] == ("made", "")
    assert content(folder) == whole


def test_an_upgrade_needs_something_to_refresh(tmp_path):
    code, said = init("--upgrade", tmp_path)
    assert (code, f"`ecs-runbook init {tmp_path}`" in said, content(tmp_path)) == (2, True, {})


def test_a_notebook_that_the_user_only_opened_is_refreshed(folder):
    as_of_an_earlier_version(folder, NOTEBOOK, OTHER)
    (folder / NOTEBOOK).chmod(0o664)
    assert upgraded(folder)[NOTEBOOK] == ("refreshed", "")
    assert content(folder)[NOTEBOOK] == ours(NOTEBOOK)
    assert content(folder)[OTHER] == ours(OTHER)
    assert (folder / NOTEBOOK).stat().st_mode & 0o777 == 0o664
    assert not [name for name in content(folder) if ".new" in name or ".old" in name or ".draft" in name]


def test_a_notebook_that_was_run_is_refreshed_and_kept_as_a_copy(folder):
    as_of_an_earlier_version(folder, NOTEBOOK)
    seen = changed(folder / NOTEBOOK, run)
    assert upgraded(folder)[NOTEBOOK] == ("refreshed", OLD)
    assert content(folder)[OLD] == seen
    assert content(folder)[NOTEBOOK] == ours(NOTEBOOK)
    as_of_an_earlier_version(folder, NOTEBOOK)
    changed(folder / NOTEBOOK, run)
    assert upgraded(folder)[NOTEBOOK][1] == OLD.replace("old", "old-2")
    assert content(folder)[OLD] == seen


def test_a_notebook_of_this_version_keeps_what_it_put_out(folder):
    seen = changed(folder / NOTEBOOK, run)
    assert upgraded(folder)[NOTEBOOK] == ("current", "")
    assert content(folder)[NOTEBOOK] == seen


def test_a_notebook_that_the_user_changed_stays_with_the_new_one_beside_it(folder):
    as_of_an_earlier_version(folder, NOTEBOOK)
    mine = changed(folder / NOTEBOOK, write)
    code, printed = init("--upgrade", folder)
    assert code == 0
    assert f"mv {folder / NEW} {folder / NOTEBOOK}" in printed
    assert content(folder)[NOTEBOOK] == mine
    assert content(folder)[NEW] == ours(NOTEBOOK)
    before = content(folder)
    assert upgraded(folder)[NOTEBOOK] == ("kept", NEW)
    assert content(folder) == before
    (folder / NEW).replace(folder / NOTEBOOK)
    assert upgraded(folder)[NOTEBOOK] == ("current", "")


def test_an_offer_that_the_user_removed_is_not_made_again(folder):
    as_of_an_earlier_version(folder, NOTEBOOK)
    changed(folder / NOTEBOOK, write)
    upgraded(folder)
    (folder / NEW).unlink()
    assert upgraded(folder)[NOTEBOOK] == ("kept", "")
    assert NEW not in content(folder)


def test_what_the_user_changed_stays_alone_where_there_is_nothing_new(folder):
    mine = changed(folder / NOTEBOOK, write)
    assert upgraded(folder)[NOTEBOOK] == ("kept", "")
    assert content(folder)[NOTEBOOK] == mine
    assert NEW not in content(folder)


def test_an_offer_of_an_earlier_version_gives_way_unless_the_user_took_to_it(folder):
    as_of_an_earlier_version(folder, NOTEBOOK)
    changed(folder / NOTEBOOK, write)
    assert upgraded(folder)[NOTEBOOK] == ("kept", NEW)
    as_of_an_earlier_version(folder, NEW)
    record(folder, {NOTEBOOK: "that of an earlier version"})
    assert upgraded(folder)[NOTEBOOK] == ("kept", NEW)
    assert content(folder)[NEW] == ours(NOTEBOOK)
    mine = changed(folder / NEW, write)
    record(folder, {NOTEBOOK: "that of an earlier version"})
    assert upgraded(folder)[NOTEBOOK] == ("kept", NEW.replace("new", "new-2"))
    assert content(folder)[NEW] == mine


def test_what_the_user_removed_comes_back_only_where_it_is_refreshed(folder):
    for name in (NOTEBOOK, shipped.SAMPLES[1]):
        (folder / name).unlink()
    assert upgraded(folder)[NOTEBOOK] == ("made", "")
    assert content(folder)[NOTEBOOK] == ours(NOTEBOOK)
    assert shipped.SAMPLES[1] not in content(folder)


def test_files_of_the_users_own_are_never_touched(folder):
    as_of_an_earlier_version(folder, NOTEBOOK)
    own = ["notebooks/own.ipynb", "parameters/my-service.yaml", "outputs/x.json", shipped.SAMPLES[0], "notebooks/.x"]
    for name in own:
        (folder / name).write_text("mine", encoding="utf-8")
    done = upgraded(folder)
    assert not set(own) & set(done)
    assert {content(folder)[name] for name in own} == {b"mine"}


def test_without_a_record_nothing_that_differs_is_replaced(folder):
    as_of_an_earlier_version(folder, NOTEBOOK)
    before = content(folder)[NOTEBOOK]
    for text in (None, "", "[]", '{"schema": 99, "files": {}}', '{"schema": 1, "files": 3}'):
        (folder / RECORD).unlink() if text is None else (folder / RECORD).write_text(text, encoding="utf-8")
        (folder / NEW).unlink(missing_ok=True)
        assert upgraded(folder)[NOTEBOOK] == ("kept", NEW)
        assert content(folder)[NOTEBOOK] == before


@pytest.mark.parametrize("text", ["", "{", '{"cells": 3}', '{"cells": [{}]}', "[]", "\udcff"])
def test_a_damaged_notebook_is_the_users_own(folder, text):
    as_of_an_earlier_version(folder, NOTEBOOK)
    (folder / NOTEBOOK).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert upgraded(folder)[NOTEBOOK] == ("kept", NEW)
    assert content(folder)[NEW] == ours(NOTEBOOK)


def test_a_notebook_that_is_a_link_is_the_users_own(folder, tmp_path):
    as_of_an_earlier_version(folder, NOTEBOOK)
    (folder / NOTEBOOK).rename(tmp_path / "shared.ipynb")
    (folder / NOTEBOOK).symlink_to(tmp_path / "shared.ipynb")
    shared = (tmp_path / "shared.ipynb").read_bytes()
    assert upgraded(folder)[NOTEBOOK] == ("kept", NEW)
    assert (tmp_path / "shared.ipynb").read_bytes() == shared
    assert (folder / NOTEBOOK).is_symlink()


def test_a_notebook_that_no_longer_comes_with_us_is_left_and_said(folder):
    as_of_an_earlier_version(folder, NOTEBOOK)
    record(folder, {"notebooks/15_before.ipynb": "that of an earlier version"})
    (folder / NOTEBOOK).rename(folder / "notebooks" / "15_before.ipynb")
    assert upgraded(folder)["notebooks/15_before.ipynb"] == ("withdrawn", "")
    assert (folder / "notebooks" / "15_before.ipynb").is_file()


def test_from_a_folder_below_an_upgrade_finds_where_it_belongs(folder):
    as_of_an_earlier_version(folder, NOTEBOOK)
    assert init("--upgrade", cwd=folder / "notebooks")[0] == 0
    assert content(folder)[NOTEBOOK] == ours(NOTEBOOK)


def test_an_upgrade_that_cannot_write_leaves_what_the_user_has(folder):
    as_of_an_earlier_version(folder, NOTEBOOK)
    mine = changed(folder / OTHER, write)
    before = content(folder)
    done = limited(5, "--upgrade", folder)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert content(folder) == before
    assert content(folder)[OTHER] == mine
    assert upgraded(folder)[NOTEBOOK] == ("refreshed", "")


def test_without_our_notebooks_there_is_nothing_to_practise_with(tmp_path):
    done = ecs_runbook("lab", "up", "--jupyter", "--port", "0", cwd=tmp_path, ECS_RUNBOOK_LANG="en")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"ecs-runbook init {tmp_path}" in done.stderr
