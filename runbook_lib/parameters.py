"""The parameters of a run, one model for CLI, files and notebooks, and the folder that relative paths start from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from runbook_lib.errors import InputError, ParameterError, nearest

# ECS's own rule for names; it also keeps a name from becoming a path.
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$"


class Parameters(BaseModel):
    """What a run is told. Empty text means "not given".

    ``stuck_after`` is in minutes; ``evidence`` replays a saved file instead of reading AWS; ``outputs`` is where runs
    are archived. Relative paths start from :func:`home`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    cluster: str = Field(default="", pattern=rf"{_NAME}|^$")
    service: str = Field(default="", pattern=rf"{_NAME}|^$")
    region: str = Field(default="", pattern=r"^[a-z0-9-]{0,40}$")
    profile: str = ""
    endpoint_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    credentials: Literal["", "lab"] = ""
    lang: Literal["", "ko", "en"] = ""
    timezone: str = "Asia/Seoul"
    mode: Literal["auto", "interactive", "headless"] = "auto"
    stuck_after: int = Field(default=15, ge=1, le=1440)
    task_definition_file: str = ""
    deploy_message: str = ""
    evidence: str = ""
    outputs: str = "outputs"

    @field_validator("*", mode="before")
    @classmethod
    def _absent_is_empty(cls, value: Any) -> Any:
        return "" if value is None else value

    @field_validator("cluster", "service", mode="before")
    @classmethod
    def _name_of_arn(cls, value: Any) -> Any:
        return value.rsplit("/", 1)[-1] if isinstance(value, str) and value.startswith("arn:") else value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        ZoneInfo(value)  # raises ZoneInfoNotFoundError, a KeyError, or ValueError
        return value


def names() -> list[str]:
    """The names of all parameters."""
    return list(Parameters.model_fields)


def parameters(given: Mapping[str, Any], source: str = "") -> Parameters:
    """Validated parameters.

    Raises
    ------
    ParameterError
        A name is unknown (the nearest known one is named) or a value cannot be used; ``source`` says where it stood.
    """
    for name in given:
        if name not in Parameters.model_fields:
            raise ParameterError("parameter-unknown", name=name, nearest=nearest(name, names()) or "-", source=source)
    try:
        return Parameters(**given)
    except ValidationError as error:
        first = error.errors()[0]
        raise _invalid(str(first["loc"][0]), str(first["msg"]), source, error) from error
    except KeyError as error:
        raise _invalid("timezone", str(error), source, error) from error


def _invalid(name: str, problem: str, source: str, cause: Exception) -> ParameterError:
    return ParameterError("parameter-invalid", name=name, problem=problem, source=source)


def from_file(path: Path) -> dict[str, Any]:
    """The parameters in a YAML file, not yet validated.

    Raises
    ------
    InputError
        The file cannot be read, is not YAML, or holds no mapping.
    """
    try:
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "file-unreadable", file=str(path), problem=getattr(error, "strerror", None) or "UTF-8"
        ) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InputError("parameters-not-yaml", file=str(path), line=line, problem=error.problem or "") from error
    if tree is not None and not isinstance(tree, dict):
        raise InputError("parameters-not-yaml", file=str(path), line=1, problem=type(tree).__name__)
    return tree or {}


def override(text: str) -> tuple[str, Any]:
    """``NAME=VALUE`` as name and value; the value is read as YAML, as papermill's ``-p`` does.

    Raises
    ------
    ParameterError
        There is no ``=``, or the value is no YAML scalar.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise ParameterError("override-malformed", text=text)
    try:
        return name.strip(), yaml.load(value, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return name.strip(), value


def home() -> Path:
    """Where relative paths start: ECS_RUNBOOK_HOME, else the nearest parent that holds ``parameters/``, else here."""
    if given := os.environ.get("ECS_RUNBOOK_HOME"):
        return Path(given).expanduser().resolve()
    here = Path.cwd()
    return next((p for p in (here, *here.parents) if (p / "parameters").is_dir()), here)


def resolve(path: str) -> Path:
    """``path`` as it is where absolute, else below :func:`home`."""
    return home() / Path(path).expanduser()
