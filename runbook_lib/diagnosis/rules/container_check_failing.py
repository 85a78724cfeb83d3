"""The container's own health check fails, and no path explains it.

What it looks for
    Containers whose ``healthCheck`` fails, and what the log shows of its requests.
Why it breaks a rollout
    ECS replaces the task.
Blind spots
    What the image holds; what the log does not show.
Readings
    service, tasks, task_definition; target_groups and target_health to tell it from a mismatch of paths; log_tail.
Fix
    A command that the image can run, asking a port and path on which the application answers.
Guide section
    Root cause 2.2; checklist 2 and 7.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
"""

from __future__ import annotations

from runbook_lib.diagnosis import access_logs, check_commands, deployments, failing_checks, sides, tasks
from runbook_lib.diagnosis.failing_checks import Check, Target
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.evidence.model import Evidence, Request


def check(evidence: Evidence) -> Finding:
    """The newest deployment with a container whose check fails decides."""
    if blind := failing_checks.blind(evidence):
        return blind
    found = failing_checks.checks(evidence)
    for own in found:
        if own.side.failing:
            other = failing_checks.explained(evidence, own.definition, "container", own.name)
            return other or _told_by_target(evidence, own) or _judged(evidence, own)
    if not found:
        return not_applicable(reason="no-container-check")
    return passed() if any(own.side.passing for own in found) else not_applicable(reason="nothing-fails")


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The logs of up to two tasks whose container fails its check."""
    failing = next((own for own in failing_checks.checks(evidence) if own.side.failing), None)
    return failing_checks.log_wishes(evidence, failing.definition, failing.name) if failing else ()


def _targets(evidence: Evidence, own: Check) -> list[Target]:
    mine = (t for t in failing_checks.targets(evidence) if t.definition == own.definition)
    return [target for target in mine if target.container == own.name and target.side.failing]


def _told_by_target(evidence: Evidence, own: Check) -> Finding | None:
    """The target group fails on the same path, or by a server error: health_check_code names that."""
    for target in _targets(evidence, own):
        codes, _ = failing_checks.codes(evidence, target)
        same = own.asked is not None and own.asked.path == target.path
        if codes and (same or any(code.startswith("5") for code in codes)):
            return not_applicable(reason="application-answers")
    return None


def _kind(evidence: Evidence, own: Check, codes: tuple[str, ...]) -> str:
    """What the log tells: ``code``, ``port``, ``silent`` (nobody is answered), ``tool``, ``unknown``; or ``unread``."""
    if codes:
        return "code"
    mapped = failing_checks.ports(evidence.task_definitions()[own.definition])
    if own.asked and own.asked.port and mapped and own.asked.port not in mapped:
        return "port"
    if _targets(evidence, own):
        return "silent"
    mine = sides.tasks_of(evidence, own.definition)
    if not any(access_logs.read(evidence, task) for task in mine):
        return "unread"
    answered = own.asked and sides.logged(evidence, own.definition, own.asked.path, "local").status
    return "tool" if check_commands.tool(failing_checks.command(own.container)) and not answered else "unknown"


def _judged(evidence: Evidence, own: Check) -> Finding:
    """Without a code, nothing is said while the paths of both sides differ and one of them was not observed yet."""
    path = own.asked.path if own.asked else ""
    answers = sides.logged(evidence, own.definition, path, "local").statuses if path else ()
    codes = tuple(status for status in answers if int(status) >= 400)
    if not codes and failing_checks.paths_open(evidence, own.definition, own.name):
        return unknown("not-observed", revision=deployments.revision(own.definition))
    return _failed(evidence, own, path, codes)


def _seen(evidence: Evidence, own: Check) -> Cite:
    """Where it is seen that the check fails: the container, else why its task was stopped."""
    mine = sides.tasks_of(evidence, own.definition)
    bad = [c for task in mine for c in task.get("containers") or [] if c.get("name") == own.name]
    if any(container.get("healthStatus") == "UNHEALTHY" for container in bad):
        return Cite("ecs:DescribeTasks", "tasks[].containers[].healthStatus", "UNHEALTHY")
    return sides.stop_cite(sides.failed_container_checks(evidence, mine)[0])


def _failed(evidence: Evidence, own: Check, path: str, codes: tuple[str, ...]) -> Finding:
    kind = _kind(evidence, own, codes)
    cites = [
        _seen(evidence, own),
        Cite("ecs:DescribeTaskDefinition", "containerDefinitions[].healthCheck.command", path),
    ]
    if codes:
        cites.append(Cite("logs:GetLogEvents", f"GET {path}", ", ".join(codes)))
    return failed(
        "confirmed" if codes else "likely",
        tuple(cites),
        kind=kind,
        code=", ".join(codes),
        tool=check_commands.tool(failing_checks.command(own.container)),
        container=own.name,
        path=path,
        port=str(own.asked.port or "") if own.asked else "",
        image=str(own.container.get("image", "")),
        revision=deployments.revision(own.definition),
        log_group=access_logs.awslogs(evidence, own.definition, own.name).get("awslogs-group", ""),
    )


RULE = Rule(
    id="container_check_failing",
    label="container-health-check-failed",
    role="cause",
    needs=("service", "task_definition"),
    uses=(*tasks.KINDS, "target_groups", "target_health"),
    guide="root cause 2.2",
    severity=34,
    check=check,
    explains=("tasks_unhealthy", "health_check_unanswered", "rolled_back"),
    wants=wants,
    deeper=("log_tail",),
    stopped=True,
)
