"""What a task reaches, and what reaches it, in VPCs that clients configure over the EC2 API."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.lab.embedded import moto_application
from runbook_lib.lab.network import Network, Placement, Sources
from runbook_lib.lab.transport import Clients
from tests.lab.conftest import Bench

ALL_PORTS: dict[str, Any] = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
PORT = 8080


class Site:
    """A VPC of a test's own: a public and a private subnet with a route table each, an internet gateway, a group."""

    def __init__(self, ec2: Any, region: str) -> None:
        self.ec2, self.region = ec2, region
        self.vpc: str = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.subnets = {"public": self.subnet("10.20.1.0/24"), "private": self.subnet("10.20.2.0/24")}
        self.tables = {name: self.table(name) for name in self.subnets}
        self.route("public", GatewayId=self.gateway)
        self.group = self.new_group("task")

    def subnet(self, cidr: str) -> str:
        return self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]

    def table(self, name: str) -> str:
        table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.ec2.associate_route_table(RouteTableId=table, SubnetId=self.subnets[name])
        return table

    def route(self, name: str, destination: str = "0.0.0.0/0", **target: str) -> None:
        self.ec2.create_route(RouteTableId=self.tables[name], DestinationCidrBlock=destination, **target)

    def new_group(self, name: str) -> str:
        return self.ec2.create_security_group(VpcId=self.vpc, GroupName=name, Description=name)["GroupId"]

    def nat(self, name: str = "public", **kind: str) -> str:
        """Put a NAT gateway into a subnet and lead the private one's traffic to it."""
        if not kind:
            kind = {"AllocationId": self.ec2.allocate_address(Domain="vpc")["AllocationId"]}
        made = self.ec2.create_nat_gateway(SubnetId=self.subnets[name], **kind)["NatGateway"]["NatGatewayId"]
        self.route("private", NatGatewayId=made)
        return made

    def endpoint(self, service: str, subnet: str = "private", **settings: Any) -> str:
        """Make an interface endpoint with a group that lets HTTPS of the VPC in, unless given another one."""
        if "SecurityGroupIds" not in settings:
            settings["SecurityGroupIds"] = [self.new_group(f"endpoint-{service}")]
            self.allow(settings["SecurityGroupIds"][0], "10.20.0.0/16", 443)
        made = self.ec2.create_vpc_endpoint(
            VpcId=self.vpc,
            ServiceName=f"com.amazonaws.{self.region}.{service}",
            VpcEndpointType="Interface",
            SubnetIds=[self.subnets[subnet]],
            **settings,
        )
        return made["VpcEndpoint"]["VpcEndpointId"]

    def s3(self, *tables: str) -> None:
        """Make a gateway endpoint of S3 for some route tables."""
        name = f"com.amazonaws.{self.region}.s3"
        chosen = [self.tables[table] for table in tables]
        self.ec2.create_vpc_endpoint(VpcId=self.vpc, ServiceName=name, VpcEndpointType="Gateway", RouteTableIds=chosen)

    def allow(self, group: str, source: str, low: int, high: int | None = None) -> None:
        """Let TCP from a network or a group in."""
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_tcp(source, low, high)])

    def egress(self, *rules: dict[str, Any]) -> None:
        """Let the task's group out by these rules alone."""
        self.ec2.revoke_security_group_egress(GroupId=self.group, IpPermissions=[ALL_PORTS])
        if rules:
            self.ec2.authorize_security_group_egress(GroupId=self.group, IpPermissions=list(rules))

    def acl(self, name: str, *entries: tuple[int, bool, str, tuple[int, int]], cidr: str = "0.0.0.0/0") -> None:
        """Give a subnet a network ACL of its own: (number, egress, action, ports) for TCP, and nothing else."""
        acl = self.ec2.create_network_acl(VpcId=self.vpc)["NetworkAcl"]["NetworkAclId"]
        for number, out, action, (low, high) in entries:
            rule = {"RuleNumber": number, "Egress": out, "RuleAction": action, "Protocol": "6", "CidrBlock": cidr}
            self.ec2.create_network_acl_entry(NetworkAclId=acl, PortRange={"From": low, "To": high}, **rule)
        for found in self.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["NetworkAcls"]:
            for association in found["Associations"]:
                if association["SubnetId"] == self.subnets[name]:
                    old = association["NetworkAclAssociationId"]
                    self.ec2.replace_network_acl_association(AssociationId=old, NetworkAclId=acl)

    def place(self, name: str, public_ip: bool = False) -> Placement:
        address = "10.20.1.30" if name == "public" else "10.20.2.30"
        return Placement(self.subnets[name], (self.group,), public_ip, address)

    def prefix_list(self, *cidrs: str) -> str:
        entries = [{"Cidr": cidr} for cidr in cidrs]
        made = self.ec2.create_managed_prefix_list(
            PrefixListName="own", MaxEntries=5, AddressFamily="IPv4", Entries=entries
        )
        return made["PrefixList"]["PrefixListId"]


