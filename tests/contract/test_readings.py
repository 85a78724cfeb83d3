"""Every kind of reading that is asked for has its collector, its IAM action, and a name in both languages."""

import ast

import pytest

from runbook_lib.aws.collectors import COLLECTORS, collector_of
from runbook_lib.aws.operations import READS
from runbook_lib.diagnosis.revisions import COMPARED
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.text import has
from tests.contract.source import ROOT, tree

GIVEN = {"task_definition_file", "deploy_message"}  # the user's own files and words: no call
JUDGING = [path for part in ("diagnosis", "evidence") for path in sorted((ROOT / "runbook_lib" / part).rglob("*.py"))]
DECLARED = {kind for rule in RULES for kind in (*rule.needs, *rule.uses, *rule.deeper)}


def requested() -> set[str]:
    """The kinds that requests are made of by name; the tests of each rule hold its wishes to what it declares."""
    calls = (node for path in JUDGING for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    named = (call.args[0] for call in calls if getattr(call.func, "id", "") == "request" and call.args)
    return {first.value for first in named if isinstance(first, ast.Constant)}


def asked() -> set[str]:
    return (DECLARED | requested() | {COMPARED}) - GIVEN


def test_a_kind_that_is_asked_for_has_a_collector_and_an_iam_action():
    for kind in asked():
        service, _, operation = collector_of(kind).operation.partition(":")
        assert READS[service, operation], kind
        assert has(f"report.kind.{kind}"), kind


def test_every_collector_is_of_a_kind_that_is_asked_for():
    assert set(COLLECTORS) - asked() == set()


def test_a_rule_that_declares_deeper_readings_asks_for_some():
    silent = RULES[0].__dataclass_fields__["wants"].default
    assert [rule.id for rule in RULES if bool(rule.deeper) is (rule.wants is silent)] == []


def test_an_unknown_kind_is_refused_with_its_name_and_those_there_are():
    with pytest.raises(LookupError, match=r"'weather'.*log_tail, nat_gateways"):
        collector_of("weather")
