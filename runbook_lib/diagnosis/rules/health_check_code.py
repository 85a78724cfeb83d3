"""The application answers the load balancer's health check with a code that the target group does not take.

What it looks for
    Codes of ELB's own words, else of the access log, that are not in the ``Matcher``.
Why it breaks a rollout
    The target never becomes healthy.
Blind spots
    What is behind a 5xx.
Readings
    service, tasks, task_definition, target_groups, target_health; log_tail where ELB names no code.
Fix
    404 or a redirect: the path or the matcher of the target group. 5xx: the application, or what the path depends on.
Guide section
    Checklist 4 and 7.
References
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

from runbook_lib.diagnosis import access_logs, failing_checks, tasks
from runbook_lib.diagnosis.failing_checks import Target
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
from runbook_lib.evidence.model import Evidence, Request


def check(evidence: Evidence) -> Finding:
    """The newest deployment whose targets answer with a wrong code decides."""
    if untold := failing_checks.untold(evidence):
        return untold
    found = failing_checks.targets(evidence)
    for target in found:
        codes, told = failing_checks.codes(evidence, target) if target.side.failing else ((), False)
        if codes:
            other = failing_checks.explained(evidence, target.definition, "target_group", target.arn)
            return other or _failed(evidence, target, codes, told=told)
    if any(target.side.failing for target in found):
        return not_applicable(reason="no-code")
    return passed() if any(target.side.passing for target in found) else not_applicable(reason="nothing-fails")


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The logs of up to two failing tasks, which show codes, when they were ready, and whether requests arrive."""
    failing = (target for target in failing_checks.targets(evidence) if target.side.failing)
    first = next(failing, None)
    return failing_checks.log_wishes(evidence, first.definition, first.container) if first else ()


def kind(codes: tuple[str, ...]) -> str:
    """What a code points to: the ``application``, a ``redirect``, a path that is ``denied``, or the ``path``."""
    if any(code.startswith("5") for code in codes):
        return "application"
    if any(code.startswith("3") for code in codes):
        return "redirect"
    return "denied" if {"401", "403"} & set(codes) else "path"


def _failed(evidence: Evidence, target: Target, codes: tuple[str, ...], *, told: bool) -> Finding:
    seen = Cite("logs:GetLogEvents", f"GET {target.path}", ", ".join(codes))
    said = Cite("elbv2:DescribeTargetHealth", "TargetHealthDescriptions[].TargetHealth.Description", f"[{seen.value}]")
    asked = Cite("elbv2:DescribeTargetGroups", "TargetGroups[].Matcher", target.matcher)
    return failed(
        "confirmed" if told else "likely",
        (said if told else seen, asked),
        kind=kind(codes),
        code=", ".join(codes),
        matcher=target.matcher,
        log_group=access_logs.awslogs(evidence, target.definition, target.container).get("awslogs-group", ""),
        **target.facts,
    )


RULE = Rule(
    id="health_check_code",
    label="lb-health-check-code-mismatch",
    role="cause",
    needs=("service", "task_definition"),
    uses=(*tasks.KINDS, "target_groups", "target_health"),
    guide="checklist 4, 7",
    severity=32,
    check=check,
    explains=("tasks_unhealthy", "health_check_unanswered", "rolled_back"),
    wants=wants,
    deeper=("log_tail",),
    stopped=True,
)
