"""The service is steady at zero tasks: nothing runs, and nothing is wrong in ECS's eyes.

What it looks for
    A desired count of 0.
Why it breaks a rollout
    It completes without a single task.
Blind spots
    Whether somebody wants it so.
Readings
    service.
Fix
    Set the desired count where it is kept: in the code that makes the service.
Guide section
    Diagnosis 1.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-service.html
"""

from __future__ import annotations

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
from runbook_lib.evidence.model import Evidence


def check(evidence: Evidence) -> Finding:
    """FAIL where no task is desired."""
    service = evidence.service
    if not service.get("deployments"):
        return not_applicable(reason="no-deployment")
    desired = service.get("desiredCount", 0)
    if desired:
        return passed(desired=desired)
    revision = deployments.revision(deployments.primary(evidence).get("taskDefinition", ""))
    return failed(
        "confirmed",
        (Cite("ecs:DescribeServices", "services[0].desiredCount", "0"),),
        desired=0,
        running=service.get("runningCount", 0),
        revision=revision,
    )


RULE = Rule(
    id="nothing_desired",
    label="steady-state",
    role="risk",
    needs=("service",),
    guide="diagnosis 1",
    severity=90,
    check=check,
)
