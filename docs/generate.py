"""Writes the pages of docs/ that are generated from the code; with ``--check`` says which are stale and exits 1."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

from runbook_lib.diagnosis.model import Rule
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.text import LANGUAGES, template

DOCS = Path(__file__).parent
COMMANDS = ("diagnose", "report", "run", "commands", "lab up", "lab scenarios")
COMMANDS_INTRO = {
    "en": "# Commands\n\nWhat `--help` says, from the code (`make docs`). [한국어](commands.ko.md)",
    "ko": "# 명령\n\n`--help`가 출력하는 내용 그대로입니다(`make docs`로 만듭니다). [English](commands.md)",
}
RULES_INTRO = """# Rules

What each rule looks for and what it cannot see, from the code (`make docs`). *Needs*: without these readings the rule
says UNKNOWN. *Uses*: these help; while one is unread the rule may find a fault but never calls the service good."""


def pages() -> dict[str, str]:
    """The generated pages: file name and content."""
    return {
        "commands.md": commands("en"),
        "commands.ko.md": commands("ko"),
        "rules.md": "\n\n".join([RULES_INTRO, *(rule_section(rule) for rule in RULES)]) + "\n",
    }


def commands(lang: str) -> str:
    """The help of every command in one language."""
    parts = [COMMANDS_INTRO[lang]]
    for name in ("", *COMMANDS):
        title = f"ecs-runbook {name}".strip()
        parts.append(f"## {title}\n\n```text\n{help_of(name.split(), lang)}\n```")
    return "\n\n".join(parts) + "\n"


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
            (DOCS / name).write_text(content, encoding="utf-8")
        return 0
    stale = [name for name, content in wanted.items() if _read(DOCS / name) != content]
    for name in stale:
        print(f"docs/{name} is not what the code says; run: make docs", file=sys.stderr)
    return 1 if stale else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
