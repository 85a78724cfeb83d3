"""The application does not answer a health check.

What it looks for
    Unhealthy targets, tasks stopped for a health check, UNHEALTHY containers.
Why it breaks a rollout
    Only a task that passes every check counts.
Blind spots
    Targets that are still ``initial`` or within the grace period; services without any check.
Readings
    service, task_arns, tasks, task_definition, target_health.
Fix
    A symptom: a code points to path or matcher, a time-out to security group, bind address or a slow start.
Guide section
    Checklist 7.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-load-balancers.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import deployments, sides, tasks
from runbook_lib.diagnosis.messages import HEALTH_LABELS
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.sides import Said
from runbook_lib.diagnosis.superseded import replaced
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.first_look import target_group_arns
from runbook_lib.evidence.model import Evidence

_BY_TARGET, _TIMED_OUT = "load-balancer-health-check-failed", "lb-health-check-timeout"


def check(evidence: Evidence) -> Finding:
    """FAIL where a check goes unanswered; PASS only where a task of the newest deployment is seen to answer."""
    mine = tuple(task for d in deployments.judged(evidence) for task in tasks.of(evidence, d))
    if found := _by_target(evidence, mine) or _by_container(evidence, mine):
        return found
    if not tasks.seen(evidence):
        return unseen(evidence, tasks.KINDS)
    newest = deployments.newest(evidence)
    name = deployments.newest_revision(evidence)
    if not evidence.service.get("desiredCount"):
        return not_applicable(reason="no-task-desired")
    if newest.get("taskDefinition") not in evidence.task_definitions():
        return unseen(evidence, ("task_definition",))
    own = tasks.of(evidence, newest)
    if any(_answers(evidence, task) for task in own):
        return passed(revision=name, checks=_checks(evidence, newest["taskDefinition"]))
    return unknown("in-grace" if any(tasks.in_grace(evidence, task) for task in own) else "not-observed", revision=name)


def _by_target(evidence: Evidence, mine: tuple[Task, ...]) -> Finding | None:
    for arn in target_group_arns(evidence.service):
        bad = sides.unhealthy_targets(evidence, arn, mine)
        stopped = sides.stopped_by_group(evidence, arn, mine)
        if bad or stopped:
            said = sides.target_failures(evidence, arn, mine)
            label, codes = next(((s.failure.label, s.failure.codes) for s in said), (_BY_TARGET, ()))
            facts = _facts("target_group", arn.split("/")[-2], len(bad), stopped, codes)
            leaving = replaced(evidence, (*_behind(evidence, bad, mine), *stopped))
            facts["superseded"] = [] if label == _TIMED_OUT else leaving  # no new deployment makes targets time out
            return failed("confirmed", _target_cites(bad, stopped, said), label=label, **facts)
    return None


def _behind(evidence: Evidence, bad: tuple[dict[str, Any], ...], mine: tuple[Task, ...]) -> list[Task]:
    """The tasks that have these targets; all of them where addresses do not tell."""
    ids = {target.get("Target", {}).get("Id") for target in bad}
    known = [task for task in mine if tasks.addresses(task) & ids]
    return known if known or not bad else list(mine)


def _by_container(evidence: Evidence, mine: tuple[Task, ...]) -> Finding | None:
    bad = tasks.unhealthy(evidence)
    stopped = list(sides.failed_container_checks(evidence, mine))
    if not bad and not stopped:
        return None
    cites = [Cite("ecs:DescribeTasks", "tasks[].healthStatus", f"{tasks.identity(task)} UNHEALTHY") for task in bad]
    cites += _stopped_cites(stopped)
    facts = _facts("container", "", len(bad), stopped or list(bad), ())
    facts["superseded"] = replaced(evidence, (*bad, *stopped))
    return failed("confirmed", tuple(cites), label="container-health-check-failed", **facts)


def _facts(side: str, group: str, unhealthy: int, found: list[Task], codes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "side": side,
        "target_group": group,
        "unhealthy": unhealthy,
        "stopped_for_it": sum(1 for task in found if tasks.ended_at(task)),
        "revision": deployments.revision(found[0].get("taskDefinitionArn", "")) if found else "",
        "code": ", ".join(codes),
    }


def _target_cites(bad: tuple[dict[str, Any], ...], stopped: list[Task], said: tuple[Said, ...]) -> tuple[Cite, ...]:
    health = [target["TargetHealth"] for target in bad[:1]]
    field = "TargetHealthDescriptions[].TargetHealth"
    now = [
        Cite("elbv2:DescribeTargetHealth", field, f"{h.get('Reason', '')} {h.get('Description', '')}") for h in health
    ]
    before = [each.cite for each in said[:1] if not each.now]
    return (*now, *before, *_stopped_cites(stopped))


def _stopped_cites(stopped: list[Task]) -> list[Cite]:
    return [sides.stop_cite(task) for task in stopped[:1]]


def _answers(evidence: Evidence, task: Task) -> bool:
    """RUNNING, HEALTHY in every container that has a check, and a healthy target in every target group."""
    if task.get("lastStatus") != "RUNNING":
        return False
    checked = _checked_containers(evidence, task.get("taskDefinitionArn", ""))
    health = {c.get("name"): c.get("healthStatus") for c in task.get("containers") or []}
    return all(health.get(name) == "HEALTHY" for name in checked) and all(
        any(t.get("TargetHealth", {}).get("State") == "healthy" for t in sides.targets(evidence, arn, (task,)))
        for arn in target_group_arns(evidence.service)
    )


def _checked_containers(evidence: Evidence, arn: str) -> list[str]:
    containers = evidence.task_definitions().get(arn, {}).get("containerDefinitions") or []
    return [c["name"] for c in containers if (c.get("healthCheck") or {}).get("command", ["NONE"])[:1] != ["NONE"]]


def _checks(evidence: Evidence, arn: str) -> list[str]:
    groups = [group.split("/")[-2] for group in target_group_arns(evidence.service)]
    return _checked_containers(evidence, arn) + groups


RULE = Rule(
    id="health_check_unanswered",
    label=_BY_TARGET,
    role="symptom",
    needs=("service",),
    uses=(*tasks.KINDS, "task_definition", "target_health"),
    guide="checklist 7",
    severity=130,
    check=check,
    stopped=True,
    labels=HEALTH_LABELS,
)
