"""Collectors of what stands before the tasks: load balancers, their listeners and rules, and security groups."""

from __future__ import annotations

from typing import Any

from runbook_lib.aws.collector import Collector, Data
from runbook_lib.aws.reader import Reader
from runbook_lib.evidence.model import Request, Target
from runbook_lib.evidence.serialisation import plain

_OF_BALANCER = (
    *("LoadBalancerArn", "LoadBalancerName", "DNSName", "Scheme", "Type", "State", "VpcId"),
    *("AvailabilityZones", "SecurityGroups"),
)
_OF_LISTENER = ("ListenerArn", "LoadBalancerArn", "Port", "Protocol", "MutualAuthentication")
# Of a redirect all but its query; of an answer that a rule fixes its code; of a sign-in nothing but that there is one.
_OF_ACTION = ("Type", "TargetGroupArn", "Order", "ForwardConfig")
_OF_REDIRECT = ("Protocol", "Port", "Host", "Path", "StatusCode")
# What a rule asks of a request, as far as it cannot be a secret: header and query values can be, and stay behind.
_ASKED = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-request-method": "HttpRequestMethodConfig",
}
_PAGES = 3


def _load_balancers(reader: Reader, target: Target, wish: Request) -> Data:
    answer = reader.call("elbv2", "DescribeLoadBalancers", "LoadBalancers", LoadBalancerArns=wish["arns"].split(","))
    return [_only(b, _OF_BALANCER) for b in plain(answer["LoadBalancers"])], False


def _listeners(reader: Reader, target: Target, wish: Request) -> Data:
    found, partial = _pages(reader, "DescribeListeners", "Listeners", LoadBalancerArn=wish["load_balancer_arn"])
    return [_only(row, _OF_LISTENER) | {"DefaultActions": _actions(row["DefaultActions"])} for row in found], partial


def _listener_rules(reader: Reader, target: Target, wish: Request) -> Data:
    found, partial = _pages(reader, "DescribeRules", "Rules", ListenerArn=wish["listener_arn"])
    return [_rule(row) for row in found], partial


def _rule(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "Priority": str(row["Priority"]),
        "Conditions": [_condition(condition) for condition in row.get("Conditions", ())],
        "Actions": _actions(row["Actions"]),
    }


def _condition(row: dict[str, Any]) -> dict[str, Any]:
    field = row["Field"]
    config = row.get(_ASKED.get(field, ""), {})
    values = config.get("Values") or row.get("Values", []) if field in _ASKED else []
    return {"Field": field, "Values": list(values), "Regex": bool(config.get("RegexValues"))}


def _actions(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_only(row, _OF_ACTION) | _answering(row) for row in rows]


def _answering(row: dict[str, Any]) -> dict[str, Any]:
    """What an action that forwards nothing does."""
    if "RedirectConfig" in row:
        return {"RedirectConfig": _only(row["RedirectConfig"], _OF_REDIRECT)}
    if "FixedResponseConfig" in row:
        return {"FixedResponseConfig": _only(row["FixedResponseConfig"], ("StatusCode",))}
    return {}


def _only(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row}


def _pages(reader: Reader, operation: str, member: str, **asked: Any) -> Data:
    """The members of up to ``_PAGES`` pages, and whether there were more; Elastic Load Balancing marks them its way."""
    found: list[dict[str, Any]] = []
    marker: dict[str, str] = {}
    for _ in range(_PAGES):
        answer = reader.call("elbv2", operation, member, **asked, **marker)
        found += plain(answer[member])
        if not answer.get("NextMarker"):
            return found, False
        marker = {"Marker": answer["NextMarker"]}
    return found, True


COLLECTORS: dict[str, Collector] = {
    "load_balancers": Collector("elbv2:DescribeLoadBalancers", _load_balancers),
    "listeners": Collector("elbv2:DescribeListeners", _listeners),
    "listener_rules": Collector("elbv2:DescribeRules", _listener_rules),
}
