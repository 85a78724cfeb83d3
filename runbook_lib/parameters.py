"""The parameters of a run, one model for CLI, files and notebooks, and the folder that relative paths start from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from runbook_lib.errors import InputError, ParameterError, nearest
from runbook_lib.files import read_text

# ECS's own rule for names; it also keeps a name from becoming a path.
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$"
_ARN = re.compile(
    r"arn:aws[a-z-]*:ecs:(?P<region>[a-z0-9-]+):\d{12}:(?P<kind>cluster|service)/(?:(?P<cluster>[^/]+)/)?(?P<name>[^/]+)$"
)
# HOST:PORT, an IPv6 address in brackets; and codes as a target group's matcher writes them: 200,202 or 200-399.
_PLACE = r"^(([A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]):[1-9][0-9]{0,4})?$"
_CODES = r"^([1-5][0-9]{2}(-[1-5][0-9]{2})?(,[1-5][0-9]{2}(-[1-5][0-9]{2})?){0,9})?$"
_DEEPEST = 3
_NOT_GIVEN = (None, "")
_PREFIX = "ECS_RUNBOOK_"
_HOME = "ECS_RUNBOOK_HOME"
_LANG = "ECS_RUNBOOK_LANG"  # `runbook_lib.text` reads it, as it reads LANG: any locale's name will do
# Tells the notebook's kernel where to leave evidence and pages, so that one run is one folder.
RUN_FOLDER = "ECS_RUNBOOK_RUN"

Layer = Mapping[str, tuple[Any, str]]  # name of a parameter: its value, and where it stood


class Parameters(BaseModel):
    """What a run is told. Empty text means "not given".

    ``stuck_after`` is in minutes, ``deadline`` (by which a diagnosis ends) in seconds; ``evidence`` replays a saved
    file instead of reading AWS; ``outputs`` is where runs are archived, ``incident_id`` which record a look joins.
    ``verify_*`` and ``connect_to`` (``HOST:PORT``) are for the HTTP check.
    Relative paths start from :func:`home`.
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
    deadline: int = Field(default=60, ge=1, le=600)
    task_definition_file: str = ""
    deploy_message: str = ""
    evidence: str = ""
    outputs: str = "outputs"
    incident_id: str = Field(default="", pattern=r"^(new|none|\d{8}T\d{6}Z)?$")
    connect_to: str = Field(default="", pattern=_PLACE)
    verify_path: str = Field(default="", pattern=r"^(/[!-~]{0,1000})?$")
    verify_host: str = Field(default="", pattern=r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?)?$")
    verify_expect: str = Field(default="", pattern=_CODES)
    verify_tries: int = Field(default=3, ge=1, le=20)
    verify_certificate: bool = False
    choose: str = Field(default="", max_length=4000)
    suggested: bool = False
    order: Literal["safe", "guide"] = "safe"
    desired_count: int | None = Field(default=None, ge=0, le=5000)
    approve: str = Field(default="", pattern=r"^([0-9a-f]{12})?$")
    check_permissions: bool = True
    deployment: str = Field(default="", max_length=512)
    timeout: int = Field(default=15, ge=1, le=1440)

    @field_validator("stuck_after", "deadline", "timeout", "verify_tries", mode="before")
    @classmethod
    def _no_switch(cls, value: Any) -> Any:
        if isinstance(value, bool):  # pydantic would take `true` as 1
            raise ValueError(value)
        return value

    @field_validator("connect_to")
    @classmethod
    def _reachable_port(cls, value: str) -> str:
        if value and int(value.rpartition(":")[2]) > 65535:
            raise ValueError(value)
        return value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, OSError) as error:  # no such zone, or a folder of zones
            raise ValueError(value) from error
        return value

    @field_validator("endpoint_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)  # raises ValueError, as its port does
        secret = parts.username or parts.password or parts.query or parts.fragment
        if value and (not parts.hostname or parts.port == 0 or secret):
            raise ValueError(value)
        return value


def defaults() -> dict[str, Any]:
    """Every parameter's name and what it is where nobody says anything."""
    return {name: field.default for name, field in Parameters.model_fields.items()}


def parameters(given: Mapping[Any, Any], sources: Mapping[str, str] | str = "") -> Parameters:
    """Validated parameters.

    ``sources`` says where they stood: one text for all, or one a name.

    Raises
    ------
    ParameterError
        A name is unknown (the nearest known one is named), a value cannot be used, or an ARN is of another Region.
    """

    def source(name: str) -> str:
        return sources if isinstance(sources, str) else sources.get(name, "")

    for name in map(str, given):
        if name not in Parameters.model_fields:
            raise _unknown(name, source(name))
    try:
        return Parameters(**_without_arns({name: value for name, value in given.items() if value not in _NOT_GIVEN}))
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        expected = name if name in _EXPECTED else "text"
        raise ParameterError(
            "parameter-invalid", name=name, source=source(name), expected_key=f"errors.expected.{expected}"
        ) from error


def _unknown(name: str, source: str) -> ParameterError:
    near = nearest(name, list(defaults()))
    if near:
        return ParameterError("parameter-unknown", name=name, nearest=near, source=source)
    return ParameterError("parameter-unknown-among", name=name, known=", ".join(defaults()), source=source)


_EXPECTED = (
    "cluster", "service", "region", "endpoint_url", "credentials", "lang", "timezone", "mode",
    "stuck_after", "deadline", "incident_id", "connect_to", "verify_path", "verify_host", "verify_expect",
    "verify_tries", "verify_certificate", "order", "desired_count", "approve", "suggested", "check_permissions",
    "timeout",
)  # fmt: skip


def _without_arns(given: Mapping[str, Any]) -> dict[str, Any]:
    """Names for ARNs of a cluster or a service; what else an ARN says (Region, cluster) is taken, not dropped."""
    out = dict(given)
    for name in ("cluster", "service"):
        match = _ARN.match(str(given.get(name) or ""))
        if not match or match["kind"] != name:
            continue
        out[name] = match["name"]
        region = str(out.get("region") or match["region"])
        if region != match["region"]:
            raise ParameterError("arn-elsewhere", name=name, found=match["region"], region=region)
        out["region"] = region
        if name == "service" and match["cluster"] and not out.get("cluster"):
            out["cluster"] = match["cluster"]
    return out


def layered(layers: Iterable[Layer]) -> Parameters:
    """Validated parameters from layers of rising precedence; errors as :func:`parameters`."""
    merged = {name: given for layer in layers for name, given in layer.items()}
    values = {name: value for name, (value, _) in merged.items()}
    return parameters(values, {name: source for name, (_, source) in merged.items()})


def raw(layers: Iterable[Layer], name: str) -> str:
    """The text of one parameter as given, before anything is validated; empty where it is not."""
    given = [layer[name][0] for layer in layers if name in layer]
    return str(given[-1]) if given else ""


def from_environment() -> Layer:
    """The parameters in variables ``ECS_RUNBOOK_<NAME>``; empty ones are not given.

    A kernel that runs for us has all its parameters already, and takes none from the environment.
    """
    if RUN_FOLDER in os.environ:
        return {}
    found = {name: value for name, value in os.environ.items() if name.startswith(_PREFIX) and value}
    ours = (RUN_FOLDER, _HOME, _LANG)
    return {name.removeprefix(_PREFIX).lower(): (value, name) for name, value in found.items() if name not in ours}


def from_file(path: Path) -> Layer:
    """The parameters in a YAML file, each with its file and line, not yet validated.

    Raises
    ------
    InputError
        The file cannot be read, is not YAML, or holds anything but names with plain values.
    """
    text = read_text(path)
    try:
        tree = _plain_yaml(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise InputError("parameters-not-yaml", file=str(path), line=line, problem=error.problem or "") from error
    except (yaml.YAMLError, ValueError) as error:  # a control character, or a date that there is not
        raise InputError(
            "parameters-not-yaml", file=str(path), line=1, problem=str(error).partition("\n")[0]
        ) from error
    if tree is not None and not isinstance(tree, dict):
        raise InputError("parameters-not-yaml", file=str(path), line=1, problem=type(tree).__name__)
    lines = _lines(text, path)
    return {str(name): (value, f"{path}:{lines.get(str(name), 1)}") for name, value in (tree or {}).items()}


def _lines(text: str, path: Path) -> dict[str, int]:
    """The line of each name at the top of a YAML mapping; a name that stands there twice is refused."""
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    found: dict[str, int] = {}
    for key, _ in root.value if root else ():
        line = key.start_mark.line + 1
        if (name := str(key.value)) in found:
            raise InputError("parameter-twice", name=name, file=str(path), first=found[name], line=line)
        found[name] = line
    return found


def override(text: str) -> tuple[str, Any]:
    """``NAME=VALUE`` as name and value; the value is read as YAML, as papermill's ``-p`` does.

    Raises
    ------
    ParameterError
        There is no ``=``.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise ParameterError("override-malformed", text=text)
    try:
        return name.strip(), _plain_yaml(value)
    except (yaml.YAMLError, ValueError):
        return name.strip(), value


def _plain_yaml(text: str) -> Any:
    """YAML without deep nesting, which the C loader would follow until the stack ends."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError("nesting")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def home() -> Path:
    """Where relative paths start: ECS_RUNBOOK_HOME, else the nearest parent that holds ``parameters/``, else here."""
    if given := os.environ.get(_HOME):
        return Path(given).expanduser().resolve()
    here = Path.cwd()
    return next((p for p in (here, *here.parents) if (p / "parameters").is_dir()), here)


def resolve(path: str) -> Path:
    """``path`` as it is where absolute, else below :func:`home`."""
    return home() / Path(path).expanduser()
