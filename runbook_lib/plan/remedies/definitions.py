"""Remedies that correct the task definition alone."""

from __future__ import annotations

from collections.abc import Iterator

from runbook_lib.diagnosis.model import Verdict
from runbook_lib.plan.edits import Edit
from runbook_lib.plan.remedy import BY_HAND, Remedy
from runbook_lib.plan.situation import Situation


def duplicate(verdict: Verdict, situation: Situation) -> Remedy:
    """Drop from ``environment`` what stands in ``secrets`` too."""
    if verdict.facts.get("keep", "secrets") != "secrets":
        return BY_HAND
    edits = tuple(_removals(situation))
    return Remedy(edits) if edits else BY_HAND


def _removals(situation: Situation) -> Iterator[Edit]:
    """The last places first, so that no removal moves what another one names."""
    for place, container in reversed(situation.containers()):
        secrets = {secret.get("name") for secret in container.get("secrets") or []}
        variables = list(enumerate(container.get("environment") or []))
        for at, variable in reversed(variables):
            if variable.get("name") in secrets:
                yield Edit("remove", f"/containerDefinitions/{place}/environment/{at}")
