"""The load balancer's health check asks a port on which nothing of the task listens.

What it looks for
    The port asked against those of the task definition and of the application's log, where nobody answers.
Why it breaks a rollout
    Every check is refused.
Blind spots
    Ports that a container opens without mapping them; dynamic host ports.
Readings
    service, tasks, task_definition, target_groups, target_health; log_tail, which health_check_code asks for.
Fix
    Let the target group ask ``traffic-port``, or the port on which the application listens.
Guide section
    Checklist 4 and 7.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-load-balancers.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

from runbook_lib.diagnosis import access_logs, failing_checks, tasks
from runbook_lib.diagnosis.failing_checks import Target
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
from runbook_lib.evidence.model import Evidence


def check(evidence: Evidence) -> Finding:
    """The newest deployment whose targets fail without an answer decides."""
    if untold := failing_checks.untold(evidence):
        return untold
    found = failing_checks.targets(evidence)
    silent = [t for t in found if t.side.failing and not failing_checks.codes(evidence, t)[0]]
    for target in silent:
        if wrong := _wrong(evidence, target):
            other = failing_checks.explained(evidence, target.definition, "target_group", target.arn)
            return other or _failed(evidence, target, wrong)
    if silent or any(target.side.passing for target in found):
        return passed(ports=[str(target.port) for target in found[:1]])
    return not_applicable(reason="nothing-fails")


def _wrong(evidence: Evidence, target: Target) -> str:
    """What does not fit, or ``""``.

    ``container``: there is none of that name; ``port``: no container has it; ``listens``: the log says that the
    application listens on another one; ``loopback``: or on the container's own address only.
    """
    definition = evidence.task_definitions()[target.definition]
    names = {c.get("name") for c in definition.get("containerDefinitions") or []}
    if target.container not in names:
        return "container"
    mapped = failing_checks.ports(definition)
    if mapped and target.port and target.port not in mapped:
        return "port"
    port, local = access_logs.listens(evidence, target.definition)
    if port and target.port and port != target.port:
        return "listens"
    return "loopback" if local else ""


def _failed(evidence: Evidence, target: Target, wrong: str) -> Finding:
    mapped = sorted(failing_checks.ports(evidence.task_definitions()[target.definition]))
    port, _ = access_logs.listens(evidence, target.definition)
    seen = Cite("ecs:DescribeTaskDefinition", "containerDefinitions[].portMappings[].containerPort", _list(mapped))
    if wrong in ("listens", "loopback"):
        where = f"127.0.0.1:{port or ''}" if wrong == "loopback" else f":{port}"
        seen = Cite("logs:GetLogEvents", "events[].message", where)
    refused = target.side.told and not target.side.unreachable
    return failed(
        "confirmed" if refused and wrong in ("port", "container") else "likely",
        (Cite("elbv2:DescribeTargetGroups", "TargetGroups[].HealthCheckPort", str(target.port or "")), seen),
        kind=wrong,
        ports=[str(known) for known in mapped],
        listens=str(port or "") if wrong == "listens" else "",
        **target.facts,
    )


def _list(ports: list[int]) -> str:
    return ", ".join(map(str, ports))


RULE = Rule(
    id="health_check_port",
    label="load-balancer-health-check-failed",
    role="cause",
    needs=("service", "task_definition"),
    uses=(*tasks.KINDS, "target_groups", "target_health"),
    guide="checklist 4, 7",
    severity=31,
    check=check,
    stopped=True,
    explains=("tasks_unhealthy", "health_check_unanswered", "rolled_back"),
)
