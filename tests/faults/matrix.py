"""Every operation that a look really makes, met by every fault, on labs of this process.

The operations are taken from the record of an undisturbed look, so a read that is added is met as well. What lasts
meets one operation a look; what passes meets every operation of one look, once each.
"""

from __future__ import annotations

import tempfile
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runbook_lib import lab as labs
from runbook_lib.aws.operations import READS
from runbook_lib.errors import RunbookError
from runbook_lib.lab.hosting import Lab
from runbook_lib.look import Look, look
from runbook_lib.parameters import Parameters

# Labs a scenario: a look that waits for its deadline must not hold up the others.
LABS = {"guide": 6, "healthy": 4}
# Where nothing answers, a whole look may take this many seconds; one attempt of a call gets a sixth of them.
DEADLINE_S = 12
_HTML = "<!doctype html><html><head><title>Sign in</title></head><body><form><input></form></body></html>"
_THROTTLES = {"elbv2": "Throttling"}


@dataclass(frozen=True)
class Fault:
    """A fault of the lab; without a rule the operation's IAM action is denied.

    ``reason`` is why a reading that it takes is unread, empty where the reading is had all the same; ``tries`` are the
    attempts of one call, as botocore's standard retry mode makes them.
    """

    reason: str
    tries: int
    rule: Mapping[str, Any] = field(default_factory=dict)


FAULTS = {
    "denied": Fault("access-denied", 1),
    "throttled-once": Fault("", 2, {"error": "ThrottlingException", "times": 1}),
    "throttled": Fault("throttled", 3, {"error": "ThrottlingException"}),
    "reset-once": Fault("", 2, {"reset": True, "times": 1}),
    "reset": Fault("unreachable", 3, {"reset": True}),
    "server-error-once": Fault("", 2, {"error": "InternalFailure", "status": 500, "times": 1}),
    "server-error": Fault("failed", 3, {"error": "InternalFailure", "status": 500}),
    "slow": Fault("", 1, {"delay": 0.1, "drip": 0.1}),
    "silent": Fault("time-out", 3, {"delay": 10 * DEADLINE_S}),
    "garbled": Fault("garbled", 1, {"body": _HTML}),
    "cut": Fault("garbled", 1, {"truncate": True}),
}
LASTING = tuple(name for name, fault in FAULTS.items() if fault.reason)


@dataclass(frozen=True)
class Trial:
    """One look: the scenario, the name of the fault, and the operations (``ecs:ListTasks``) that meet it."""

    scenario: str
    fault: str
    operations: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One operation of a trial."""

    scenario: str
    operation: str
    fault: str


@dataclass(frozen=True)
class Seen:
    """How a look ended: with what it saw or with our own error; and how often the lab was asked for the operation."""

    tries: int
    look: Look | None = None
    stopped: RunbookError | None = None


@dataclass(frozen=True)
class Matrix:
    """The undisturbed looks by scenario, and what was seen in every cell."""

    whole: Mapping[str, Look]
    cells: Mapping[Cell, Seen]

    @property
    def operations(self) -> list[str]:
        """What the look at the guide's incident calls."""
        return sorted({cell.operation for cell in self.cells})

    def calls(self, cell: Cell) -> int:
        """How often the cell's look called its operation: what would follow from a lost reading is not asked for."""
        made = self.cells[cell].look or self.whole[cell.scenario]
        return Counter(call.operation for call in made.evidence.calls)[cell.operation]

    def looks(self, *faults: str) -> Iterator[tuple[Cell, Look, Look]]:
        """Each cell with these faults (all where none is named) that came to a look, with it and the whole one."""
        for cell, seen in self.cells.items():
            if seen.look and cell.fault in (faults or FAULTS):
                yield cell, seen.look, self.whole[cell.scenario]


def run() -> Matrix:
    """Look at everything; takes half a minute, mostly of computing."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = [
            stack.enter_context(labs.start(scenario, folder=folder / f"{scenario}{number}"))
            for scenario, count in LABS.items()
            for number in range(count)
        ]
        quick = list({lab.scenario.name: lab for lab in running}.values())
        whole = {lab.scenario.name: look(_given(lab)) for lab in quick}
        waiting = {scenario: deque(_trials(scenario, seen)) for scenario, seen in whole.items()}
        with ThreadPoolExecutor(len(running)) as pool:
            work = [pool.submit(_take, lab, waiting[lab.scenario.name], lab in quick) for lab in running]
            return Matrix(whole, {cell: seen for done in work for cell, seen in done.result().items()})


def action_of(operation: str) -> str:
    """The IAM action of an operation."""
    service, _, name = operation.partition(":")
    return READS[service, name]


def _trials(scenario: str, whole: Look) -> Iterator[Trial]:
    """What waits for its deadline comes first. A service that is well needs no telling what passes."""
    operations = tuple(sorted({call.operation for call in whole.evidence.calls}))
    for fault in sorted(LASTING, key=lambda name: name != "silent"):
        yield from (Trial(scenario, fault, (operation,)) for operation in operations)
    if scenario == "guide":
        yield from (Trial(scenario, fault, operations) for fault in FAULTS if fault not in LASTING)


def _take(lab: Lab, waiting: deque[Trial], quick: bool) -> dict[Cell, Seen]:
    """Take trials off the pile until there is none left; where `quick`, from the end that does not wait."""
    found: dict[Cell, Seen] = {}
    while True:
        try:
            trial = waiting.pop() if quick else waiting.popleft()
        except IndexError:
            return found
        found.update(_meet(lab, trial))


def _meet(lab: Lab, trial: Trial) -> dict[Cell, Seen]:
    fault = FAULTS[trial.fault]
    lab.permit(None if fault.rule else _all_but(*trial.operations))
    lab.faults([_rule(fault.rule, *operation.split(":")) for operation in trial.operations if fault.rule])
    ended: dict[str, Any] = {}
    try:
        ended["look"] = look(_given(lab, trial.fault == "silent"))
    except RunbookError as error:
        ended["stopped"] = error
    tries = lab.seen()
    return {
        Cell(trial.scenario, operation, trial.fault): Seen(tries[operation], **ended) for operation in trial.operations
    }


def _rule(rule: Mapping[str, Any], service: str, action: str) -> dict[str, Any]:
    """The fault for one operation, with the code that its service uses."""
    code = {"error": _THROTTLES.get(service, rule["error"])} if rule.get("error") == "ThrottlingException" else {}
    return {**rule, **code, "service": service, "action": action}


def _all_but(*operations: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "NotAction": [action_of(one) for one in operations], "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": statement}


def _given(lab: Lab, hurried: bool = False) -> Parameters:
    return Parameters(
        cluster=lab.scenario.cluster,
        service=lab.scenario.service,
        region=lab.region,
        endpoint_url=lab.endpoint_url,
        credentials="lab",
        **({"deadline": DEADLINE_S} if hurried else {}),
    )
