"""Remedies of the service and of what stands around it: log groups, addresses, room to roll, tasks, counts."""

from __future__ import annotations

import copy
from typing import Any

from runbook_lib.diagnosis.model import Verdict
from runbook_lib.plan.model import Choice, Option
from runbook_lib.plan.remedy import BY_HAND, NOTHING, Remedy
from runbook_lib.plan.situation import Situation

COUNT = "desired_count"
_MAXIMUM_PERCENT = 200  # ECS's own default for a rolling update


def log_group(verdict: Verdict, situation: Situation) -> Remedy:
    """Create the log groups that the task definition names."""
    name, region = (str(verdict.facts.get(key, "")) for key in ("log_group", "region"))
    if not name or verdict.facts.get("missing") or region != situation.evidence.target.region:
        return BY_HAND
    return Remedy(log_groups=(name, *map(str, verdict.facts.get("others") or ())))


def public_address(verdict: Verdict, situation: Situation) -> Remedy:
    """Give tasks of a public subnet a public address; any other gap in the network is a person's to close."""
    if verdict.facts.get("lacks") != "public-ip":
        return BY_HAND
    network: dict[str, Any] = copy.deepcopy(situation.evidence.service.get("networkConfiguration") or {})
    awsvpc = network.get("awsvpcConfiguration")
    if not awsvpc:
        return BY_HAND
    awsvpc["assignPublicIp"] = "ENABLED"
    return Remedy(settings={"networkConfiguration": network})


def room(verdict: Verdict, situation: Situation) -> Remedy:
    """Let a deployment start one more task than is desired."""
    given: dict[str, Any] = copy.deepcopy(situation.evidence.service.get("deploymentConfiguration") or {})
    given.pop("lifecycleHooks", None)
    return Remedy(settings={"deploymentConfiguration": {**given, "maximumPercent": _MAXIMUM_PERCENT}})


def leftovers(verdict: Verdict, situation: Situation) -> Remedy:
    """Stop the unhealthy tasks of superseded deployments; a new deployment supersedes them all."""
    return Remedy(stops=tuple(map(str, verdict.facts.get("superseded_unhealthy") or ())))


def count(verdict: Verdict, situation: Situation) -> Remedy:
    """A service at 0: how many tasks are wanted, a person says."""
    if situation.wishes.desired_count is not None:
        return NOTHING
    choice = Choice(COUNT, verdict.rule, (Option("1"), Option("0")), suggested="1", free=True)
    answered = situation.answered(choice)
    if not answered.answer.isdecimal():
        return Remedy(choices=(answered,))
    wanted = int(answered.answer)
    return Remedy(settings={"desiredCount": wanted} if wanted else {}, choices=(answered,))
