"""A cause only where a start failed, EC2 shows no way, and ECS says nothing else."""

from dataclasses import replace

import pytest

from runbook_lib.diagnosis.engine import judge, wanted
from runbook_lib.diagnosis.network_readings import KINDS
from runbook_lib.evidence.model import request
from tests.diagnosis.builder import (
    ago,
    brief,
    container,
    definition,
    deployment,
    guide,
    healthy,
    image,
    not_found,
    reading,
    service,
    task,
    without,
)
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict
from tests.diagnosis.test_network_path import BEHIND_NAT, PRIVATE, PUBLIC, with_another
from tests.diagnosis.test_network_path import without as all_but
from tests.diagnosis.vpc_builder import (
    IGW,
    NO_SECRET,
    OTHER,
    TASKS,
    TRANSIT,
    UNREACHED,
    Site,
    attached,
    failing,
    nat,
    refused,
    start,
    table,
)

RULE = "network_path_absent"
DIRECT = table("rtb-other", IGW, subnet=OTHER)
# One subnet with a way and one without.
TWO = Site(tables=(table("rtb-tasks", subnet=TASKS), DIRECT), subnets=(TASKS, OTHER), public_ip="ENABLED")
NO_DNS = Site(**PRIVATE | {"endpoints": with_another("ecr.api", PrivateDnsEnabled=False)})
REFUSED = (
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref x: 403 Forbidden"
)


def started(number, subnet, minutes):
    return task(number, 2, minutes, launchType="FARGATE", attachments=attached(subnet))


def denied(kind):
    whole = failing(Site(unread=(kind,)))
    return replace(whole, unreads=(refused(kind),))


def on_ec2():
    return failing(Site(), start(launchType="EC2"))


def rolled_back(*, revision):
    """ECS has forgotten the deployment; its service revision, where it was read, tells its network."""
    arn = brief(2, "ROLLBACK_SUCCESSFUL", 20, 1)["targetServiceRevisionArn"]
    known = {"serviceRevisionArn": arn, "networkConfiguration": Site().awsvpc()}
    more = (reading("service_revisions", [known], arns=arn),) if revision else ()
    return failing(
        described=service(deployment(1, 900, rolloutState="COMPLETED", runningCount=1)),
        briefs=[brief(2, "ROLLBACK_SUCCESSFUL", 20, 1), brief(1, "SUCCESSFUL", 900, 890)],
        more=(*Site().readings(), *more),
    )


