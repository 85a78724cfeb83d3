"""Deployments drawn by chance, diagnosed: ``python -m tests.incidents.draws 300 200`` prints how faults were named."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from runbook_lib import lab as labs
from runbook_lib.look import look
from runbook_lib.parameters import from_file, layered
from tests.incidents.budgets import exceeded, sent

FAULTY, GOOD = labs.DRAWN
EXPECTED: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("random.yaml").read_text(encoding="utf-8"))
UNNAMED, BEHIND = "none", "behind the other"


@dataclass(frozen=True)
class Draw:
    """What was drawn, and what the diagnosis made of it: the service's state, its causes' labels, budgets exceeded."""

    name: str
    seed: int
    drawn: tuple[str, ...]
    state: str
    causes: tuple[str, ...]
    exceeded: tuple[str, ...] = ()

    @property
    def expected(self) -> set[str]:
        """All that may be named."""
        return {label for fault in self.drawn for label in EXPECTED.get(fault, [])}

    @property
    def wrong(self) -> set[str]:
        """What was named and is no cause."""
        return set(self.causes) - self.expected

    def named(self, fault: str) -> str:
        """As what a fault of this draw was named; a fault may hide behind the other one."""
        own = [label for label in self.causes if label in EXPECTED[fault]]
        if own:
            return own[0]
        return BEHIND if len(self.drawn) > 1 and self.causes else UNNAMED


def diagnosed(name: str, seed: int) -> Draw:
    """Play what a seed draws, and look at it."""
    with tempfile.TemporaryDirectory() as folder, labs.start(name, folder=Path(folder), seed=seed) as lab:
        with sent() as asked:
            found = look(layered([from_file(lab.params)]))
        causes = tuple(verdict.label for verdict in found.diagnosis.failed("cause"))
        beyond = tuple(exceeded(found, asked.requests))
        return Draw(name, seed, lab.scenario.drawn, str(found.diagnosis.state), causes, beyond)


def table(draws: Iterable[Draw]) -> Iterator[str]:
    """Which fault was named how, in lines of a Markdown table."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for draw in draws:
        for fault in draw.drawn:
            rows[fault][draw.named(fault)] += 1
    yield "| fault | drawn | named | behind the other | not named |"
    yield "|---|---|---|---|---|"
    for fault, counts in sorted(rows.items()):
        named = ", ".join(f"{label} {n}" for label, n in sorted(counts.items()) if label not in (BEHIND, UNNAMED))
        yield f"| {fault} | {counts.total()} | {named or '-'} | {counts[BEHIND]} | {counts[UNNAMED]} |"


def _write(faulty: int, good: int) -> None:
    with ProcessPoolExecutor() as pool:
        bad = list(pool.map(partial(diagnosed, FAULTY), range(faulty)))
        well = list(pool.map(partial(diagnosed, GOOD), range(good)))
    states = Counter(draw.state for draw in well)
    blamed = [draw for draw in well if draw.causes]
    lines = [
        *table(bad),
        "",
        f"{faulty} seeds with faults: {sum(bool(draw.wrong) for draw in bad)} with a wrong cause",
        *(f"  {draw}" for draw in bad if draw.wrong),
        f"{good} seeds of good deployments: {len(blamed)} with a cause; states {dict(states)}",
        *(f"  {draw}" for draw in blamed),
        *(f"over budget: {draw}" for draw in (*bad, *well) if draw.exceeded),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    _write(*map(int, sys.argv[1:3]))
