"""The same bad input through every face: one sentence in the chosen language, the documented code, no traceback."""

import os
import re
from pathlib import Path

import pytest

from runbook_lib import lab as labs
from runbook_lib.text import LANGUAGES
from tests.command import clean_environment, ecs_runbook
from tests.conftest import CLUSTER, SERVICE
from tests.in_process import executed

ROOT = Path(__file__).parent.parent
HANGUL = re.compile("[가-힣]")

COMMENTED = '{\n  "containerDefinitions": [\n    // LANGSMITH_TRACING\n    {"name": "app"}\n  ]\n}\n'
PROFILES = """[profile nobody]
region = ap-northeast-2
[profile base]
aws_access_key_id = lab
aws_secret_access_key = lab
[profile oncall]
role_arn = arn:aws:iam::123456789012:role/oncall
source_profile = base
"""

# Case: the parameters that make it, the exit code, and what the sentence names in either language.
CASES: dict[str, tuple[dict[str, object], int, str]] = {
    "unknown parameter": ({"clustr": "a"}, 2, "`cluster`"),
    "nothing like any parameter": ({"zzzzzz": 1}, 2, "stuck_after"),
    "wrong type": ({"stuck_after": "soon"}, 2, "`stuck_after`"),
    "a name that is a path": ({"service": "../../etc/passwd"}, 2, "`service`"),
    "password in an address": ({"endpoint_url": "http://me:secret@127.0.0.1:1"}, 2, "`endpoint_url`"),
    "missing cluster": ({"cluster": ""}, 2, "`cluster`"),
    "misspelt cluster": ({"cluster": CLUSTER.replace("llm", "lmm")}, 2, f"`{CLUSTER}`"),
    "misspelt service": ({"service": SERVICE.replace("service", "servise")}, 2, f"`{SERVICE}`"),
    "wrong region": ({"region": "eu-west-1"}, 2, "`eu-west-1`"),
    "no credentials": ({"credentials": "", "profile": "nobody"}, 3, "`aws configure`"),
    "unknown profile": ({"credentials": "", "profile": "nobodi"}, 2, "`nobodi`"),
    "expired token": ({"endpoint_url": "EXPIRED"}, 3, "`ExpiredTokenException`"),
    "a role that may not be assumed": ({"credentials": "", "profile": "oncall"}, 3, "`sts:AssumeRole`"),
    "endpoint not answering": ({"endpoint_url": "http://127.0.0.1:9"}, 3, "127.0.0.1:9"),
    "TLS error": ({"endpoint_url": "TLS"}, 3, "AWS_CA_BUNDLE"),
    "task definition with comments": ({"task_definition_file": "commented.json"}, 2, "3"),
    "task definition missing": ({"task_definition_file": "none.json"}, 2, "none.json"),
    "damaged evidence": ({"evidence": "damaged.json"}, 2, "damaged.json"),
    "foreign evidence": ({"evidence": "foreign.json"}, 2, "foreign.json"),
}


@pytest.fixture(scope="module")
def place(guide_lab, tmp_path_factory):
    """A user's folder with the files of the cases, the environment to run in, and the addresses that cases name."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "commented.json").write_text(COMMENTED)
    (folder / "damaged.json").write_text('{"schema": 1, "target": {"cluster": "a"')
    (folder / "foreign.json").write_text('{"name": "somebody else\'s file"}')
    (folder / "aws-config").write_text(PROFILES)
    with labs.start("healthy", folder=folder / "lab") as refusing:
        refusing.faults(
            [{"service": "sts", "error": "AccessDenied", "status": 403}, {"error": "ExpiredTokenException"}]
        )
        environment = {
            "AWS_CONFIG_FILE": str(folder / "aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_STS": refusing.endpoint_url,
            "ECS_RUNBOOK_HOME": str(folder),
        }
        addresses = {"EXPIRED": refusing.endpoint_url, "TLS": guide_lab.endpoint_url.replace("http:", "https:")}
        yield folder, environment, addresses


@pytest.fixture(scope="module")
def guide_lab(lab_of):
    return lab_of("guide")


def parameters(case: str, lang: str, lab, addresses: dict[str, str]) -> dict[str, object]:
    right = {
        "cluster": CLUSTER, "service": SERVICE, "region": lab.region, "endpoint_url": lab.endpoint_url,
        "credentials": "lab", "lang": lang, "incident_id": "none",
    }  # fmt: skip
    return right | {k: addresses.get(str(v), v) for k, v in CASES[case][0].items()}


def said(text: str, case: str, lang: str) -> None:
    """One sentence (or two) in this language that names what to look at, and nothing of Python."""
    assert CASES[case][2] in text
    assert "Traceback" not in text
    assert "secret" not in text
    assert bool(HANGUL.search(text)) is (lang == "ko"), text
    assert text.count("\n") <= 1, text


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_command_line_says_it(place, guide_lab, case, lang):
    folder, environment, addresses = place
    given = parameters(case, lang, guide_lab, addresses)
    options = [word for name, value in given.items() for word in ("-p", f"{name}={value}")]
    done = ecs_runbook("diagnose", *options, cwd=folder, **environment)
    assert (done.returncode, done.stdout) == (CASES[case][1], "")
    *progress, error = done.stderr.strip().splitlines()
    assert len(progress) <= 1
    said(error, case, lang)


@pytest.fixture
def addresses_from_home(place, monkeypatch):
    """The addresses that cases name, in a process that stands in the user's folder with the user's environment."""
    folder, environment, addresses = place
    monkeypatch.chdir(folder)
    for name in os.environ.keys() - clean_environment().keys():
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return addresses


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_notebook_says_it_without_a_traceback(addresses_from_home, guide_lab, tmp_path, case, lang):
    given = parameters(case, lang, guide_lab, addresses_from_home)
    put_out = executed(ROOT / "notebooks/10_diagnose.ipynb", tmp_path / "out.ipynb", **given)
    [error] = [output for output in put_out if output.output_type == "error"]
    said("\n".join(error.traceback), case, lang)
