"""Blocks to HTML by Jinja2 with autoescape; the CSS of ``css/`` travels with every output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context as Scope
from markupsafe import Markup

from runbook_lib.report.blocks import Block
from runbook_lib.report.markup import is_formula, rich, said
from runbook_lib.report.plain import text_of

# JupyterLab styles rendered HTML with up to two classes; an id that nothing has outweighs them all.
_OURS = ":is(.rb,#rb) "


@dataclass(frozen=True)
class Section:
    """One part of a report. Shows itself in a notebook (HTML that stands alone) and in a terminal (``print``)."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    lang: str

    @property
    def html(self) -> str:
        """The section as an HTML fragment with its own CSS, without script or anything to fetch."""
        return (
            _environment()
            .get_template("fragment.html.j2")
            .render(section=self, lang=self.lang, css=styles("parts", "notebook"))
        )

    @property
    def text(self) -> str:
        """The section for a terminal, at most 100 columns wide but for commands."""
        return text_of(self.title, self.blocks, self.lang)

    def __str__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}


def page(template: str, lang: str, values: Mapping[str, object]) -> str:
    """A whole page from a template."""
    return _environment().get_template(template).render(lang=lang, css=styles("parts", "page"), **values)


@cache
def styles(*names: str) -> str:
    """The tokens for light, dark and print, then the named files; comments and line ends are taken out."""
    files = [_css("tokens"), *(_css(name) for name in names)]
    return _themes() + "".join(files)


def _themes() -> str:
    """Light by default, dark where the system or JupyterLab is, light again on paper."""
    light, dark = _css("light"), _css("dark")
    return (
        f".rb{{{light}}}"
        f"@media (prefers-color-scheme:dark){{.rb{{{dark}}}}}"
        f'[data-jp-theme-light="true"] .rb{{{light}}}[data-jp-theme-light="false"] .rb{{{dark}}}'
        f"@media print{{.rb.rb{{{light}}}}}"
    )


def _css(name: str) -> str:
    source = resources.files("runbook_lib.report").joinpath("css", f"{name}.css").read_text(encoding="utf-8")
    bare = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL).replace(".rb ", _OURS)
    return re.sub(r"\s*\n\s*", "", re.sub(r"([{;,])\s+", r"\1", bare)).strip()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("runbook_lib.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["rich"] = _rich
    environment.filters["said"] = _said
    environment.tests["formula"] = is_formula
    return environment


@pass_context
def _rich(scope: Scope, text: object) -> Markup:
    return rich(text, scope["lang"])


@pass_context
def _said(scope: Scope, text: object) -> Markup:
    return said(text, scope["lang"])
