"""A step of a fix as data: whose words, whose command, and whether it only starts the same revision again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runbook_lib.diagnosis import deployments
from runbook_lib.evidence.model import Evidence

# AWS's name for a repository or a secret says what it belongs to; so does that of a policy which we propose.
POLICY = "ecs-runbook"


Facts = Mapping[str, str | tuple[str, ...]]  # of several values each gets code marks of its own


@dataclass(frozen=True)
class Todo:
    """One step: the key of its words (with their values), and the arguments of its command, unquoted.

    ``after`` is shell that follows the command (a pipe, a redirection), quoted already. ``ours`` is false where it is
    another account's owner who has to run it. ``again`` marks a deployment of the same revision, which is left out
    where another cause asks for a new one.
    """

    key: str
    argv: tuple[str, ...] = ()
    facts: Facts = field(default_factory=dict)
    after: str = ""
    ours: bool = True
    again: bool = False


def document(*statements: Mapping[str, Any]) -> str:
    """A policy of these statements, as compact JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def each(names: Iterable[str]) -> tuple[str, ...]:
    """The names in their order, each once."""
    return tuple(dict.fromkeys(names))


def partition(evidence: Evidence) -> str:
    """``aws``, ``aws-cn`` or the like, by the service's own ARN."""
    return next(iter(str(evidence.service.get("serviceArn", "")).split(":")[1:2]), "aws")


def redeploy(evidence: Evidence, why: str = "") -> tuple[Todo, ...]:
    """The newest revision once more: to try at once where ECS still does by itself, else because it no longer does."""
    revision = deployments.newest_revision(evidence)
    if not revision:
        return ()
    target = evidence.target
    service = ("--cluster", target.cluster, "--service", target.service, "--task-definition", revision)
    key = f"remedies.again.{why or ('waiting' if is_trying(evidence) else 'ended')}"
    return (Todo(key, ("ecs", "update-service", *service, "--force-new-deployment"), again=True),)


def is_trying(evidence: Evidence) -> bool:
    """Whether ECS goes on starting tasks of the newest revision: its deployment stands, and has not failed."""
    revision = deployments.newest_revision(evidence)
    listed: list[dict[str, Any]] = evidence.service.get("deployments") or []
    mine = (d for d in listed if str(d.get("taskDefinition", "")).endswith(f"/{revision}"))
    return any(d.get("status") == "PRIMARY" and d.get("rolloutState") != "FAILED" for d in mine)
