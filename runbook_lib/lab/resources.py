"""Sets up what a scenario needs of the other services, by their own APIs in moto; no simulated time passes."""

import hashlib
import json
from typing import Any

from runbook_lib.lab import managed_policies
from runbook_lib.lab.front import Front
from runbook_lib.lab.registry import Built
from runbook_lib.lab.scenario import App, ForeignRepository, Image, Listener, Role, Scenario, TargetGroup

_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_LAYER_SIZES = (29_126_484, 3_508_872, 61_204_117)
_ANYWHERE = "0.0.0.0/0"
_ALL_TCP = {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}


class Resources:
    """What a scenario finds in its account.

    `set_up` returns what ``${...}`` stands for in request bodies: ``account``, ``region``, ``vpc``, ``subnets``,
    ``subnet:ZONE``, ``private_subnets``,
    ``route_table``, ``private_route_table``, ``internet_gateway``, ``security_group``, ``balancer_security_group``,
    ``role:NAME``, ``secret:NAME``, ``target_group:NAME``, ``load_balancer:NAME``, ``digest:TAG``, ``manifest:TAG``.
    """

    def __init__(self, front: Front, scenario: Scenario) -> None:
        self._front = front
        self._scenario = scenario
        self._known: dict[str, Any] = {"account": front.account, "region": scenario.region}

    def set_up(self) -> dict[str, Any]:
        """Make everything; return it by name."""
        scenario = self._scenario
        self._network()
        for name, role in scenario.roles.items():
            self._known[f"role:{name}"] = self._role(name, role)
        for name, value in scenario.secrets.items():
            secret = self._client("secretsmanager").create_secret(Name=name, SecretString=value)
            self._known[f"secret:{name}"] = secret["ARN"]
        for name, value in scenario.ssm_parameters.items():
            self._client("ssm").put_parameter(Name=name, Value=value, Type="SecureString")
        for name in scenario.log_groups:
            self._client("logs").create_log_group(logGroupName=name)
        for name, group in scenario.target_groups.items():
            self._known[f"target_group:{name}"] = self._target_group(name, group)
        for name, listeners in scenario.load_balancers.items():
            self._known[f"load_balancer:{name}"] = self._balancer(name, listeners)
        self._registries()
        return self._known

    def _client(self, service: str, account: str | None = None) -> Any:
        return self._front.others.get(service, account or self._front.account, self._scenario.region)

    def _network(self) -> None:
        ec2, network = self._client("ec2"), self._scenario.network
        vpc = ec2.create_vpc(CidrBlock=network.cidr)["Vpc"]["VpcId"]
        self._known["vpc"] = vpc
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self._known["internet_gateway"] = gateway
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        main = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]
        ec2.create_route(RouteTableId=main["RouteTableId"], DestinationCidrBlock=_ANYWHERE, GatewayId=gateway)
        self._known["route_table"] = main["RouteTableId"]
        self._known["subnets"] = self._subnets(vpc, 0)
        for zone, subnet in zip(network.zones, self._known["subnets"], strict=True):
            self._known[f"subnet:{zone}"] = subnet
        if network.private:
            self._private_subnets(vpc)
        self._security_groups(vpc)
        for service in network.endpoints:
            self._endpoint(vpc, service)

    def _subnets(self, vpc: str, first: int) -> list[str]:
        network = self._scenario.network
        prefix = ".".join(network.cidr.split(".")[:2])
        made = (
            self._client("ec2").create_subnet(
                VpcId=vpc, CidrBlock=f"{prefix}.{first + place}.0/24", AvailabilityZone=self._scenario.region + zone
            )
            for place, zone in enumerate(network.zones)
        )
        return [found["Subnet"]["SubnetId"] for found in made]

    def _private_subnets(self, vpc: str) -> None:
        """Make subnets with a route table of their own, and their NAT gateway in the first public subnet."""
        ec2 = self._client("ec2")
        subnets = self._subnets(vpc, 128)
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        for subnet in subnets:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        if self._scenario.network.nat:
            address = ec2.allocate_address(Domain="vpc")["AllocationId"]
            made = ec2.create_nat_gateway(SubnetId=self._known["subnets"][0], AllocationId=address)
            gateway = made["NatGateway"]["NatGatewayId"]
            ec2.create_route(RouteTableId=table, DestinationCidrBlock=_ANYWHERE, NatGatewayId=gateway)
        self._known.update(private_subnets=subnets, private_route_table=table)

    def _security_groups(self, vpc: str) -> None:
        """Let the world in at the load balancer, and the load balancer in at the tasks."""
        ec2, name = self._client("ec2"), self._scenario.service
        front = ec2.create_security_group(GroupName=f"{name}-alb", Description="Load balancer", VpcId=vpc)["GroupId"]
        tasks = ec2.create_security_group(GroupName=name, Description="Tasks", VpcId=vpc)["GroupId"]
        for port in (80, 443):
            ec2.authorize_security_group_ingress(
                GroupId=front, IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp=_ANYWHERE
            )
        pairs = [{**_ALL_TCP, "UserIdGroupPairs": [{"GroupId": front}]}]
        if self._is_network(self._all_listeners()):
            pairs.append({**_ALL_TCP, "IpRanges": [{"CidrIp": self._scenario.network.cidr}]})
        ec2.authorize_security_group_ingress(GroupId=tasks, IpPermissions=pairs)
        self._known.update(security_group=tasks, balancer_security_group=front)

    def _endpoint(self, vpc: str, service: str) -> None:
        name = f"com.amazonaws.{self._scenario.region}.{service}"
        if service == "s3":
            tables = [self._known[key] for key in ("route_table", "private_route_table") if key in self._known]
            self._client("ec2").create_vpc_endpoint(
                VpcId=vpc, ServiceName=name, VpcEndpointType="Gateway", RouteTableIds=tables
            )
            return
        self._client("ec2").create_vpc_endpoint(
            VpcId=vpc,
            ServiceName=name,
            VpcEndpointType="Interface",
            SubnetIds=self._known.get("private_subnets", self._known["subnets"]),
            SecurityGroupIds=[self._known["security_group"]],
            PrivateDnsEnabled=True,
        )

    def _role(self, name: str, role: Role) -> str:
        iam = self._client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": role.trusts}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
        for path in role.managed:
            arn = f"arn:aws:iam::aws:policy/{path}"
            managed_policies.make_one_known(self._front.account, arn)
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        for policy, given in role.inline.items():
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(given))
        return str(made["Arn"])

    def _target_group(self, name: str, group: TargetGroup) -> str:
        elb = self._client("elbv2")
        check = group.check_protocol or group.protocol
        http = {"HealthCheckPath": group.path, "Matcher": {"HttpCode": group.matcher}} if check != "TCP" else {}
        arn = elb.create_target_group(
            Name=name,
            Protocol=group.protocol,
            Port=group.port,
            VpcId=self._known["vpc"],
            TargetType="ip",
            HealthCheckProtocol=check,
            HealthCheckPort=group.check_port,
            HealthCheckIntervalSeconds=group.interval,
            HealthCheckTimeoutSeconds=group.timeout,
            HealthyThresholdCount=group.healthy_threshold,
            UnhealthyThresholdCount=group.unhealthy_threshold,
            **http,
        )["TargetGroups"][0]["TargetGroupArn"]
        delay = {"Key": "deregistration_delay.timeout_seconds", "Value": str(group.deregistration_delay)}
        elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[delay])
        return str(arn)

    def _all_listeners(self) -> tuple[Listener, ...]:
        return tuple(listener for listeners in self._scenario.load_balancers.values() for listener in listeners)

    def _is_network(self, listeners: tuple[Listener, ...]) -> bool:
        return any(listener.protocol == "TCP" for listener in listeners)

    def _balancer(self, name: str, listeners: tuple[Listener, ...]) -> str:
        elb = self._client("elbv2")
        network = self._is_network(listeners)
        kind = {"Type": "network"} if network else {"SecurityGroups": [self._known["balancer_security_group"]]}
        made = elb.create_load_balancer(Name=name, Subnets=self._known["subnets"], **kind)["LoadBalancers"][0]
        for listener in listeners:
            action = {"Type": "forward", "TargetGroupArn": self._known[f"target_group:{listener.target_group}"]}
            elb.create_listener(
                LoadBalancerArn=made["LoadBalancerArn"],
                Protocol=listener.protocol,
                Port=listener.port,
                DefaultActions=[action],
            )
        return str(made["LoadBalancerArn"])

    def _registries(self) -> None:
        for tag, app in self._scenario.applications.items():  # an image of a registry that is not ECR is known by tag
            self._front.images[tag] = Built(app.application())
        own = {name: ForeignRepository(images=images) for name, images in self._scenario.repositories.items()}
        registries = {self._front.account: own, **self._scenario.foreign_repositories}
        for account, repositories in registries.items():
            for name, repository in repositories.items():
                self._repository(account, name, repository)

    def _repository(self, account: str, name: str, repository: ForeignRepository) -> None:
        ecr = self._client("ecr", account)
        ecr.create_repository(repositoryName=name)
        if repository.policy:
            ecr.set_repository_policy(repositoryName=name, policyText=json.dumps(repository.policy))
        for image in repository.images:
            self._image(ecr, name, image)

    def _image(self, ecr: Any, repository: str, image: Image) -> None:
        """Build an image and push it where that is wanted; an index comes with its images, which have no tags."""
        application = self._scenario.applications.get(image.tags[0], App(otherwise=200)).application()
        singles = [(platform, _manifest(repository, image.tags[0], platform)) for platform in image.platforms]
        for platform, manifest in singles:
            self._front.images[digest_of(manifest)] = Built(application, platform)
        is_index = image.index or len(singles) > 1
        whole = _index(singles) if is_index else singles[0][1]
        for tag in image.tags:
            self._known[f"manifest:{tag}"], self._known[f"digest:{tag}"] = whole, digest_of(whole)
        if image.pushed is None:
            return
        for _, manifest in singles if is_index else []:
            self._push(ecr, repository, manifest, image.pushed)
        for tag in image.tags:
            self._push(ecr, repository, whole, image.pushed, imageTag=tag)

    def _push(self, ecr: Any, repository: str, manifest: str, minutes: float, **tag: str) -> None:
        digest = digest_of(manifest)
        ecr.put_image(repositoryName=repository, imageManifest=manifest, imageDigest=digest, **tag)
        now = self._front.clock.now() + self._scenario.length
        self._front.pushed[digest] = now - minutes * 60


def _manifest(repository: str, tag: str, platform: str) -> str:
    """Return a manifest as a build pushes it; it differs from image to image."""
    layers = [{"mediaType": _LAYER, "size": size, "digest": digest_of(str(size))} for size in _LAYER_SIZES]
    config = {"mediaType": _CONFIG, "size": 7023, "digest": digest_of(f"{repository}/{tag}/{platform}")}
    return json.dumps({"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": layers})


def _index(singles: list[tuple[str, str]]) -> str:
    """Return an image index over the manifests of several platforms."""
    entries = []
    for platform, manifest in singles:
        system, _, architecture = platform.partition("/")
        place = {"os": system, "architecture": architecture}
        entries.append(
            {"mediaType": _MANIFEST, "size": len(manifest), "digest": digest_of(manifest), "platform": place}
        )
    return json.dumps({"schemaVersion": 2, "mediaType": _INDEX, "manifests": entries})


def digest_of(text: str) -> str:
    """Return the digest by which a registry knows a text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
