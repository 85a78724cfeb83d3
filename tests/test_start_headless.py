"""00_start that runs headless: the same as static sections, archived without a look, no file of a user touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runbook_lib.errors import RunError
from runbook_lib.parameters import from_file, layered
from tests import in_process
from tests.account_server import AccountServer
from tests.conftest import SERVICE

NAMES = {"cluster": "shop", "service": "api", "region": "eu-west-1"}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    (tmp_path / "parameters").mkdir()
    notebooks = Path(__file__).parents[1] / "notebooks"
    (tmp_path / "notebooks").symlink_to(notebooks)
    monkeypatch.setenv("ECS_RUNBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("ECS_RUNBOOK_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.setenv("ECS_RUNBOOK_LANG", "en")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    return tmp_path


def run(account: AccountServer | None, **told: object) -> tuple[int, str]:
    reach = {"endpoint_url": account.endpoint_url, "credentials": "lab"} if account else {}
    words = [word for name, value in {**reach, **told}.items() for word in ("-p", f"{name}={value}")]
    return in_process.command("run", "00_start", *words, "--exit-verdict")


def archived(home: Path) -> tuple[Path, dict]:
    [manifest] = home.glob("outputs/**/manifest.json")
    return manifest.parent, json.loads(manifest.read_text(encoding="utf-8"))


def shown(folder: Path) -> str:
    cells = json.loads((folder / "report.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert [output for output in outputs if "widget" in str(output.get("data"))] == []
    return "".join("".join(output.get("data", {}).get("text/plain", "")) for output in outputs)


def test_it_shows_what_the_account_has_writes_the_file_and_is_archived_without_a_look(home):
    services = ["api", *(f"s{n:03}" for n in range(30))]
    with AccountServer({"shop": services, "other": []}) as account:
        code, said = run(account, **NAMES)
    assert code == 0, said
    folder, manifest = archived(home)
    assert folder.relative_to(home / "outputs").parts[:5] == (
        "210987654321", "eu-west-1", "shop", "api", "no-incident",
    )  # fmt: skip
    assert (manifest["status"], manifest["notebook"], manifest["calls"]) == ("succeeded", "00_start", 0)
    text = shown(folder)
    for part in ("210987654321", "and 11 more", "Saved: parameters/api.yaml", "aws ecs list-services", "2. Diagnose"):
        assert part in text
    assert not list(home.glob("outputs/**/journal/*-look-*"))
    assert layered([from_file(home / "parameters" / "api.yaml")]).cluster == "shop"


def test_a_file_that_is_there_is_left_alone_and_what_would_change_is_shown(home):
    text = "cluster: shop\nservice: api\nregion: eu-west-1\nstuck_after: 30\n"
    with AccountServer({"shop": ["api"]}) as account:
        text += f"endpoint_url: {account.endpoint_url}\ncredentials: lab\nlang: ko\n"
        (home / "parameters" / "mine.yaml").write_text(text, encoding="utf-8")
        assert run(account, **NAMES, lang="en")[0] == 0
    assert (home / "parameters" / "mine.yaml").read_text(encoding="utf-8") == text
    found = shown(archived(home)[0])
    assert "leaves a file alone that is there: parameters/mine.yaml" in found
    assert "+ lang: en" in found
    assert "stuck_after" not in found


@pytest.mark.parametrize("denied", [("ListClusters",), ("ListServices",), ("ListClusters", "ListServices")])
def test_a_denied_list_is_said_and_is_no_error(home, denied):
    with AccountServer({"shop": ["api"]}, denied) as account:
        code, said = run(account, **NAMES)
    assert code == 3, said
    folder, manifest = archived(home)
    assert manifest["status"] == "succeeded"
    for operation in denied:
        assert f"ecs:{operation}" in shown(folder)
    assert (home / "parameters" / "api.yaml").is_file()


@pytest.mark.parametrize("names", [{"service": "apo"}, {"cluster": "shopp"}])
def test_a_name_that_aws_does_not_have_is_said_and_not_saved(home, names):
    with AccountServer({"shop": ["api"]}) as account:
        code, said = run(account, **(NAMES | names))
    assert code == 2, said
    assert "AWS has no such name" in shown(archived(home)[0])
    assert list((home / "parameters").iterdir()) == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "`cluster` is missing"),
        ({"cluster": "shop"}, "`service` is missing"),
        ({"cluster": "shop", "service": "api"}, "`region` is missing"),
        ({**NAMES, "profile": "none"}, "no profile `none`"),
    ],
)
def test_what_is_missing_is_the_documented_sentence_and_exit_code_2(home, told, words):
    with pytest.raises(RunError) as failed:
        run(None, **told)
    assert failed.value.exit_code == 2
    assert words in failed.value.facts["problem"]


def test_on_the_lab_beside_an_open_incident_the_run_is_filed_there_and_no_look_is_added(own_lab, home):
    lab = own_lab("guide")
    assert in_process.command("diagnose", "--params", lab.params)[0] == 1
    before = sorted(home.glob("outputs/**/journal/*"))
    assert in_process.command("run", "00_start", "--params", lab.params, "--exit-verdict")[0] == 0
    [folder] = [p.parent for p in home.glob("outputs/**/outcome.json")]
    text = shown(folder)
    assert "An incident is open" in text
    assert f"parameters/{SERVICE}.yaml" in text
    added = [p.name for p in sorted(home.glob("outputs/**/journal/*")) if p not in before]
    assert [name for name in added if "-run-" not in name] == []
