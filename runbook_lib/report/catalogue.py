"""The rules in words: what each looks for, why that breaks a rollout, what it cannot see, and what to do about it.

The words stand in ``text/rules.yaml`` under ``about``; a rule that has none yet is told by its module's docstring.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

from runbook_lib.diagnosis.model import Rule
from runbook_lib.report import blocks as b
from runbook_lib.report.explained import steps
from runbook_lib.report.markup import code
from runbook_lib.report.plain import text_of
from runbook_lib.report.rule_values import kind_name
from runbook_lib.text import has, say

PARTS = ("looks_for", "breaks", "blind", "fix")  # what `about` says, in the order of the docstring
READINGS = ("needs", "uses", "deeper")
_HEADINGS = {"looks_for": "What it looks for", "breaks": "Why it breaks a rollout", "blind": "Blind spots"}
_HEADINGS |= {"fix": "Fix", "references": "References"}
_SECTION = r"^{}\n((?:[ ]+\S.*\n?|\n)+)"
_AWS = "https://docs.aws.amazon.com/"
_SHOWN = 3  # labels of a rule that the list names


def title(rule: Rule, lang: str) -> str:
    """The rule's name: of the fault where it has but one, else its own."""
    keys = (f"rules.{rule.id}.about.title", f"rules.{rule.id}.title", f"causes.{rule.label}.title")
    return next((say(key, lang) for key in keys if has(key)), rule.id)


def about(rule: Rule, part: str, lang: str) -> str:
    """One of ``PARTS``; in English, by the docstring, where there are no words for it."""
    key = f"rules.{rule.id}.about.{part}"
    return say(key, lang) if has(key) else _documented(rule, part)


def references(rule: Rule, lang: str) -> tuple[str, ...]:
    """AWS's pages, by the docstring; in Korean where AWS has them so."""
    found = _documented(rule, "references").split()
    return tuple(_translated(link) if lang == "ko" else link for link in found)


def labels(rule: Rule) -> tuple[str, ...]:
    """The labels of its faults, its own first."""
    return tuple(dict.fromkeys((*(label for label in rule.labels if label == rule.label), *rule.labels)))


def kinds(rule: Rule, which: str, lang: str) -> str:
    """The readings of a rule in words: those of ``READINGS``."""
    return ", ".join(kind_name(kind, lang) for kind in getattr(rule, which))


def guide(rule: Rule, lang: str) -> str:
    """Where the guide has it."""
    names = {name: say(f"catalogue.guide.{name}", lang) for name in _GUIDE}
    return re.sub("|".join(names), lambda found: names[found[0]], rule.guide)


_GUIDE = ("root cause", "diagnosis", "fix step", "checklist", "prevention")


def listed(rules: Sequence[Rule], lang: str) -> str:
    """The rules for a terminal, one after the other in the order in which they lead."""
    cards = (_brief(rule, lang) for rule in rules)
    return text_of(_say("title", lang), (*cards, b.Paragraph(_say("more", lang))), lang)


def _brief(rule: Rule, lang: str) -> b.Card:
    found = labels(rule)
    named = ", ".join(map(code, found[:_SHOWN]))
    more = f" {_say('others', lang, count=len(found) - _SHOWN)}" if len(found) > _SHOWN else ""
    rows = (b.Fact(_say("field.labels", lang), (named + more,)), *_readings(rule, lang))
    return b.Card(title(rule, lang), _tag(rule, lang), (b.Facts(rows),), code(rule.id))


def shown(rule: Rule, lang: str) -> str:
    """One rule in full for a terminal."""
    rows = [
        b.Fact(_say("field.labels", lang), (", ".join(map(code, labels(rule))),)),
        *(b.Fact(_say(f"field.{part}", lang), (about(rule, part, lang),)) for part in PARTS),
        b.Fact("", steps=steps(rule.label, lang)),
        *_readings(rule, lang),
        b.Fact(_say("field.explains", lang), (", ".join(map(code, rule.explains)),)),
        b.Fact(_say("field.guide", lang), (guide(rule, lang),)),
        *(
            b.Fact(_say("field.references", lang) if not n else "", link=link)
            for n, link in enumerate(references(rule, lang))
        ),
    ]
    kept = tuple(row for row in rows if not row.empty)
    card = b.Card(title(rule, lang), _tag(rule, lang), (b.Facts(kept),), code(rule.id))
    return text_of(_say("rule", lang), (card,), lang)


def machine(rule: Rule, lang: str, *, whole: bool = False) -> dict[str, Any]:
    """A rule as plain JSON values, with words in one language; ``whole`` with all that it says of itself."""
    found: dict[str, Any] = {"id": rule.id, "title": title(rule, lang), "role": rule.role}
    found |= {"label": rule.label, "labels": list(labels(rule)), "severity": rule.severity}
    found |= {which: list(getattr(rule, which)) for which in READINGS}
    if not whole:
        return found
    words = {part: about(rule, part, lang) for part in PARTS}
    more = {"explains": list(rule.explains), "guide": rule.guide, "references": list(references(rule, lang))}
    return {**found, **words, **more}


def _readings(rule: Rule, lang: str) -> tuple[b.Fact, ...]:
    rows = (b.Fact(_say(f"field.{which}", lang), (kinds(rule, which, lang),)) for which in READINGS)
    return tuple(row for row in rows if not row.empty)


def _tag(rule: Rule, lang: str) -> b.Tag:
    return b.Tag(_say(f"role.{rule.role}", lang), "off")


def _documented(rule: Rule, part: str) -> str:
    """A section of the docstring of the rule's module on one line, code between single backticks."""
    text = getattr(sys.modules.get(f"runbook_lib.diagnosis.rules.{rule.id}"), "__doc__", None) or ""
    found = re.search(_SECTION.format(re.escape(_HEADINGS[part])), text, re.MULTILINE)
    return " ".join(found[1].replace("``", "`").split()) if found else ""


def _translated(link: str) -> str:
    """AWS's guides are there in Korean, its API references are not."""
    return link if "/APIReference/" in link or "ko_kr" in link else link.replace(_AWS, f"{_AWS}ko_kr/")


def _say(key: str, lang: str, **facts: Any) -> str:
    return say(f"catalogue.{key}", lang, **facts)
