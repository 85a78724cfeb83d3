"""Judging: the guide's incident whole, links from cause to symptom, and that what was not read is never good news."""

from dataclasses import replace
from pathlib import Path

import pytest

from runbook_lib.diagnosis.checklist import ITEMS
from runbook_lib.diagnosis.engine import judge, wanted
from runbook_lib.diagnosis.model import Finding, Outcome, Rule, passed
from runbook_lib.diagnosis.rules import RULES, catalogue
from runbook_lib.evidence.serialisation import load
from tests.diagnosis.builder import doubled, file, guide, guide_target_group, healthy, without

INCIDENTS = Path(__file__).parents[1] / "incidents"
DEEPER = {kind for rule in RULES for kind in rule.deeper}
KINDS = ("service", "task_arns", "tasks", "task_definition", "target_groups", "target_health", "image_tags", "images")
CAUSES = {"image_tag_absent", "health_check_path_mismatch", "deployments_overlapping"}


def causes(found):
    return {verdict.rule for verdict in judge(found).failed("cause")}


def labels(found):
    return {verdict.label for verdict in judge(found).failed("cause")}


def outcomes(found):
    return {verdict.rule: verdict.outcome for verdict in judge(found).verdicts}


@pytest.mark.parametrize("incident", [guide, guide_target_group])
def test_the_guides_incident_has_its_three_causes(incident):
    assert causes(incident()) == CAUSES


def test_the_local_file_brings_the_fourth_cause():
    assert causes(guide(more=(file(doubled()),))) == CAUSES | {"secret_env_duplicate"}


@pytest.mark.parametrize(
    ("found", "side"),
    [(guide(), "container"), (guide_target_group(), "target_group")],
    ids=["container", "target group"],
)
def test_the_side_that_fails_is_told(found, side):
    assert next(v.facts["side"] for v in judge(found).verdicts if v.rule == "health_check_path_mismatch") == side


def test_the_checklist_of_the_guides_incident():
    answers = judge(guide(more=(file(doubled()),))).checklist
    assert [(answer.item, answer.outcome) for answer in answers] == [(item, Outcome.FAIL) for item in range(1, 8)]
    assert [a.outcome for a in judge(guide()).checklist][2] is Outcome.PASS


def test_right_after_a_normal_rollout_nothing_is_wrong():
    diagnosis = judge(healthy())
    assert {verdict.outcome for verdict in diagnosis.verdicts} <= {Outcome.PASS, Outcome.NOT_APPLICABLE}
    assert [answer.outcome for answer in diagnosis.checklist] == [Outcome.PASS] * 7
    assert wanted(healthy()) == ()


def test_symptoms_name_the_cause_that_explains_them():
    explained = {v.rule: v.explained_by for v in judge(guide()).failed("symptom")}
    assert explained == {
        "image_pull_failed": ("image_tag_absent",),
        "tasks_unhealthy": ("health_check_path_mismatch",),
        "health_check_unanswered": ("health_check_path_mismatch",),
    }


def test_the_cause_that_blocks_now_leads():
    assert judge(guide()).failed("cause")[0].rule == "image_tag_absent"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("incident", [guide, guide_target_group])
def test_what_could_not_be_read_adds_no_cause_and_no_good_news(incident, kind):
    whole, blind = incident(), without(incident(), kind)
    assert labels(blind) <= labels(whole)
    better = {rule for rule, outcome in outcomes(blind).items() if outcome is Outcome.PASS}
    assert better <= {rule for rule, outcome in outcomes(whole).items() if outcome is Outcome.PASS}


