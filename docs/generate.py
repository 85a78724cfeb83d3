"""Writes what is generated from the code: pages of docs/ and the schema of parameters files.

With ``--check`` nothing is written; it says which are stale and exits 1.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cause_pages
import guide_map
import label_pages
import parameter_pages
import rule_pages
import typer

from runbook_lib.cli import app

ROOT = Path(__file__).parents[1]
COMMANDS_INTRO = {
    "en": "# Commands\n\nWhat `--help` says, from the code (`make docs`). [한국어](commands.ko.md)",
    "ko": "# 명령\n\n`--help`가 출력하는 내용 그대로입니다(`make docs`로 만듭니다). [English](commands.md)",
}


def pages() -> dict[str, str]:
    """The generated files: path in the repository and content."""
    return {
        "docs/causes.en.md": cause_pages.page("en"),
        "docs/causes.ko.md": cause_pages.page("ko"),
        "docs/commands.md": commands("en"),
        "docs/commands.ko.md": commands("ko"),
        "docs/guide-map.md": guide_map.page("en"),
        "docs/guide-map.ko.md": guide_map.page("ko"),
        "docs/labels.en.md": label_pages.page("en"),
        "docs/labels.ko.md": label_pages.page("ko"),
        "docs/parameters.md": parameter_pages.page("en"),
        "docs/parameters.ko.md": parameter_pages.page("ko"),
        "docs/rules.en.md": rule_pages.page("en"),
        "docs/rules.ko.md": rule_pages.page("ko"),
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
