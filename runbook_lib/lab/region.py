"""One Region of the simulated control plane: what it knows, and the passes that let its time go by."""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from runbook_lib.lab import events, health, preparation, scheduler, tasks
from runbook_lib.lab.clock import Clock
from runbook_lib.lab.ids import Ids
from runbook_lib.lab.state import Deployment, Document, Service, Task
from runbook_lib.lab.world import World

TICK = 5.0  # seconds between two looks at the tasks
_AT_ONCE = 50  # things that are looked at before clients have a turn
_TURN_OF_CLIENTS = 1e-6  # seconds: enough for a thread that waits for the lock to take it
TURN = 3  # ticks between two turns of the service scheduler: 15 s, which gives the start delays seen on AWS

Item = TypeVar("Item")


class Region:
    """Clusters, task definitions, services and tasks of one account in one Region.

    Everything that reads or changes it holds `lock`; `sync` brings it to the clock's time first. Time goes by in ticks,
    but only what is due is looked at: a task when its next moment has come, a service unless it rests. Whatever a
    client changes ends every rest.
    """

    def __init__(self, account: str, name: str, clock: Clock, world: World, seed: int = 0) -> None:
        self.account = account
        self.name = name
        self.clock = clock
        self.world = world
        self.ids = Ids(f"{seed}/{account}/{name}")
        self.chance = Ids(f"{seed}/{account}/{name}/requests")  # what reading and traffic take must not shift the ids
        self.lock = threading.RLock()
        self._playing = threading.Lock()
        self.time = clock.now()
        self.clusters: dict[str, Document] = {}
        self.definitions: dict[str, dict[int, Document]] = {}
        self.services: dict[tuple[str, str], Service] = {}
        self.tasks: dict[str, Task] = {}
        self.tags: dict[str, list[Document]] = {}
        self.full_zones: set[str] = set()
        self.settings: dict[str, str] = {}
        self.runs: dict[str, tuple[Document, list[str]]] = {}  # RunTask's client tokens: request, ARNs of its tasks
        self.registered: Counter[tuple[str, str, str]] = Counter()
        self.deregistered: Counter[tuple[str, str, str]] = Counter()  # of tasks that the scheduler did not stop
        self._ticks = 0
        self._world_state = world.state

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
        return [task for task in service.tasks if deployment is None or task.deployment is deployment]

    def record(self, service: Service, text: str, task_set: Deployment | None = None) -> None:
        """Add a service event at the time of the tick."""
        events.record(self.ids, service, self.time, text, task_set)

    def sync(self) -> None:
        """Play every tick that is due."""
        end = self.clock.now()
        while self.time + TICK <= end:
            with self._playing:
                if self.time + TICK <= end:  # no other thread has been here
                    self._tick(end)

    def catch_up(self) -> None:
        """Play what is due before a client is answered.

        While the clock runs, somebody plays as it goes: then a client waits only where that has fallen a second behind.
        """
        if self.clock.now() - self.time >= max(2 * TICK, self.clock.rate) or not self.clock.rate:
            self.sync()

    def rouse_services(self, reference: str | None = None) -> None:
        """End the rest of the services of a name (or ARN), or of all, since a client has changed something in ECS."""
        name = reference.rpartition("/")[2] if reference else None
        for service in self.services.values():
            if name in (None, service.name):
                service.rests_until = 0.0

    def _rouse(self) -> None:
        """Look at every task and service again, since something was changed in moto."""
        self.rouse_services()
        for task in self.tasks.values():
            task.wakes_at = 0.0

    def _pass_quiet_ticks(self, end: float) -> None:
        """Pass over the ticks before the last one in which nothing would happen."""
        next_turn = self.time + (TURN - self._ticks % TURN) * TICK
        wakes = min((task.wakes_at for task in self.tasks.values()), default=end)
        rests = min((service.rests_until for service in self.services.values()), default=end)
        due = math.ceil((min(wakes, max(rests, next_turn)) - self.time) / TICK)
        quiet = min(due, math.floor((end - self.time) / TICK)) - 1
        if quiet > 0:
            self.time += quiet * TICK
            self._ticks += quiet

    def _tick(self, end: float) -> None:
        """Play the next tick in which something is due, at most up to `end` (seconds since the epoch)."""
        with self.lock:
            if self._world_state is not self.world.state:
                self._world_state = self.world.state
                self._rouse()
            self._pass_quiet_ticks(end)
            self.time += TICK
            self._ticks += 1
            awake = [task for task in self.tasks.values() if task.wakes_at <= self.time]
        self._in_turns(awake, self._look_at)
        with self.lock:
            self._say_targets()
        if self._ticks % TURN == 0:
            restless = [service for service in self.services.values() if service.rests_until <= self.time]
            self._in_turns(restless, self._turn)
            with self.lock:
                self._forget()

    def _in_turns(self, items: Sequence[Item], act: Callable[[Item], None]) -> None:
        """Do something to each of many things; clients have their turns in between."""
        for start in range(0, len(items), _AT_ONCE):
            if start:
                time.sleep(_TURN_OF_CLIENTS)
            with self.lock:
                for item in items[start : start + _AT_ONCE]:
                    act(item)

    def _look_at(self, task: Task) -> None:
        """Let a task do what is due; what its service cares about ends that service's rest."""
        before = task.condition
        tasks.step(self, task)
        if task.running:
            health.check(self, task)
        task.wakes_at = tasks.next_moment(task)
        if task.service and task.condition != before:
            task.service.rests_until = 0.0

    def _turn(self, service: Service) -> None:
        if self.services.get((service.cluster, service.name)) is service:
            scheduler.turn(self, service)
            service.rests_until = scheduler.rests_until(service)

    def _say_targets(self) -> None:
        for told, words in ((self.deregistered, events.deregistered), (self.registered, events.registered)):
            for (cluster, name, group), count in told.items():
                if (cluster, name) in self.services:
                    self.record(self.services[cluster, name], words(count, group))
            told.clear()

    def _forget(self) -> None:
        gone = [task for task in self.tasks.values() if (task.stopped_at or self.time) < self.time - tasks.KEPT]
        for task in gone:
            self._write_lines(task)
            del self.tasks[task.arn]
            if task.service:
                task.service.tasks.remove(task)

    def write_logs(self) -> None:
        """Write what the applications have said so far to CloudWatch Logs, where a client is about to look."""
        with self.lock:
            for task in self.tasks.values():
                self._write_lines(task)

    def _write_lines(self, task: Task) -> None:
        if not task.lines:
            return
        for container in task.containers:
            lines = [(at, text) for at, writer, text in task.lines if writer is container]
            place = preparation.log_place(self, task, container)
            if lines and place:
                self.world.put_log_lines(*place, lines)
        task.lines.clear()