def test_what_kept_a_reading_from_being_asked_is_the_reason():
    refused = replace(without(guide(), "service"), readings=())
    told = {v.rule: (v.facts["reason"], v.facts["operation"]) for v in judge(refused).verdicts}
    assert set(told.values()) == {("access-denied", "ecs:DescribeServices")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_healthy_service_read_in_part_has_no_fault(kind):
    found = outcomes(without(healthy(), kind))
    assert Outcome.FAIL not in found.values()
    blind = {rule.id for rule in RULES if kind in rule.needs + rule.uses}
    assert {found[rule] for rule in blind} <= {Outcome.UNKNOWN}


@pytest.mark.parametrize("kind", ["task_arns", "tasks"])
def test_an_unread_verdict_says_which_permission_is_missing(kind):
    verdict = next(v for v in judge(without(healthy(), kind)).verdicts if v.rule == "tasks_unhealthy")
    assert verdict.facts["reason"] == "access-denied"
    assert verdict.facts["action"] == {"task_arns": "ecs:ListTasks", "tasks": "ecs:DescribeTasks"}[kind]


def test_a_list_read_in_part_gives_no_good_news():
    part = tuple(replace(r, partial=r.request.kind == "task_arns") for r in healthy().readings)
    found = outcomes(replace(healthy(), readings=part))
    assert found["tasks_unhealthy"] is Outcome.UNKNOWN


def test_an_empty_evidence_is_judged_unknown():
    assert set(outcomes(replace(healthy(), readings=())).values()) == {Outcome.UNKNOWN}


def crash(evidence) -> Finding:
    raise KeyError("taskArn")


def test_a_rule_that_crashes_becomes_unknown_and_hides_no_other():
    broken = Rule("broken", "unknown", "cause", (), "", 1, crash)
    sound = Rule("sound", "unknown", "cause", (), "", 2, lambda evidence: passed())
    found = judge(healthy(), (broken, sound)).verdicts
    assert [(v.rule, v.outcome) for v in found] == [("broken", Outcome.UNKNOWN), ("sound", Outcome.PASS)]
    assert found[0].facts == {"reason": "rule-crashed", "exception": "KeyError"}


def test_two_rules_of_one_id_are_refused():
    with pytest.raises(ValueError, match="image_tag_absent"):
        catalogue(*RULES, RULES[0])


def test_every_checklist_item_has_its_rules():
    assert {rule for rules in ITEMS.values() for rule in rules} <= {rule.id for rule in RULES}


def test_what_a_rule_explains_is_a_symptom():
    symptoms = {rule.id for rule in RULES if rule.role == "symptom"}
    assert {symptom for rule in RULES for symptom in rule.explains} <= symptoms


def test_a_rule_has_its_own_label_where_it_declares_no_others():
    assert Rule("one", "image-not-found", "cause", (), "", 1, crash).labels == ("image-not-found",)
    several = Rule("two", "a", "cause", (), "", 1, crash, labels=("b", "c"))
    assert (several.label, several.labels) == ("a", ("b", "c"))


EVIDENCE = {
    **{name: make() for name, make in (("guide", guide), ("group", guide_target_group), ("healthy", healthy))},
    **{path.stem: load(path) for path in sorted(INCIDENTS.glob("*.json"))},
}


@pytest.mark.parametrize("name", EVIDENCE)
def test_no_fault_has_a_label_and_no_wish_a_kind_that_its_rule_does_not_declare(name):
    declared = {rule.id: rule.labels for rule in RULES}
    faults = [v for v in judge(EVIDENCE[name]).verdicts if v.outcome is Outcome.FAIL]
    assert [(v.rule, v.label) for v in faults if v.label not in declared[v.rule]] == []
    first = replace(EVIDENCE[name], readings=tuple(r for r in EVIDENCE[name].readings if r.request.kind not in DEEPER))
    wishes = [(rule, wish.kind) for rule in RULES for wish in rule.wants(first)]
    assert [(rule.id, kind) for rule, kind in wishes if kind not in rule.deeper] == []


def test_causes_lead_and_no_two_rules_share_a_rank():
    ranks = [(rule.severity, rule.role) for rule in sorted(RULES, key=lambda rule: rule.severity)]
    assert len({rank for rank, _ in ranks}) == len(ranks)
    assert [role for _, role in ranks] == sorted(role for _, role in ranks)
