"""Every rule says in both languages what it looks for; its docstring has its headings; what it declares is so."""

import re
import sys

import pytest

from runbook_lib.diagnosis.messages import CAUSES
from runbook_lib.diagnosis.model import Rule, passed
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.report import catalogue
from runbook_lib.text import LANGUAGES, has, say
from tests.contract.source import ROOT

HEADINGS = [
    *("What it looks for", "Why it breaks a rollout", "Blind spots"),
    *("Readings", "Fix", "Guide section", "References"),
]
OWN = {"deployments-overlapping", "health-check-path-mismatch"}

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def document(rule: Rule) -> str:
    return sys.modules[f"runbook_lib.diagnosis.rules.{rule.id}"].__doc__ or ""


@every_rule
def test_a_rule_says_in_both_languages_what_it_looks_for(rule):
    assert [part for part in catalogue.PARTS if not has(f"rules.{rule.id}.about.{part}")] == []


@every_rule
def test_a_rules_docstring_has_the_headings_in_their_order(rule):
    assert re.findall(r"^[A-Z].*[^.]$", document(rule), re.MULTILINE)[-len(HEADINGS) :] == HEADINGS


@every_rule
def test_a_rule_has_a_name_and_pages_in_both_languages(rule):
    for lang in LANGUAGES:
        assert catalogue.title(rule, lang) != rule.id
        assert all(link.startswith("https://") for link in catalogue.references(rule, lang))
    assert catalogue.references(rule, "en")


@every_rule
def test_a_rule_gives_labels_that_there_are(rule):
    assert set(rule.labels) <= set(CAUSES) | OWN
    assert len(set(rule.labels)) == len(rule.labels)


@every_rule
def test_a_rule_stands_on_both_pages_under_its_id(rule):
    for lang in LANGUAGES:
        text = (ROOT / "docs" / f"rules.{lang}.md").read_text(encoding="utf-8")
        assert f"\n## {rule.id}\n" in text
        assert catalogue.about(rule, "blind", lang) in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_label_stands_on_its_page_once(lang):
    text = (ROOT / "docs" / f"labels.{lang}.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[?`([a-z-]+)`", text, re.MULTILINE)) == sorted({*CAUSES, *OWN})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_label_is_shown_somewhere_or_only_explained(lang):
    text = (ROOT / "docs" / f"labels.{lang}.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[?`[a-z-]+`.*? \| (.*) \| (.*) \|$", text, re.MULTILINE)
    assert len(rows) == len({*CAUSES, *OWN})
    only = say("catalogue.labels.only", lang)
    assert [(rules, shown) for rules, shown in rows if (rules == only) is not (shown == "-")] == []


def test_a_rule_without_words_is_told_by_its_docstring(monkeypatch):
    text = (
        "Faults.\n\nWhat it looks for\n    One ``thing``,\n    and another.\nReferences\n    https://a\n    https://b\n"
    )
    module = type(sys)("runbook_lib.diagnosis.rules.wordless")
    module.__doc__ = text
    monkeypatch.setitem(sys.modules, module.__name__, module)
    rule = Rule("wordless", "unknown", "cause", (), "", 1, lambda evidence: passed())
    assert catalogue.about(rule, "looks_for", "ko") == "One `thing`, and another."
    assert catalogue.about(rule, "blind", "en") == ""
    assert catalogue.references(rule, "en") == ("https://a", "https://b")
