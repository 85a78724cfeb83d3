"""docs/parameters*.md and parameters/parameters.schema.json, all from the one model of the parameters."""

from __future__ import annotations

import json
from typing import Any

import typer

from runbook_lib.cli import app
from runbook_lib.errors import ParameterError
from runbook_lib.parameters import Parameters, parameters
from runbook_lib.text import LANGUAGES, has, say

# The ARNs that `runbook_lib.parameters` takes for a name, in JSON Schema's regular expressions.
_ARNS = {
    "cluster": r"^arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:cluster/[A-Za-z0-9][A-Za-z0-9_-]{0,254}$",
    "service": r"^arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:service/(?:[A-Za-z0-9][A-Za-z0-9_-]{0,254}/)?"
    r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}$",
}
_EXAMPLE = """# yaml-language-server: $schema=parameters.schema.json
cluster: momentir-cx-llm-cluster
service: momentir-cx-llm-service
region: ap-northeast-2
profile: oncall-readonly
stuck_after: 30
task_definition_file: aws/task-definition.json
lang: en
"""
_OTHER = {"en": "[한국어](parameters.ko.md)", "ko": "[English](parameters.md)"}
_COLUMNS = ("name", "values", "default", "about")
_COMMAND_LINE = ("defaults", "environment", "file", "options", "override")
_NOTEBOOK = ("defaults", "environment", "cell", "injected")


def page(lang: str) -> str:
    """docs/parameters.md in one language."""
    return (
        "\n\n".join(
            [
                f"# {_page('title', lang)}",
                f"{_page('intro', lang)} {_OTHER[lang]}",
                _table(lang),
                _page("table_note", lang),
                f"## {_page('precedence', lang)}",
                _page("precedence_cli", lang),
                _numbered(_COMMAND_LINE, lang),
                _page("precedence_notebook", lang),
                _numbered(_NOTEBOOK, lang),
                f"## {_page('file', lang)}",
                _page("file_about", lang),
                f"```yaml\n{_EXAMPLE}```",
                f"## {_page('editor', lang)}",
                _page("editor_about", lang),
            ]
        )
        + "\n"
    )


def schema() -> str:
    """The JSON Schema (2020-12) of a parameters file, with what `runbook_lib.parameters` takes besides: ARNs, null."""
    told = Parameters.model_json_schema()
    tree = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": _both("parameters.schema.title"),
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _property(name, field) for name, field in told["properties"].items()},
    }
    return json.dumps(tree, ensure_ascii=False, indent=2) + "\n"


def _property(name: str, told: dict[str, Any]) -> dict[str, Any]:
    """One parameter: the model's own constraints, with its words, its ARNs and null where the model takes them."""
    out = {"description": _both(f"parameters.about.{name}")} | {k: v for k, v in _flat(told).items() if k != "title"}
    if name in _ARNS:
        out["pattern"] = f"{out['pattern']}|{_ARNS[name]}"
    if _takes_null(name):
        out["type"] = [out["type"], "null"]
        out |= {"enum": [*out["enum"], None]} if "enum" in out else {}
    return out


def _flat(told: dict[str, Any]) -> dict[str, Any]:
    """What may be null is told by pydantic as one of two schemas: the other one."""
    other = next((each for each in told.get("anyOf", ()) if each != {"type": "null"}), {})
    return {**other, **{k: v for k, v in told.items() if k != "anyOf"}}


def _takes_null(name: str) -> bool:
    try:
        parameters({name: None})
    except ParameterError:
        return False
    return True


def _both(key: str) -> str:
    return " · ".join(say(key, lang) for lang in LANGUAGES)


def _page(key: str, lang: str, **facts: Any) -> str:
    return say(f"parameters.page.{key}", lang, **facts)


def _numbered(layers: tuple[str, ...], lang: str) -> str:
    return "\n".join(f"{at}. {_page(f'layer.{layer}', lang)}" for at, layer in enumerate(layers, 1))


def _table(lang: str) -> str:
    told = {name: _flat(field) for name, field in Parameters.model_json_schema()["properties"].items()}
    head = " | ".join(_page(column, lang) for column in _COLUMNS)
    rows = [f"| {head} |", f"|{'---|' * len(_COLUMNS)}"]
    rows += [f"| {' | '.join(_cells(name, field, lang))} |" for name, field in told.items()]
    return "\n".join(rows)


def _cells(name: str, told: dict[str, Any], lang: str) -> tuple[str, ...]:
    unit = f"parameters.unit.{name}"
    given_by = (f"`{name}`", *_option(name), f"`ECS_RUNBOOK_{name.upper()}`")
    return (
        "<br>".join(given_by),
        _values(name, told, lang) + (f" ({say(unit, lang)})" if has(unit) else ""),
        f"`{told['default']}`" if told["default"] not in ("", None) else _page("empty", lang),
        say(f"parameters.about.{name}", lang).replace("|", "\\|"),
    )


def _values(name: str, told: dict[str, Any], lang: str) -> str:
    """What a parameter takes: the model's list or range, else the words that refuse a wrong value."""
    if "enum" in told:
        return ", ".join(f"`{value}`" if value else _page("empty", lang) for value in told["enum"])
    if "minimum" in told:
        return _page("number", lang, least=told["minimum"], most=told["maximum"])
    if name in ("task_definition_file", "evidence", "outputs"):
        return _page("path", lang)
    key = f"errors.expected.{name}"
    return say(key if has(key) else "errors.expected.text", lang)


def _option(name: str) -> list[str]:
    """The option of `ecs-runbook diagnose`, `verify` or `fix` that gives this parameter, if there is one."""
    commands: Any = vars(typer.main.get_command(app))["commands"]
    every = [commands["diagnose"], commands["verify"], *commands["fix"].commands.values()]
    given = next((option for command in every for option in command.params if option.name == name), None)
    return [f"`{given.opts[0]}`"] if given else []
