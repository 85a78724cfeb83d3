"""Looks at the lab's scenarios, each played once a process: for tests that ask about their evidence again and again."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import yaml

from runbook_lib import lab as labs
from runbook_lib.diagnosis.engine import Diagnosis, judge
from runbook_lib.look import Look, look
from runbook_lib.parameters import from_file, layered
from tests.incidents.places import ELSEWHERE
from tests.incidents.renaming import Move


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str | Path], Look]:
    """The look at a scenario, by its name or its file."""
    looks: dict[str | Path, Look] = {}

    def of(scenario: str | Path) -> Look:
        if scenario not in looks:
            with labs.start(scenario, folder=tmp_path_factory.mktemp("played") / "lab") as lab:
                looks[scenario] = look(layered([from_file(lab.params)]))
        return looks[scenario]

    return of


@pytest.fixture(scope="session")
def elsewhere(played: Callable[[str | Path], Look]) -> Callable[[str, str], tuple[Move, Diagnosis]]:
    """The move of a scenario's evidence, and the diagnosis there; judged once for all that is asked of it."""

    @cache
    def of(scenario: str, place: str) -> tuple[Move, Diagnosis]:
        move = Move(played(scenario).evidence, ELSEWHERE[place])
        return move, judge(move.evidence)

    return of


@pytest.fixture(scope="session")
def expected() -> dict[str, list[str]]:
    """The labels that a diagnosis of each scenario must name."""
    found: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("scenarios.yaml").read_text(encoding="utf-8"))
    return found
