"""Collectors of what stands before the tasks: load balancers, and security groups."""

from __future__ import annotations

from runbook_lib.aws.collector import Collector, Data
from runbook_lib.aws.reader import Reader
from runbook_lib.evidence.model import Request, Target
from runbook_lib.evidence.serialisation import plain

_OF_BALANCER = ("LoadBalancerArn", "LoadBalancerName", "Type", "State", "VpcId", "AvailabilityZones", "SecurityGroups")


def _load_balancers(reader: Reader, target: Target, wish: Request) -> Data:
    answer = reader.call("elbv2", "DescribeLoadBalancers", "LoadBalancers", LoadBalancerArns=wish["arns"].split(","))
    return [{name: b[name] for name in _OF_BALANCER if name in b} for b in plain(answer["LoadBalancers"])], False


COLLECTORS: dict[str, Collector] = {
    "load_balancers": Collector("elbv2:DescribeLoadBalancers", _load_balancers),
}
