"""Without a word of ECS: the evidence is the state of the account, and most rules still reach their verdict."""

import importlib
from collections import defaultdict

import pytest

from runbook_lib import lab as labs
from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.messages import CAUSES
from runbook_lib.diagnosis.model import Outcome
from runbook_lib.diagnosis.rules import RULES
from tests.diagnosis.rules.test_application_exited import never_run
from tests.diagnosis.starting import failing, never_started
from tests.incidents.wording import replaced

pytestmark = pytest.mark.xdist_group("incidents")

GROUPS = ("image", "secret", "logging", "role", "container", "load-balancer", "rollout", "quota")
ALSO = ("eni-provisioning-failed", "fargate-capacity-unavailable")
# Causes of failed starts that the rules' own tests have no evidence of, in ECS's words.
_AUTH = "ResourceInitializationError: unable to pull secrets or registry auth"
SAID = {
    "image-pull-rate-limit": "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit.",
    "infrastructure-role-denied": "(user arn:aws:sts::1:assumed-role/infra/ecs-service-scheduler) is not authorized to "
    "perform: elasticloadbalancing:RegisterTargets",
    "service-linked-role": "Unable to assume the service linked role. Please verify that the ECS service linked role "
    "exists.",
    "eni-provisioning-failed": "Timeout waiting for network interface provisioning to complete.",
    "vcpu-quota": "You've reached the limit on the number of vCPUs you can run concurrently",
    "quota-exceeded": "the tasks provisioning capacity limit was exceeded.",
    "api-throttled": f"{_AUTH}: unable to retrieve secret from asm: ThrottlingException: Rate exceeded",
    "container-runtime-error": "CannotCreateContainerError: API error (500): context",
}
# Rules that go by words alone, and why nothing in the account could take their place.
BY_WORDS = {
    "task_start_failed": "repeats what ECS says, for causes that leave no other trace",
    "image_pull_failed": "a pull that failed differs by its words alone from another failed start",
    "alarm_failed_deployment": "that an alarm is set is read; that it ended the deployment is said by ECS alone",
}
LABELS_BY_WORDS = {
    "image-pull-rate-limit": "the registry's counter belongs to the registry",
    "infrastructure-role-denied": "the role of the service is not read",
    "service-linked-role": "the service-linked role is not read",
    "container-runtime-error": "what the runtime did is on the host",
    "alarm-triggered-rollback": "that an alarm ended the deployment is said by ECS alone",
    "eni-provisioning-failed": "a network interface that never came leaves no trace",
    "fargate-capacity-unavailable": "no API tells Fargate's room",
    "vcpu-quota": "Service Quotas and what runs in the account are not read",
    "quota-exceeded": "Service Quotas and what runs in the account are not read",
    "api-throttled": "who was throttled yesterday is in no reading",
}


def in_scope(label):
    return label in ALSO or (label in CAUSES and CAUSES[label].group in GROUPS)


def built():
    """The evidence with which the rules' own tests make them FAIL, and one for each thing that only words tell."""
    for rule in RULES:
        tests = importlib.import_module(f"tests.diagnosis.rules.test_{rule.id}")
        cases = getattr(tests, "OUTCOMES", {})
        yield from (found for found, outcome in cases.values() if outcome is Outcome.FAIL)
    for words in SAID.values():
        yield failing(tasks=[{**never_started(number), "stoppedReason": words} for number in (2, 3)])
    yield never_run(SAID["container-runtime-error"])


def faults(diagnosis):
    """Rule and label of what fails, of the groups that are asked about."""
    return {(v.rule, v.label) for v in diagnosis.verdicts if v.outcome is Outcome.FAIL and in_scope(v.label)}


def silent(evidence):
    """The same without a word: every text of ECS is empty, and every text of ECS is absent."""
    return replaced(evidence, lambda text: ""), replaced(evidence, lambda text: "", drop=True)


@pytest.fixture(scope="module")
def diagnoses(played):
    """Of all evidence the diagnosis, and those without a word."""
    found = (*(played(name).evidence for name in labs.names()), *built())
    return [(judge(evidence), *map(judge, silent(evidence))) for evidence in found]


@pytest.fixture(scope="module")
def tallied(diagnoses):
    """For each rule and each label whether it is still told without a word of ECS: on some evidence, by both forms."""
    rules, by_label = defaultdict(bool), defaultdict(bool)
    for whole, *blanks in diagnoses:
        left = set.intersection(*map(faults, blanks))
        for rule, label in faults(whole):
            rules[rule] |= (rule, label) in left
            by_label[label] |= (rule, label) in left
    return rules, by_label


def list_of(found):
    return "\n".join(f"{'holds' if held else 'words'}  {name}" for name, held in sorted(found.items()))


def test_at_least_half_of_the_rules_need_no_word_of_ecs(tallied):
    rules, _ = tallied
    assert set(rules) == {rule.id for rule in RULES if any(map(in_scope, rule.labels))}
    assert sum(rules.values()) * 2 >= len(rules), list_of(rules)
    assert {rule for rule, held in rules.items() if not held} == set(BY_WORDS), list_of(rules)


def test_at_least_half_of_the_labels_need_no_word_of_ecs(tallied):
    _, found = tallied
    assert set(found) == {label for rule in RULES for label in rule.labels if in_scope(label)}
    assert sum(found.values()) * 2 >= len(found), list_of(found)
    assert {label for label, held in found.items() if not held} == set(LABELS_BY_WORDS), list_of(found)


def test_silence_makes_no_rule_name_a_cause_that_it_did_not_name_before(diagnoses):
    causes = {rule.id for rule in RULES if rule.role == "cause"}
    for whole, *blanks in diagnoses:
        before = {rule for rule, _ in faults(whole)} & causes
        assert all({rule for rule, _ in faults(blank)} & causes <= before for blank in blanks)


# Its PASS says that the settings let a deployment through; that tasks are under protection is said by ECS alone.
PASSES = {"deployment_deadlocked"}


def test_silence_is_no_good_news(diagnoses):
    for whole, *blanks in diagnoses:
        bad = {v.rule for v in whole.verdicts if v.outcome is Outcome.FAIL}
        for blank in blanks:
            good = {v.rule for v in blank.verdicts if v.outcome is Outcome.PASS}
            assert (blank.state, bad & good - PASSES) == (whole.state, set())


# What is still named first of each scenario; the others' causes are told by ECS's words alone.
UNTOLD = {
    "no-capacity": "Fargate's room",
    "registry-forbidden": "the policy of another account's repository may not be read",
    "secret-key-missing": "what is in a secret is never read",
    "secret-not-json": "what is in a secret is never read",
}


@pytest.mark.parametrize("scenario", labs.names())
def test_a_scenarios_causes_are_seen_without_a_word(played, expected, scenario):
    wanted = [] if scenario in UNTOLD else expected[scenario]
    for blank in silent(played(scenario).evidence):
        assert [v.label for v in judge(blank).failed("cause")] == wanted
