"""A service's parameters file: read back as it was meant, and nothing else in the folder is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from runbook_lib.errors import InputError
from runbook_lib.parameters import Parameters, from_file, layered
from runbook_lib.parameters_file import Draft, draft, write

API = {"cluster": "shop", "service": "api", "region": "eu-west-1"}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("ECS_RUNBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    return tmp_path / "parameters"


def saved(**given: object) -> Draft:
    made = draft(Parameters(**(API | given)))
    write(made)
    return made


def put(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text.encode("utf-8"))
    return folder / name


def read(path: Path) -> Parameters:
    return layered([from_file(path)])


def test_a_new_file_says_what_was_chosen_with_comments_in_both_languages(folder):
    made = saved(profile="oncall readonly", lang="ko")
    assert made.path == folder / "api.yaml"
    assert read(made.path) == Parameters(**API, profile="oncall readonly", lang="ko")
    comments = [line for line in made.text.splitlines() if line.startswith("#")]
    assert comments
    assert all(" · " in line for line in comments)
    assert "endpoint_url" not in made.text
    assert saved(profile="oncall readonly", lang="ko").saved


def test_editors_are_told_the_schema_where_it_is(folder):
    put(folder, "parameters.schema.json", "{}")
    assert saved().text.startswith("# yaml-language-server: $schema=parameters.schema.json\n")


@pytest.mark.parametrize("name", ["on", "null", "123", "1e3", "0x1F", "2024-01-01", "yes", "a" * 255, "A--b_"])
@pytest.mark.parametrize("profile", ["", "a: b # c", "it's", "- x", "한국", "\u202eevil", "tab\there", "'", '"', "*a"])
def test_every_name_that_aws_takes_is_read_back(folder, name, profile):
    made = saved(service=name, cluster=name, profile=profile)
    assert read(made.path) == Parameters(cluster=name, service=name, region="eu-west-1", profile=profile)
    assert made.path.parent == folder


def test_a_file_of_the_service_keeps_every_other_line(folder):
    text = (
        "\ufeff# mine\r\nstuck_after: 30  # long\r\n\r\nservice: api # the api\r\ncluster: 'shop'\r\n"
        "region: eu-west-1\r\nprofile:\r\nlang: en   # words\r\ntask_definition_file: aws/td.json"
    )
    path = put(folder, "mine.yml", text)
    made = saved(profile="p", lang="ko")
    assert made.path == path
    now = path.read_bytes().decode("utf-8")
    assert now == text.replace("profile:", "profile: p").replace("lang: en", "lang: ko")


def test_what_is_missing_is_added_at_the_end_and_what_no_longer_holds_is_emptied(folder):
    path = put(folder, "api.yaml", "cluster: shop\nservice: api\nregion: eu-west-1\nprofile: old")
    saved(lang="en")
    assert path.read_text("utf-8") == "cluster: shop\nservice: api\nregion: eu-west-1\nprofile: ''\nlang: en\n"


@pytest.mark.parametrize(
    "other",
    [
        "cluster: other\nservice: api\nregion: eu-west-1\n",
        "cluster: shop\nservice: api\nregion: us-east-1\n",
        "cluster: shop\nservice: api\nregion: eu-west-1\nendpoint_url: http://127.0.0.1:5599\ncredentials: lab\n",
        "clustr: shop\nservice: api\n",
        "cluster: [shop\n",
        "",
    ],
    ids=["cluster", "region", "lab", "unknown-name", "not-yaml", "empty"],
)
def test_a_file_of_that_name_about_something_else_is_left_alone(folder, other):
    path = put(folder, "api.yaml", other)
    made = saved()
    assert made.path == folder / "shop--api.yaml"
    assert path.read_text("utf-8") == other
    assert saved().saved


def test_there_is_always_a_free_name(folder):
    for name in ("api", "shop--api", "shop--api--eu-west-1", "shop--api--eu-west-1--2"):
        put(folder, f"{name}.yaml", "cluster: other\nservice: x\n")
    assert saved().path.name == "shop--api--eu-west-1--3.yaml"


def test_a_file_that_cannot_be_changed_by_line_is_said_and_left(folder):
    text = (
        "x: &a api\n".replace("x", "deploy_message") + "service: *a\ncluster: shop\nregion: eu-west-1\nlang: ko\n...\n"
    )
    path = put(folder, "api.yaml", text)
    with pytest.raises(InputError, match="parameters-not-by-line"):
        draft(Parameters(**API, profile="p"))
    assert path.read_text("utf-8") == text


def test_what_changed_since_the_draft_is_not_overwritten(folder):
    new = draft(Parameters(**API))
    path = put(folder, "api.yaml", "cluster: shop\nservice: api\nregion: eu-west-1\n")
    with pytest.raises(InputError, match="parameters-changed"):
        write(new)
    changed = draft(Parameters(**API, lang="ko"))
    put(folder, "api.yaml", "cluster: shop\nservice: api\nregion: eu-west-1\nstuck_after: 9\n")
    with pytest.raises(InputError, match="parameters-changed"):
        write(changed)
    assert yaml.safe_load(path.read_text("utf-8"))["stuck_after"] == 9


def test_a_folder_that_cannot_be_written_is_one_sentence(folder):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(InputError, match="parameters-unwritable"):
        saved()


def test_a_link_goes_on_pointing_where_it_did_and_nothing_is_left_beside(folder, tmp_path):
    real = put(tmp_path / "elsewhere", "real.yaml", "cluster: shop\nservice: api\nregion: eu-west-1\n")
    real.chmod(0o640)
    folder.mkdir()
    (folder / "api.yaml").symlink_to(real)
    saved(lang="ko")
    assert (folder / "api.yaml").is_symlink()
    assert read(real).lang == "ko"
    assert real.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in real.parent.iterdir()] == ["real.yaml"]
    assert os.listdir(folder) == ["api.yaml"]
