"""docs/rules.*.md: what each rule looks for and what it cannot see, from the rules and their words."""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis.messages import CAUSES
from runbook_lib.diagnosis.model import Rule
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.report import catalogue
from runbook_lib.text import say

_OTHER = {"en": "[한국어](rules.ko.md)", "ko": "[English](rules.en.md)"}
_MANY = 5  # labels beyond this are told of on the page of labels


def page(lang: str) -> str:
    """The page in one language: an overview, then a section a rule, in the order in which they lead."""
    rules = sorted(RULES, key=lambda rule: rule.severity)
    head = [f"# {_say('title', lang)}", _OTHER[lang], _say("page.intro", lang), _say("page.which", lang)]
    return "\n\n".join([*head, _overview(rules, lang), *(_section(rule, lang) for rule in rules)]) + "\n"


def _overview(rules: list[Rule], lang: str) -> str:
    rows = [[_link(rule.id), catalogue.title(rule, lang), _role(rule, lang), _labels(rule, lang)] for rule in rules]
    names = ("id", "title", "role", "labels")
    return table([[_say(f"field.{name}", lang) for name in names], *rows])


def _section(rule: Rule, lang: str) -> str:
    """A rule. Its heading is its id, so that its address is the same in both languages."""
    kinds = {which: catalogue.kinds(rule, which, lang) for which in catalogue.READINGS}
    explained = ", ".join(_link(symptom) for symptom in rule.explains)
    facts = {"role": _role(rule, lang), "labels": _labels(rule, lang), **kinds}
    facts |= {"explains": explained, "guide": catalogue.guide(rule, lang)}
    rows = [[_say(f"field.{name}", lang), fact] for name, fact in facts.items() if fact]
    parts = (f"**{_say(f'field.{part}', lang)}**\n\n{catalogue.about(rule, part, lang)}" for part in catalogue.PARTS)
    links = "\n".join(f"- <{link}>" for link in catalogue.references(rule, lang))
    references = [f"**{_say('field.references', lang)}**\n\n{links}"] if links else []
    return "\n\n".join([f"## {rule.id}", catalogue.title(rule, lang), table([["", ""], *rows]), *parts, *references])


def _role(rule: Rule, lang: str) -> str:
    return _say(f"role.{rule.role}", lang)


def _labels(rule: Rule, lang: str) -> str:
    found = catalogue.labels(rule)
    more = f" {_say('others', lang, count=len(found) - _MANY)}" if len(found) > _MANY else ""
    return ", ".join(_cause(label, lang) for label in found[:_MANY]) + more


def _cause(label: str, lang: str) -> str:
    return f"[`{label}`](causes.{lang}.md#{label})" if label in CAUSES else f"`{label}`"


def _link(rule: str) -> str:
    return f"[`{rule}`](#{rule})"


def table(rows: list[list[str]]) -> str:
    """Rows as a table in Markdown; the first are its titles."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def _say(key: str, lang: str, **facts: Any) -> str:
    return say(f"catalogue.{key}", lang, **facts)
