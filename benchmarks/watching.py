"""How soon `watch` names the right cause, in simulated seconds since the deployment began.

``python -m benchmarks.watching 100 --write`` plays every scenario that fails and so many seeds of `random`, each in
labs whose clock is stepped, and puts its table into docs/benchmarks.md. Beside it: the first second at which a whole
look names the cause, what boto3's waiter `services_stable` says, the AWS CLI's in two scenarios and ecs-deploy's wait
in five, and when the lab's deployment circuit breaker fails the deployment.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from benchmarks import waits
from benchmarks.page import write
from benchmarks.row import Row
from benchmarks.waits import Waited
from runbook_lib import lab as labs
from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.following import Poll
from runbook_lib.evidence.model import at
from runbook_lib.look import look
from runbook_lib.parameters import Parameters, from_file, layered
from runbook_lib.watching import watch

TESTS = Path(__file__).parents[1] / "tests" / "incidents"
FAULTY = "random"
QUICK_SEEDS = 12
WAITER_S, WAITER_POLLS, LONGEST_POLL_S = 15, 40, 20.0
WITH_AWS_CLI = ("bad-build-rolled-back", "secret-not-json")
WITH_ECS_DEPLOY = (*WITH_AWS_CLI, "guide", "health-check-tool-missing", "stacked-faults-path")
BEGIN, END = "<!-- table: benchmarks.watching -->", "<!-- end of table of watching -->"


@dataclass(frozen=True)
class Case:
    """What is played: a scenario, or a seed of `random`, and the labels that may be named."""

    name: str
    seed: int
    expected: frozenset[str]


@dataclass(frozen=True)
class Taken:
    """Simulated seconds since the deployment began, None where it did not come to it."""

    case: Case
    end: str
    named_s: float | None
    poll_s: float
    evidence_s: float | None
    calls_a_minute: float
    others: dict[str, Waited]
    breaker_s: float | None

    @property
    def late_s(self) -> float | None:
        """Seconds between the first evidence and naming it."""
        return self.named_s - self.evidence_s if self.named_s is not None and self.evidence_s is not None else None


def rows(rounds: int) -> Iterator[Row]:
    """The promises, by the scenarios and a few seeds."""
    del rounds  # simulated time is the same each time
    found = [taken for case in cases(QUICK_SEEDS) if (taken := measured(case)).named_s is not None]
    yield Row("watch, until the right cause is named (median)", _median(found, "named_s"), "a fixed limit", 60.0, 1.0)
    latest = max((taken.late_s or 0.0 for taken in found), default=0.0)
    yield Row("watch, after the first evidence (latest)", latest, "the longest poll", LONGEST_POLL_S, 1.0)


def cases(seeds: int) -> Iterator[Case]:
    """The failing scenarios, then the seeds; those whose faults no rule knows have nothing to name."""
    scenarios = yaml.safe_load((TESTS / "scenarios.yaml").read_text(encoding="utf-8"))
    for name in labs.names():
        expected = frozenset(scenarios.get(name) or ())
        if expected:
            yield Case(name, 0, expected)
    known = yaml.safe_load((TESTS / "random.yaml").read_text(encoding="utf-8"))
    for seed in range(seeds):
        drawn = labs.describe(FAULTY, seed).drawn
        expected = frozenset(label for fault in drawn for label in known[fault])
        if expected:
            yield Case(FAULTY, seed, expected)


def measured(case: Case) -> Taken:
    """Plays a case again and again: watched, looked at each second before it was named, and waited for by others."""
    polls: list[Poll] = []
    with _Playing(case) as (lab, given):
        outcome = watch(given, polls.append, lab.advance)
    named = (poll.elapsed_s for poll in polls if {v.label for v in poll.causes} & case.expected)
    named_s = next(named, None)
    steps = [after.elapsed_s - before.elapsed_s for before, after in pairwise(polls)]
    minutes = max(1.0, (polls[-1].elapsed_s - polls[0].elapsed_s) / 60)
    # A close look before it did not name it, so the evidence is younger than that.
    before = [poll.elapsed_s for poll in polls if poll.close and named_s is not None and poll.elapsed_s < named_s]
    evidence = _looked(case, before[-1] + 1 if before else 0.0, named_s) if named_s is not None else None
    calls, longest = outcome.calls / minutes, max(steps, default=0.0)
    return Taken(case, outcome.word, named_s, longest, evidence, calls, _others(case), _broken(case))


def _looked(case: Case, start: float, until: float) -> float | None:
    """The first second from ``start`` at which a whole look names it."""
    with _Playing(case) as (lab, given):
        begun = look(given)
        began = at(deployments.newest(begun.evidence).get("createdAt"))
        lab.advance(max(0.0, start - _since(began, begun.evidence.collected_at)))
        while True:
            seen = look(given)
            age = _since(began, seen.evidence.collected_at)
            if {v.label for v in seen.diagnosis.failed("cause")} & case.expected:
                return age
            if age > until:
                return None
            lab.advance(1.0)


def _since(began: Any, now: Any) -> float:
    return float((now - began).total_seconds()) if began else 0.0


def _others(case: Case) -> dict[str, Waited]:
    """What the other tools' waits say; the slower ones of a few scenarios only."""
    with _Playing(case) as (lab, given):
        found = {"boto3": waits.boto3_waiter(lab, given)}
    if case.name in WITH_ECS_DEPLOY:
        with _Playing(case) as (lab, given):
            found["ecs-deploy"] = waits.ecs_deploy(lab, given)
    if case.name in WITH_AWS_CLI:
        with _Playing(case) as (lab, given):
            lab.run(waits.RATE)
            found["aws"] = waits.aws_cli(lab, given)
    return found


