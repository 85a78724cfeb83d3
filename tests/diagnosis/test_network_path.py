"""What a Fargate task reaches from a subnet, over many shapes of VPC."""

import pytest

from runbook_lib.diagnosis.firewalls import Passage
from runbook_lib.diagnosis.network_needs import needs
from runbook_lib.diagnosis.reach import reaches
from tests.diagnosis.builder import ACCOUNT, REGION, REGISTRY, container, definition
from tests.diagnosis.vpc_builder import (
    ALL_SERVICES,
    ENDPOINTS,
    GROUP,
    HOME,
    IGW,
    INSIDE,
    NAT,
    OTHER,
    S3_ROUTE,
    TASKS,
    TRANSIT,
    WIDE,
    Site,
    acl,
    endpoint,
    entry,
    failing,
    nat,
    route,
    s3,
    table,
    tcp,
)

YES, NO, UNSURE = Passage.YES, Passage.NO, Passage.UNSURE
PUBLIC = {"routes": (IGW,), "public_ip": "ENABLED"}
BEHIND_NAT = {"routes": (NAT,), "nats": (nat(),)}
PRIVATE = {"routes": (S3_ROUTE,), "endpoints": (*map(endpoint, ALL_SERVICES), s3("rtb-tasks"))}
OUT, BACK = (443, 443), (1024, 65535)


def out_and_back(number=100, ports=BACK, cidr="0.0.0.0/0"):
    return (
        entry(number, "allow", egress=True, cidr=cidr, ports=OUT),
        entry(number, "allow", egress=False, cidr=cidr, ports=ports),
    )


def through(number=200):
    """What a NAT gateway's or an endpoint's subnet needs besides: in at 443, and the answers out."""
    return entry(number, "allow", egress=False, ports=OUT), entry(number, "allow", egress=True, ports=BACK)


def blocked(state="blackhole", **target):
    return route(state=state, **target)


def without(service):
    return (*(endpoint(name) for name in ALL_SERVICES if name != service), s3("rtb-tasks"))


def with_another(service, **changes):
    return (*without(service), endpoint(service, **changes))


