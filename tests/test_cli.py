"""The command line as its users meet it: results, exit codes, one sentence for what went wrong."""

import json
import re
from pathlib import Path

import pytest

from tests.command import diagnose_json, ecs_runbook, interrupted

HANGUL = re.compile("[가-힣]")


@pytest.fixture
def params(guide, tmp_path):
    """The lab's parameters without the local file, as ``parameters/lab.yaml`` has them."""
    lines = [line for line in guide.params.read_text().splitlines() if not line.startswith("task_definition_file")]
    path = tmp_path / "params.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_diagnose_prints_json_for_machines(params):
    found = diagnose_json("--params", params, "--lang", "en")
    assert sorted(v["label"] for v in found["causes"]) == [
        "deployments-overlapping",
        "health-check-path-mismatch",
        "image-not-found",
    ]
    assert {"rule", "label", "outcome", "confidence", "facts", "cites", "title"} <= set(found["causes"][0])
    assert (found["schema"], found["state"], found["calls"]["total"]) == (1, "stuck", len_of_calls(found))
    assert [answer["item"] for answer in found["checklist"]] == list(range(1, 8))
    assert [(change["rank"], change["field"], change["after"]) for change in found["changes"]] == [
        (1, "image.tag", ["latest"])
    ]
    assert found["compared"]["missing"] == ""


def len_of_calls(found) -> int:
    return sum(found["calls"]["by_operation"].values())


@pytest.mark.parametrize(("scenario", "code"), [("guide", 1), ("healthy", 0)])
def test_the_exit_code_tells_the_verdict(lab_of, scenario, code):
    assert ecs_runbook("diagnose", "--params", lab_of(scenario).params).returncode == code


@pytest.mark.parametrize(("lang", "hangul"), [("ko", True), ("en", False)])
def test_a_person_reads_their_language(params, lang, hangul):
    done = ecs_runbook("diagnose", "--params", params, "--lang", lang)
    assert bool(HANGUL.search(done.stdout)) is hangul
    assert bool(HANGUL.search(done.stderr)) is hangul
    assert "momentir-cx-llm-service" in done.stdout


