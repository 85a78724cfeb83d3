"""docs/labels.*.md: for each label the rules that can give it, their readings, and the lab's scenarios that name it."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from rule_pages import table

from runbook_lib.diagnosis.messages import CAUSES
from runbook_lib.diagnosis.model import Rule
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.report import catalogue
from runbook_lib.text import has, say

_OTHER = {"en": "[한국어](labels.ko.md)", "ko": "[English](labels.en.md)"}
# What the diagnosis must name in each scenario: the tests look at the lab and compare.
_EXPECTED = Path(__file__).parents[1] / "tests" / "incidents" / "scenarios.yaml"


def page(lang: str) -> str:
    """The page in one language: a table a group of labels."""
    groups = {group: [cause.label for cause in of] for group, of in groupby(CAUSES.values(), lambda c: c.group)}
    groups["own"] = [label for rule in RULES for label in rule.labels if label not in CAUSES]
    every = [label for labels in groups.values() for label in labels]
    ruled, played = [label for label in every if _rules(label)], [label for label in every if _scenarios(label)]
    counts = {"ruled": len(ruled), "played": len(played), "explained": len(every) - len(ruled)}
    head = [f"# {_say('title', lang)}", _OTHER[lang], _say("intro", lang, total=len(every)), _say("told", lang)]
    head.append(f"**{_say('count', lang, **counts)}**")
    tables = (f"## {_group(group, lang)}\n\n{_table(labels, lang)}" for group, labels in groups.items())
    return "\n\n".join([*head, *tables]) + "\n"


def _table(labels: list[str], lang: str) -> str:
    return table([[_say(name, lang) for name in ("label", "rules", "scenarios")], *(_row(one, lang) for one in labels)])


def _row(label: str, lang: str) -> list[str]:
    rules = "<br>".join(_rule(rule, lang) for rule in _rules(label))
    return [_label(label, lang), rules or _say("only", lang), ", ".join(f"`{one}`" for one in _scenarios(label)) or "-"]


def _label(label: str, lang: str) -> str:
    if label in CAUSES:
        return f"[`{label}`](causes.{lang}.md#{label})<br>{say(f'causes.{label}.title', lang)}"
    return f"`{label}`<br>{catalogue.title(_rules(label)[0], lang)}"


def _rule(rule: Rule, lang: str) -> str:
    kinds = ", ".join(found for which in catalogue.READINGS if (found := catalogue.kinds(rule, which, lang)))
    return f"[`{rule.id}`](rules.{lang}.md#{rule.id}): {kinds}"


def _rules(label: str) -> list[Rule]:
    return [rule for rule in sorted(RULES, key=lambda rule: rule.severity) if label in rule.labels]


def _scenarios(label: str) -> list[str]:
    expected: dict[str, list[str]] = yaml.safe_load(_EXPECTED.read_text(encoding="utf-8"))
    return [name for name, labels in sorted(expected.items()) if label in labels]


def _group(group: str, lang: str) -> str:
    return say(f"causes.group.{group}", lang) if has(f"causes.group.{group}") else _say(group, lang)


def _say(key: str, lang: str, **facts: Any) -> str:
    return say(f"catalogue.labels.{key}", lang, **facts)