# Of each site: whether the first thing out of reach is so for sure, what is lacking, and of an endpoint why.
WAYS = {
    "public subnet, public IP": (Site(**PUBLIC), YES),
    "public subnet, no public IP": (Site(routes=(IGW,)), NO, "public-ip"),
    "no route": (Site(), NO, "route"),
    "no route, public IP": (Site(public_ip="ENABLED"), NO, "route"),
    "internet gateway gone": (Site(routes=(blocked(GatewayId="igw-1"),), public_ip="ENABLED"), NO, "route"),
    "main route table": (Site(tables=(table("rtb-main", IGW),), public_ip="ENABLED"), YES),
    "main route table without a route": (Site(tables=(table("rtb-main"), table("x", IGW, subnet=HOME))), NO, "route"),
    "no route table seen": (Site(tables=(table("x", IGW, subnet=HOME),)), UNSURE),
    "two halves of the internet": (
        Site(
            routes=(route("0.0.0.0/1", GatewayId="igw-1"), route("128.0.0.0/1", GatewayId="igw-1")), public_ip="ENABLED"
        ),
        YES,
    ),
    "two halves that lead nowhere": (
        Site(
            routes=(NAT, blocked(NatGatewayId="nat-2") | {"DestinationCidrBlock": "0.0.0.0/1"}, route("128.0.0.0/1")),
            nats=(nat(),),
        ),
        NO,
        "nat",
    ),
    # NAT gateways
    "NAT gateway": (Site(**BEHIND_NAT), YES),
    "NAT gateway, its route left": (Site(routes=(blocked(NatGatewayId="nat-1"),)), NO, "nat"),
    "NAT gateway deleted": (Site(routes=(NAT,), nats=(nat(State="deleted"),)), NO, "nat"),
    "NAT gateway failed": (Site(routes=(NAT,), nats=(nat(State="failed"),)), NO, "nat"),
    "NAT gateway not there": (Site(routes=(NAT,)), NO, "nat"),
    "NAT gateway pending": (Site(routes=(NAT,), nats=(nat(State="pending"),)), UNSURE),
    "NAT gateway private": (Site(routes=(NAT,), nats=(nat(ConnectivityType="private"),)), UNSURE),
    "NAT gateway of a Region": (Site(routes=(NAT,), nats=({k: v for k, v in nat().items() if k != "SubnetId"},)), YES),
    "NAT gateway in a private subnet": (Site(**BEHIND_NAT, home_routes=()), NO, "nat"),
    "NAT gateway in the tasks' own subnet": (Site(routes=(NAT,), nats=(nat(SubnetId=TASKS),)), NO, "nat"),
    "NAT gateway behind a firewall": (Site(**BEHIND_NAT, home_routes=(route(GatewayId="vpce-fw"),)), UNSURE),
    "NAT gateways unread": (Site(routes=(NAT,), unread=("nat_gateways",)), UNSURE),
    "NAT gateways not all read": (Site(routes=(NAT,), partial=("nat_gateways",)), UNSURE),
    "public IP behind a NAT gateway": (Site(**BEHIND_NAT, public_ip="ENABLED"), YES),
    # Ways that lead out of sight
    "transit gateway": (Site(routes=(TRANSIT,)), UNSURE),
    "NAT instance": (Site(routes=(route(NetworkInterfaceId="eni-1"),)), UNSURE),
    "firewall": (Site(routes=(route(GatewayId="vpce-fw"),)), UNSURE),
    "virtual private gateway": (Site(routes=(route(GatewayId="vgw-1"),)), UNSURE),
    "no default route, but a transit gateway": (Site(routes=(INSIDE,)), UNSURE),
    "no default route, and a lost peering": (
        Site(routes=(blocked(VpcPeeringConnectionId="pcx-1") | {"DestinationCidrBlock": "10.9.0.0/16"},)),
        NO,
        "route",
    ),
    "no public IP, and a transit gateway beside": (Site(routes=(IGW, INSIDE)), UNSURE, "public-ip"),
    "NAT gateway deleted, a transit gateway beside": (Site(routes=(NAT, INSIDE)), UNSURE, "nat"),
    "part of the internet": (Site(routes=(route("52.0.0.0/8", GatewayId="igw-1"),)), UNSURE),
    "IPv6 only out": (Site(routes=({"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1"},)), NO, "route"),
    "IPv6 subnet": (Site(subnet={"Ipv6Native": True}), UNSURE),
    "shared subnet": (Site(owner="999988887777"), UNSURE, "route"),
    "shared subnet with a way": (Site(**PUBLIC, owner="999988887777"), YES),
    # Security groups of the task
    "nothing let out": (Site(**PUBLIC, egress=()), NO, "egress"),
    "HTTPS let out": (Site(**PUBLIC, egress=(tcp(),)), YES),
    "a range of ports let out": (Site(**PUBLIC, egress=(tcp(low=0, high=65535),)), YES),
    "HTTP let out": (Site(**PUBLIC, egress=(tcp(low=80, high=80),)), NO, "egress"),
    "UDP let out": (Site(**PUBLIC, egress=({**tcp(), "IpProtocol": "udp"},)), NO, "egress"),
    "let out within the VPC": (Site(**PUBLIC, egress=(tcp("10.0.0.0/16"),)), NO, "egress"),
    "let out to a group": (Site(**PUBLIC, egress=(tcp("sg-x"),)), NO, "egress"),
    "let out to some networks": (Site(**PUBLIC, egress=(tcp("52.0.0.0/8"),)), UNSURE),
    "let out to a prefix list": (Site(**PUBLIC, egress=(tcp("pl-x"),)), UNSURE),
    "let out by halves": (Site(**PUBLIC, egress=(tcp("0.0.0.0/1"), tcp("128.0.0.0/1"))), YES),
    "groups unread": (Site(**PUBLIC, unread=("security_groups",)), UNSURE),
    "default group": (Site(**PUBLIC, groups=()), YES),
    "default group that lets nothing out": (Site(**PUBLIC, groups=(), egress=()), NO, "egress"),
    "no route comes before a closed group": (Site(egress=()), NO, "route"),
    # Network ACLs
    "ACL that lets nothing pass": (Site(**PUBLIC, acls=(acl(),)), NO, "acl"),
    "ACL out and back": (Site(**PUBLIC, acls=(acl(*out_and_back()),)), YES),
    "ACL out alone": (Site(**PUBLIC, acls=(acl(out_and_back()[0]),)), NO, "acl"),
    "ACL back alone": (Site(**PUBLIC, acls=(acl(out_and_back()[1]),)), NO, "acl"),
    "ACL back to 443": (Site(**PUBLIC, acls=(acl(*out_and_back(ports=OUT)),)), NO, "acl"),
    "ACL back to some ports": (Site(**PUBLIC, acls=(acl(*out_and_back(ports=(32768, 40000))),)), UNSURE),
    "ACL denies first": (
        Site(**PUBLIC, acls=(acl(entry(50, "deny", egress=True, ports=OUT), *WIDE),)),
        NO,
        "acl",
    ),
    "ACL denies later": (Site(**PUBLIC, acls=(acl(*WIDE, entry(150, "deny", egress=True, ports=OUT)),)), YES),
    "ACL denies another port": (
        Site(**PUBLIC, acls=(acl(entry(50, "deny", egress=False, ports=(22, 22)), *WIDE),)),
        YES,
    ),
    "ACL denies a few networks": (
        Site(**PUBLIC, acls=(acl(entry(50, "deny", egress=True, cidr="203.0.113.0/24"), *WIDE),)),
        YES,
    ),
    "ACL denies some answers' ports": (
        Site(**PUBLIC, acls=(acl(entry(50, "deny", egress=False, ports=(33000, 33010)), *WIDE),)),
        UNSURE,
    ),
    "ACL out to some networks": (Site(**PUBLIC, acls=(acl(*out_and_back(cidr="52.0.0.0/8")),)), UNSURE),
    "ACL out within the VPC": (Site(**PUBLIC, acls=(acl(*out_and_back(cidr="10.0.0.0/8")),)), NO, "acl"),
    "ACL of another subnet": (Site(**PUBLIC, acls=(acl(subnets=(HOME,)), acl(*WIDE, subnets=(TASKS,)))), YES),
    "ACL unread": (Site(**PUBLIC, unread=("network_acls",)), UNSURE),
    "ACL of the NAT gateway lets nothing in": (
        Site(**BEHIND_NAT, acls=(acl(*WIDE, subnets=(TASKS,)), acl(*out_and_back(), subnets=(HOME,)))),
        NO,
        "acl",
    ),
    "ACL of the NAT gateway lets it through": (
        Site(**BEHIND_NAT, acls=(acl(*WIDE, subnets=(TASKS,)), acl(*out_and_back(), *through(), subnets=(HOME,)))),
        YES,
    ),
    # Endpoints
    "endpoints for all": (Site(**PRIVATE), YES),
    "endpoints in the tasks' own subnet": (
        Site(**PRIVATE | {"endpoints": (*(endpoint(n, home=TASKS) for n in ALL_SERVICES), s3("rtb-tasks"))}),
        YES,
    ),
    "endpoint absent": (
        Site(**PRIVATE | {"endpoints": without("secretsmanager")}),
        NO,
        "endpoint:secretsmanager",
        "absent",
    ),
    "endpoint of ECR's images absent": (
        Site(**PRIVATE | {"endpoints": without("ecr.dkr")}),
        NO,
        "endpoint:ecr.dkr",
        "absent",
    ),
    "endpoint of S3 absent": (
        Site(**PRIVATE | {"endpoints": tuple(map(endpoint, ALL_SERVICES)), "routes": ()}),
        NO,
        "endpoint:s3",
        "absent",
    ),
    "endpoint of S3 in another table": (
        Site(**PRIVATE | {"endpoints": (*map(endpoint, ALL_SERVICES), s3("rtb-home")), "routes": ()}),
        NO,
        "endpoint:s3",
        "absent",
    ),
    "interface endpoint of S3": (
        Site(**PRIVATE | {"endpoints": (*map(endpoint, ALL_SERVICES), endpoint("s3")), "routes": ()}),
        YES,
    ),
    "interface endpoint of S3 for resolvers alone": (
        Site(
            endpoints=(
                *map(endpoint, ALL_SERVICES),
                endpoint("s3", DnsOptions={"PrivateDnsOnlyForInboundResolverEndpoint": True}),
                s3("rtb-tasks"),
            ),
            routes=(S3_ROUTE,),
        ),
        YES,
    ),
    "endpoint without private DNS": (
        Site(**PRIVATE | {"endpoints": with_another("ecr.api", PrivateDnsEnabled=False)}),
        UNSURE,
        "endpoint:ecr.api",
        "private-dns",
    ),
    "endpoint without private DNS, beside a NAT gateway": (
        Site(**BEHIND_NAT, endpoints=(endpoint("logs", PrivateDnsEnabled=False),)),
        YES,
    ),
    "endpoint pending": (
        Site(**PRIVATE | {"endpoints": with_another("ecr.api", State="pending")}),
        NO,
        "endpoint:ecr.api",
        "not-available",
    ),
    "endpoint of another VPC": (
        Site(**PRIVATE | {"endpoints": with_another("ecr.api", VpcId="vpc-2")}),
        NO,
        "endpoint:ecr.api",
        "absent",
    ),
    "endpoints beside no public IP": (
        Site(routes=(IGW,), endpoints=without("secretsmanager")),
        NO,
        "public-ip",
    ),
    "endpoint that lets nobody in": (Site(**PRIVATE, ingress=()), NO, "endpoint:secretsmanager", "closed"),
    "endpoint that lets others in": (Site(**PRIVATE, ingress=(tcp("sg-x"),)), NO, "endpoint:secretsmanager", "closed"),
    "endpoint that lets the VPC in": (Site(**PRIVATE, ingress=(tcp("10.0.0.0/16"),)), YES),
    "endpoint that lets the other subnet in": (
        Site(**PRIVATE, ingress=(tcp("10.0.2.0/24"),)),
        NO,
        "endpoint:secretsmanager",
        "closed",
    ),
    "endpoint that lets half of the subnet in": (Site(**PRIVATE, ingress=(tcp("10.0.1.0/25"),)), UNSURE),
    "endpoint that lets HTTP in": (
        Site(**PRIVATE, ingress=(tcp(GROUP, 80, 80),)),
        NO,
        "endpoint:secretsmanager",
        "closed",
    ),
    "endpoint that shuts a NAT gateway out": (
        Site(**BEHIND_NAT, endpoints=(endpoint("ecr.api"),), ingress=()),
        NO,
        "endpoint:ecr.api",
        "closed",
    ),
    "endpoint whose group was not read": (
        Site(**PRIVATE | {"endpoints": with_another("ecr.api", groups=("sg-y",))}),
        UNSURE,
    ),
    "let out to the endpoints' group": (Site(**PRIVATE, egress=(tcp(ENDPOINTS), tcp("pl-s3"))), YES),
    "let out to the endpoints, not to S3": (Site(**PRIVATE, egress=(tcp(ENDPOINTS),)), NO, "egress"),
    "let out to the endpoints and another list": (Site(**PRIVATE, egress=(tcp(ENDPOINTS), tcp("pl-x"))), UNSURE),
    "let out to the VPC and S3": (Site(**PRIVATE, egress=(tcp("10.0.0.0/16"), tcp("pl-s3"))), YES),
    "let out elsewhere": (Site(**PRIVATE, egress=(tcp("192.168.0.0/16"),)), NO, "egress"),
    "ACL that shuts the endpoints' subnet": (
        Site(**PRIVATE, acls=(acl(*WIDE, subnets=(TASKS,)), acl(subnets=(HOME,)))),
        NO,
        "acl",
    ),
    "ACL within a subnet does not count": (
        Site(
            endpoints=(*(endpoint(n, home=TASKS) for n in (*ALL_SERVICES, "s3")),),
            acls=(acl(subnets=(TASKS,)),),
        ),
        YES,
    ),
}


