"""A subnet without a route out: the route, and the gateway that it should lead to."""

from __future__ import annotations

from collections.abc import Iterator

from runbook_lib.diagnosis import silent_starts
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.diagnosis.network_readings import vpc_id
from runbook_lib.diagnosis.vpc import Vpc
from runbook_lib.evidence.model import Evidence
from runbook_lib.report.remedies.model import Facts, Todo

_OPEN = "INTERNET_GATEWAY_ID"


def route(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """For tasks with a public IP a route to the internet gateway, for others to a NAT gateway that there is."""
    table, vpc = next(iter(verdict.facts.get("where") or []), ""), vpc_id(evidence)
    public = silent_starts.configuration(evidence).get("assignPublicIp") == "ENABLED"
    gateway = _internet(Vpc.of(evidence, vpc)) if public else _nat(Vpc.of(evidence, vpc))
    if verdict.facts.get("lacks") != "route" or not table or not (public or gateway):
        return
    unreachable = (str(verdict.facts["unreachable"]), *verdict.facts["also"])
    facts: Facts = {"table": table, "gateway": gateway, "unreachable": unreachable}
    yield Todo("remedies.network.table", ("ec2", "describe-route-tables", "--route-table-ids", table), facts)
    if not gateway:
        query = ("--query", "InternetGateways[].InternetGatewayId", "--output", "text")
        found = ("--filters", f"Name=attachment.vpc-id,Values={vpc}", *query)
        yield Todo("remedies.network.gateway", ("ec2", "describe-internet-gateways", *found))
    option = "--gateway-id" if public else "--nat-gateway-id"
    add = ("ec2", "create-route", "--route-table-id", table, "--destination-cidr-block", "0.0.0.0/0")
    key = "remedies.network.route" if gateway else "remedies.network.route-open"
    yield Todo(key, (*add, option, gateway or _OPEN), facts)
    yield Todo("remedies.network.other")


def _internet(vpc: Vpc) -> str:
    """The internet gateway that another route table of the VPC leads to; a VPC has one at most."""
    routes = (route for table in vpc.tables for route in table.get("Routes") or [])
    live = (str(r.get("GatewayId") or "") for r in routes if r.get("State") != "blackhole")
    return next((name for name in live if name.startswith("igw-")), "")


def _nat(vpc: Vpc) -> str:
    """A NAT gateway of the VPC that works."""
    usable = (n for n in (vpc.nats or {}).values() if n.get("State") == "available")
    return next((str(n["NatGatewayId"]) for n in usable if n.get("ConnectivityType") != "private"), "")
