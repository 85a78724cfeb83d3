"""Every parameter is documented in both languages, and the schema for editors says what the model says."""

import ast
import re

import jsonschema
import pytest
import yaml

from runbook_lib.errors import RunbookError
from runbook_lib.parameters import Parameters, parameters
from runbook_lib.text import LANGUAGES, has, say
from tests.contract.source import NOTEBOOKS, ROOT, shown, tracked
from tests.contract.test_notebooks import cells, is_parameters, source

SCHEMA = yaml.safe_load((ROOT / "parameters" / "parameters.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
FILES = tracked("parameters/*.yaml")
PAGES = {"en": "docs/parameters.md", "ko": "docs/parameters.ko.md"}
NAMES = tuple(Parameters.model_fields)
# A notebook that only reads does not show what shapes or approves a plan.
OF_A_CHECK = (
    "connect_to", "verify_path", "verify_host", "verify_expect", "verify_tries", "verify_certificate",
)  # fmt: skip
OF_A_WATCH = ("deployment", "timeout")
OF_A_FIX = ("choose", "suggested", "order", "desired_count", "approve", "check_permissions")
ARN = "arn:aws:ecs:ap-northeast-2:123456789012:"
NO_WATCH = ("deploy_message", "evidence")  # what is saved, or was said by CI, does not go on
# Where one only chooses a service nothing of it is read.
OF_A_LOOK = ("stuck_after", "task_definition_file", "deploy_message", "evidence", "incident_id")
NO_LOOK = (*OF_A_LOOK, *(name for name in OF_A_CHECK if name != "connect_to"))
HIDDEN = {
    "00_start": (*NO_LOOK, *OF_A_FIX, *OF_A_WATCH),
    "20_fix": (*OF_A_CHECK, *OF_A_WATCH),
    "30_watch": (*OF_A_FIX, *NO_WATCH),
}


def described(name: str) -> str:
    return f"parameters.about.{name}"


def taken_by_schema(given: object) -> bool:
    return VALIDATOR.is_valid(given)


def taken_by_model(given: dict) -> bool:
    try:
        parameters(given)
    except RunbookError:
        return False
    return True


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def examples(lang: str) -> list[dict]:
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", read(PAGES[lang]), re.S)]


def test_every_parameter_has_its_words_and_no_words_are_of_another():
    texts = yaml.safe_load(read("runbook_lib/text/parameters.yaml"))
    assert set(texts["about"]) == set(NAMES)
    assert set(texts["unit"]) <= set(NAMES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_describes_every_parameter(lang):
    rows = {name: row for row in read(PAGES[lang]).splitlines() for name in re.findall(r"^\| `(\w+)`<br>", row)}
    assert set(rows) == set(NAMES)
    assert [
        n for n in NAMES if say(described(n), lang) not in rows[n] or f"`ECS_RUNBOOK_{n.upper()}`" not in rows[n]
    ] == []


def test_a_number_has_its_unit():
    numbers = {name for name, told in SCHEMA["properties"].items() if "minimum" in told}
    assert {name for name in NAMES if has(f"parameters.unit.{name}")} == numbers


def test_the_schema_is_one_and_describes_every_parameter_in_both_languages():
    VALIDATOR.check_schema(SCHEMA)
    told = {name: each["description"] for name, each in SCHEMA["properties"].items()}
    assert told == {name: " · ".join(say(described(name), lang) for lang in LANGUAGES) for name in NAMES}


def test_the_schema_has_the_models_defaults():
    defaults = {name: field.default for name, field in Parameters.model_fields.items()}
    assert {name: each["default"] for name, each in SCHEMA["properties"].items()} == defaults


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_a_file_that_ships_is_valid_and_tells_editors_its_schema(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=parameters.schema.json\n")
    given = yaml.safe_load(text)
    assert list(VALIDATOR.iter_errors(given)) == []
    assert taken_by_model(given)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_examples_of_the_page_are_valid(lang):
    assert examples(lang)
    assert [given for given in examples(lang) if not (taken_by_schema(given) and taken_by_model(given))] == []


@pytest.mark.parametrize(
    ("given", "valid"),
    [
        ({}, True),
        ({"clustr": "a"}, False),
        ({"cluster": "prod_1"}, True),
        ({"cluster": ""}, True),
        ({"cluster": None}, True),
        ({"cluster": "../prod"}, False),
        ({"cluster": "a" * 256}, False),
        ({"cluster": 1}, False),
        ({"cluster": ["prod"]}, False),
        ({"cluster": f"{ARN}cluster/prod"}, True),
        ({"service": f"{ARN}service/prod/api"}, True),
        ({"service": f"{ARN}service/api"}, True),
        ({"service": f"{ARN}service/prod/a b"}, False),
        ({"service": "arn:aws:s3:::bucket/api"}, False),
        ({"region": "eu-west-1"}, True),
        ({"region": "Seoul"}, False),
        ({"endpoint_url": "http://127.0.0.1:5599"}, True),
        ({"endpoint_url": "127.0.0.1:5599"}, False),
        ({"credentials": "lab"}, True),
        ({"credentials": "mine"}, False),
        ({"lang": "ko"}, True),
        ({"lang": "fr"}, False),
        ({"lang": None}, True),
        ({"mode": "headless"}, True),
        ({"mode": "loud"}, False),
        ({"timezone": "UTC"}, True),
        ({"timezone": 9}, False),
        ({"stuck_after": 1440}, True),
        ({"stuck_after": 1441}, False),
        ({"stuck_after": 0}, False),
        ({"stuck_after": "long"}, False),
        ({"stuck_after": 1.5}, False),
        ({"deadline": 600}, True),
        ({"deadline": 601}, False),
        ({"task_definition_file": "aws/task-definition.json"}, True),
        ({"task_definition_file": {"path": "x"}}, False),
        ({"order": "guide"}, True),
        ({"order": "odd"}, False),
        ({"desired_count": 0}, True),
        ({"desired_count": 5001}, False),
        ({"approve": "0e0f9713b87b"}, True),
        ({"approve": "0E0F"}, False),
        ({"suggested": True}, True),
        ({"incident_id": "none"}, True),
        ({"incident_id": "20261123T065802Z"}, True),
        ({"incident_id": "../other"}, False),
    ],
    ids=str,
)
def test_schema_and_model_agree(given, valid):
    assert (taken_by_schema(given), taken_by_model(given)) == (valid, valid)


@pytest.mark.parametrize(
    "given",
    [
        {"timezone": "Asia/Atlantis"},
        {"endpoint_url": "http://127.0.0.1:99999"},
        {"endpoint_url": "http://me:secret@127.0.0.1"},
        {"region": "eu-west-1", "cluster": f"{ARN}cluster/prod"},
    ],
    ids=str,
)
def test_what_no_schema_can_say_the_model_refuses(given):
    assert taken_by_schema(given)
    assert not taken_by_model(given)


@pytest.mark.parametrize("name", NAMES)
def test_null_is_in_the_schema_what_it_is_to_the_model(name):
    assert taken_by_schema({name: None}) is taken_by_model({name: None})


@pytest.mark.parametrize("path", [p for p in NOTEBOOKS if any(map(is_parameters, cells(p, "code")))], ids=shown)
def test_a_notebook_shows_every_parameter_with_its_default(path):
    [cell] = filter(is_parameters, cells(path, "code"))
    given = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(source(cell)).body}
    hidden = HIDDEN.get(path.stem, (*OF_A_FIX, *OF_A_WATCH))
    assert given == {name: field.default for name, field in Parameters.model_fields.items() if name not in hidden}