def first_lack(site):
    [reach, *_] = reaches(failing(site))
    ways = [way for _, way in reach.ways]
    return min(ways, key=lambda way: way.passage)


@pytest.mark.parametrize(("site", "passage", "lacks"), [(c[0], c[1], c[2:]) for c in WAYS.values()], ids=WAYS)
def test_what_a_task_lacks(site, passage, lacks):
    found = first_lack(site)
    assert (found.passage, *filter(None, (found.lacks, found.state))) == (passage, *lacks)
    assert not lacks or (found.where and found.cite)


def test_each_subnet_is_judged_by_its_own_table():
    tables = (table("rtb-tasks", subnet=TASKS), table("rtb-other", IGW, subnet=OTHER))
    site = Site(tables=tables, subnets=(TASKS, OTHER), public_ip="ENABLED")
    assert [(r.subnet, r.passage) for r in reaches(failing(site))] == [(TASKS, NO), (OTHER, YES)]


def test_a_subnet_that_ec2_does_not_have_is_left_out():
    evidence = failing(Site(unread=("subnets",)))
    assert reaches(evidence) == ()


SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:x-Ab12Cd"
BARE = {"secrets": [], "logConfiguration": None}
NEEDS = {
    "all of the guide's container": ({}, ["secretsmanager", "ecr.api", "logs", "ecr.dkr", "s3"]),
    "parameters by name and by ARN": (
        {**BARE, "secrets": [{"valueFrom": "/a"}, {"valueFrom": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/a"}]},
        ["ssm", "ecr.api", "ecr.dkr", "s3"],
    ),
    "a secret of the log driver": (
        {**BARE, "logConfiguration": {"logDriver": "splunk", "secretOptions": [{"valueFrom": SECRET}]}},
        ["secretsmanager", "ecr.api", "ecr.dkr", "s3"],
    ),
    "Docker Hub": ({**BARE, "image": "nginx:1"}, ["docker.io"]),
    "Docker Hub, with a user": ({**BARE, "image": "bitnami/nginx:1"}, ["docker.io"]),
    "another registry": ({**BARE, "image": "public.ecr.aws/nginx/nginx:1"}, ["public.ecr.aws"]),
    "a registry with credentials": (
        {**BARE, "image": "ghcr.io/a/b:1", "repositoryCredentials": {"credentialsParameter": "name"}},
        ["secretsmanager", "ghcr.io"],
    ),
    "another log driver": (
        {"logConfiguration": {"logDriver": "awsfirelens"}, "secrets": []},
        ["ecr.api", "ecr.dkr", "s3"],
    ),
    "masked options": (
        {"logConfiguration": {"logDriver": "awslogs", "options": "***"}, "secrets": []},
        ["ecr.api", "logs", "ecr.dkr", "s3"],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), NEEDS.values(), ids=NEEDS)
def test_what_a_start_needs_in_its_order(changes, expected):
    assert [need.service for need in needs(definition(1, container(**changes)), REGION)] == expected


def test_what_lies_in_another_region_is_sought_there():
    image = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/app:1"
    found = needs(definition(1, container(image=image, **BARE)), REGION)
    assert {need.region for need in found} == {"us-east-1"}
    assert found[0].endpoint_names() == ("com.amazonaws.us-east-1.ecr.api",)


def test_in_china_endpoints_have_two_kinds_of_names():
    found = needs(definition(1, container(image=f"{REGISTRY}/app:1", **BARE)), REGION)
    assert found[0].endpoint_names() == (f"com.amazonaws.{REGION}.ecr.api",)
    [need, *_] = needs(definition(1, container(image="x", secrets=[{"valueFrom": "/a"}])), "cn-north-1")
    assert need.endpoint_names() == ("com.amazonaws.cn-north-1.ssm", "cn.com.amazonaws.cn-north-1.ssm")


def test_a_registry_of_others_needs_a_way_out_and_endpoints_are_none():
    private = failing(Site(**PRIVATE), with_container=container(image="nginx:1", **BARE))
    [reach] = reaches(private)
    assert [(need.service, way.passage, way.lacks) for need, way in reach.ways] == [("docker.io", NO, "route")]
    [reach] = reaches(failing(Site(**BEHIND_NAT), with_container=container(image="nginx:1", **BARE)))
    assert reach.passage is YES
