"""A lab that stops after a scenario's last call, so that the deployment unfolds while a test watches it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runbook_lib import lab as labs
from runbook_lib.lab.hosting import Lab
from runbook_lib.parameters import Parameters, from_file, layered

Step = Callable[[float], None]


@contextmanager
def unfolding(scenario: str, folder: Path, seed: int = 0, **origin: Any) -> Iterator[Lab]:
    """The lab; its clock moves only where the test lets it."""
    with labs.start(scenario, folder=folder, fresh=True, seed=seed, **origin) as lab:
        yield lab


def parameters_of(lab: Lab, **changed: object) -> Parameters:
    """The lab's parameters with changes."""
    return layered([from_file(lab.params), {name: (value, "test") for name, value in changed.items()}])
