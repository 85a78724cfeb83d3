"""Start a lab: in this process for tests, or in the foreground for somebody who practises."""

import gc
import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypedDict, Unpack

import yaml

from runbook_lib.lab import fault_rules, uncollected
from runbook_lib.lab.clock import Clock, moment
from runbook_lib.lab.embedded import empty
from runbook_lib.lab.errors import LabError
from runbook_lib.lab.front import Front
from runbook_lib.lab.player import Player
from runbook_lib.lab.policy import read as read_policy
from runbook_lib.lab.scenario import Scenario
from runbook_lib.lab.scenario_files import load
from runbook_lib.lab.server import Server

FIRST_ACCOUNT = "123456789012"
_SWITCH = 0.001  # seconds after which the thread of a client takes its turn beside the clock's
_BEAT = 0.05  # seconds between two looks at a running clock


class _Accounts:
    """Accounts for the labs of this process.

    moto keeps one state a process, so labs that run at once must not share an account. Only where none runs is that
    state emptied, and the first account used again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: set[str] = set()
        self._next = int(FIRST_ACCOUNT)

    def take(self) -> str:
        """Return an account that no lab has used since moto was emptied."""
        with self._lock:
            if not self._taken:
                self._next = int(FIRST_ACCOUNT)
            account = str(self._next)
            self._next += 1
            self._taken.add(account)
            return account

    def give_back(self, account: str) -> None:
        """Say that the lab of an account is closed."""
        with self._lock:
            self._taken.discard(account)


_ACCOUNTS = _Accounts()


class Origin(TypedDict, total=False):
    """Where ids and times come from: the same scenario, seed, start and steps give the same answers of ECS.

    Attributes
    ----------
    seed
        Ids are made from it; 0 where it is not given.
    start
        When the scenario begins: seconds since the epoch, or ISO 8601. Where it is not given, the scenario ends now.
    fresh
        Whether to stop after the scenario's last call, so that what comes of it is still to be seen.
    """

    seed: int
    start: float | str | None
    fresh: bool


class Lab:
    """A running lab.

    Attributes
    ----------
    endpoint_url
        Where AWS clients and load balancer requests go.
    region, account
        What the scenario is set in.
    params
        The parameters file that was written for it.
    scenario
        The scenario that was played.
    """

    def __init__(self, scenario: Scenario, port: int, folder: Path, origin: Origin) -> None:
        start = origin.get("start")
        begin = None if start is None else moment(start)
        scenario = scenario.until_the_last_call() if origin.get("fresh") else scenario
        self.scenario = scenario
        self.region = scenario.region
        self.account = _ACCOUNTS.take()
        with ExitStack() as started:  # what was begun is given back where the rest cannot start
            started.callback(_ACCOUNTS.give_back, self.account)
            self._front = Front(Clock(), self.account, origin.get("seed", 0))
            self._server = Server(self._front.answer, port)
            started.callback(self._server.close)
            self.endpoint_url = self._server.url
            self._player = Player(self._front, scenario)
            if self.account == FIRST_ACCOUNT:
                self._front.reset_moto()
            with _written(folder):
                files = self._player.play(folder, begin)
                self.params = _write_parameters(folder / "parameters.yaml", self, files)
            started.pop_all()
        self._front.calls.clear()
        self._server.start()
        self._timekeeper = threading.Thread(target=self._keep_time, daemon=True)
        self._timekeeper.start()

    def _keep_time(self) -> None:
        """Play what a running clock makes due as it comes, so that no client waits for what was left to be played."""
        while not self._front.closing.wait(_BEAT):
            if self._front.clock.rate:
                self._front.sync()

    @property
    def now(self) -> float:
        """The simulated time, in seconds since the epoch."""
        return self._front.clock.now()

    def run(self, rate: float) -> None:
        """Let the clock run at `rate` simulated seconds a second; 0 stops it."""
        self._front.clock.set_rate(rate)

    def advance(self, seconds: float) -> None:
        """Let simulated time pass at once."""
        self._front.advance(seconds)

    def calls(self) -> list[dict[str, Any]]:
        """Return the newest AWS calls of clients: `calls.Record` as mappings."""
        return list(self._front.calls)

    def changes(self) -> list[dict[str, Any]]:
        """Return those of the newest calls that are no reads, each with what was ``given`` (without secrets).

        They come in the order in which they took effect or were refused; ``status`` 0 is one that did neither.
        """
        return self._front.calls.changes()

    def forget_calls(self) -> None:
        """Begin the record of calls anew."""
        self._front.calls.clear()

    def faults(self, rules: list[dict[str, Any]]) -> None:
        """Put fault rules in force (see docs/lab.md); an empty list takes them away.

        Raises ValueError for a rule that makes no sense.
        """
        self._front.faults.set(fault_rules.read(rules))

    def seen(self) -> dict[str, int]:
        """How many calls of each kind (``ecs:ListTasks``) came in since fault rules were set, answered or not."""
        return self._front.faults.seen()

    def held(self, timeout: float = 10.0) -> list[dict[str, Any]]:
        """Wait until a fault rule holds a call, and return the held ones; none after so many real seconds.

        Each has ``service``, ``action``, ``region``, ``account``, ``hold``, ``fault`` (the id of its rule) and
        ``given``. A call goes on once its rule is taken away or replaced (`faults`).
        """
        return self._front.faults.holds.await_one(timeout)

    def none_held(self, timeout: float = 10.0) -> bool:
        """Wait until each call that was held has ended: taken effect, or come to nothing, and been recorded."""
        return self._front.faults.holds.await_none(timeout)

    def permit(self, policy: dict[str, Any] | None) -> None:
        """Put an IAM identity policy in force for every client (see docs/lab.md); None lets all do everything.

        Raises ValueError for a document that is no identity policy, or that has what the lab does not evaluate.
        """
        self._front.policy = None if policy is None else read_policy(policy)

    def fix(self) -> None:
        """Make the AWS calls that the scenario states as its true fix."""
        self._player.take("fix")

    def wrong_fix(self) -> None:
        """Make the AWS calls that the scenario states as a plausible fix that does not help."""
        self._player.take("wrong_fix")

    def close(self) -> None:
        """Stop serving; requests under way end."""
        self._front.closing.set()
        self._front.faults.holds.close()
        self._timekeeper.join()
        self._server.close()
        for account in (self.account, *self.scenario.foreign_repositories):
            empty(account)
        _ACCOUNTS.give_back(self.account)

    def __enter__(self) -> "Lab":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start(
    scenario: str | Path = "guide",
    *,
    port: int = 0,
    rate: float = 0.0,
    folder: Path,
    **origin: Unpack[Origin],
) -> Lab:
    """Start a lab in this process and return it once the scenario is played.

    Parameters
    ----------
    scenario
        A name that `names` lists, or a YAML file.
    port
        Port on loopback; 0 takes a free one.
    rate
        Simulated seconds a second; at 0 only `Lab.advance` moves the clock.
    folder
        Where ``parameters.yaml`` and the scenario's files are written; nothing is written elsewhere.
    origin
        The seed, and the start of the simulated time.

    Raises
    ------
    LabError
        ``port-in-use``, ``unknown-scenario``, ``bad-scenario``, ``bad-start`` or ``lab-folder-unwritable``.
    """
    with uncollected():
        lab = Lab(load(scenario, origin.get("seed", 0)), port, Path(folder), origin)
    lab.run(rate)
    return lab


def serve(scenario: str | Path, *, port: int, rate: float = 1.0, **given: Any) -> int:
    """Run a lab in the foreground until SIGINT or SIGTERM; return 0. It is given what `start` is given.

    Once it is ready, one line of JSON goes to standard output: ``{"endpoint_url", "region", "params"}``.
    """
    ended = threading.Event()
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with start(scenario, port=port, rate=rate, **given) as lab:
            ready = {"endpoint_url": lab.endpoint_url, "region": lab.region, "params": str(lab.params)}
            sys.stdout.write(json.dumps(ready) + "\n")
            sys.stdout.flush()
            sys.setswitchinterval(_SWITCH)
            gc.freeze()  # what is there now stays: no collection has to look through it while a client waits
            ended.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Say of a file that cannot be written where it was to be, as a `LabError`; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise
        raise LabError("lab-folder-unwritable", folder=str(folder), problem=error.strerror or "") from error


def _write_parameters(path: Path, lab: Lab, files: dict[str, Path]) -> Path:
    parameters = {
        "cluster": lab.scenario.cluster,
        "service": lab.scenario.service,
        "region": lab.region,
        "endpoint_url": lab.endpoint_url,
        "credentials": "lab",
        "connect_to": lab.endpoint_url.partition("://")[2],
    }
    definition = files.get("aws/task-definition.json")
    if definition:
        parameters["task_definition_file"] = str(definition.resolve())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(parameters, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path.resolve()