def _tcp(peer: str, low: int, high: int | None = None) -> dict[str, Any]:
    rule: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": low, "ToPort": high or low}
    named = {"sg-": ("UserIdGroupPairs", "GroupId"), "pl-": ("PrefixListIds", "PrefixListId")}
    member, key = named.get(peer[:3], ("IpRanges", "CidrIp"))
    return {**rule, member: [{key: peer}]}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench("healthy", tmp_path_factory.mktemp("network")) as made:
        yield made


@pytest.fixture
def site(shared: Bench) -> Site:
    return Site(shared.client("ec2"), shared.lab.region)


def asking(bench: Bench) -> Network:
    """Return a network that asks as the lab does, with its own clients."""
    clients = Clients(moto_application())
    return Network(lambda service: clients.get(service, bench.lab.account, bench.lab.region), bench.lab.region)


@pytest.fixture
def network(shared: Bench) -> Network:
    return asking(shared)


Change = Callable[[Site], object]


def nothing(_: Site) -> None:
    """Leave the site as it is."""


def delete_nat(site: Site) -> None:
    site.ec2.delete_nat_gateway(NatGatewayId=site.nat())


def detach_gateway(site: Site) -> None:
    site.ec2.detach_internet_gateway(InternetGatewayId=site.gateway, VpcId=site.vpc)


def nat_and_detour(site: Site) -> None:
    """A more specific route for half of the internet leads to where nothing is."""
    site.nat()
    for half in ("0.0.0.0/1", "128.0.0.0/1"):
        site.route("private", half, NatGatewayId="nat-00000000000000000")


def main_table(site: Site) -> None:
    """A subnet without a route table of its own, and a main table that leads to the internet."""
    site.subnets["private"] = site.subnet("10.20.3.0/24")
    main = site.ec2.describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [site.vpc]}, {"Name": "association.main", "Values": ["true"]}]
    )["RouteTables"][0]["RouteTableId"]
    site.tables["private"] = main
    site.nat()


REACHES: dict[str, tuple[str, bool, Change, bool]] = {
    "public subnet, public address": ("public", True, nothing, True),
    "public subnet, no public address": ("public", False, nothing, False),
    "private subnet": ("private", False, nothing, False),
    "private subnet, public address": ("private", True, nothing, False),
    "NAT gateway in the public subnet": ("private", False, Site.nat, True),
    "NAT gateway in the private subnet": ("private", False, lambda site: site.nat("private"), False),
    "private NAT gateway": ("private", False, lambda site: site.nat(ConnectivityType="private"), False),
    "NAT gateway deleted, its route left": ("private", False, delete_nat, False),
    "internet gateway detached": ("public", True, detach_gateway, False),
    "a more specific route to nothing": ("private", False, nat_and_detour, False),
    "main route table": ("private", False, main_table, True),
    "no rule lets out": ("public", True, Site.egress, False),
    "HTTPS let out": ("public", True, lambda site: site.egress(_tcp("0.0.0.0/0", 443)), True),
    "a range of ports let out": ("public", True, lambda site: site.egress(_tcp("0.0.0.0/0", 1, 1023)), True),
    "HTTP let out": ("public", True, lambda site: site.egress(_tcp("0.0.0.0/0", 80)), False),
    "HTTPS let out within the VPC": ("public", True, lambda site: site.egress(_tcp("10.20.0.0/16", 443)), False),
    "UDP let out": ("public", True, lambda site: site.egress({**_tcp("0.0.0.0/0", 443), "IpProtocol": "udp"}), False),
}


@pytest.mark.parametrize("case", REACHES)
def test_a_task_reaches_what_routes_and_security_groups_let_it(site: Site, network: Network, case: str) -> None:
    subnet, public_ip, change, reached = REACHES[case]
    change(site)
    for service in ("ecr.api", "internet"):
        assert (network.unreachable(site.place(subnet, public_ip), service) is None) is reached


