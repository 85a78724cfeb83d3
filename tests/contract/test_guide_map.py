"""The guide map leaves nothing of the guide out, and names nothing that is not there."""

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import typer
import yaml

from runbook_lib.cli import app
from runbook_lib.diagnosis.checklist import ITEMS
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.evidence.model import Target
from runbook_lib.parameters import Parameters
from runbook_lib.report.commands import commands
from runbook_lib.text import has
from tests.contract.guide_outline import differences, kept, outline
from tests.contract.source import NOTEBOOKS, ROOT, tracked, tree
from tests.contract.test_notebooks import headings

MAP: list[dict[str, Any]] = yaml.safe_load((ROOT / "docs" / "guide-map.yaml").read_text(encoding="utf-8"))
KINDS = {"rules", "commands", "cells", "printed", "parameters"}
GUIDE = """# A guide

Some words.
- a bullet
- [ ] a question?

```bash
# a comment
aws ecs stop-task \\
  --cluster c --reason "two words"
curl https://<HOST>/ -k
```
```json
{"a": 1}
```
"""


def named(kind: str) -> set[str]:
    return {name for item in MAP for name in item.get(kind, ())}


def command_names(group: Any, above: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        words = f"{above} {name}".strip()
        yield words
        yield from command_names(command, words) if hasattr(command, "commands") else ()


@cache
def existing(kind: str) -> set[str]:
    """The names that there are of a kind, written as the map writes them."""
    cells = {f"{path.stem}: {heading.lstrip('# ')}" for path in NOTEBOOKS for heading in headings(path)}
    functions = {
        f"{path.relative_to(ROOT).as_posix()}::{node.name}"
        for path in tracked("tests/*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
    }
    return {
        "rules": {rule.id for rule in RULES},
        "commands": set(command_names(typer.main.get_command(app))),
        "cells": cells,
        "printed": set(printed()),
        "parameters": set(Parameters.model_fields),
        "tests": functions,
    }[kind]


@cache
def printed() -> dict[str, tuple[str, ...]]:
    """The arguments of each printed command; those of a command inside another (``watch``) are the outer one's."""
    return {command.name: command.argv for command in commands(Target("c", "s", "eu-west-1"))}


def test_the_map_has_every_element_of_the_guide_in_its_order():
    assert [item["id"] for item in MAP] == [element["id"] for element in kept()]


def test_every_element_is_done_or_has_a_name_for_what_will_do_it():
    assert [item["id"] for item in MAP if not (KINDS | {"later"}) & set(item)] == []
    assert [item["id"] for item in MAP if set(item) - KINDS - {"id", "title", "tests", "later"}] == []


def test_what_is_done_has_a_test():
    assert [item["id"] for item in MAP if KINDS & set(item) and not item.get("tests")] == []


@pytest.mark.parametrize("kind", [*sorted(KINDS), "tests"])
def test_every_name_in_the_map_exists(kind):
    assert named(kind) - existing(kind) == set()


def test_what_is_still_to_come_is_not_there_yet():
    notebooks = {path.stem for path in NOTEBOOKS}
    assert named("later") & (existing("commands") | existing("rules") | notebooks) == set()


def test_what_is_still_to_come_is_said_to_do_something():
    planned = yaml.safe_load((ROOT / "runbook_lib" / "text" / "guide.yaml").read_text(encoding="utf-8"))["planned"]
    assert set(planned) == named("later")


def test_no_rule_no_step_of_the_diagnosis_and_no_printed_command_is_left_out():
    assert existing("rules") - named("rules") == set()
    assert {cell for cell in existing("cells") if cell.startswith("10_diagnose: ")} - named("cells") == set()
    assert existing("printed") - named("printed") == set()


def test_each_question_of_the_checklist_names_the_rules_that_answer_it():
    answered = {item["id"]: tuple(item["rules"]) for item in MAP if re.fullmatch(r"checklist-\d", item["id"])}
    assert answered == {f"checklist-{number}": rules for number, rules in ITEMS.items()}


def test_a_command_of_the_guide_is_printed_with_all_its_options():
    """The guide's values are its own service's; words and options must be the same."""
    short = [
        element["id"]
        for element, item in zip(kept(), MAP, strict=True)
        if element["kind"] == "command" and not set(shlex.split(element["words"])) <= set(printed()[item["printed"][0]])
    ]
    assert short == []


def test_every_element_has_words_in_one_place():
    without = [
        item["id"]
        for item in MAP
        if [has(f"guide.item.{item['id']}"), has(item.get("title", "")), bool(title_of_command(item))].count(True) != 1
    ]
    assert without == []


def title_of_command(item: dict[str, Any]) -> bool:
    """Whether the title is that of the printed command: the element is a command and nothing else names it."""
    own = has(f"guide.item.{item['id']}") or "title" in item
    return not own and has(f"report.commands.{item.get('printed', [''])[0]}")


@pytest.mark.parametrize("page", ["docs/guide-map.md", "docs/guide-map.ko.md"])
def test_links_to_a_heading_lead_to_one(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = set(re.findall(r"\]\(([a-z.-]+\.md)#([^)]+)\)", text))
    assert targets
    assert {target for target in targets if target[1] not in anchors(target[0])} == set()


@cache
def anchors(page: str) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    lines = (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
    return {line.lstrip("# ").lower().replace(" ", "-") for line in lines if line.startswith("#")}


def test_the_outline_of_a_guide_has_everything_in_it():
    found = [(element.kind, element.words) for element in outline(GUIDE)]
    assert found == [
        ("h1", ""),
        ("text", ""),
        ("bullet", ""),
        ("check", ""),
        ("command", "aws ecs stop-task --cluster --reason"),
        ("command", "curl -k"),
        ("json", ""),
    ]


def test_another_guide_is_told_apart():
    told = differences(GUIDE)
    assert len([line for line in told if line.startswith("gone: ")]) == len(kept())
    assert "new: command curl -k" in told
