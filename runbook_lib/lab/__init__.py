"""The lab: an embedded AWS for practice, demo and tests. See docs/lab.md."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbook_lib.lab.errors import LabError
    from runbook_lib.lab.hosting import Lab, serve, start
    from runbook_lib.lab.scenario import Scenario
    from runbook_lib.lab.scenario_files import load as describe
    from runbook_lib.lab.scenario_files import names

DEFAULT_PORT = 5599
DRAWN = ("random", "random-good")  # scenarios that a seed draws; `names` are the others

__all__ = ["DEFAULT_PORT", "DRAWN", "Lab", "LabError", "Scenario", "describe", "names", "serve", "start"]

# Loaded on first use: moto and boto3 take a second that a command such as --help must not pay.
_HOMES = {
    "Lab": ("hosting", "Lab"),
    "LabError": ("errors", "LabError"),
    "Scenario": ("scenario", "Scenario"),
    "describe": ("scenario_files", "load"),
    "names": ("scenario_files", "names"),
    "serve": ("hosting", "serve"),
    "start": ("hosting", "start"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    with uncollected():
        return getattr(import_module(f"{__name__}.{module}"), attribute)


@contextmanager
def uncollected() -> Iterator[None]:
    """Make many objects that stay without looking for garbage among them, which would be a fifth of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
