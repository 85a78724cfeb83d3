"""The guide as an outline: what kinds of things stand in it, in order, each with a fingerprint instead of its words.

``python -m tests.contract.guide_outline GUIDE.md`` says where a copy of the guide differs from the outline that the
guide map is checked against (``tests/fixtures/guide_outline.yaml``), and exits 1 if it does.
"""

from __future__ import annotations

import hashlib
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

OUTLINE = Path(__file__).parents[1] / "fixtures" / "guide_outline.yaml"


@dataclass(frozen=True)
class Element:
    """A heading, line of text, bullet, checklist item, JSON block or command; of a command its words and options."""

    kind: str
    mark: str
    words: str = ""


def outline(markdown: str) -> list[Element]:
    """The elements of a Markdown text in order: every line but empty ones and comments of shells."""
    found: list[Element] = []
    block: list[str] | None = None
    language = ""
    for line in markdown.splitlines():
        if line.startswith("```"):
            found += _block(language, block) if block is not None else []
            language, block = line[3:], [] if block is None else None
        elif block is not None:
            block.append(line)
        elif line.strip():
            found.append(_line(line.strip()))
    return found


def _line(line: str) -> Element:
    starts = {"#### ": "h4", "### ": "h3", "## ": "h2", "# ": "h1", "- [ ] ": "check", "- ": "bullet"}
    return Element(next((kind for start, kind in starts.items() if line.startswith(start)), "text"), _mark(line))


def _block(language: str, lines: list[str]) -> list[Element]:
    if language != "bash":
        return [Element(language, _mark("\n".join(lines)))]
    return [Element("command", _mark(command), _words(command)) for command in _commands(lines)]


def _commands(lines: list[str]) -> Iterator[str]:
    """The commands of a shell block; a line that ends in a backslash goes on."""
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    return (line for line in text.splitlines() if line.strip())


def _words(command: str) -> str:
    """What a command is without its values: ``aws ecs stop-task --cluster --task``."""
    argv = shlex.split(command)
    program = 3 if argv[0] == "aws" else 1
    return " ".join([*argv[:program], *(word for word in argv[program:] if word.startswith("-"))])


def _mark(text: str) -> str:
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:10]


def kept() -> list[dict[str, Any]]:
    """The outline that the map is checked against: ``id``, ``kind``, ``mark`` and, of a command, ``words``."""
    return list(yaml.safe_load(OUTLINE.read_text(encoding="utf-8")))


def differences(markdown: str) -> list[str]:
    """Where a guide is not the one that was outlined."""
    now = [(e.kind, e.mark, e.words) for e in outline(markdown)]
    then = [(e["kind"], e["mark"], e.get("words", "")) for e in kept()]
    missing = [f"gone: {e['id']}" for e, known in zip(kept(), then, strict=True) if known not in now]
    return missing + [f"new: {kind} {words or mark}" for kind, mark, words in now if (kind, mark, words) not in then]


if __name__ == "__main__":
    told = differences(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.writelines(f"{line}\n" for line in told)
    sys.exit(bool(told))
