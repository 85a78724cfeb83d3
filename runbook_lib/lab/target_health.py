"""elbv2 DescribeTargetHealth for target groups that a simulated service uses."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from runbook_lib.lab.region import Region
from runbook_lib.lab.reply import Reply, xml
from runbook_lib.lab.state import Target, Task

_NAMESPACE = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"
_BALANCERS = re.compile(rb"(?<=<LoadBalancerArns>).*?(?=</LoadBalancerArns>)", re.DOTALL)
_MEMBER = re.compile(rb"<member>.*?</member>", re.DOTALL)
_NOT_REGISTERED = ("unused", "Target.NotRegistered", "Target is not registered to the target group")


def describe(region: Region, query: Mapping[str, str]) -> Reply | None:
    """Answer DescribeTargetHealth, or return None for a target group that is not the simulator's business."""
    arn = query.get("TargetGroupArn", "")
    with region.lock:
        used = any(balancer["targetGroupArn"] == arn for s in region.services.values() for balancer in s.balancers)
        if not used:
            return None
        found = {(task.address, target.port): (task, target) for task, target in targets(region, arn)}
        wanted = _wanted(query)
        if wanted:
            members = [_member(key, found.get(key)) for key in wanted]
        else:
            members = [_member(key, pair) for key, pair in found.items()]
    listed = f"<TargetHealthDescriptions>{''.join(members)}</TargetHealthDescriptions>"
    return xml(
        200,
        f'<DescribeTargetHealthResponse xmlns="{_NAMESPACE}">'
        f"<DescribeTargetHealthResult>{listed}</DescribeTargetHealthResult>"
        f"<ResponseMetadata><RequestId>{region.chance.uuid()}</RequestId></ResponseMetadata></DescribeTargetHealthResponse>",
    )


def targets(region: Region, group_arn: str) -> list[tuple[Task, Target]]:
    """Return the tasks registered in a target group, each with its target."""
    return [(task, task.targets[group_arn]) for task in region.tasks.values() if group_arn in task.targets]


def name_balancers_once(done: Reply) -> None:
    """Correct moto's target groups, each of which names a load balancer once for each of its listeners."""
    done.body = _BALANCERS.sub(lambda found: b"".join(dict.fromkeys(_MEMBER.findall(found[0]))), done.body)


def _wanted(query: Mapping[str, str]) -> list[tuple[str, int]]:
    """Read ``Targets.member.N.Id`` and ``.Port``."""
    ids = [(name, value) for name, value in query.items() if name.startswith("Targets.member.") and name.endswith("Id")]
    return [(value, int(query.get(name.removesuffix("Id") + "Port", 0))) for name, value in ids]


def _member(key: tuple[str, int], pair: tuple[Task, Target] | None) -> str:
    zone = f"<AvailabilityZone>{pair[0].zone}</AvailabilityZone>" if pair else ""
    state = (pair[1].state, pair[1].reason, pair[1].description) if pair else _NOT_REGISTERED
    health = "".join(
        f"<{name}>{escape(value)}</{name}>"
        for name, value in zip(("State", "Reason", "Description"), state, strict=True)
        if value
    )
    return (
        f"<member><HealthCheckPort>{key[1]}</HealthCheckPort>"
        f"<Target><Id>{key[0]}</Id><Port>{key[1]}</Port>{zone}</Target>"
        f"<TargetHealth>{health}</TargetHealth></member>"
    )
