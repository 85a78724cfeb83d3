"""Scenarios: one YAML file each, checked against the schema that docs/lab.md describes."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from runbook_lib.lab.application import LINUX_AMD64, Application, Route

_WEEK = 7 * 86400
Seconds = Annotated[float, Field(ge=0, le=86400)]
Status = Annotated[int, Field(ge=100, le=599)]


class _Part(BaseModel):
    """A part of a scenario: no key that is not named here."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Description(_Part):
    """What happens in the scenario, for somebody who picks one."""

    ko: str
    en: str


class Network(_Part):
    """The VPC: a public subnet in each zone; private ones where asked, with a NAT gateway or endpoints or neither."""

    cidr: Annotated[str, Field(pattern=r"^\d+\.\d+\.0\.0/16$")] = "10.0.0.0/16"
    zones: Annotated[tuple[Annotated[str, Field(pattern="^[a-z]$")], ...], Field(min_length=1)] = ("a", "c")
    private: bool = False
    nat: bool = False
    endpoints: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _nat_is_for_private_subnets(self) -> "Network":
        if self.nat and not self.private:
            raise ValueError("nat: only private subnets have a NAT gateway; set private: true")
        return self


class Role(_Part):
    """An IAM role: who may assume it, AWS managed policies by their path, and inline policies by name."""

    trusts: str = "ecs-tasks.amazonaws.com"
    managed: tuple[str, ...] = ()
    inline: dict[str, dict[str, Any]] = {}


class Image(_Part):
    """An image in ECR; `pushed` is how many minutes before now; without it the image is built but not pushed yet."""

    tags: Annotated[tuple[str, ...], Field(min_length=1)]
    pushed: Annotated[float | None, Field(ge=0)] = None
    platforms: Annotated[tuple[str, ...], Field(min_length=1)] = (LINUX_AMD64,)
    index: bool = False


class ForeignRepository(_Part):
    """A repository in the registry of another account, with the policy that lets others pull."""

    policy: dict[str, Any] | None = None
    images: tuple[Image, ...] = ()


class TargetGroup(_Part):
    """A target group of type ip; times in seconds."""

    port: int
    protocol: Literal["HTTP", "HTTPS", "TCP"] = "HTTP"
    path: str = "/"
    check_protocol: Literal["HTTP", "HTTPS", "TCP"] | None = None
    check_port: str = "traffic-port"
    matcher: str = "200"
    interval: int = 30
    timeout: int = 5
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    deregistration_delay: int = 300


class Listener(_Part):
    """A listener of a load balancer; it forwards to a target group."""

    port: int
    protocol: Literal["HTTP", "HTTPS", "TCP"]
    target_group: str


def _route(given: Any) -> Any:
    """Take a bare status for an answer that comes at once."""
    return given if isinstance(given, dict) else {"status": given}


class Answer(_Part):
    """The answer on one path: its status, and the seconds until it comes."""

    status: Status
    after: Seconds = 0


class App(_Part):
    """What the application of an image does; the key above it is the image's tag."""

    routes: dict[str, Annotated[Answer, BeforeValidator(_route)]] = {}
    otherwise: Status = 404
    starts_in: Seconds = 8
    exit_code: Annotated[int | None, Field(ge=0, le=255)] = None
    port: Annotated[int | None, Field(ge=1, le=65535)] = None
    log: tuple[str, ...] = ()
    memory: Annotated[int, Field(ge=1)] = 64
    needs: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    stops_in: Seconds | None = 1
    entrypoint: str = "/usr/local/bin/python"

    def application(self) -> Application:
        """Return the behaviour as the simulator knows it."""
        routes = {path: Route(**answer.model_dump()) for path, answer in self.routes.items()}
        return Application(**{**self.model_dump(exclude={"routes"}), "routes": routes})


class Body(_Part):
    """The body of an AWS request: a `base` body of another name, with values `set` at JSON pointers."""

    base: str | None = None
    body: dict[str, Any] = {}
    set: dict[str, Any] = {}


class Step(_Part):
    """An AWS call, a pause (simulated seconds), a change of Fargate's capacity by zone, or newest tasks to stop."""

    call: Annotated[str | None, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9_]+$")] = None
    body: str | None = None
    parameters: Annotated[dict[str, Any], Field(alias="with")] = {}
    account: Annotated[str | None, Field(pattern=r"^\d{12}$")] = None
    pause: Annotated[float | None, Field(gt=0, le=_WEEK)] = None
    capacity: dict[str, bool] | None = None
    stop: Annotated[int | None, Field(ge=1)] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "Step":
        if sum(given is not None for given in (self.call, self.pause, self.capacity, self.stop)) != 1:
            raise ValueError("a step is a call, a pause, a change of capacity or a number of tasks to stop")
        return self


class Goal(_Part):
    """How a cure is told: `image` runs, and `path` answers 200 within so many simulated seconds after the fix."""

    image: str
    path: str = "/"
    within: Annotated[float, Field(gt=0)] = 1200


class Scenario(_Part):
    """A whole scenario."""

    name: str
    description: Description
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    cluster: str
    service: str
    network: Network = Network()
    roles: dict[str, Role] = {}
    secrets: dict[str, str] = {}
    ssm_parameters: dict[str, str] = {}
    log_groups: tuple[str, ...] = ()
    repositories: dict[str, tuple[Image, ...]] = {}
    foreign_repositories: dict[str, dict[str, ForeignRepository]] = {}
    target_groups: dict[str, TargetGroup] = {}
    load_balancers: dict[str, tuple[Listener, ...]] = {}
    applications: dict[str, App] = {}
    bodies: dict[str, Body] = {}
    steps: tuple[Step, ...]
    files: dict[str, str] = {}
    goal: Goal
    fix: tuple[Step, ...] = ()
    wrong_fix: tuple[Step, ...] = ()
    drawn: tuple[str, ...] = ()  # what a seed drew, in a scenario made by chance

    @property
    def length(self) -> float:
        """Simulated seconds that the steps take."""
        return sum(step.pause or 0 for step in self.steps)

    def until_the_last_call(self) -> "Scenario":
        """Return the scenario without the time that passes after its last call."""
        last = max((place for place, step in enumerate(self.steps) if step.pause is None), default=-1)
        return self.model_copy(update={"steps": self.steps[: last + 1]})

    @model_validator(mode="after")
    def _names_are_known(self) -> "Scenario":
        problem = next(self._unknown_names(), None)
        if problem:
            raise ValueError(problem)
        return self

    def _unknown_names(self) -> Any:
        if self.length > _WEEK:
            yield "steps: they take more than seven days"
        for place in ("steps", "fix", "wrong_fix"):
            for step in getattr(self, place):
                if step.body is not None and step.body not in self.bodies:
                    yield f"{place}: no body {step.body!r}"
        yield from (f"files: no body {name!r}" for name in self.files.values() if name not in self.bodies)
        yield from (f"files: {path!r} leads out of the folder" for path in self.files if not _inside(path))
        yield from (f"bodies: {name!r} is built on itself" for name in self.bodies if self._is_endless(name))
        for name, listeners in self.load_balancers.items():
            for listener in listeners:
                if listener.target_group not in self.target_groups:
                    yield f"load_balancers: {name!r} forwards to {listener.target_group!r}, which is no target group"

    def _is_endless(self, name: str) -> bool:
        seen: list[str | None] = []
        base: str | None = name
        while base is not None and base not in seen:
            seen.append(base)
            base = self.bodies[base].base if base in self.bodies else None
        return base is not None


def _inside(path: str) -> bool:
    return not re.search(r"^/|(^|/)\.\.(/|$)", path)