OUT, IN = True, False
EPHEMERAL, HTTPS = (1024, 65535), (443, 443)
ACLS: dict[str, tuple[str, tuple[tuple[int, bool, str, tuple[int, int]], ...], bool]] = {
    "nothing passes": ("private", (), False),
    "out and back": ("private", ((100, OUT, "allow", HTTPS), (100, IN, "allow", EPHEMERAL)), True),
    "out without the way back": ("private", ((100, OUT, "allow", HTTPS),), False),
    "back without the way out": ("private", ((100, IN, "allow", EPHEMERAL),), False),
    "denied before it is allowed": (
        "private",
        ((90, OUT, "deny", HTTPS), (100, OUT, "allow", HTTPS), (100, IN, "allow", EPHEMERAL)),
        False,
    ),
    "denied after it is allowed": (
        "private",
        ((100, OUT, "allow", HTTPS), (110, OUT, "deny", HTTPS), (100, IN, "allow", EPHEMERAL)),
        True,
    ),
    "answers to few ports": ("private", ((100, OUT, "allow", HTTPS), (100, IN, "allow", (32768, 40000))), False),
    "the NAT gateway's subnet lets nothing in": (
        "public",
        ((100, OUT, "allow", HTTPS), (100, IN, "allow", EPHEMERAL), (101, OUT, "allow", EPHEMERAL)),
        False,
    ),
    "the NAT gateway's subnet lets it through": (
        "public",
        (
            (100, OUT, "allow", HTTPS),
            (100, IN, "allow", EPHEMERAL),
            (101, OUT, "allow", EPHEMERAL),
            (101, IN, "allow", HTTPS),
        ),
        True,
    ),
}


@pytest.mark.parametrize("case", ACLS)
def test_network_acls_are_asked_both_ways(site: Site, network: Network, case: str) -> None:
    subnet, entries, reached = ACLS[case]
    site.nat()
    site.acl(subnet, *entries)
    assert (network.unreachable(site.place("private"), "logs") is None) is reached


def other_subnet(site: Site) -> None:
    site.endpoint("logs", subnet="public")


def endpoint_of_task(site: Site) -> None:
    """An endpoint that lets in the task's group alone, and a task that is let out to the endpoint's alone."""
    group = site.new_group("endpoint")
    site.allow(group, site.group, 443)
    site.egress(_tcp(group, 443))
    site.endpoint("logs", SecurityGroupIds=[group])


def endpoint_of_others(site: Site) -> None:
    group = site.new_group("endpoint")
    site.allow(group, site.new_group("other"), 443)
    site.endpoint("logs", SecurityGroupIds=[group])


def endpoint_that_shuts_nat_out(site: Site) -> None:
    """Once its name leads to the endpoint, a NAT gateway is no way to the service."""
    site.nat()
    endpoint_of_others(site)


def endpoint_without_name(site: Site) -> None:
    """Without private DNS the name leads to public addresses as before."""
    site.endpoint("logs", PrivateDnsEnabled=False)


def endpoint_beside_nat(site: Site) -> None:
    endpoint_without_name(site)
    site.nat()


def deleted_endpoint(site: Site) -> None:
    site.ec2.delete_vpc_endpoints(VpcEndpointIds=[site.endpoint("logs")])


def egress_to_the_internet_alone(site: Site) -> None:
    site.egress(_tcp("54.0.0.0/8", 443))
    site.endpoint("logs")


ENDPOINTS: dict[str, tuple[Change, bool]] = {
    "endpoint": (lambda site: site.endpoint("logs"), True),
    "endpoint in another subnet": (other_subnet, True),
    "endpoint of another service": (lambda site: site.endpoint("monitoring"), False),
    "the default group, which knows the task not": (lambda site: site.endpoint("logs", SecurityGroupIds=[]), False),
    "by groups": (endpoint_of_task, True),
    "another group": (endpoint_of_others, False),
    "another group, beside a NAT gateway": (endpoint_that_shuts_nat_out, False),
    "without private DNS": (endpoint_without_name, False),
    "without private DNS, beside a NAT gateway": (endpoint_beside_nat, True),
    "deleted": (deleted_endpoint, False),
    "not let out to it": (egress_to_the_internet_alone, False),
}


@pytest.mark.parametrize("case", ENDPOINTS)
def test_an_interface_endpoint_takes_the_services_place(site: Site, network: Network, case: str) -> None:
    change, reached = ENDPOINTS[case]
    change(site)
    assert (network.unreachable(site.place("private"), "logs") is None) is reached


def test_an_acl_between_task_and_endpoint_counts_and_within_a_subnet_it_does_not(site: Site, network: Network) -> None:
    site.endpoint("logs", subnet="private")
    site.endpoint("ssm", subnet="public")
    site.acl("private")
    assert network.unreachable(site.place("private"), "logs") is None
    assert network.unreachable(site.place("private"), "ssm") is not None