OUTCOMES = {
    "no route": (failing(Site()), FAIL),
    "no public IP": (failing(Site(routes=(IGW,))), FAIL),
    "NAT gateway deleted": (failing(Site(**BEHIND_NAT | {"nats": (nat(State="deleted"),)})), FAIL),
    "endpoint absent": (failing(Site(**PRIVATE | {"endpoints": all_but("secretsmanager")})), FAIL),
    "endpoint not available": (failing(Site(**PRIVATE | {"endpoints": with_another("logs", State="failed")})), FAIL),
    "endpoint closed": (failing(Site(**PRIVATE, ingress=())), FAIL),
    "group closed": (failing(Site(**PUBLIC, egress=())), FAIL),
    "ACL closed": (failing(Site(**PUBLIC, acls=({**Site().acls[0], "Entries": []},))), FAIL),
    "ECS says it too": (failing(Site(), start(reason=UNREACHED)), FAIL),
    "ECS says it, and the endpoint has no private DNS": (failing(NO_DNS, start(reason=UNREACHED)), FAIL),
    "the endpoint has no private DNS, and ECS says nothing": (failing(NO_DNS), UNKNOWN),
    "a way": (failing(Site(**PUBLIC)), PASS),
    "a way, and nothing answers": (failing(Site(**PUBLIC), start(reason=UNREACHED)), UNKNOWN),
    "a way out of sight": (failing(Site(routes=(TRANSIT,))), UNKNOWN),
    "a way out of sight, and nothing answers": (failing(Site(routes=(TRANSIT,)), start(reason=UNREACHED)), UNKNOWN),
    "no way in the subnet of the start": (failing(TWO, start(subnet=TASKS)), FAIL),
    "no way in another subnet": (failing(TWO, start(subnet=OTHER)), UNKNOWN),
    "no way in one of two, and it is not told where": (failing(TWO, start(subnet="")), UNKNOWN),
    "no way in one of two, and ECS says it": (failing(TWO, start(subnet="", reason=UNREACHED)), FAIL),
    "no way, and it is not told where": (failing(Site(), start(subnet="")), FAIL),
    "got over in the same subnet": (failing(Site(), started(9, TASKS, 1), start(minutes=4)), PASS),
    "started in the other subnet": (failing(TWO, started(9, OTHER, 1), start(minutes=4)), FAIL),
    "another reason": (failing(Site(), start(reason=not_found(image("latest")))), NOT_APPLICABLE),
    "the registry answered": (failing(Site(), start(reason=REFUSED)), NOT_APPLICABLE),
    "stopped before it ran": (failing(Site(), start(stopCode="ServiceSchedulerInitiated")), NOT_APPLICABLE),
    "long ago": (failing(Site(), start(minutes=45)), NOT_APPLICABLE),
    "on EC2 instances": (on_ec2(), NOT_APPLICABLE),
    "healthy": (healthy(), PASS),
    "healthy after a failed start": (
        healthy(tasks=[started(9, TASKS, 5), start(subnet="", minutes=4)], more=Site().readings()),
        PASS,
    ),
    "the guide's incident": (guide(), NOT_APPLICABLE),
    "rolled back": (rolled_back(revision=True), FAIL),
    "rolled back, and its network not known": (rolled_back(revision=False), UNKNOWN),
    "subnets denied": (denied("subnets"), UNKNOWN),
    "route tables denied": (denied("route_tables"), UNKNOWN),
    "endpoints denied": (denied("vpc_endpoints"), UNKNOWN),
    "endpoints not all read": (failing(Site(partial=("vpc_endpoints",))), UNKNOWN),
    "ACLs denied, and no route": (denied("network_acls"), FAIL),
    "ACLs denied, and a way": (
        replace(failing(Site(**PUBLIC, unread=("network_acls",))), unreads=(refused("network_acls"),)),
        UNKNOWN,
    ),
    "groups denied for another rule, and tasks start": (
        replace(healthy(), unreads=(refused("security_groups"),)),
        PASS,
    ),
    "tasks unread": (without(without(failing(Site()), "tasks"), "task_arns"), UNKNOWN),
    "definition unread": (without(failing(Site()), "task_definition"), UNKNOWN),
    "the VPC not asked": (failing(Site(unread=KINDS)), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_its_facts():
    found = verdict(RULE, failing(Site(routes=(IGW,))))
    assert facts(found, "subnet", "subnets", "lacks", "unreachable", "also", "count", "revision", "network") == {
        "subnet": TASKS,
        "subnets": [TASKS],
        "lacks": "public-ip",
        "unreachable": "secretsmanager",
        "also": ["ecr.api", "logs", "ecr.dkr", "s3"],
        "count": 2,
        "revision": "momentir-cx-llm:2",
        "network": "subnets=[subnet-tasks],securityGroups=[sg-tasks]",
    }
    assert [(cite.operation, cite.value) for cite in found.cites] == [("ecs:DescribeServices", "DISABLED")]


LABELS = {
    "secrets first": (Site(), {}, "secret-network"),
    "then the registry": (Site(), {"secrets": []}, "image-pull-network"),
    "logs alone": (Site(**PRIVATE | {"endpoints": all_but("logs")}), {}, "log-network"),
    "image layers alone": (Site(**PRIVATE | {"endpoints": all_but("s3")[:-1], "routes": ()}), {}, "image-pull-network"),
    "a parameter": (Site(), {"secrets": [{"name": "X", "valueFrom": "/x"}]}, "secret-network"),
}


@pytest.mark.parametrize(("site", "changes", "label"), LABELS.values(), ids=LABELS)
def test_the_label_is_that_of_the_first_thing_out_of_reach(site, changes, label):
    found = verdict(RULE, failing(site, with_container=container(**changes)))
    assert (found.label, found.confidence) == (label, "likely")


@pytest.mark.parametrize(
    ("reason", "label"), [(UNREACHED, "image-pull-network"), (NO_SECRET, "secret-network")], ids=["registry", "secret"]
)
def test_what_ecs_says_is_confirmed_and_told_once(reason, label):
    evidence = failing(Site(), start(reason=reason))
    found = verdict(RULE, evidence)
    assert (found.label, found.confidence) == (label, "confirmed")
    assert found.cites[-1].value.startswith("ResourceInitializationError")
    assert [v.rule for v in judge(evidence).failed("cause")] == [RULE]


def asked(evidence):
    return [(wish.kind, dict(wish.args)) for wish in wanted(evidence) if wish.kind in KINDS]


def test_it_asks_nothing_where_no_start_failed_for_an_unknown_reason():
    for name in ("healthy", "the guide's incident", "another reason", "on EC2 instances", "long ago"):
        assert asked(OUTCOMES[name][0]) == []


def test_it_asks_in_two_rounds():
    site = Site(**PRIVATE)
    first = asked(failing(replace(site, unread=KINDS)))
    names = ["ecr.api", "ecr.dkr", "logs", "s3", "secretsmanager"]
    assert first == [
        ("subnets", {"ids": TASKS}),
        ("vpc_endpoints", {"services": ",".join(f"com.amazonaws.ap-northeast-2.{name}" for name in names)}),
        ("security_groups", {"ids": "sg-tasks"}),
    ]
    answered = failing(replace(site, unread=("route_tables", "network_acls", "nat_gateways", "security_groups")))
    assert asked(answered)[3:] == [
        ("route_tables", {"vpc": "vpc-1"}),
        ("network_acls", {"vpc": "vpc-1"}),
        ("nat_gateways", {"vpc": "vpc-1"}),
        ("security_groups", {"ids": "sg-endpoints"}),
    ]
    assert len(asked(answered)) == 7


def test_without_groups_it_asks_for_the_default_one():
    asked_for = asked(failing(Site(groups=(), unread=("security_groups",))))
    assert ("security_groups", {"vpc": "vpc-1", "name": "default"}) in asked_for


def test_the_subnets_of_a_forgotten_deployment_are_those_of_its_tasks():
    evidence = rolled_back(revision=False)
    assert request("subnets", ids=TASKS) in wanted(evidence)


def test_a_steady_service_whose_new_tasks_find_no_way_any_more():
    """The NAT gateway went away after the rollout: what runs goes on, and what is replaced does not start."""
    site = Site(**BEHIND_NAT | {"nats": (nat(State="deleted"),)})
    described = service(
        deployment(2, 900, rolloutState="COMPLETED", runningCount=1, networkConfiguration=site.awsvpc()), desiredCount=2
    )
    evidence = failing(site, started(1, TASKS, 800), start(2), described=described)
    found = verdict(RULE, evidence)
    assert (found.outcome, found.facts["lacks"]) == (FAIL, "nat")
    assert found.facts["last_at"] == ago(2.5)


def test_a_second_definition_is_not_judged():
    evidence = failing(Site(), definitions=[definition(2, container(secrets=[])), definition(1)])
    assert verdict(RULE, evidence).label == "image-pull-network"


def arriving(site, *tasks):
    """The first task of a deployment is on its way."""
    newest = deployment(2, 1, pendingCount=1, networkConfiguration=site.awsvpc(), launchType="FARGATE")
    return failing(site, described=service(newest), tasks=list(tasks))


def pending(subnet):
    return task(9, 2, None, lastStatus="PENDING", launchType="FARGATE", attachments=attached(subnet))


ARRIVING = {
    "into a subnet without a way": (arriving(Site(), pending(TASKS)), FAIL),
    "not placed yet, and nowhere is a way": (arriving(Site()), FAIL),
    "not placed yet, and one of two has a way": (arriving(TWO), NOT_APPLICABLE),
    "into the subnet that has a way": (arriving(TWO, pending(OTHER)), NOT_APPLICABLE),
    "there is a way": (arriving(Site(**PUBLIC), pending(TASKS)), NOT_APPLICABLE),
    "there may be a way": (arriving(Site(routes=(TRANSIT,)), pending(TASKS)), NOT_APPLICABLE),
    "the VPC was not read": (arriving(Site(unread=KINDS), pending(TASKS)), NOT_APPLICABLE),
}


@pytest.mark.parametrize(("found", "outcome"), ARRIVING.values(), ids=ARRIVING)
def test_while_the_first_task_is_on_its_way_only_what_is_certain_is_said(found, outcome):
    said = verdict(RULE, found)
    assert said.outcome is outcome
    assert "count" not in said.facts
    assert [kind for kind, _ in asked(arriving(Site(unread=KINDS), pending(TASKS)))][:2] == ["subnets", "vpc_endpoints"]
