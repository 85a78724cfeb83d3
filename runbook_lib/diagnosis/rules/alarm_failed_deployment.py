"""A CloudWatch alarm failed the deployment.

What it looks for
    An alarm as the reason for which the deployment made last failed.
Why it breaks a rollout
    ECS ends the deployment although its tasks are healthy.
Blind spots
    Why it rang; where the service deployment is not described, which of several it was.
Readings
    service, service_deployments; service_deployment tells which of several alarms rang.
Fix
    Read the alarm's metric over the time of the deployment.
Guide section
    Diagnosis 1 and 4.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.deployments import Deployment
from runbook_lib.diagnosis.messages import judge
from runbook_lib.diagnosis.model import Cite, Finding, Outcome, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.rollback import last_rollback
from runbook_lib.evidence.model import Evidence, Request, at, request
from runbook_lib.evidence.rollback import last_brief

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
    watched = [str(alarm) for alarm in alarms.get("alarmNames") or []]
    rang = watched if len(watched) == 1 else _triggered(evidence)
    return failed("confirmed", cites, alarms=rang or watched, watched=watched if rang else [], revision=name)


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The service deployment that an alarm has ended, where the service watches several."""
    found = check(evidence)
    arn = str(last_brief(evidence).get("serviceDeploymentArn") or "")
    several = found.outcome is Outcome.FAIL and len(found.facts["alarms"]) > 1
    return (request("service_deployment", arn=arn),) if several and arn else ()


def _triggered(evidence: Evidence) -> list[str]:
    """The alarms that rang, as the service deployment names them; none where it was not read."""
    own = last_brief(evidence).get("serviceDeploymentArn")
    found: list[dict[str, Any]] = [reading.data for reading in evidence.all("service_deployment")]
    alarms = next((each.get("alarms") for each in found if each.get("serviceDeploymentArn") == own), None) or {}
    return [str(alarm) for alarm in alarms.get("triggeredAlarmNames") or []]


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
    wants=wants,
    deeper=("service_deployment",),
)
