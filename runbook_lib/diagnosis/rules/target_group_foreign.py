"""The target group may be another service's: a change of its settings would hit that one.

What it looks for
    A failing service's target group that it did not have when it last completed, or with targets that are not its own.
Why it breaks a rollout
    The check asks for what another application answers.
Blind spots
    A group that was always the wrong one; instances and other targets without an address of their own.
Readings
    service, tasks, target_groups, target_health; service_revisions tell the groups of the revision that completed.
Fix
    See whether the service is registered in the right target group, before its check is changed.
Guide section
    Root cause 2.2.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-service-parameters.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import revisions, tasks
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
from runbook_lib.diagnosis.state import State, state_of
from runbook_lib.evidence.first_look import target_group_arns
from runbook_lib.evidence.model import Evidence

_LEAVING = ("draining", "unused")


def check(evidence: Evidence) -> Finding:
    """FAIL where the service fails, and a group of it is new to it or has targets that no task of it is."""
    arns = target_group_arns(evidence.service)
    if not arns:
        return not_applicable(reason="no-target-group")
    if state_of(evidence) not in (State.FAILING, State.STUCK):
        return not_applicable(reason="nothing-fails")
    before = _before(evidence)
    for arn in arns:
        earlier = [each for each in before if each != arn] if before and arn not in before else []
        others = _others(evidence, arn)
        if earlier or others:
            return _failed(arn, earlier, others)
    return passed(target_group=_name(arns[0]))


def _before(evidence: Evidence) -> list[str]:
    """The target groups of the revision that completed before; none where it was not read."""
    last = revisions.deployed_last(evidence)
    done = revisions.completed_before(evidence, last) if last else None
    balancers: list[dict[str, Any]] = (revisions.settings(evidence, done).get("loadBalancers") or []) if done else []
    return [str(each["targetGroupArn"]) for each in balancers if each.get("targetGroupArn")]


def _others(evidence: Evidence, arn: str) -> list[str]:
    """The addresses of the group's targets that are no task of the service; none where not all its tasks are known."""
    own = frozenset[str]().union(*(tasks.addresses(task) for task in evidence.tasks()))
    partial = any(reading.partial for kind in tasks.KINDS for reading in evidence.all(kind))
    if not own or partial or evidence.unread(*tasks.KINDS):
        return []
    read = (target for r in evidence.all("target_health") if r.request["target_group_arn"] == arn for target in r.data)
    staying = (target for target in read if target.get("TargetHealth", {}).get("State") not in _LEAVING)
    found = (str(target.get("Target", {}).get("Id", "")) for target in staying)
    return sorted({address for address in found if address and address not in own})


def _failed(arn: str, earlier: list[str], others: list[str]) -> Finding:
    changed = Cite("ecs:DescribeServiceRevisions", "serviceRevisions[].loadBalancers[].targetGroupArn", "")
    foreign = Cite("elbv2:DescribeTargetHealth", "TargetHealthDescriptions[].Target.Id", ", ".join(others))
    return failed(
        "likely",
        (*((changed,) if earlier else ()), *((foreign,) if others else ())),
        target_group=_name(arn),
        target_group_arn=arn,
        earlier=[_name(each) for each in earlier],
        foreign=others,
        kind="earlier" if earlier else "foreign",
    )


def _name(arn: str) -> str:
    """``targetgroup/NAME/ID``."""
    return arn.split("/")[1] if arn.count("/") == 2 else arn


RULE = Rule(
    id="target_group_foreign",
    label="target-group-misconfigured",
    role="risk",
    needs=("service",),
    uses=(*tasks.KINDS, "target_groups", "target_health"),
    guide="root cause 2.2",
    severity=92,
    check=check,
)
