"""docs/causes.*.md: every cause that a message of ECS can name, from the catalogue and its words."""

from __future__ import annotations

from itertools import groupby

from runbook_lib.diagnosis.messages import CAUSES, Cause
from runbook_lib.text import has, say

_OTHER = {"en": "[한국어](causes.ko.md)", "ko": "[English](causes.en.md)"}


def page(lang: str) -> str:
    """The page in one language: an overview by group, then a section a cause."""
    parts = [
        f"# {_page('title', lang)}",
        _OTHER[lang],
        _page("intro", lang),
        _overview(lang),
        _page("roles", lang),
    ]
    for group, causes in groupby(CAUSES.values(), key=lambda cause: cause.group):
        parts += [f"## {say(f'causes.group.{group}', lang)}", *(_section(cause, lang) for cause in causes)]
    return "\n\n".join(parts) + "\n"


def _overview(lang: str) -> str:
    head = f"| {_page('group', lang)} | {_page('causes', lang)} |\n|---|---|"
    groups = groupby(CAUSES.values(), key=lambda cause: cause.group)
    rows = (f"| {say(f'causes.group.{group}', lang)} | {_links(tuple(causes), lang)} |" for group, causes in groups)
    return "\n".join([head, *rows])


def _links(causes: tuple[Cause, ...], lang: str) -> str:
    return "<br>".join(f"[`{cause.label}`](#{cause.label}) {_word(cause, 'title', lang)}" for cause in causes)


def _section(cause: Cause, lang: str) -> str:
    """A cause. Its heading is its label, so that its address is the same in both languages."""
    role = "" if cause.role == "cause" else f" · {_page(f'role.{cause.role}', lang)}"
    steps = "\n".join(f"{number}. {text}" for number, text in enumerate(_steps(cause, lang), 1))
    link = f"<{_word(cause, 'page', lang)}>"
    title = f"**{_word(cause, 'title', lang)}**{role}"
    return "\n\n".join([f"### {cause.label}", title, _word(cause, "means", lang), steps, link])


def _steps(cause: Cause, lang: str) -> list[str]:
    keys = (f"causes.{cause.label}.fix.{number}" for number in range(1, 9))
    return [say(key, lang) for key in keys if has(key)]


def _word(cause: Cause, part: str, lang: str) -> str:
    return say(f"causes.{cause.label}.{part}", lang)


def _page(part: str, lang: str) -> str:
    return say(f"causes.index.{part}", lang)
