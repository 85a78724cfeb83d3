"""The log group that a container writes to does not exist.

What it looks for
    An ``awslogs-group`` that is not in its Region and is not to be created; options that are missing.
Why it breaks a rollout
    The log driver opens the stream first: no task starts.
Blind spots
    The role's permissions; other drivers.
Readings
    service, tasks, task_definition; log_group, asked for where tasks fail to start, or the first
    one is on its way, and ECR has their images.
Fix
    Create the log group, or let ECS create it, or name one that exists.
Guide section
    Diagnosis 3 and 4.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
"""

from __future__ import annotations

from runbook_lib.diagnosis import deployments, images, logs, starts, tasks
from runbook_lib.diagnosis.logs import Log
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence, Reading, Request, request

_MOST_GROUPS = 3


def check(evidence: Evidence) -> Finding:
    """FAIL where CloudWatch Logs does not have the group, or the driver is not told group or Region."""
    definition = deployments.newest_definition(evidence)
    used = logs.of(definition)
    if not used:
        return not_applicable(reason="no-awslogs") if definition else unseen(evidence, ("task_definition",))
    groups = sorted({log.group for log in used})
    if well := starts.not_failing(evidence, log_groups=groups):
        return well
    if bad := [log for log in used if _is_wrong(evidence, log)]:
        return _failed(evidence, bad)
    if images.newest_lacks_one(evidence):
        return not_applicable(reason="image-first")
    unasked = any(_reading(evidence, log) is None for log in used if not log.created)
    return unseen(evidence, ("log_group",)) if unasked else passed(log_groups=groups)


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The groups of tasks that fail to start, or are on their way, but for those that ECS creates itself."""
    used = [log for log in logs.of(starts.unexplained(evidence)) if log.group and log.region and not log.created]
    return tuple(dict.fromkeys(_wish(log) for log in used))[:_MOST_GROUPS]


def _is_wrong(evidence: Evidence, log: Log) -> bool:
    if not (log.group and log.region):
        return True
    found = _reading(evidence, log)
    return found is not None and not found.data and not found.partial and not log.created


def _reading(evidence: Evidence, log: Log) -> Reading | None:
    return next((r for r in evidence.all("log_group") if r.request == _wish(log)), None)


def _wish(log: Log) -> Request:
    return request("log_group", group=log.group, region=log.region)


def _failed(evidence: Evidence, bad: list[Log]) -> Finding:
    first = bad[0]
    missing = [name for name in ("group", "region") if not getattr(first, name)]
    seen = Cite("logs:DescribeLogGroups", "logGroups[].logGroupName", "[]")
    option = Cite("ecs:DescribeTaskDefinition", "containerDefinitions[].logConfiguration.options", first.group)
    return failed(
        "likely" if missing else "confirmed",
        (option,) if missing else (option, seen),
        log_group=first.group,
        region=first.region,
        missing=f"awslogs-{missing[0]}" if missing else "",
        container=first.container,
        revision=deployments.newest_revision(evidence),
        others=sorted({log.group for log in bad if log.group != first.group}),
    )


RULE = Rule(
    id="log_group_absent",
    label="log-driver-misconfigured",
    role="cause",
    needs=("service", "task_definition"),
    uses=(*tasks.KINDS, "image_tags", "log_group"),
    guide="diagnosis 3, 4",
    severity=14,
    check=check,
    wants=wants,
    deeper=("log_group",),
    stopped=True,
)
