"""Places elsewhere, and what is the same of a diagnosis wherever it is made."""

from typing import Any

from runbook_lib.diagnosis.engine import Diagnosis
from tests.incidents.renaming import Elsewhere

# Names that AWS allows and that words of messages, of paths and of our own catalogue look like.
ELSEWHERE = {
    "China": Elsewhere(
        cluster="default",
        service="latest",
        family="health",
        container="app",
        repository="team/awslogs-router",
        target_group="unhealthy",
        balancer="internal",
        log_group="/aws/ecs/error#1",
        role="ecsTaskExecutionRole",
        secret="prod/throttled",
        region="cn-north-1",
        account="998877665544",
        port="9123",
        partition="aws-cn",
        suffix="amazonaws.com.cn",
    ),
    "GovCloud": Elsewhere(
        cluster="call",
        service="call",
        family="call",
        container="ecs",
        repository="stunnel",
        target_group="failed",
        balancer="denied",
        log_group="secretsmanager",
        role="role,service=role",
        secret="rds!cluster-0a1b2c3d",
        region="us-gov-west-1",
        account="000000000001",
        port="65535",
        partition="aws-us-gov",
    ),
    "Europe's own cloud": Elsewhere(
        cluster="oom-killed",
        service="steady-state",
        family="RESOURCE_MEMORY",
        container="403-forbidden",
        repository="a/b/c.d_e/not-found",
        target_group="target-group",
        balancer="timed-out",
        log_group="logs",
        role="unauthorized",
        secret="secret",
        region="eusc-de-east-1",
        account="111122223333",
        port="81",
        partition="aws-eusc",
        suffix="amazonaws.eu",
    ),
}


def told(diagnosis: Diagnosis) -> list[tuple[Any, ...]]:
    """The verdicts in their order, without facts."""
    return [(v.rule, v.outcome, v.label, v.confidence, v.explained_by) for v in diagnosis.verdicts]
