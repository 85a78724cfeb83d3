"""The last deployment was rolled back: the service may be steady, and not on what was deployed.

What it looks for
    A newest service deployment with a status of ROLLBACK_*.
Why it breaks a rollout
    Steady, and not on what was deployed.
Blind spots
    Why: a symptom.
Readings
    service, service_deployments.
Fix
    Correct the cause, then deploy again.
Guide section
    Diagnosis 1.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""

from __future__ import annotations

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
from runbook_lib.diagnosis.rollback import last_rollback
from runbook_lib.evidence.model import Evidence


def check(evidence: Evidence) -> Finding:
    """FAIL where ECS has gone back, or is going back, from the deployment made last."""
    primary = deployments.primary(evidence)
    running = deployments.revision(primary.get("taskDefinition", ""))
    if not primary:
        return not_applicable(reason="no-deployment")
    found = last_rollback(evidence)
    if not found:
        return passed(revision=running)
    return failed(
        "confirmed",
        (Cite("ecs:ListServiceDeployments", "serviceDeployments[].status", found.status),),
        status=found.status,
        reason=found.reason,
        revision=deployments.revision(found.deployment.get("taskDefinition", ""))
        or str(found.deployment.get("id", "")),
        running=running,
        last_at=found.at,
    )


RULE = Rule(
    id="rolled_back",
    label="rolled-back",
    role="symptom",
    needs=("service", "service_deployments"),
    guide="diagnosis 1",
    severity=100,
    check=check,
)
