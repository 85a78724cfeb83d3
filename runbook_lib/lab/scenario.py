"""Scenarios: one YAML file each, checked against the schema that docs/lab.md describes."""

import difflib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from runbook_lib.lab.errors import LabError

FOLDER = Path(__file__).parent / "scenarios"


class _Part(BaseModel):
    """A part of a scenario: no key that is not named here."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Description(_Part):
    """What happens in the scenario, for somebody who picks one."""

    ko: str
    en: str


class Network(_Part):
    """The VPC with one subnet in each zone, and the security group of the tasks."""

    cidr: str = "10.0.0.0/16"
    zones: tuple[str, ...] = ("a", "c")


class Image(_Part):
    """An image in ECR; `pushed` is how many minutes before now."""

    tags: tuple[str, ...]
    pushed: float


class TargetGroup(_Part):
    """A target group of type ip; times in seconds."""

    port: int
    protocol: str = "HTTP"
    path: str = "/"
    matcher: str = "200"
    interval: int = 30
    timeout: int = 5
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    deregistration_delay: int = 300


class Listener(_Part):
    """A listener of a load balancer; it forwards to a target group."""

    port: int
    protocol: Literal["HTTP", "HTTPS"]
    target_group: str


class App(_Part):
    """What the application of an image does; the key above it is the image's tag."""

    routes: dict[str, int] = {}
    otherwise: int = 404
    starts_in: float = 8
    exit_code: int | None = None
    port: int | None = None
    log: tuple[str, ...] = ()


class Body(_Part):
    """The body of an AWS request: a `base` body of another name, with values `set` at JSON pointers."""

    base: str | None = None
    body: dict[str, Any] = {}
    set: dict[str, Any] = {}


class Step(_Part):
    """An AWS call, or a pause of simulated time in seconds."""

    call: Annotated[str | None, Field(pattern=r"^[a-z0-9-]+\.[a-z_]+$")] = None
    body: str | None = None
    parameters: Annotated[dict[str, Any], Field(alias="with")] = {}
    pause: Annotated[float | None, Field(gt=0)] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Step":
        if (self.call is None) == (self.pause is None):
            raise ValueError("a step is either a call or a pause")
        return self


class Scenario(_Part):
    """A whole scenario."""

    name: str
    description: Description
    region: str
    cluster: str
    service: str
    network: Network = Network()
    roles: tuple[str, ...] = ()
    secrets: dict[str, str] = {}
    log_groups: tuple[str, ...] = ()
    repositories: dict[str, tuple[Image, ...]] = {}
    target_groups: dict[str, TargetGroup] = {}
    load_balancers: dict[str, tuple[Listener, ...]] = {}
    applications: dict[str, App] = {}
    bodies: dict[str, Body] = {}
    steps: tuple[Step, ...]
    files: dict[str, str] = {}
    fix: tuple[Step, ...] = ()

    @property
    def length(self) -> float:
        """Simulated seconds that the steps take."""
        return sum(step.pause or 0 for step in self.steps)


def names() -> tuple[str, ...]:
    """Return the names of the scenarios that come with the lab."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def load(name_or_file: str | Path) -> Scenario:
    """Load a scenario by its name or from a file.

    Raises `LabError` ``unknown-scenario`` or ``bad-scenario``.
    """
    return _read(_path(str(name_or_file)))


def _path(name_or_file: str) -> Path:
    known = names()
    if name_or_file in known:
        return FOLDER / f"{name_or_file}.yaml"
    path = Path(name_or_file)
    if path.is_file():
        return path
    nearest = difflib.get_close_matches(name_or_file, known, 1)
    raise LabError("unknown-scenario", name=name_or_file, known=known, nearest=nearest[0] if nearest else None)


@cache
def _read(path: Path) -> Scenario:
    text = path.read_text(encoding="utf-8")
    try:
        document = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise LabError("bad-scenario", file=str(path), line=line, problem=str(error.problem)) from error
    if not isinstance(document, dict):
        raise LabError("bad-scenario", file=str(path), line=1, problem="a scenario is a mapping")
    if "extends" in document:
        document = _extended(document)
    try:
        return Scenario.model_validate({"name": path.stem, **document})
    except ValidationError as error:
        first = error.errors()[0]
        place = [part for part in first["loc"] if part != "[key]"]
        problem = f"{'.'.join(map(str, place))}: {first['msg']}"
        raise LabError("bad-scenario", file=str(path), line=_line(text, place), problem=problem) from error


def _extended(document: dict[str, Any]) -> dict[str, Any]:
    """Put a scenario over the one that it extends: mappings are joined name by name, anything else is replaced."""
    base = load(document.pop("extends")).model_dump(by_alias=True, exclude={"name"}, exclude_unset=True)
    joined = {
        key: {**base[key], **value} if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in document.items()
    }
    return {**base, **joined}


def _line(text: str, place: list[int | str]) -> int:
    """Return the line (from 1) of a key; the line of its nearest known parent where it is absent."""
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    line = 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            pair = (node.value[part], node.value[part])
        else:
            pair = None
        if pair is None:
            break
        line, node = pair[0].start_mark.line + 1, pair[1]
    return line
