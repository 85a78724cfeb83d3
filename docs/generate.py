"""Writes what is generated from the code: pages of docs/ and the schema of parameters files.

With ``--check`` nothing is written; it says which are stale and exits 1.
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cause_pages
import guide_map
import parameter_pages
import typer

from runbook_lib.cli import app
from runbook_lib.diagnosis.model import Rule
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.text import LANGUAGES, template

ROOT = Path(__file__).parents[1]
COMMANDS_INTRO = {
    "en": "# Commands\n\nWhat `--help` says, from the code (`make docs`). [한국어](commands.ko.md)",
    "ko": "# 명령\n\n`--help`가 출력하는 내용 그대로입니다(`make docs`로 만듭니다). [English](commands.md)",
}
RULES_INTRO = """# Rules

What each rule looks for and what it cannot see, from the code (`make docs`). *Needs*: without these readings the rule
says UNKNOWN. *Uses*: these help; while one is unread the rule may find a fault but never calls the service good."""


def pages() -> dict[str, str]:
    """The generated files: path in the repository and content."""
    return {
        "docs/causes.en.md": cause_pages.page("en"),
        "docs/causes.ko.md": cause_pages.page("ko"),
        "docs/commands.md": commands("en"),
        "docs/commands.ko.md": commands("ko"),
        "docs/guide-map.md": guide_map.page("en"),
        "docs/guide-map.ko.md": guide_map.page("ko"),
        "docs/parameters.md": parameter_pages.page("en"),
        "docs/parameters.ko.md": parameter_pages.page("ko"),
        "docs/rules.md": "\n\n".join([RULES_INTRO, *(rule_section(rule) for rule in RULES)]) + "\n",
        "parameters/parameters.schema.json": parameter_pages.schema(),
    }


def commands(lang: str) -> str:
    """The help of every command in one language."""
    parts = [COMMANDS_INTRO[lang]]
    for name in ("", *leaves(typer.main.get_command(app))):
        title = f"ecs-runbook {name}".strip()
        parts.append(f"## {title}\n\n```text\n{help_of(name.split(), lang)}\n```")
    return "\n\n".join(parts) + "\n"


def leaves(group: Any, above: str = "") -> Iterator[str]:
    """The commands below a group, each with its words: ``diagnose``, ``lab up``."""
    for name, command in group.commands.items():
        words = f"{above} {name}".strip()
        yield from leaves(command, words) if hasattr(command, "commands") else (words,)


def help_of(command: list[str], lang: str) -> str:
    """What a command prints for ``--help``, 100 columns wide."""
    env = {**os.environ, "ECS_RUNBOOK_LANG": lang, "COLUMNS": "100", "TERMINAL_WIDTH": "100"}
    program = Path(sys.executable).parent / "ecs-runbook"
    done = subprocess.run([program, *command, "--help"], env=env, capture_output=True, text=True, check=True)
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def rule_section(rule: Rule) -> str:
    """A rule's entry: its names, what it reads, and its module's docstring."""
    summary, *rest = (inspect.getdoc(inspect.getmodule(rule.check)) or "").splitlines()
    facts = {
        "About": " · ".join(template(f"rules.{rule.id}.subject", lang) for lang in LANGUAGES),
        "Role": rule.role,
        "Label": f"`{rule.label}`",
        "Needs": _names(rule.needs),
        "Uses": _names(rule.uses),
        "Explains": _names(rule.explains),
        "Guide": rule.guide,
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in facts.items())
    body = "\n".join(_marked(line) for line in rest).strip()
    return f"## {rule.id}\n\n{summary}\n\n| | |\n|---|---|\n{table}\n\n{body}"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "-"


def _marked(line: str) -> str:
    """A line of a docstring as Markdown: what stands at the margin is a heading."""
    if not line.strip():
        return ""
    if not line.startswith(" "):
        return f"\n**{line}**\n"
    text = line.strip()
    return f"<{text}>  " if text.startswith("https://") else text


def main() -> int:
    """Write the pages, or with ``--check`` compare them."""
    wanted = pages()
    if "--check" not in sys.argv[1:]:
        for name, content in wanted.items():
            (ROOT / name).write_text(content, encoding="utf-8")
        return 0
    stale = [name for name, content in wanted.items() if _read(ROOT / name) != content]
    for name in stale:
        print(f"{name} is not what the code says; run: make docs", file=sys.stderr)
    return 1 if stale else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
