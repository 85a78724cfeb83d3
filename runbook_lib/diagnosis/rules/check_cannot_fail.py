"""The container's health check does not look at the answer: its exit status is the same whatever comes back.

What it looks for
    Commands whose exit status is the same whatever the answer.
Why it breaks a rollout
    It does not: a broken revision passes.
Blind spots
    Scripts inside the image.
Readings
    service, task_definition.
Fix
    A command whose exit status depends on the answer.
Guide section
    Root cause 2.2; fix step 2.2.
References
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
    https://curl.se/docs/manpage.html#-f
    https://docs.python.org/3/library/urllib.request.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import check_commands, deployments, failing_checks
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
from runbook_lib.diagnosis.probes import container_probes
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence


def check(evidence: Evidence) -> Finding:
    """Only the newest revision is judged: older ones are on their way out."""
    newest = deployments.newest(evidence).get("taskDefinition", "")
    definition = evidence.task_definitions().get(newest)
    if definition is None:
        return unseen(evidence, ("task_definition",))
    checked = [c for c in definition.get("containerDefinitions") or [] if failing_checks.command(c)]
    for container in checked:
        if kind := check_commands.weakness(failing_checks.command(container)):
            return _failed(newest, container, kind)
    if not checked:
        return not_applicable(reason="no-container-check")
    return passed(revision=deployments.revision(newest))


def _failed(newest: str, container: dict[str, Any], kind: str) -> Finding:
    command = failing_checks.command(container)
    shown = " ".join(command[1:] if command[:1] in (["CMD"], ["CMD-SHELL"]) else command)
    return failed(
        "confirmed",
        (Cite("ecs:DescribeTaskDefinition", "containerDefinitions[].healthCheck.command", shown),),
        kind=kind,
        container=str(container.get("name", "")),
        command=shown,
        corrected=check_commands.corrected(command, _url(container)),
        revision=deployments.revision(newest),
    )


def _url(container: dict[str, Any]) -> str:
    """What the command asks; where that cannot be told, the container's first port."""
    asked = next(iter(container_probes({"containerDefinitions": [container]})), None)
    port = next((m.get("containerPort") for m in container.get("portMappings") or []), None)
    return f"http://localhost:{(asked and asked.port) or port or 80}{asked.path if asked else '/'}"


RULE = Rule(
    id="check_cannot_fail",
    label="container-health-check-failed",
    role="risk",
    needs=("service", "task_definition"),
    guide="root cause 2.2",
    severity=95,
    check=check,
)