def s3_by_prefix_list(site: Site) -> None:
    site.s3("private")
    lists = site.ec2.describe_managed_prefix_lists()["PrefixLists"]
    of_s3 = next(each["PrefixListId"] for each in lists if each["PrefixListName"].endswith(f"{site.region}.s3"))
    site.egress(_tcp(of_s3, 443))


def s3_by_another_prefix_list(site: Site) -> None:
    site.s3("private")
    site.egress(_tcp(site.prefix_list("10.20.0.0/16", "192.0.2.0/24"), 443))


LAYERS: dict[str, tuple[Change, bool]] = {
    "no way": (nothing, False),
    "gateway endpoint of the task's route table": (lambda site: site.s3("private"), True),
    "gateway endpoint of another route table": (lambda site: site.s3("public"), False),
    "gateway endpoint, let out to S3 alone": (s3_by_prefix_list, True),
    "gateway endpoint, let out to other networks": (s3_by_another_prefix_list, False),
    "interface endpoint": (lambda site: site.endpoint("s3"), True),
    "interface endpoints of ECR alone": (lambda site: (site.endpoint("ecr.api"), site.endpoint("ecr.dkr")), False),
}


@pytest.mark.parametrize("case", LAYERS)
def test_image_layers_come_from_s3(site: Site, network: Network, case: str) -> None:
    change, reached = LAYERS[case]
    change(site)
    assert (network.unreachable(site.place("private"), "s3") is None) is reached


def test_what_never_answers_has_the_same_address_each_time(site: Site, shared: Bench) -> None:
    place = site.place("private")
    asked = [asking(shared).unreachable(place, "ecr.api") for _ in range(2)]
    assert asked[0] == asked[1]
    assert str(asked[0]).startswith("54.180.")
    assert str(asked[0]).endswith(":443")


def test_an_endpoint_that_refuses_has_an_address_of_its_subnet(site: Site, network: Network) -> None:
    endpoint_of_others(site)
    assert str(network.unreachable(site.place("private"), "logs")).startswith("10.20.2.")


def test_an_endpoint_of_several_subnets_answers_from_the_tasks_else_from_the_lowest(site: Site, shared: Bench) -> None:
    shut, made = site.new_group("shut"), asking(shared)
    name = site.endpoint("logs", subnet="public", SecurityGroupIds=[shut])
    for cidr in ("10.20.9.0/24", "10.20.0.0/24", "10.20.8.0/24"):
        site.ec2.modify_vpc_endpoint(VpcEndpointId=name, AddSubnetIds=[site.subnet(cidr)])
    assert str(made.unreachable(site.place("public"), "logs")).startswith("10.20.1.")
    assert str(made.unreachable(site.place("private"), "logs")).startswith("10.20.0.")


def test_a_task_without_groups_has_the_default_one(site: Site, network: Network, shared: Bench) -> None:
    bare = {"subnets": [site.subnets["public"]], "assignPublicIp": "ENABLED"}
    place = Placement.of(bare, site.subnets["public"], "10.20.1.9")
    assert network.unreachable(place, "logs") is None
    default = site.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [site.vpc]}])["SecurityGroups"]
    group = next(each["GroupId"] for each in default if each["GroupName"] == "default")
    site.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[ALL_PORTS])
    assert asking(shared).unreachable(place, "logs") is not None


BALANCERS: dict[str, tuple[Callable[[Site, str], object], bool]] = {
    "nothing let in": (lambda site, balancer: None, False),
    "its group": (lambda site, balancer: site.allow(site.group, balancer, PORT), True),
    "its group, another port": (lambda site, balancer: site.allow(site.group, balancer, PORT + 1), False),
    "another group": (lambda site, balancer: site.allow(site.group, site.new_group("other"), PORT), False),
    "a range of ports": (lambda site, balancer: site.allow(site.group, balancer, 1024, 65535), True),
    "its subnet's addresses": (lambda site, balancer: site.allow(site.group, "10.20.1.0/24", PORT), True),
    "half of its subnet": (lambda site, balancer: site.allow(site.group, "10.20.1.0/25", PORT), False),
    "everybody": (lambda site, balancer: site.allow(site.group, "0.0.0.0/0", PORT), True),
}


def balancer_of(site: Site, subnet: str = "public") -> Sources:
    return Sources((site.new_group("balancer"),), (site.subnets[subnet],))


