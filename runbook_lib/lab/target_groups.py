"""What Elastic Load Balancing refuses of a change to a target group, and moto does not."""

from typing import Any

from botocore.exceptions import ClientError

from runbook_lib.lab import reply
from runbook_lib.lab.call import Call
from runbook_lib.lab.region import Region
from runbook_lib.lab.reply import Reply

_CHANGE = ("elbv2", "ModifyTargetGroup")
_INTERVAL, _TIMEOUT = "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds"
_TOO_LONG = "Health check interval must be greater than the timeout."


def refuse(region: Region, asked: Call) -> Reply | None:
    """Return the refusal of a health check whose time-out would not end before the next check, or None."""
    if (asked.service, asked.action) != _CHANGE or not {_INTERVAL, _TIMEOUT} & asked.query.keys():
        return None
    wanted = {**_now(region, asked.query.get("TargetGroupArn", "")), **asked.query}
    interval, timeout = (str(wanted.get(name, "")) for name in (_INTERVAL, _TIMEOUT))
    if interval.isdecimal() and timeout.isdecimal() and int(interval) <= int(timeout):
        return reply.error(asked.protocol, "ValidationError", _TOO_LONG, 400)
    return None


def _now(region: Region, arn: str) -> dict[str, Any]:
    try:
        found = region.world.client("elbv2").describe_target_groups(TargetGroupArns=[arn])
    except ClientError:
        return {}
    return dict(found["TargetGroups"][0]) if found["TargetGroups"] else {}
