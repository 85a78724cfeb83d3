"""The only prose, Korean and English side by side by key: ``text/<area>.yaml`` holds ``key: {ko: ..., en: ...}``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from runbook_lib.errors import RunbookError
from runbook_lib.text.visible import one_line

LANGUAGES = ("ko", "en")
_FOLDER = Path(__file__).parent
_LONGEST = 600  # characters of one fact of an error


def language(*choices: str | None) -> str:
    """The first of ``choices`` that is a language we speak, else ECS_RUNBOOK_LANG, else LANG, else Korean."""
    for choice in (*choices, os.environ.get("ECS_RUNBOOK_LANG"), os.environ.get("LANG")):
        if choice and choice[:2].lower() in LANGUAGES:
            return choice[:2].lower()
    return "ko"


def say(key: str, lang: str, /, **facts: Any) -> str:
    """The sentence of ``key`` (``rules.image_tag_absent.title``) in ``lang`` with its ``{placeholders}`` filled in.

    Raises
    ------
    KeyError
        The key or a placeholder's value is missing: a programming error, which a contract test finds first.
    """
    return template(key, lang).format(**facts)


def sentence(key: str, facts: Mapping[str, Any], lang: str, area: str = "errors") -> str:
    """What an error says: ``errors.<key>`` with its facts; a fact ``x_key`` names a text, filled in as ``x``.

    Where ``area`` has words of its own for it, those are said.

    Facts may come from anywhere: each stays on its line, and an endless one is cut.
    """
    filled = {k.removesuffix("_key"): say(v, lang) if k.endswith("_key") else _shown(v) for k, v in facts.items()}
    own = f"{area}.{key}"
    return say(own if has(own) else f"errors.{key}", lang, **filled)


def _shown(fact: Any) -> str:
    text = str(fact)
    return one_line(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


@contextmanager
def explained(lang: str) -> Iterator[None]:
    """Gives a failure of ours its sentence in ``lang``, where whoever is nearer has not given it one."""
    try:
        yield
    except RunbookError as error:
        error.sentence = error.sentence or sentence(error.key, error.facts, lang)
        raise


def template(key: str, lang: str) -> str:
    """The unfilled sentence of ``key`` in ``lang``. Backticks mark code."""
    return _area(key.partition(".")[0])[key][lang]


def has(key: str) -> bool:
    """Whether there are words for ``key``."""
    area = key.partition(".")[0]
    return area in areas() and key in _area(area)


@cache
def areas() -> tuple[str, ...]:
    """The names of the text files, without ending."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


@cache
def _area(name: str) -> dict[str, dict[str, str]]:
    source = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(_flat(name, yaml.load(source, Loader=yaml.CSafeLoader)))


def _flat(prefix: str, tree: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    if set(tree) == set(LANGUAGES):
        return [(prefix, tree)]
    return [pair for name, sub in tree.items() for pair in _flat(f"{prefix}.{name}", sub)]
