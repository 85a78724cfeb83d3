"""docs/guide-map*.md: what of the product does each element of the guide, from docs/guide-map.yaml."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from runbook_lib.text import has, say

_MAP = Path(__file__).parent / "guide-map.yaml"
_OTHER = {"en": "[한국어](guide-map.ko.md)", "ko": "[English](guide-map.md)"}
_COMMANDS = {"en": "commands.md", "ko": "commands.ko.md"}
_PARAMETERS = {"en": "parameters.md", "ko": "parameters.ko.md"}
_BY = ("rules", "commands", "cells", "printed", "parameters")
_STATES = ("covered", "partly", "later")
_HEADING = re.compile(r"[a-z]+|(?:cause|diagnosis|fix|prevention)-\d(?:-\d)?")

Item = dict[str, Any]


def page(lang: str) -> str:
    """The map in one language: counts, a table a section of the guide, and what is still to come."""
    items: list[Item] = yaml.safe_load(_MAP.read_text(encoding="utf-8"))
    sections = _sections(items)
    parts = [
        f"# {_page('title', lang)}",
        f"{_page('intro', lang)} {_OTHER[lang]}",
        f"**{_page('count', lang, total=len(items), **_counts(items))}**",
        _totals(sections, lang),
        *(f"## {_title(section[0], lang)}\n\n{_table(section, lang)}" for section in sections),
        f"## {_page('later_title', lang)}",
        _page("later_about", lang),
        _planned(items, lang),
    ]
    return "\n\n".join(parts) + "\n"


def _sections(items: list[Item]) -> list[list[Item]]:
    """A section begins with an element whose id is one word."""
    sections: list[list[Item]] = []
    for item in items:
        if "-" in item["id"]:
            sections[-1].append(item)
        else:
            sections.append([item])
    return sections


def _state(item: Item) -> str:
    done = any(item.get(kind) for kind in _BY)
    if item.get("later"):
        return "partly" if done else "later"
    return "covered"


def _counts(items: list[Item]) -> dict[str, int]:
    found = Counter(map(_state, items))
    return {state: found[state] for state in _STATES}


def _totals(sections: list[list[Item]], lang: str) -> str:
    states = [say(f"guide.state.{state}", lang) for state in _STATES]
    rows = [[_title(s[0], lang), *map(str, _counts(s).values()), str(len(s))] for s in sections]
    return _markdown([_page("section", lang), *states, _page("total", lang)], rows)


def _table(items: list[Item], lang: str) -> str:
    head = ["ID", *(_page(column, lang) for column in ("element", "state", "by", "tests"))]
    return _markdown(head, [_row(item, lang) for item in items])


def _row(item: Item, lang: str) -> list[str]:
    title = _title(item, lang)
    return [
        f"`{item['id']}`",
        f"**{title}**" if _HEADING.fullmatch(item["id"]) else title,
        "<br>".join([say(f"guide.state.{_state(item)}", lang), *_later(item, lang)]),
        "<br>".join(_done(kind, item[kind], lang) for kind in _BY if kind in item) or "-",
        " ".join(_test(number, name) for number, name in enumerate(item.get("tests", ()), 1)) or "-",
    ]


def _later(item: Item, lang: str) -> list[str]:
    names = ", ".join(f"`{name}`" for name in item.get("later", ()))
    return [f"{_page('later', lang)}: {names}"] if names else []


def _title(item: Item, lang: str) -> str:
    """An element's words: those that the product prints for it, else those of the map."""
    if has(own := f"guide.item.{item['id']}"):
        return say(own, lang)
    return say(item["title"] if "title" in item else f"report.commands.{item['printed'][0]}", lang)


def _done(kind: str, names: list[str], lang: str) -> str:
    links = {
        "rules": lambda name: f"[`{name}`](rules.{lang}.md#{name})",
        "commands": lambda name: f"[`{name}`]({_COMMANDS[lang]}#ecs-runbook-{name.replace(' ', '-')})",
        "cells": lambda name: _cell(name, lang),
        "printed": lambda name: f"[`{name}`]({_COMMANDS[lang]}#ecs-runbook-commands)",
        "parameters": lambda name: f"[`{name}`]({_PARAMETERS[lang]})",
    }
    return f"{say(f'guide.by.{kind}', lang)}: {', '.join(map(links[kind], names))}"


def _cell(name: str, lang: str) -> str:
    """A cell of a notebook, its heading in one of its two languages."""
    notebook, _, heading = name.partition(": ")
    korean, _, english = heading.partition(" · ")
    return f"[`{notebook}`](../notebooks/{notebook}.ipynb) {korean if lang == 'ko' else english}"


def _test(number: int, name: str) -> str:
    """A test as a number, for names of functions would fill the table; a pointer over it shows the name."""
    file, _, function = name.partition("::")
    return f'[{number}](../{file} "{function}")'


def _planned(items: list[Item], lang: str) -> str:
    waiting: dict[str, list[str]] = {}
    for item in items:
        for name in item.get("later", ()):
            waiting.setdefault(name, []).append(f"`{item['id']}`")
    rows = [[f"`{name}`", say(f"guide.planned.{name}", lang), ", ".join(ids)] for name, ids in sorted(waiting.items())]
    return _markdown([_page(column, lang) for column in ("name", "does", "waiting")], rows)


def _page(key: str, lang: str, **facts: Any) -> str:
    return say(f"guide.page.{key}", lang, **facts)


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
