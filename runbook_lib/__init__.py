"""Jupyter runbooks for stuck and failed Amazon ECS deployments: the names that notebooks use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbook_lib.diagnosis.engine import judge
    from runbook_lib.errors import RunbookError
    from runbook_lib.evidence.model import Evidence
    from runbook_lib.parameters import Parameters
    from runbook_lib.workflow import Incident
    from runbook_lib.workflow import open_incident as incident

__all__ = ["Evidence", "Incident", "Parameters", "RunbookError", "incident", "judge"]

# Loaded when first used: importing the package costs nothing and needs neither boto3 nor pandas.
_HOMES = {
    "Evidence": ("runbook_lib.evidence.model", "Evidence"),
    "Incident": ("runbook_lib.workflow", "Incident"),
    "Parameters": ("runbook_lib.parameters", "Parameters"),
    "RunbookError": ("runbook_lib.errors", "RunbookError"),
    "incident": ("runbook_lib.workflow", "open_incident"),
    "judge": ("runbook_lib.diagnosis.engine", "judge"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
