"""What the scheduler asks of the other services.

Each answer comes from moto over its public API, so whatever a client changes there (a pushed tag, a created secret, a
modified target group, a route) is a real cause or a real cure.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import ClientError
from moto.logs.models import logs_backends

from runbook_lib.lab import secrets
from runbook_lib.lab.network import Network, Placement, Sources
from runbook_lib.lab.registry import Built, Pull, Reference, Registry
from runbook_lib.lab.roles import Roles, repository_allows, repository_forbids
from runbook_lib.lab.secrets import SecretReference
from runbook_lib.lab.state import Document
from runbook_lib.lab.transport import Clients

_KEPT_LINES = 10_000  # of a log stream
_REMEMBERED = 10_000  # answers
_SESSION = "lab-session"  # stands for every session of a role, which are all judged alike
_NETWORK_PROTOCOLS = ("TCP", "TLS", "UDP", "TCP_UDP")
Answer = TypeVar("Answer")
Answers = dict[tuple[Hashable, ...], Any]  # by the question and what it is about


@dataclass(frozen=True)
class TargetGroup:
    """How a target group checks its targets, and where its load balancers stand; times in seconds.

    `protocol` is that of the check; `network` says that the load balancer is one of the network, which looks at
    connections alone and takes a target for healthy only after the healthy threshold.
    """

    protocol: str
    path: str
    port: int | None
    interval: int
    timeout: int
    healthy_threshold: int
    unhealthy_threshold: int
    codes: tuple[tuple[int, int], ...]
    network: bool
    balancers: tuple[str, ...]

    def matches(self, status: int) -> bool:
        """Whether the matcher accepts an HTTP status."""
        return any(low <= status <= high for low, high in self.codes)


@dataclass(frozen=True)
class Alarm:
    """A CloudWatch alarm: its state, and how many seconds it needs to see a failure."""

    state: str
    seconds: float


@dataclass(frozen=True)
class Balancer:
    """Where a load balancer stands: its subnets with their zones, and its security groups."""

    zones: tuple[str, ...]
    sources: Sources


class World:
    """The other services of one account and Region.

    `answers` are those of another world that was asked while moto was in the very state that it is in now; they grow by
    what this one asks until something changes.
    """

    def __init__(
        self,
        clients: Clients,
        account: str,
        region: str,
        images: Mapping[str, Built] | None = None,
        answers: Answers | None = None,
    ) -> None:
        self._clients = clients
        self._moto = clients.application
        self._account = account
        self._region = region
        self._registry = Registry(clients, images if images is not None else {})
        self._begin({} if answers is None else answers)

    @property
    def state(self) -> object:
        """A mark that is another one after every change in moto."""
        return self._moto.state

    def _begin(self, answers: Answers) -> None:
        """Go on from these answers; what reads as it is asked, and keeps it, begins anew.

        The mark is set last: whoever sees it in another thread gets what belongs to it.
        """
        mark = self.state
        self._memory = answers
        self._read_network = Network(self.client, self._region)
        self._read_roles = Roles(self.client, self._account, self._region)
        self._remembered = mark

    def _keep_up(self) -> object:
        """Forget everything once something was changed; return the mark of what holds now."""
        mark = self._remembered
        if mark is not self.state or len(self._memory) > _REMEMBERED:
            self._begin({})
            mark = self._remembered
        return mark

    def _once(self, question: Callable[..., Answer], *about: Hashable) -> Answer:
        """Ask a question again only after something was changed.

        An answer during which something was changed is not kept: other worlds may go on from these.
        """
        mark, memory = self._keep_up(), self._memory
        key = (question.__qualname__, *about)
        if key in memory:
            known: Answer = memory[key]
            return known
        found = question(*about)
        if self.state is mark:
            memory[key] = found
        return found

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""
        return self._clients.get(service, self._account, self._region)

    @property
    def _network(self) -> Network:
        """The VPCs as they are now; a network keeps what it has read."""
        self._keep_up()
        return self._read_network

    @property
    def roles(self) -> Roles:
        """The roles as they are now; an object keeps what it has read."""
        self._keep_up()
        return self._read_roles

    def pull(self, image: str, platform: str) -> Pull:
        """Pull an image for a platform such as ``linux/amd64``."""
        return self._once(self._registry.pull, image, platform)

    def shares(self, reference: Reference, role: str) -> bool:
        """Whether a repository lets a role of this account pull: an own one unless its policy denies it."""
        policy = self._once(self._registry.policy, reference)
        if reference.account == self._account:
            return not repository_forbids(policy, role, self._account)
        return repository_allows(policy, role, self._account)

    def secret_problem(self, wanted: SecretReference) -> str | None:
        """Return the stopped reason of a secret or parameter that is not there or not usable, or None."""
        return self._once(secrets.problem, self._clients, self._account, wanted)

    def assumable(self, role: str) -> bool:
        """Whether ECS tasks may assume a role."""
        return self._once(self._assumable, role)

    def denial(self, role: str, session: str, action: str, resource: str) -> str | None:
        """Return IAM's sentence where a role may not do something in a session, or None."""
        found = self._once(self._denial, role, _SESSION, action, resource)
        return found.replace(_SESSION, session) if found else None

    def unreachable(self, place: Placement, service: str) -> str | None:
        """Return the address of a service that never answers a task, or None where it does."""
        return self._once(self._unreachable, place, service)

    def admits(self, place: Placement, sources: Sources, port: int) -> bool:
        """Whether a load balancer's packets reach a port of a task."""
        return self._once(self._admits, place, sources, port)

    def _assumable(self, role: str) -> bool:
        return self.roles.assumable(role)

    def _denial(self, role: str, session: str, action: str, resource: str) -> str | None:
        return self.roles.denial(role, session, action, resource)

    def _unreachable(self, place: Placement, service: str) -> str | None:
        return self._network.unreachable(place, service)

    def _admits(self, place: Placement, sources: Sources, port: int) -> bool:
        return self._network.admits(place, sources, port)

    def network_problem(self, network: Document | None) -> str | None:
        """Return what is wrong with the subnets and security groups of an awsvpcConfiguration, or None."""
        return self._network.problem(network) if network else None

    def zone(self, subnet: str) -> tuple[str, str]:
        """Return the availability zone and the CIDR block of a subnet."""
        return self._once(self._zone, subnet)

    def _zone(self, subnet: str) -> tuple[str, str]:
        try:
            found = self.client("ec2").describe_subnets(SubnetIds=[subnet])["Subnets"][0]
        except ClientError:
            return f"{self._region}a", "10.0.0.0/24"
        return str(found["AvailabilityZone"]), str(found["CidrBlock"])

    def has_logs(self, region: str) -> bool:
        """Whether there is CloudWatch Logs in a Region, or such a Region at all."""
        return region in logs_backends[self._account].regions

    def log_group_exists(self, region: str, name: str) -> bool:
        """Whether CloudWatch Logs has a log group in a Region."""
        return self._once(self._log_group_exists, region, name)

    def _log_group_exists(self, region: str, name: str) -> bool:
        groups = self._logs(region).describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return any(group["logGroupName"] == name for group in groups)

    def create_log_group(self, region: str, name: str) -> None:
        """Create a log group, as the awslogs driver does with awslogs-create-group."""
        self._logs(region).create_log_group(logGroupName=name)

    def create_log_stream(self, region: str, group: str, stream: str) -> None:
        """Create the log stream of a container."""
        self._logs(region).create_log_stream(logGroupName=group, logStreamName=stream)

    def _logs(self, region: str) -> Any:
        return self._clients.get("logs", self._account, region)

    def put_log_lines(self, region: str, group: str, stream: str, lines: list[tuple[float, str]]) -> None:
        """Add lines with their times (seconds since the epoch) to a log stream, which keeps the newest 10,000.

        They go past moto's API, which refuses lines two hours after the real now: the simulated one may be days ahead.
        A log group that somebody deletes takes the lines with it, as it does on AWS.
        """
        found = logs_backends[self._account][region].groups.get(group)
        kept = found.streams.get(stream) if found else None
        if kept:
            kept.put_log_events([{"timestamp": int(at * 1000), "message": text} for at, text in lines])
            del kept.events[:-_KEPT_LINES]

    def alarms(self, names: Sequence[str]) -> dict[str, Alarm]:
        """Return the alarms of those names that CloudWatch has."""
        return self._once(self._alarms, tuple(names)) if names else {}

    def _alarms(self, names: tuple[str, ...]) -> dict[str, Alarm]:
        kinds = ["MetricAlarm", "CompositeAlarm"]
        found = self.client("cloudwatch").describe_alarms(AlarmNames=list(names), AlarmTypes=kinds)
        alarms = [*found["MetricAlarms"], *found.get("CompositeAlarms", [])]
        return {alarm["AlarmName"]: _alarm(alarm) for alarm in alarms}

    def target_group(self, arn: str) -> TargetGroup | None:
        """Return a target group's settings, or None where there is none."""
        return self._once(self._target_group, arn)

    def _target_group(self, arn: str) -> TargetGroup | None:
        try:
            found = self.client("elbv2").describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]
        except ClientError:
            return None
        return _target_group(found)

    def balancer(self, arn: str) -> Balancer | None:
        """Return where a load balancer stands, or None where there is none."""
        return self._once(self._balancer, arn)

    def _balancer(self, arn: str) -> Balancer | None:
        try:
            found = self.client("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]
        except ClientError:
            return None
        places = found.get("AvailabilityZones", [])
        subnets = tuple(place["SubnetId"] for place in places if place.get("SubnetId"))
        zones = tuple(place["ZoneName"] for place in places)
        return Balancer(zones, Sources(tuple(found.get("SecurityGroups", [])), subnets))

    def deregistration_delay(self, arn: str) -> int:
        """Return how long a target group drains a target, in seconds."""
        return self._once(self._deregistration_delay, arn)

    def _deregistration_delay(self, arn: str) -> int:
        try:
            attributes = self.client("elbv2").describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
        except ClientError:
            return 0
        given = {item["Key"]: item["Value"] for item in attributes}
        return int(given.get("deregistration_delay.timeout_seconds", 300))


def _alarm(found: Document) -> Alarm:
    seconds = float(found.get("Period") or 60) * int(found.get("EvaluationPeriods") or 1)
    return Alarm(str(found["StateValue"]), seconds)


def _target_group(found: Document) -> TargetGroup:
    port = str(found.get("HealthCheckPort", "traffic-port"))
    return TargetGroup(
        protocol=str(found.get("HealthCheckProtocol") or found.get("Protocol") or "HTTP"),
        path=found.get("HealthCheckPath") or "/",
        port=int(port) if port.isdigit() else None,
        interval=int(found.get("HealthCheckIntervalSeconds") or 30),
        timeout=int(found.get("HealthCheckTimeoutSeconds") or 5),
        healthy_threshold=int(found.get("HealthyThresholdCount") or 5),
        unhealthy_threshold=int(found.get("UnhealthyThresholdCount") or 2),
        codes=_codes((found.get("Matcher") or {}).get("HttpCode") or "200"),
        network=found.get("Protocol") in _NETWORK_PROTOCOLS,
        balancers=tuple(found.get("LoadBalancerArns") or ()),
    )


def _codes(matcher: str) -> tuple[tuple[int, int], ...]:
    """Read a matcher such as ``200,301-399``."""
    spans = (part.partition("-") for part in matcher.split(","))
    return tuple((int(low), int(high or low)) for low, _, high in spans)
