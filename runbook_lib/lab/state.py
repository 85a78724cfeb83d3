"""What the simulated control plane remembers, each record equal to itself alone. Documents of AWS stay documents."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbook_lib.lab.application import Application
    from runbook_lib.lab.network import Placement
    from runbook_lib.lab.registry import Built

Document = dict[str, Any]


class Plain(dict[str, Any]):
    """A document that never changes and is JSON as it stands: a service shows a hundred of its events at once."""


KEPT_LINES = 1000  # of a task, until somebody reads them


@dataclass(eq=False)
class Target:
    """A task's registration in a target group, with its health as the load balancer sees it."""

    group_arn: str
    port: int
    next_check: float
    state: str = "initial"
    reason: str | None = "Elb.InitialHealthChecking"
    description: str | None = "Initial health checks in progress"
    passes: int = 0
    failures: int = 0
    judged_in: object = None  # the state of the world in which it was last found to be in use or not

    def become(self, state: str, reason: str | None = None, description: str | None = None) -> None:
        """Change the state; a healthy target has neither reason nor description (elbv2 API, TargetHealth)."""
        self.state, self.reason, self.description = state, reason, description


@dataclass(eq=False)
class Container:
    """One container of a task."""

    arn: str
    definition: Document
    status: str = "PENDING"
    health: str = "UNKNOWN"
    digest: str | None = None
    runtime_id: str | None = None
    reason: str | None = None
    exit_code: int | None = None
    built: Built | None = None
    next_check: float = 0.0
    failures: int = 0
    said_start: bool = False

    @property
    def name(self) -> str:
        """Name of the container in its task definition."""
        return str(self.definition["name"])

    @cached_property
    def essential(self) -> bool:
        """Whether the task stops when this container does."""
        return bool(self.definition.get("essential", True))

    @cached_property
    def has_check(self) -> bool:
        """Whether the task definition has a health check for it (a check of the image's own does not count)."""
        command = (self.definition.get("healthCheck") or {}).get("command") or ["NONE"]
        return bool(command[0] != "NONE")

    @property
    def application(self) -> Application | None:
        """What runs in it, once its image is pulled."""
        return self.built.application if self.built else None

    @property
    def command(self) -> list[str]:
        """The command of its health check, with CMD or CMD-SHELL before it."""
        found: list[str] = self.definition["healthCheck"]["command"]
        return found

    @property
    def variables(self) -> set[str]:
        """Names of its environment variables and secrets."""
        given = [*self.definition.get("environment", []), *self.definition.get("secrets", [])]
        return {str(variable.get("name")) for variable in given}

    @property
    def stop_timeout(self) -> int:
        """Seconds from SIGTERM to SIGKILL."""
        return int(self.definition.get("stopTimeout", 30))

    @cached_property
    def interval(self) -> int:
        """Seconds between two health checks."""
        return int((self.definition.get("healthCheck") or {}).get("interval", 30))

    @cached_property
    def timeout(self) -> int:
        """Seconds until a health check that does not answer has failed."""
        return int((self.definition.get("healthCheck") or {}).get("timeout", 5))

    @property
    def port(self) -> int | None:
        """The port its application listens on."""
        mapped = [int(m["containerPort"]) for m in self.definition.get("portMappings", [])]
        given = self.application.port if self.application else None
        return given or (mapped[0] if mapped else None)


@dataclass(eq=False)
class Deployment:
    """One deployment of a service, with the service deployment that the newer API shows for it."""

    number: str
    definition: Document
    desired: int
    created_at: float
    updated_at: float
    arn: str
    sources: list[str]
    network: Document | None
    settings: Document  # the service's own as they were then: load balancers, registries, launch type
    status: str = "PRIMARY"
    rollout_state: str = "IN_PROGRESS"
    rollout_reason: str = ""
    failed_tasks: int = 0
    start_failures: int = 0
    launch_after: float = 0.0
    failed_at: float = 0.0
    launched_at: float = 0.0
    digests: dict[str, str] = field(default_factory=dict)
    state: str = "IN_PROGRESS"
    state_reason: str | None = None
    finished_at: float | None = None
    stopped_at: float | None = None
    rollback: Document | None = None
    undoes: Deployment | None = None
    blocked: bool = False
    ended_by: str | None = None  # breaker, alarm or user: who failed it
    alarms: list[str] = field(default_factory=list)  # names that are watched for it
    triggered: list[str] = field(default_factory=list)
    stable_since: float | None = None
    held_said: float | None = None

    @property
    def id(self) -> str:
        """The id of the deployment; the service revision has the same number."""
        return f"ecs-svc/{self.number}"


