"""Evidence of two revisions to compare: the one that completed, and what became of the guide's incident after it."""

from __future__ import annotations

from typing import Any

from runbook_lib.evidence.model import Evidence, Reading
from tests.diagnosis import builder as made

RUNS = {"healthCheck": {"command": made.asks("/"), "interval": 30}}


def completed(**changes: Any) -> dict[str, Any]:
    """Revision 1, which ran before."""
    return made.definition(1, made.container(tag="5d0a1c7", **changes))


def setting(revision: int, **changes: Any) -> dict[str, Any]:
    """One entry of DescribeServiceRevisions."""
    network = {"subnets": ["subnet-a", "subnet-b"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}
    return {
        "serviceRevisionArn": made.brief(revision, "", 0)["targetServiceRevisionArn"],
        "taskDefinition": made.definition_arn(revision),
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "loadBalancers": [{"targetGroupArn": made.GROUP, "containerName": "app", "containerPort": 8000}],
        "networkConfiguration": {"awsvpcConfiguration": network},
        **changes,
    }


def settings(*revisions: dict[str, Any]) -> Reading:
    """The reading of both service revisions."""
    found = list(revisions) or [setting(1), setting(3)]
    return made.reading("service_revisions", found, arns=",".join(r["serviceRevisionArn"] for r in found))


def compared(definition: dict[str, Any]) -> Reading:
    """A task definition that no deployment lists any more."""
    return made.reading("compared_definition", definition, arn=definition["taskDefinitionArn"])


def incident(before: dict[str, Any] | None = None, *more: Reading, **changes: Any) -> Evidence:
    """The guide's incident, deepened: revision 1 completed and was read; revision 3 pulls ``latest``."""
    return made.guide(more=(*(more or (settings(),)), compared(before or completed())), **changes)
