"""Looks at the lab's scenarios, each played once a process: for tests that ask about their evidence again and again."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from runbook_lib import lab as labs
from runbook_lib.look import Look, look
from runbook_lib.parameters import from_file, layered


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
def expected() -> dict[str, list[str]]:
    """The labels that a diagnosis of each scenario must name."""
    found: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("scenarios.yaml").read_text(encoding="utf-8"))
    return found
