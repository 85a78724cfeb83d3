"""One Region of the simulated control plane: what it knows, and the passes that let its time go by."""

import threading
from collections import Counter
from collections.abc import Iterable

from runbook_lib.lab import events, health, preparation, scheduler, tasks
from runbook_lib.lab.clock import Clock
from runbook_lib.lab.ids import Ids
from runbook_lib.lab.state import Deployment, Document, Service, Task
from runbook_lib.lab.world import World

TICK = 5.0  # seconds between two looks at the tasks
TURN = 3  # ticks between two turns of the service scheduler: 15 s, which gives the start delays seen on AWS
TASK_KEPT = 3600.0  # seconds for which a stopped task can be described


class Region:
    """Clusters, task definitions, services and tasks of one account in one Region.

    Everything that reads or changes it holds `lock`; `sync` brings it to the clock's time first.
    """

    def __init__(self, account: str, name: str, clock: Clock, world: World) -> None:
        self.account = account
        self.name = name
        self.clock = clock
        self.world = world
        self.ids = Ids(f"{account}/{name}")
        self.lock = threading.RLock()
        self.time = clock.now()
        self.clusters: dict[str, Document] = {}
        self.definitions: dict[str, dict[int, Document]] = {}
        self.services: dict[tuple[str, str], Service] = {}
        self.tasks: dict[str, Task] = {}
        self.tags: dict[str, list[Document]] = {}
        self.full_zones: set[str] = set()
        self.registered: Counter[tuple[str, str, str]] = Counter()
        self._ticks = 0

    @property
    def now(self) -> float:
        """The simulated time, for what a client does; the scheduler's own acts bear the time of their tick."""
        return max(self.time, self.clock.now())

    def arn(self, kind: str, tail: str) -> str:
        """Return the ARN of something of this Region."""
        return f"arn:aws:ecs:{self.name}:{self.account}:{kind}/{tail}"

    def tags_of(self, arn: str) -> list[Document]:
        """Return the tags of a resource."""
        return self.tags.get(arn, [])

    def has_capacity(self, zone: str) -> bool:
        """Whether Fargate has room in an availability zone."""
        return zone not in self.full_zones

    def alive(self, service: Service, deployment: Deployment | None = None) -> list[Task]:
        """Return the tasks of a service (or of one of its deployments) that are meant to run, oldest first."""
        return [task for task in self.of_service(service, deployment) if task.alive]

    def of_service(self, service: Service, deployment: Deployment | None = None) -> list[Task]:
        """Return all tasks that are still known of a service, or of one of its deployments."""
        owned = (task for task in self.tasks.values() if task.service is service)
        return [task for task in owned if deployment is None or task.deployment is deployment]

    def record(self, service: Service, text: str, task_set: Deployment | None = None) -> None:
        """Add a service event at the time of the tick."""
        events.record(self.ids, service, self.time, text, task_set)

    def sync(self) -> None:
        """Play every tick that is due."""
        with self.lock:
            end = self.clock.now()
            if self.time + TICK > end:
                return
            with self.world.remembering():
                while self.time + TICK <= end:
                    self._tick()
            self._write_logs()

    def _tick(self) -> None:
        self.time += TICK
        self._ticks += 1
        for task in list(self.tasks.values()):
            tasks.step(self, task)
            if task.running:
                health.check(self, task)
        self._say_registered()
        if self._ticks % TURN == 0:
            for service in list(self.services.values()):
                scheduler.turn(self, service)
            self._forget()

    def _say_registered(self) -> None:
        for (cluster, name, group), count in self.registered.items():
            self.record(self.services[cluster, name], events.registered(count, group))
        self.registered.clear()

    def _forget(self) -> None:
        gone = [arn for arn, task in self.tasks.items() if (task.stopped_at or self.time) < self.time - TASK_KEPT]
        for arn in gone:
            self._write_lines(self.tasks.pop(arn))

    def _write_logs(self) -> None:
        for task in _with_lines(self.tasks.values()):
            self._write_lines(task)

    def _write_lines(self, task: Task) -> None:
        for container in task.containers:
            lines = [(at, text) for at, writer, text in task.lines if writer is container]
            place = preparation.log_place(task, container)
            if lines and place:
                self.world.put_log_lines(*place, lines)
        task.lines.clear()


def _with_lines(found: Iterable[Task]) -> list[Task]:
    return [task for task in found if task.lines]
