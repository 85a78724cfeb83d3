"""Saved evidence comes back as it was, and a file that is none is refused in one sentence's worth of facts."""

import json
from dataclasses import replace

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.errors import InputError
from runbook_lib.evidence.serialisation import dumps, load, loads


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
        ("{}", "evidence-damaged"),
        ('{"schema": 99}', "evidence-schema"),
        ('{"schema": 1, "target": {"nobody": 1}}', "evidence-damaged"),
    ],
)
def test_a_file_that_is_no_evidence_is_refused(text, key):
    with pytest.raises(InputError) as refused:
        loads(text, "x.json")
    assert refused.value.key == key


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
