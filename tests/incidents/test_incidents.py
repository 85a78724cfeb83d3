"""Saved incidents keep their verdicts: every change of a rule meets real evidence."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.model import Outcome
from runbook_lib.evidence.model import Evidence, Unread
from runbook_lib.evidence.serialisation import load

HERE = Path(__file__).parent
EXPECTED = yaml.safe_load((HERE / "expected.yaml").read_text(encoding="utf-8"))
EVIDENCE = {path.stem: load(path) for path in sorted(HERE.glob("*.json"))}

every_incident = pytest.mark.parametrize("name", EVIDENCE)


def test_every_saved_incident_has_its_expectation():
    assert set(EVIDENCE) == set(EXPECTED)


@every_incident
def test_the_causes_are_the_expected_ones_with_the_facts_that_settle_them(name):
    found = {v.rule: v for v in judge(EVIDENCE[name]).failed("cause")}
    assert set(found) == set(EXPECTED[name]["causes"])
    for rule, facts in EXPECTED[name]["causes"].items():
        assert {key: found[rule].facts[key] for key in facts} == facts


@every_incident
def test_every_symptom_names_the_cause_that_explains_it(name):
    found = {v.rule: list(v.explained_by) for v in judge(EVIDENCE[name]).failed("symptom")}
    assert found == EXPECTED[name]["symptoms"]


@every_incident
def test_state_and_checklist_are_as_expected(name):
    diagnosis = judge(EVIDENCE[name])
    assert diagnosis.state == EXPECTED[name]["state"]
    assert {a.item: a.outcome.value for a in diagnosis.checklist} == EXPECTED[name]["checklist"]


def without(evidence: Evidence, kind: str, reason: str) -> Evidence:
    """The evidence of somebody who was refused every reading of a kind."""
    lost = [Unread(r.request, r.operation, "x:Y", reason) for r in evidence.all(kind)]
    kept = tuple(r for r in evidence.readings if r.request.kind != kind)
    return replace(evidence, readings=kept, unreads=evidence.unreads + tuple(lost))


@every_incident
@pytest.mark.parametrize("reason", ["access-denied", "throttled"])
def test_any_one_kind_unread_gives_no_new_cause_and_no_false_health(name, reason):
    whole = judge(EVIDENCE[name])
    causes = {v.label for v in whole.failed("cause")}  # another rule may tell the same cause by what is left
    passed = {v.rule for v in whole.verdicts if v.outcome is Outcome.PASS}
    for kind in {r.request.kind for r in EVIDENCE[name].readings}:
        seen = judge(without(EVIDENCE[name], kind, reason))
        assert {v.label for v in seen.failed("cause")} <= causes, kind
        assert {v.rule for v in seen.verdicts if v.outcome is Outcome.PASS} <= passed, kind
        assert seen.state in (whole.state, "unknown"), kind


@every_incident
def test_nothing_read_is_nothing_known(name):
    blank = replace(EVIDENCE[name], readings=())
    diagnosis = judge(blank)
    assert diagnosis.state == "unknown"
    assert not diagnosis.failed("cause")
    assert {v.outcome for v in diagnosis.verdicts} <= {Outcome.UNKNOWN, Outcome.NOT_APPLICABLE}
