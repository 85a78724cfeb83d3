"""What is repaired is no cause any more, what has healed is quiet, and what broke just now is told by what is now."""

import json
from pathlib import Path

import pytest
import yaml

from runbook_lib.diagnosis.model import Outcome
from runbook_lib.diagnosis.state import State
from tests.incidents.draws import FAULTY, diagnosed

CASES = yaml.safe_load(Path(__file__).with_name("healing.yaml").read_text(encoding="utf-8"))
STEADY = [
    {"call": "ecs.create_cluster", "with": {"clusterName": "${cluster}"}},
    {"call": "ecs.register_task_definition", "body": "v1"},
    {"call": "ecs.create_service", "body": "service"},
    {"pause": 1200},
]


def scenario(case):
    tag = case.get("tag", "v2")
    image = f"${{account}}.dkr.ecr.${{region}}.amazonaws.com/shop:{tag}"
    secret = {"/containerDefinitions/0/secrets/-": case["secret"]} if "secret" in case else {}
    return {
        "extends": "_web",
        "description": {"ko": "시험", "en": "test"},
        "service": "shop",
        "bodies": {"v2": {"base": "v1", "set": {"/containerDefinitions/0/image": image, **secret}}},
        "repositories": {
            "shop": [{"tags": ["v1"], "pushed": 5760}, {"tags": [tag], **case.get("image", {"pushed": 45})}]
        },
        "steps": STEADY + case["steps"],
    }


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_told_is_what_is_so_now(played, tmp_path, case):
    path = tmp_path / "healing.yaml"
    path.write_text(json.dumps(scenario(case)), encoding="utf-8")
    found = played(path).diagnosis
    assert {v.rule: v.facts["kind"] for v in found.failed("cause")} == case.get("causes", {})
    assert [v.rule for v in found.unknown if v.facts["reason"] == "mended"] == case.get("unknown", [])
    if case.get("healthy"):
        assert found.state is State.HEALTHY
        assert not found.failed("symptom")
        assert Outcome.FAIL not in [answer.outcome for answer in found.checklist]


@pytest.mark.parametrize(
    ("seed", "labels"),
    [
        (5010, {"lb-health-check-code-mismatch"}),
        (5024, {"lb-health-check-timeout"}),
        (5027, {"lb-health-check-code-mismatch", "health-check-path-mismatch"}),
    ],
)
def test_every_fault_of_a_draw_is_named(seed, labels):
    assert set(diagnosed(FAULTY, seed).causes) == labels
