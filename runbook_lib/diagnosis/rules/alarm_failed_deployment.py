"""A CloudWatch alarm failed the deployment.

What it looks for
    An alarm as the reason for which the deployment made last failed.
Why it breaks a rollout
    ECS ends the deployment although its tasks are healthy.
Blind spots
    Which of several alarms it was, and why it rang.
Readings
    service, service_deployments.
Fix
    Read the alarm's metric over the time of the deployment.
Guide section
    Diagnosis 1 and 4.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
"""

from __future__ import annotations

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.diagnosis.messages import judge
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.rollback import last_rollback
from runbook_lib.evidence.model import Evidence, at

_LABEL = "alarm-triggered-rollback"


def check(evidence: Evidence) -> Finding:
    """FAIL where an alarm is the reason for which the deployment made last failed."""
    alarms = (evidence.service.get("deploymentConfiguration") or {}).get("alarms") or {}
    if not alarms.get("enable"):
        return not_applicable(reason="no-deployment-alarm")
    newest, said = deployments.newest(evidence), _said(evidence)
    name = deployments.newest_revision(evidence)
    cites = tuple(cite for cite in said if judge(cite.value, presumed=True).label == _LABEL)
    if not cites and newest.get("rolloutState") == "FAILED" and not any(cite.value for cite in said):
        return unknown("not-observed", revision=name)
    if not cites:
        return passed(alarms=list(alarms.get("alarmNames") or []))
    return failed(
        "confirmed",
        cites,
        alarms=list(alarms.get("alarmNames") or []),
        revision=name,
    )


def _said(evidence: Evidence) -> list[Cite]:
    """What is said about the end of the newest deployment, where it is said."""
    newest, found = deployments.newest(evidence), last_rollback(evidence)
    said = [Cite("ecs:DescribeServices", "deployments[].rolloutStateReason", str(newest.get("rolloutStateReason", "")))]
    if found:
        said.append(Cite("ecs:ListServiceDeployments", "serviceDeployments[].statusReason", found.reason))
    for event in evidence.service.get("events") or []:
        text, moment = str(event.get("message") or ""), at(event.get("createdAt"))
        if _may_mean(text, newest) and moment and moment >= deployments.created(newest):
            said.append(Cite("ecs:DescribeServices", "services[0].events[].message", text))
    return said


def _may_mean(text: str, deployment: Deployment) -> bool:
    """Whether an event is about a deployment: it names it, or (as some do) none."""
    return str(deployment.get("id")) in text or "ecs-svc/" not in text


RULE = Rule(
    id="alarm_failed_deployment",
    label=_LABEL,
    role="cause",
    needs=("service",),
    uses=("service_deployments",),
    guide="diagnosis 1, 4",
    severity=35,
    check=check,
    explains=("rolled_back",),
)
