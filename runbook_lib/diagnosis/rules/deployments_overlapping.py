"""Several deployments are in progress at once.

What it looks for
    Two or more deployments IN_PROGRESS on a service that is stuck or failing.
Why it breaks a rollout
    Both compete for the room below ``maximumPercent``.
Blind spots
    Overlaps that are normal for a while; controllers without a rollout state.
Readings
    service, tasks; service_deployments and service_revisions name the revision that completed last.
Fix
    Let one deployment win: the newest one where it can start, else the revision that completed last, and wait for the
    end of a deployment before the next.
Guide section
    Root cause 1; fix step 1; prevention 1.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import deployments, images, revisions, tasks
from runbook_lib.diagnosis.deployments import Deployment, revision
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.state import State, oldest_since, seconds_since, state_of
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence, Request


def check(evidence: Evidence) -> Finding:
    """FAIL where several are in progress and the service is stuck or failing."""
    found = deployments.current(evidence)
    if not found:
        return not_applicable(reason="no-deployment")
    if len(found) > 1 and not any(d.get("rolloutState") for d in found):
        return unknown("no-rollout-state", count=len(found))
    facts = _facts(evidence)
    if facts["count"] < 2:
        return passed(**facts)
    if state_of(evidence) in (State.STUCK, State.FAILING):
        field = "services[0].deployments[].rolloutState"
        cites = tuple(Cite("ecs:DescribeServices", field, f"{d['id']} IN_PROGRESS") for d in _overlapping(evidence))
        return failed("confirmed", cites, **facts)
    return passed(**facts) if tasks.seen(evidence) else unseen(evidence, tasks.KINDS)


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The service revision that completed last, where no listed deployment is it."""
    if len(_overlapping(evidence)) < 2 or _last_completed(evidence):
        return ()
    return revisions.asked(evidence)


def _overlapping(evidence: Evidence) -> tuple[Deployment, ...]:
    return deployments.in_progress(evidence)


def _facts(evidence: Evidence) -> dict[str, Any]:
    found = _overlapping(evidence)
    primary = deployments.primary(evidence)
    return {
        "count": len(found),
        "deployments": [_brief(evidence, d) for d in found],
        "oldest_age_s": seconds_since(evidence, oldest_since(evidence)),
        "keep": "" if _cannot_start(evidence, primary) else revision(primary.get("taskDefinition", "")),
        "last_completed": _last_completed(evidence),
        "superseded_unhealthy": _superseded_unhealthy(evidence),
        "state": str(state_of(evidence)),
        "cluster": evidence.target.cluster,
        "service": evidence.target.service,
    }


def _superseded_unhealthy(evidence: Evidence) -> list[str]:
    """The ids of UNHEALTHY tasks of the deployments that the PRIMARY supersedes: the guide stops them first."""
    older = [d for d in deployments.current(evidence) if d.get("status") == "ACTIVE"]
    return [tasks.identity(t) for t in tasks.unhealthy(evidence) if any(tasks.belongs(t, d) for d in older)]


def _brief(evidence: Evidence, deployment: Deployment) -> dict[str, Any]:
    return {
        "id": deployment.get("id", ""),
        "status": deployment.get("status", ""),
        "revision": revision(deployment.get("taskDefinition", "")),
        "created_at": str(deployment.get("createdAt", "")),
        "age_s": (evidence.collected_at - deployments.created(deployment)).total_seconds(),
        "running": deployment.get("runningCount", 0),
        "desired": deployment.get("desiredCount", 0),
        "failed_tasks": deployment.get("failedTasks", 0),
    }


def _cannot_start(evidence: Evidence, primary: Deployment) -> bool:
    """Whether anything shows that the PRIMARY deployment's tasks do not come up."""
    if primary.get("rolloutState") == "FAILED" or (primary.get("failedTasks") and not primary.get("runningCount")):
        return True
    if any(t.get("stopCode") == "TaskFailedToStart" for t in tasks.of(evidence, primary)):
        return True
    mine = (use.ecr for use in images.uses(evidence) if use.deployment == primary.get("id") and use.ecr)
    return any(images.presence(evidence, image) in ("absent", "no-repository") for image in mine)


def _last_completed(evidence: Evidence) -> str:
    """The revision that completed last: of a listed deployment, else as the service revisions tell; or ``""``."""
    for deployment in deployments.current(evidence):
        if deployment.get("rolloutState") == "COMPLETED":
            return revision(deployment.get("taskDefinition", ""))
    arn = _last_successful(evidence).get("targetServiceRevisionArn")
    known = (r for reading in evidence.all("service_revisions") for r in reading.data)
    return next((revision(r.get("taskDefinition", "")) for r in known if r.get("serviceRevisionArn") == arn), "")


def _last_successful(evidence: Evidence) -> dict[str, Any]:
    briefs: list[dict[str, Any]] = evidence.data("service_deployments", [])
    done = [b for b in briefs if b.get("status") == "SUCCESSFUL"]
    return max(done, key=lambda b: str(b.get("finishedAt", "")), default={})


RULE = Rule(
    id="deployments_overlapping",
    label="deployments-overlapping",
    role="cause",
    needs=("service",),
    guide="root cause 1",
    severity=40,
    check=check,
    wants=wants,
    deeper=("service_revisions",),
)
