"""The front pages say what is so, and both say the same."""

import re
from pathlib import Path

import pytest
import typer

from runbook_lib.cli import app
from runbook_lib.errors import ExitCode

ROOT = Path(__file__).parents[2]
PAGES = [
    "README.md",
    "README.ko.md",
    "CONTRIBUTING.md",
    *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/**/*.md")),
]
every_readme = pytest.mark.parametrize("name", ["README.md", "README.ko.md"])


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def command_names() -> set[str]:
    group = typer.main.get_command(app)
    return {name for command in group.commands.values() for name in [command.name, *getattr(command, "commands", {})]}


@every_readme
def test_every_exit_code_is_explained(name):
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", read(name), re.M)] == sorted(ExitCode)


@every_readme
def test_every_command_that_is_shown_exists(name):
    shown = set(re.findall(r"(?:bin/|`)ecs-runbook ([a-z]+)", read(name))) | set(
        re.findall(r"`lab ([a-z]+)`", read(name))
    )
    assert shown
    assert shown <= command_names()


def test_both_show_the_same_commands():
    english, korean = (re.findall(r"^    (\S.*)$", read(name), re.M) for name in ("README.md", "README.ko.md"))
    assert english == korean


@pytest.mark.parametrize("name", PAGES)
def test_links_into_the_repository_lead_somewhere(name):
    targets = [target for target in re.findall(r"\]\(([^)#\s]+)", read(name)) if "://" not in target]
    assert [target for target in targets if not (ROOT / name).parent.joinpath(target).exists()] == []


@every_readme
def test_every_word_of_make_that_is_shown_exists(name):
    words = set(re.findall(r"^([a-z]+):", read("Makefile"), re.M))
    assert set(re.findall(r"(?:^    |`)make ([a-z]+)", read(name), re.M)) <= words