@pytest.mark.parametrize("case", BALANCERS)
def test_a_load_balancer_gets_in_where_the_tasks_group_says_so(site: Site, network: Network, case: str) -> None:
    change, admitted = BALANCERS[case]
    sources = balancer_of(site)
    change(site, sources.groups[0])
    assert network.admits(site.place("private"), sources, PORT) is admitted


def test_a_network_load_balancer_without_groups_gets_in_by_its_subnets(
    site: Site, network: Network, shared: Bench
) -> None:
    sources = Sources((), (site.subnets["public"], site.subnets["private"]))
    site.allow(site.group, "10.20.1.0/24", PORT)
    assert not network.admits(site.place("private"), sources, PORT)
    site.allow(site.group, "10.20.2.0/24", PORT)
    again = asking(shared)
    assert again.admits(site.place("private"), sources, PORT)


def test_a_load_balancer_that_is_not_let_out_does_not_get_in(site: Site, network: Network) -> None:
    sources = balancer_of(site)
    site.allow(site.group, "0.0.0.0/0", PORT)
    site.ec2.revoke_security_group_egress(GroupId=sources.groups[0], IpPermissions=[ALL_PORTS])
    assert not network.admits(site.place("private"), sources, PORT)


@pytest.mark.parametrize(
    ("entries", "admitted"),
    [
        (((100, IN, "allow", (PORT, PORT)), (100, OUT, "allow", EPHEMERAL)), True),
        (((100, IN, "allow", (PORT, PORT)),), False),
        (((100, OUT, "allow", EPHEMERAL),), False),
    ],
)
def test_the_tasks_network_acl_must_let_the_load_balancer_pass(
    site: Site, network: Network, entries: tuple[tuple[int, bool, str, tuple[int, int]], ...], admitted: bool
) -> None:
    site.allow(site.group, "0.0.0.0/0", PORT)
    site.acl("private", *entries, cidr="10.20.1.0/24")
    assert network.admits(site.place("private"), balancer_of(site), PORT) is admitted


def test_ecs_refuses_what_ec2_does_not_have(site: Site, network: Network) -> None:
    other = Site(site.ec2, site.region)
    subnets, groups = list(site.subnets.values()), [site.group]
    said: dict[str, dict[str, Any]] = {
        "": {"subnets": subnets, "securityGroups": groups},
        "subnets can not be empty.": {"subnets": []},
        "subnets can have at most 16 items.": {"subnets": subnets * 9},
        "securityGroups can have at most 5 items.": {"subnets": subnets, "securityGroups": groups * 6},
        "Error retrieving subnet information for [subnet-1]: The subnet ID 'subnet-1' does not exist "
        "(ErrorCode: InvalidSubnetID.NotFound)": {"subnets": [*subnets, "subnet-1"]},
        "Error retrieving security group information for [sg-1]: The security group 'sg-1' does not exist "
        "(ErrorCode: InvalidGroup.NotFound)": {"subnets": subnets, "securityGroups": [*groups, "sg-1"]},
        f"Security group {other.group} does not appear to belong to the same VPC as the input subnets.": {
            "subnets": subnets,
            "securityGroups": [other.group],
        },
    }
    assert [network.problem(awsvpc) or "" for awsvpc in said.values()] == list(said)


def test_a_subnet_that_is_gone_reaches_nothing(network: Network) -> None:
    place = Placement("subnet-00000000", (), True)
    assert network.unreachable(place, "ecr.api") is not None
    assert not network.admits(place, Sources((), ()), PORT)


def test_a_vpc_is_read_once_however_many_tasks_start(site: Site, shared: Bench) -> None:
    network = Network(shared.client, shared.lab.region)
    services = ("ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager", "ssm", "internet")
    sources = balancer_of(site)
    shared.lab.forget_calls()
    for name in ("public", "private", "public"):
        for service in services:
            network.unreachable(site.place(name, public_ip=True), service)
        network.admits(site.place(name), sources, PORT)
    seen = [call["action"] for call in shared.lab.calls()]
    assert len(seen) == len(set(seen)) <= 8


def test_a_scenarios_endpoints_may_name_s3(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.yaml"
    network = "network: {private: true, endpoints: [ecr.api, ecr.dkr, s3, logs]}"
    path.write_text(f"extends: _web\ndescription: {{ko: x, en: x}}\n{network}\n", encoding="utf-8")
    with Bench(path, tmp_path / "lab") as played:
        found = played.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    assert {e["ServiceName"].rpartition(".")[2]: e["VpcEndpointType"] for e in found} == {
        "api": "Interface",
        "dkr": "Interface",
        "logs": "Interface",
        "s3": "Gateway",
    }
