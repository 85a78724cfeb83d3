"""The network path of tasks on the lab: VPCs made over the EC2 API, and looks as engineers take them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.model import Outcome, Verdict
from runbook_lib.diagnosis.network_readings import KINDS
from runbook_lib.evidence.model import Evidence
from runbook_lib.look import Look, look
from runbook_lib.parameters import from_file, layered
from tests.lab.conftest import CLUSTER, FAMILY, Bench
from tests.lab.test_causes import CAUSES
from tests.lab.test_network import EPHEMERAL, HTTPS, IN, OUT, Site, delete_nat

RULE = "network_path_absent"
ENDPOINTS = ("ecr.api", "ecr.dkr", "secretsmanager", "logs")


def endpoints_but(missing: str = "") -> Callable[[Site], object]:
    def make(site: Site) -> None:
        for name in ENDPOINTS:
            if name != missing:
                site.endpoint(name)
        site.s3("private")

    return make


def closed_endpoint(site: Site) -> None:
    endpoints_but("secretsmanager")(site)
    site.endpoint("secretsmanager", SecurityGroupIds=[site.new_group("shut")])


def unnamed_endpoint(site: Site) -> None:
    endpoints_but("secretsmanager")(site)
    site.endpoint("secretsmanager", PrivateDnsEnabled=False)


def closed_acl(site: Site) -> None:
    site.acl("public", (100, OUT, "allow", HTTPS))


def open_acl(site: Site) -> None:
    site.acl("public", (100, OUT, "allow", HTTPS), (100, IN, "allow", EPHEMERAL))


@dataclass(frozen=True)
class Case:
    """A service in a VPC of its own, and what is lacking there; nothing where its tasks start."""

    change: Callable[[Site], object]
    lacks: str = ""
    unreachable: str = "secretsmanager"
    subnet: str = "private"
    public_ip: str = "DISABLED"
    suspected: bool = False  # without ECS's words it is not known


CASES = {
    "no route": Case(lambda site: None, "route"),
    "no public IP": Case(lambda site: None, "public-ip", subnet="public"),
    "public IP": Case(lambda site: None, subnet="public", public_ip="ENABLED"),
    "NAT gateway": Case(Site.nat),
    "NAT gateway deleted": Case(delete_nat, "nat"),
    "NAT gateway in a private subnet": Case(lambda site: site.nat("private"), "nat"),
    "endpoints for all": Case(endpoints_but()),
    "no endpoint for the logs": Case(endpoints_but("logs"), "endpoint", "logs"),
    "no endpoint for images": Case(endpoints_but("ecr.dkr"), "endpoint", "ecr.dkr"),
    "closed endpoint": Case(closed_endpoint, "endpoint"),
    "endpoint without private DNS": Case(unnamed_endpoint, "endpoint", suspected=True),
    "nothing let out": Case(Site.egress, "egress", subnet="public", public_ip="ENABLED"),
    "ACL without the way back": Case(closed_acl, "acl", subnet="public", public_ip="ENABLED"),
    "ACL both ways": Case(open_acl, subnet="public", public_ip="ENABLED"),
}
LABELS = {"logs": "log-network", "ecr.dkr": "image-pull-network", "secretsmanager": "secret-network"}


def name(case: str) -> str:
    return case.lower().replace(" ", "-")


def serve(bench: Bench, case: str) -> None:
    site, given = Site(bench.client("ec2"), bench.lab.region), CASES[case]
    given.change(site)
    there = {"subnets": [site.subnets[given.subnet]], "securityGroups": [site.group], "assignPublicIp": given.public_ip}
    bench.ecs.create_service(
        cluster=CLUSTER,
        serviceName=name(case),
        taskDefinition=f"{FAMILY}:1",
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": there},
    )


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Look]]:
    """A look at each service after ten minutes: longer than silence takes twice."""
    with Bench(CAUSES, tmp_path_factory.mktemp("paths")) as made:
        for case in CASES:
            serve(made, case)
        made.lab.advance(720)
        given = layered([from_file(made.lab.params)])
        yield {case: look(given.model_copy(update={"service": name(case)})) for case in CASES}


def verdict(evidence: Evidence) -> Verdict:
    return next(v for v in judge(evidence).verdicts if v.rule == RULE)


def silent(evidence: Evidence) -> Evidence:
    """The evidence without what ECS says."""
    return replace(evidence, readings=tuple(replace(r, data=_blank(r.data)) for r in evidence.readings))


def _blank(node: Any) -> Any:
    if isinstance(node, dict):
        told = ("stoppedReason", "reason", "message", "rolloutStateReason")
        return {key: "" if key in told else _blank(value) for key, value in node.items()}
    return [_blank(each) for each in node] if isinstance(node, list) else node


@pytest.mark.parametrize("case", CASES)
def test_what_is_lacking_is_told(looks: dict[str, Look], case: str) -> None:
    given, seen = CASES[case], looks[case]
    found = verdict(seen.evidence)
    if not given.lacks:
        assert found.outcome is Outcome.PASS
        assert seen.diagnosis.failed("cause") == ()
        return
    assert (found.outcome, found.confidence) == (Outcome.FAIL, "confirmed")
    assert (found.facts["lacks"], found.facts["unreachable"]) == (given.lacks, given.unreachable)
    assert found.label == LABELS[given.unreachable]
    assert [v.rule for v in seen.diagnosis.failed("cause")] == [RULE]


@pytest.mark.parametrize("case", [case for case, given in CASES.items() if given.lacks])
def test_without_ecss_words_the_network_still_says_it(looks: dict[str, Look], case: str) -> None:
    given, found = CASES[case], verdict(silent(looks[case].evidence))
    if given.suspected:
        assert found.outcome is Outcome.UNKNOWN
        return
    assert (found.outcome, found.confidence, found.label) == (Outcome.FAIL, "likely", LABELS[given.unreachable])
    assert (found.facts["lacks"], found.facts["unreachable"]) == (given.lacks, given.unreachable)


@pytest.mark.parametrize("case", CASES)
def test_a_path_costs_seven_calls_at_most_and_nothing_where_tasks_start(looks: dict[str, Look], case: str) -> None:
    evidence = looks[case].evidence
    calls = [call.operation for call in evidence.calls if call.operation.startswith("ec2:")]
    assert len(calls) <= (7 if CASES[case].lacks else 0)
    assert len(set(calls)) == (len(KINDS) if calls else 0)
    assert evidence.unread(*KINDS) == ()