def test_saved_evidence_replays_to_the_same_causes_without_aws(params, tmp_path):
    saved = tmp_path / "evidence.json"
    live = diagnose_json("--params", params, "--save", saved)
    replayed = diagnose_json("--evidence", saved)
    assert replayed["causes"] == live["causes"]
    assert replayed["checklist"] == live["checklist"]
    assert replayed["changes"] == live["changes"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["diagnose", "-p", "clustr=a"], 2, "`cluster`"),
        (["diagnose", "-p", "cluster"], 2, "NAME=VALUE"),
        (["diagnose", "-p", "cluster=a"], 2, "`service`"),
        (["diagnose", "-p", "stuck_after=soon"], 2, "`stuck_after`"),
        (["diagnose", "-p", "cluster=../../etc"], 2, "`cluster`"),
        (["diagnose", "--params", "/nowhere.yaml"], 2, "/nowhere.yaml"),
        (["diagnose", "--evidence", "/nowhere.json"], 2, "/nowhere.json"),
        (["diagnoze"], 2, "diagnose"),
        (["diagnose", "--colour"], 2, "--colour"),
        (["run", "no-such-notebook", "-p", "cluster=a"], 2, "no-such-notebook.ipynb"),
        (["lab", "up", "--scenario", "guid"], 2, "guide"),
        (["diagnose", "-p", "timezone=Asia"], 2, "Asia/Seoul"),
        (["diagnose", "-p", "endpoint_url=http://[::1"], 2, "`endpoint_url`"),
        (["diagnose", "-p", "endpoint_url=http://127.0.0.1:99999"], 2, "`endpoint_url`"),
        (["diagnose", "--profile", "nobody", "-p", "cluster=a", "-p", "service=b"], 2, "`nobody`"),
        (
            [
                "diagnose",
                "-p",
                "cluster=a",
                "-p",
                "service=b",
                "-p",
                "region=eu-west-1",
                "-p",
                "task_definition_file=/dev/zero",
            ],
            2,
            "/dev/zero",
        ),
        (
            ["diagnose", "-p", "cluster=arn:aws:ecs:us-east-1:123456789012:cluster/a", "--region", "eu-west-1"],
            2,
            "us-east-1",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_wrong_input_is_one_sentence_and_a_documented_exit_code(arguments, code, words, lang):
    done = ecs_runbook(*arguments, ECS_RUNBOOK_LANG=lang)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert bool(HANGUL.search(done.stderr)) is (lang == "ko")


def test_a_service_that_does_not_exist_is_a_usage_error(params):
    done = ecs_runbook("diagnose", "--params", params, "-p", "service=nobody", "--lang", "en")
    assert (done.returncode, done.stdout) == (2, "")
    assert "`nobody`" in done.stderr


def test_an_endpoint_that_does_not_answer_could_not_be_looked_at():
    done = ecs_runbook(
        "diagnose", "-p", "cluster=a", "-p", "service=b", "-p", "credentials=lab",
        "--region", "ap-northeast-2", "--endpoint-url", "http://127.0.0.1:9", "--lang", "en",
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.count("\n") <= 2


def test_commands_are_filled_in_without_aws():
    done = ecs_runbook("commands", "-p", "cluster=my cluster".replace(" ", "-"), "-p", "service=web", "--lang", "en")
    assert done.returncode == 0
    assert "aws ecs describe-services" in done.stdout
    assert "my-cluster" in done.stdout
    named = json.loads(ecs_runbook("commands", "-p", "cluster=a", "-p", "service=b", "--json").stdout)
    assert {"name", "argv"} == set(named[0])


def test_help_is_in_the_users_language():
    korean, english = (ecs_runbook("--help", "--lang", lang).stdout for lang in ("ko", "en"))
    assert "원인" in korean
    assert not HANGUL.search(english)


def test_scenarios_are_listed():
    names = [row["name"] for row in json.loads(ecs_runbook("lab", "scenarios", "--json").stdout)]
    assert {"guide", "guide-target-group", "healthy"} <= set(names)


@pytest.mark.parametrize(
    "text",
    [
        "1: x",
        "? 2024-01-01",
        "cluster: 2024-99-99",
        "a: \x1b",
        "- cluster",
        "a: b: c",
        "[" * 100_000,
        "cluster: [[[[a]]]]",
    ],
    ids=lambda text: repr(text)[:20],
)
def test_a_parameters_file_that_is_none_is_refused_in_one_sentence(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    done = ecs_runbook("diagnose", "--params", path, "--lang", "en")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_wrong_value_is_blamed_on_where_it_stood(params):
    done = ecs_runbook("diagnose", "--params", params, "--lang", "fr", ECS_RUNBOOK_LANG="en")
    assert done.returncode == 2
    assert "--lang" in done.stderr
    assert str(params) not in done.stderr


def test_no_arguments_are_a_wish_for_help():
    done = ecs_runbook(ECS_RUNBOOK_LANG="en")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ecs-runbook")


def test_a_terminal_without_hangul_gets_escapes(params):
    done = ecs_runbook("diagnose", "--params", params, PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "\\u" in done.stdout


def test_output_that_cannot_be_written_is_said():
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = ecs_runbook("commands", "-p", "cluster=a", "-p", "service=b", stdout=full, ECS_RUNBOOK_LANG="en")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_arn_names_cluster_service_and_region(lab_of):
    arn = "arn:aws:ecs:ap-northeast-2:123456789012:service/momentir-cx-llm-cluster/momentir-cx-llm-service"
    url = lab_of("healthy").endpoint_url
    done = ecs_runbook("diagnose", "-p", f"service={arn}", "-p", "credentials=lab", "--endpoint-url", url)
    assert done.returncode == 0


def test_ctrl_c_is_said_and_has_its_code(own_lab):
    lab = own_lab("guide")
    lab.faults([{"action": "DescribeServices", "delay": 5}])
    done = interrupted("diagnose", "--params", lab.params, "--lang", "en", when=lambda: bool(lab.calls()))
    assert done.returncode == 130
    assert "Interrupted" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_stands_twice_in_a_file_is_refused(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("cluster: a\nservice: b\ncluster: c\n")
    done = ecs_runbook("diagnose", "--params", path, "--lang", "en")
    assert (done.returncode, "lines 1 and 3" in done.stderr) == (2, True)


def test_evidence_of_another_service_is_refused():
    saved = Path(__file__).parent / "incidents" / "guide.json"
    done = ecs_runbook("diagnose", "--evidence", saved, "--service", "another", "--lang", "en")
    assert (done.returncode, "`another`" in done.stderr) == (2, True)


@pytest.mark.parametrize("change", [["data", None], ["data", [None]], ["data", {"containerDefinitions": [5]}]])
def test_edited_evidence_is_one_sentence_whatever_was_edited(tmp_path, change):
    tree = json.loads((Path(__file__).parent / "incidents" / "guide.json").read_text())
    for reading in tree["readings"]:
        reading[change[0]] = change[1]
    path = tmp_path / "edited.json"
    path.write_text(json.dumps(tree))
    done = ecs_runbook("diagnose", "--evidence", path, "--lang", "en")
    assert (done.returncode, "edited.json" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_a_file_that_cannot_be_saved_costs_no_diagnosis(params):
    done = ecs_runbook("diagnose", "--params", params, "--save", "/dev/full", "--lang", "en")
    assert (done.returncode, "Image tag" in done.stdout, "/dev/full" in done.stderr) == (2, True, True)


def test_values_too_many_are_not_repeated():
    done = ecs_runbook("diagnose", "hunter2")
    assert (done.returncode, "hunter2" in done.stderr) == (2, False)


def test_a_port_that_is_none_is_refused():
    assert ecs_runbook("lab", "up", "--port", "99999").returncode == 2