def _broken(case: Case) -> float | None:
    """When the circuit breaker, where one is on, has failed it, to 15 seconds, within the waiters' ten minutes."""
    with _Playing(case) as (lab, given):
        client, newest = waits.client(given), ""
        [service] = client.describe_services(cluster=given.cluster, services=[given.service])["services"]
        if not service["deploymentConfiguration"].get("deploymentCircuitBreaker", {}).get("enable"):
            return None
        for number in range(WAITER_POLLS):
            [service] = client.describe_services(cluster=given.cluster, services=[given.service])["services"]
            newest = newest or max(service["deployments"], key=lambda d: d["createdAt"])["id"]
            own = [d for d in service["deployments"] if d["id"] == newest]
            if not own or own[0].get("rolloutState") == "FAILED":
                return number * float(WAITER_S)
            lab.advance(WAITER_S)
    return None


class _Playing:
    """A lab that has stopped after the last call of a case, and its parameters."""

    def __init__(self, case: Case) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._lab = labs.start(case.name, folder=Path(self._folder.name), fresh=True, seed=case.seed)

    def __enter__(self) -> tuple[Any, Parameters]:
        return self._lab, layered([from_file(self._lab.params)])

    def __exit__(self, *_: object) -> None:
        self._lab.close()
        self._folder.cleanup()


def table(found: list[Taken]) -> str:
    """A line a scenario, and the seeds together."""
    own = ["scenario", "end", "first evidence", "named", "late", "calls a minute"]
    head = [*own, "boto3's waiter", "`aws ecs wait`", "ecs-deploy", "breaker"]
    lines = [f"| {' | '.join(head)} |", f"|---|---|{'--:|' * 8}"]
    lines += [_line(taken) for taken in found if taken.case.name != FAULTY]
    seeds = [taken for taken in found if taken.case.name == FAULTY]
    lines += list(_together(seeds)) if seeds else []
    return "\n".join(lines)


def _line(taken: Taken) -> str:
    others = [str(taken.others.get(tool, "–")) for tool in ("boto3", "aws", "ecs-deploy")]
    times = (taken.evidence_s, taken.named_s, taken.late_s)
    shown = [f"{max(0.0, value):.0f} s" if value is not None else "–" for value in times]
    breaker = f"{taken.breaker_s:.0f} s" if taken.breaker_s is not None else "–"
    columns = [taken.case.name, taken.end, *shown, f"{taken.calls_a_minute:.0f}", *others, breaker]
    return f"| {' | '.join(columns)} |"


def _together(seeds: list[Taken]) -> Iterator[str]:
    named = [taken for taken in seeds if taken.named_s is not None]
    late = sum(1 for t in named if t.breaker_s is not None and t.named_s is not None and t.named_s > t.breaker_s)
    wrong = sum(taken.others["boto3"].said == "yes" for taken in seeds)
    for word, pick in (("median", median), ("9 in 10", _nine_in_ten), ("latest", max)):
        columns = [[value for t in named if (value := getattr(t, name)) is not None] for name in _COLUMNS]
        shown = [f"{max(0.0, pick(values)):.0f} s" if values else "–" for values in columns]
        calls = f"{pick([t.calls_a_minute for t in seeds]):.0f}"
        yield f"| {len(seeds)} seeds of random, {word} | {len(named)} named | {' | '.join(shown)} | {calls} | | | | |"
    yield f"| {len(seeds)} seeds of random, how many | | | | | | {wrong} yes | | | {late} named after it |"


_COLUMNS = ("evidence_s", "named_s", "late_s")


def _nine_in_ten(values: list[float]) -> float:
    return sorted(values)[ceil(len(values) * 0.9) - 1]


def _median(found: list[Taken], name: str) -> float:
    return float(median(getattr(taken, name) for taken in found))


def main() -> None:
    """Measure, print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=100)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found: list[Taken] = []
    for case in cases(options.seeds):
        began = time.perf_counter()
        found.append(measured(case))
        print(_line(found[-1]), case.seed, f"{time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)
    print(table(found))
    if options.write:
        write(BEGIN, END, table(found))


if __name__ == "__main__":
    main()
