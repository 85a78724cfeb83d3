"""Makes the plan that takes another one back, from what its record says was done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from runbook_lib.evidence.model import Evidence
from runbook_lib.plan.model import Change, Plan

Outcomes = Mapping[str, Mapping[str, Any]]  # of the changes that were made, by id: the facts of the record
# What cannot be taken back, or better stays: a task that was stopped is replaced by ECS, a log group keeps its lines.
LEFT = ("stop-task", "create-log-group")


def undo(plan: Plan, outcomes: Outcomes, evidence: Evidence) -> Plan:
    """What takes back the changes of a plan that were made, last one first."""
    made = [change for change in reversed(plan.changes) if change.id in outcomes]
    running = str(evidence.service.get("taskDefinition", ""))
    primary: Mapping[str, Any] = next(
        (d for d in evidence.service.get("deployments") or [] if d.get("status") == "PRIMARY"), {}
    )
    now = {"revision": running, "running": running, "deployment": str(primary.get("id", ""))}
    changes = (back for change in made for back in _back(change, outcomes[change.id], now))
    return Plan(plan.target, {**now, "undoes": plan.digest}, tuple(changes), kind="undo")


def _back(change: Change, facts: Mapping[str, Any], now: Mapping[str, str]) -> Iterator[Change]:
    make = _BACK.get(change.kind)
    if make and (made := make(change, facts, now)):
        yield made


def _update(change: Change, facts: Mapping[str, Any], now: Mapping[str, str]) -> Change | None:
    """The service as it was.

    Nothing is to be done where it has that revision again by itself, or where somebody has deployed another one since:
    that is not ours to replace.
    """
    deployed = str(facts.get("taskDefinition") or change.after.get("taskDefinition") or "")
    if deployed and now["running"] != deployed:
        return None
    before = {name: value for name, value in change.before.items() if value is not None}
    if len(before) == 1 and now["running"] == before.get("taskDefinition"):
        return None
    about = {**change.about, "deployment": now["deployment"]}
    after = {"forceNewDeployment": True, **before}
    earlier = {
        "taskDefinition": now["running"],
        **{k: v for k, v in change.after.items() if k in before and k != "taskDefinition"},
    }
    return Change("update-service", "update-service", change.rules, about, (), earlier, after, "rollout")


def _deregister(change: Change, facts: Mapping[str, Any], now: Mapping[str, str]) -> Change | None:
    """A revision that was there already when the plan was applied is not ours to take away."""
    if facts.get("outcome") != "done":
        return None
    about = {"family": change.about["family"], "revision": facts["revision"]}
    return Change("deregister", "deregister", change.rules, about, (), {"status": "ACTIVE"}, {"status": "INACTIVE"})


def _group(change: Change, facts: Mapping[str, Any], now: Mapping[str, str]) -> Change:
    return Change(change.id, change.kind, change.rules, change.about, (), change.after, change.before, "checks")


def _file(change: Change, facts: Mapping[str, Any], now: Mapping[str, str]) -> Change:
    about = {"path": change.about["path"], "backup": facts.get("backup", ""), "sha256": facts.get("sha256", "")}
    return Change("restore-file", "restore-file", change.rules, about, (), {}, {"sha256": change.about["sha256"]})


_BACK: dict[str, Callable[[Change, Mapping[str, Any], Mapping[str, str]], Change | None]] = {
    "update-service": _update,
    "roll-back": _update,
    "register": _deregister,
    "modify-target-group": _group,
    "edit-file": _file,
}
