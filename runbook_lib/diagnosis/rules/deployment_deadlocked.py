"""Minimum and maximum percent leave no legal step: nothing may stop, and nothing may start.

What it looks for
    Bounds by which no task may stop and none may start.
Why it breaks a rollout
    ECS waits for room that nothing will make.
Blind spots
    Task scale-in protection, but for the event.
Readings
    service.
Fix
    Raise the maximum percent or lower the minimum.
Guide section
    Diagnosis 1.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
"""

from __future__ import annotations

import math

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.messages import judge
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
from runbook_lib.evidence.model import Evidence, at

_LABEL = "deployment-blocked"


def check(evidence: Evidence) -> Finding:
    """FAIL where the bounds allow no step, or an event says that ECS can take none."""
    service, newest = evidence.service, deployments.newest(evidence)
    if newest.get("rolloutState") != "IN_PROGRESS":
        return not_applicable(reason="nothing-in-progress")
    bounds = service.get("deploymentConfiguration") or {}
    desired = int(service.get("desiredCount") or 0)
    lower = math.ceil(desired * bounds.get("minimumHealthyPercent", 100) / 100)
    upper = math.floor(desired * bounds.get("maximumPercent", 200) / 100)
    facts = {"desired": desired, "lower": lower, "upper": upper, "running": int(service.get("runningCount") or 0)}
    said = _said(evidence)
    locked = desired > 0 and upper <= desired <= lower and facts["running"] >= desired
    untouched = not any(newest.get(count) for count in ("runningCount", "pendingCount", "failedTasks"))
    if not said and not (locked and untouched):
        return passed(**facts)
    config = Cite("ecs:DescribeServices", "services[0].deploymentConfiguration", f"{lower}..{upper}")
    return failed("confirmed" if said or locked else "likely", (config, *said), **facts)


def _said(evidence: Evidence) -> tuple[Cite, ...]:
    since = deployments.created(deployments.newest(evidence))
    for event in evidence.service.get("events") or []:
        text, moment = str(event.get("message") or ""), at(event.get("createdAt"))
        if moment and moment >= since and judge(text).label == _LABEL:
            return (Cite("ecs:DescribeServices", "services[0].events[].message", text),)
    return ()


RULE = Rule(
    id="deployment_deadlocked",
    label=_LABEL,
    role="cause",
    needs=("service",),
    guide="diagnosis 1",
    severity=36,
    check=check,
)
