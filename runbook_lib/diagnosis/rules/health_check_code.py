"""The application answers the load balancer's health check with a code that the target group does not take.

What it looks for
    Codes of ELB's own words, else of the access log, that are not in the ``Matcher``. Of a past event they count only
    while no log shows that they answered another path than the group asks now.
Why it breaks a rollout
    The target never becomes healthy.
Blind spots
    What is behind a 5xx.
Readings
    service, tasks, task_definition, target_groups, target_health; log_tail where ELB names no code.
Fix
    404 or a redirect: the path or the matcher of the target group. Another 2xx: the matcher. 5xx: the application, or
    what the path depends on.
Guide section
    Checklist 4 and 7.
References
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

from runbook_lib.diagnosis import access_logs, failing_checks, tasks
from runbook_lib.diagnosis.failing_checks import Target
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.evidence.model import Evidence, Request


def check(evidence: Evidence) -> Finding:
    """The newest deployment whose targets answer with a wrong code decides."""
    if untold := failing_checks.untold(evidence):
        return untold
    found = failing_checks.targets(evidence)
    for target in found:
        codes, told = _codes(evidence, target)
        if codes:
            other = failing_checks.explained(evidence, target.definition, "target_group", target.arn)
            return other or _judged(evidence, target, codes, told=told)
    if any(target.side.failing for target in found):
        return not_applicable(reason="no-code")
    return passed() if any(target.side.passing for target in found) else not_applicable(reason="nothing-fails")


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The logs of up to two failing tasks, which show codes, when they were ready, and whether requests arrive."""
    failing = (target for target in failing_checks.targets(evidence) if target.side.failing)
    first = next(failing, None)
    return failing_checks.log_wishes(evidence, first.definition, first.container) if first else ()


def kind(codes: tuple[str, ...]) -> str:
    """What codes point to: ``application``, ``redirect``, a path that is ``denied``, the ``matcher``, or the ``path``.

    A success that the matcher does not take comes from a path that is there.
    """
    if all(code.startswith("2") for code in codes):
        return "matcher"
    if any(code.startswith("5") for code in codes):
        return "application"
    if any(code.startswith("3") for code in codes):
        return "redirect"
    return "denied" if {"401", "403"} & set(codes) else "path"


def _codes(evidence: Evidence, target: Target) -> tuple[tuple[str, ...], bool]:
    """The wrong codes of a check that fails; of one that is not seen to pass, those by which it never can.

    A container's own check may end every task before the load balancer's has failed often enough.
    """
    if target.side.failing:
        return failing_checks.codes(evidence, target)
    lost = () if target.side.passing else failing_checks.refused(evidence, target)
    own = any(c.side.failing for c in failing_checks.checks(evidence) if c.definition == target.definition)
    return (lost if own and target.over_http and lost and kind(lost) == "matcher" else ()), False


def _judged(evidence: Evidence, target: Target, codes: tuple[str, ...], *, told: bool) -> Finding:
    """Codes of past events are no cause any more where they answer a path that the group has ceased to ask."""
    if told and failing_checks.is_of_another_path(evidence, target, codes):
        return unknown("mended", code=", ".join(codes), path=target.path, target_group=target.name)
    return _failed(evidence, target, codes, told=told)


def _failed(evidence: Evidence, target: Target, codes: tuple[str, ...], *, told: bool) -> Finding:
    logged = [code for code in failing_checks.refused(evidence, target) if code in codes]
    seen = (Cite("logs:GetLogEvents", f"GET {target.path}", ", ".join(logged)),) if logged else ()
    said = (target.side.cite,) if told and target.side.cite else ()
    asked = Cite("elbv2:DescribeTargetGroups", "TargetGroups[].Matcher", target.matcher)
    return failed(
        "confirmed" if told and (target.side.now or logged) else "likely",
        (*said, *seen, asked),
        kind=kind(codes),
        code=", ".join(codes),
        matcher=target.matcher,
        next=not target.side.failing,
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
