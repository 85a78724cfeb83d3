"""What is left to answer once tasks are stopped, by the word of the target groups. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from runbook_lib.diagnosis import tasks
from runbook_lib.evidence.model import Evidence, Reading


def last_healthy(evidence: Evidence, stopped: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The target groups all of whose healthy targets are among these tasks, by ARN, each with the ids of those.

    None where that is not known: targets that were not read, or tasks without addresses of their own.
    """
    going = [task for task in tasks.running(evidence) if tasks.identity(task) in stopped]
    gone = frozenset[str]().union(*map(tasks.addresses, going))
    found = {}
    for reading in evidence.all("target_health"):
        healthy = frozenset(_healthy(reading))
        if healthy and healthy <= gone:
            last = tuple(tasks.identity(task) for task in going if tasks.addresses(task) & healthy)
            found[reading.request["target_group_arn"]] = last
    return found


def _healthy(reading: Reading) -> Iterator[str]:
    for row in reading.data:
        if row.get("TargetHealth", {}).get("State") == "healthy":
            yield row.get("Target", {}).get("Id", "")
