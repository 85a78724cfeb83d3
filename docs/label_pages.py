"""docs/labels.*.md: for each label the rules that can give it, their readings, and what shows that they do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from rule_pages import table

from runbook_lib.diagnosis.messages import CAUSES
from runbook_lib.diagnosis.model import Rule
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.report import catalogue
from runbook_lib.report.rule_values import kind_name
from runbook_lib.text import has, say

_OTHER = {"en": "[한국어](labels.ko.md)", "ko": "[English](labels.en.md)"}
_MESSAGES = "../tests/fixtures/messages.jsonl"
_INCIDENTS = Path(__file__).parents[1] / "tests" / "incidents"


def _expected(name: str) -> dict[str, Any]:
    """What the tests look at and compare: labels by scenario or by drawn fault, or what else shows a label."""
    found: dict[str, Any] = yaml.safe_load((_INCIDENTS / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


_SCENARIOS, _DRAWN, _SHOWN = map(_expected, ("scenarios", "random", "shown"))


def page(lang: str) -> str:
    """The page in one language: a table a group of labels."""
    groups = {group: [cause.label for cause in of] for group, of in groupby(CAUSES.values(), lambda c: c.group)}
    groups["own"] = [label for rule in RULES for label in rule.labels if label not in CAUSES]
    every = [label for labels in groups.values() for label in labels]
    ruled, hows = [label for label in every if _rules(label)], [how for given in _SHOWN.values() for how in given]
    counts = {"ruled": len(ruled), "drawn": hows.count("fault"), "told": hows.count("message")}
    counts |= {"played": len([label for label in every if _scenarios(label)]), "explained": len(every) - len(ruled)}
    head = [f"# {_say('title', lang)}", _OTHER[lang], _say("intro", lang, total=len(every)), _say("told", lang)]
    head.append(f"**{_say('count', lang, **counts)}**")
    tables = (f"## {_group(group, lang)}\n\n{_table(labels, lang)}" for group, labels in groups.items())
    return "\n\n".join([*head, *tables]) + "\n"


def _table(labels: list[str], lang: str) -> str:
    return table([[_say(name, lang) for name in ("label", "rules", "shown")], *(_row(one, lang) for one in labels)])


def _row(label: str, lang: str) -> list[str]:
    rules = "<br>".join(_rule(rule, lang) for rule in _rules(label))
    return [_label(label, lang), rules or _say("only", lang), "<br>".join(_shown(label, lang)) or "-"]


def _shown(label: str, lang: str) -> Iterator[str]:
    if scenarios := _scenarios(label):
        yield _listed(scenarios)
    if drawn := [fault for fault, labels in sorted(_DRAWN.items()) if label in labels[:1]]:
        yield f"`random`: {_listed(drawn)}"
    if message := _SHOWN.get(label, {}).get("message"):
        yield _say("words", lang, message=f"[{message}]({_MESSAGES})")


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _label(label: str, lang: str) -> str:
    if label in CAUSES:
        return f"[`{label}`](causes.{lang}.md#{label})<br>{say(f'causes.{label}.title', lang)}"
    return f"`{label}`<br>{catalogue.title(_rules(label)[0], lang)}"


def _rule(rule: Rule, lang: str) -> str:
    kinds = dict.fromkeys(kind for which in catalogue.READINGS for kind in getattr(rule, which))
    return f"[`{rule.id}`](rules.{lang}.md#{rule.id}): {', '.join(kind_name(kind, lang) for kind in kinds)}"


def _rules(label: str) -> list[Rule]:
    return [rule for rule in sorted(RULES, key=lambda rule: rule.severity) if label in rule.labels]


def _scenarios(label: str) -> list[str]:
    """By their causes; by a symptom or a risk where no cause has the label."""
    by_cause = [name for name, labels in sorted(_SCENARIOS.items()) if label in labels]
    other = _SHOWN.get(label, {}).get("scenario")
    return by_cause or ([other] if other else [])


def _group(group: str, lang: str) -> str:
    return say(f"causes.group.{group}", lang) if has(f"causes.group.{group}") else _say(group, lang)


def _say(key: str, lang: str, **facts: Any) -> str:
    return say(f"catalogue.labels.{key}", lang, **facts)