@dataclass(eq=False)
class Service:
    """One service; `document` holds the members that only configuration changes."""

    name: str
    cluster: str
    arn: str
    document: Document
    desired: int
    created_at: float
    status: str = "ACTIVE"
    deployments: list[Deployment] = field(default_factory=list)
    history: list[Deployment] = field(default_factory=list)
    completed: Deployment | None = None
    events: list[Document] = field(default_factory=list)
    steady_since: float | None = None
    inactive_at: float | None = None
    tasks: list[Task] = field(default_factory=list)
    rests_until: float = 0.0  # no turn of the scheduler would change it before, unless something happens to it

    @property
    def primary(self) -> Deployment:
        """The newest deployment."""
        return self.deployments[0]

    @property
    def configuration(self) -> Document:
        """The deployment configuration (deploymentConfiguration of the API)."""
        found: Document = self.document["deploymentConfiguration"]
        return found

    @property
    def grace(self) -> int:
        """Seconds after a task's start in which failed health checks do not count."""
        return int(self.document.get("healthCheckGracePeriodSeconds") or 0)

    @property
    def balancers(self) -> list[Document]:
        """The load balancers that have a target group."""
        return [lb for lb in self.document.get("loadBalancers", []) if lb.get("targetGroupArn")]


@dataclass(eq=False)
class Task:
    """One task and where it stands in its life."""

    id: str
    arn: str
    cluster: str
    definition: Document
    containers: list[Container]
    group: str
    started_by: str
    created_at: float
    place: Placement
    attachment: Document
    zone: str
    document: Document
    service: Service | None = None
    deployment: Deployment | None = None
    status: str = "PROVISIONING"
    desired: str = "RUNNING"
    version: int = 1
    due: float | None = None
    wakes_at: float = 0.0  # nothing happens to it before, unless somebody does it
    targets: dict[str, Target] = field(default_factory=dict)
    pull_started_at: float | None = None
    pull_stopped_at: float | None = None
    started_at: float | None = None
    stopping_at: float | None = None
    execution_stopped_at: float | None = None
    stopped_at: float | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    failing: str | None = None
    was_healthy: bool = False
    protected_until: float | None = None
    lines: deque[tuple[float, Container, str]] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))

    @property
    def address(self) -> str:
        """The private IPv4 address."""
        return self.place.address

    @property
    def alive(self) -> bool:
        """Whether the task is meant to run."""
        return self.desired == "RUNNING"

    @property
    def running(self) -> bool:
        """Whether the task is meant to run and does."""
        return self.alive and self.status == "RUNNING"

    @property
    def condition(self) -> tuple[object, ...]:
        """What the service scheduler goes by; while it is the same for all its tasks, a service may rest."""
        healths = [container.health for container in self.containers]
        return self.version, *healths, *[target.state for target in self.targets.values()]

    def listens(self, container: Container, at: float) -> bool:
        """Whether the application of a container has started by `at` (seconds since the epoch)."""
        if self.started_at is None or container.application is None or container.status != "RUNNING":
            return False
        return at >= self.started_at + container.application.starts_in

    @property
    def health(self) -> str:
        """Health over the essential containers; one without a check is UNKNOWN (API reference, HealthCheck)."""
        states = {container.health for container in self.containers if container.essential}
        return next((state for state in ("UNHEALTHY", "UNKNOWN") if state in states), "HEALTHY")
