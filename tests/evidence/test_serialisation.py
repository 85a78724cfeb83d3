"""Saved evidence comes back as it was, and a file that is none is refused in one sentence's worth of facts."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.errors import InputError
from runbook_lib.evidence import serialisation
from runbook_lib.evidence.model import SCHEMA
from runbook_lib.evidence.serialisation import as_tree, dumps, load, loads
from runbook_lib.text import sentence

FIXTURES = Path(__file__).parents[1] / "fixtures"
SAVED = {int(re.findall(r"\d+", path.stem)[0]): path for path in FIXTURES.glob("evidence-schema-*.json")}


@pytest.mark.parametrize("scenario", ["guide", "guide-target-group", "healthy"])
def test_evidence_and_its_verdicts_survive_the_round_trip(seen, scenario):
    found = seen(scenario)
    back = loads(dumps(found.evidence))
    assert back == found.evidence
    assert judge(back) == found.diagnosis


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "evidence-not-json"),
        ("{", "evidence-not-json"),
        ("[]", "evidence-damaged"),
        ("{}", "evidence-lacks"),
        ('{"schema": 99}', "evidence-schema"),
        ('{"schema": 1, "target": {"nobody": 1}}', "evidence-lacks"),
    ],
)
def test_a_file_that_is_no_evidence_is_refused(text, key):
    with pytest.raises(InputError) as refused:
        loads(text, "x.json")
    assert refused.value.key == key


@pytest.mark.parametrize(
    ("change", "key", "name"),
    [
        (lambda tree: tree.pop("schema"), "evidence-lacks", "schema"),
        (lambda tree: tree.pop("readings"), "evidence-lacks", "readings"),
        (lambda tree: tree.update(collected_at="yesterday"), "evidence-wrong", "collected_at"),
        (lambda tree: tree.update(calls={}), "evidence-wrong", "calls"),
        (lambda tree: tree["target"].pop("cluster"), "evidence-lacks", "target.cluster"),
        (lambda tree: tree["readings"][1].pop("operation"), "evidence-lacks", "readings[1].operation"),
        (lambda tree: tree["readings"][1].update(request=[]), "evidence-wrong", "readings[1].request"),
        (lambda tree: tree["readings"].insert(0, None), "evidence-wrong", "readings[0]"),
        (
            lambda tree: tree["readings"].insert(
                0, {"request": {"kind": "x", "args": {}}, "operation": "x", "data": [{"startedAt": "yesterday"}]}
            ),
            "evidence-wrong",
            "readings[0].data[0].startedAt",
        ),
        (lambda tree: tree["calls"][0].update(more=1), "evidence-wrong", "calls[0].more"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_no_class_of_python(seen, change, key, name):
    tree = json.loads(dumps(seen("healthy").evidence))
    change(tree)
    with pytest.raises(InputError) as refused:
        loads(json.dumps(tree), "x.json")
    assert (refused.value.key, refused.value.facts["name"]) == (key, name)
    assert "Error" not in sentence(key, refused.value.facts, "en")


def test_half_a_file_is_refused(seen, tmp_path):
    path = tmp_path / "half.json"
    path.write_text(dumps(seen("guide").evidence)[:-200], encoding="utf-8")
    with pytest.raises(InputError):
        load(path)


def test_what_is_not_text_is_refused(tmp_path):
    path = tmp_path / "binary.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError):
        load(path)


def test_a_later_look_adds_to_the_first(seen):
    evidence = seen("healthy").evidence
    both = evidence.with_more(replace(evidence, rounds=evidence.rounds + 1))
    assert len(both.calls) == 2 * len(evidence.calls)
    assert both.rounds == evidence.rounds + 1
    assert json.loads(dumps(both))["schema"] == 1


def test_every_schema_that_there_was_has_a_saved_file():
    assert sorted(SAVED) == list(range(1, SCHEMA + 1))


@pytest.mark.parametrize("schema", SAVED)
def test_what_any_version_has_saved_loads_for_ever_and_keeps_its_causes(schema):
    found = load(SAVED[schema])
    assert {r.request.kind for r in found.readings} >= {"service", "tasks", "task_definition", "image_tags"}
    assert [u.reason for u in found.unreads] == ["access-denied"]
    causes = {v.label for v in judge(found).failed("cause")}
    assert causes >= {"image-not-found", "health-check-path-mismatch", "deployments-overlapping"}


def test_what_this_version_saves_is_what_it_has_always_saved_under_that_number():
    """A field that comes or goes is another schema: SCHEMA, an entry in _UPGRADES and another fixture go with it."""
    saved = json.loads(SAVED[SCHEMA].read_text(encoding="utf-8"))
    assert json.loads(dumps(load(SAVED[SCHEMA]))) == saved


def test_an_older_schema_is_brought_up_step_by_step(seen, monkeypatch):
    def renamed(old, new):
        return lambda tree: {new if name == old else name: value for name, value in tree.items()}

    evidence = seen("healthy").evidence
    old = {("round_count" if name == "rounds" else name): value for name, value in as_tree(evidence).items()}
    steps = {-1: renamed("round_count", "number_of_rounds"), 0: renamed("number_of_rounds", "rounds")}
    monkeypatch.setattr(serialisation, "_UPGRADES", steps)
    assert loads(json.dumps(old | {"schema": -1})) == evidence
