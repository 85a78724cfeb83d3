"""What the scheduler asks of the other services.

Each answer comes from moto over its public API, so whatever a client changes there (a pushed tag, a created secret, a
modified target group) is a real cause or a real cure.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from runbook_lib.lab import reasons
from runbook_lib.lab.application import Application
from runbook_lib.lab.state import Document
from runbook_lib.lab.transport import Clients

_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)(?::([^@]+))?(?:@(.+))?$")
_BATCH = 1000
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class TargetGroup:
    """How a target group checks its targets; times in seconds."""

    path: str
    port: int | None
    interval: int
    healthy_threshold: int
    unhealthy_threshold: int
    codes: tuple[tuple[int, int], ...]
    balancers: tuple[str, ...]

    def matches(self, status: int) -> bool:
        """Whether the matcher accepts an HTTP status."""
        return any(low <= status <= high for low, high in self.codes)


@dataclass(frozen=True)
class Alarm:
    """A CloudWatch alarm: its state, and how many seconds it needs to see a failure."""

    state: str
    seconds: float


class World:
    """The other services of one account and Region."""

    def __init__(
        self, clients: Clients, account: str, region: str, applications: Mapping[str, Application] | None = None
    ) -> None:
        self._clients = clients
        self._account = account
        self._region = region
        self.applications = applications if applications is not None else {}
        self._memory: dict[tuple[str, str], Any] | None = None

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Ask each question once for as long as the context lasts; within a sync nothing else can change."""
        self._memory = {}
        try:
            yield
        finally:
            self._memory = None

    def _once(self, question: Callable[[str], Answer], about: str) -> Answer:
        if self._memory is None:
            return question(about)
        key = (question.__name__, about)
        if key not in self._memory:
            self._memory[key] = question(about)
        found: Answer = self._memory[key]
        return found

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service."""
        return self._clients.get(service, self._account, self._region)

    def image_digest(self, image: str) -> str | None:
        """Return the digest behind an image reference, or None where the registry has no such image.

        Only ECR is looked into; an image of any other registry is taken to exist.
        """
        return self._once(self._image_digest, image)

    def _image_digest(self, image: str) -> str | None:
        found = _ECR.match(image)
        if not found:
            return "sha256:" + "0" * 64
        _, region, repository, tag, digest = found.groups()
        wanted = {"imageDigest": digest} if digest else {"imageTag": tag or "latest"}
        ecr = self._clients.get("ecr", self._account, region)
        try:
            images = ecr.batch_get_image(repositoryName=repository, imageIds=[wanted])["images"]
        except ClientError:
            return None
        return str(images[0]["imageId"]["imageDigest"]) if images else None

    def application(self, image: str, digest: str | None) -> Application:
        """Return what the application of an image does: by digest, else by tag, else one that answers 200."""
        tag = image.split("@", maxsplit=1)[0].rpartition(":")[2]
        return self.applications.get(digest or "") or self.applications.get(tag) or Application()

    def secret_problem(self, value_from: str) -> str | None:
        """Return the stopped reason of a secret that can not be read, or None."""
        return self._once(self._secret_problem, value_from)

    def _secret_problem(self, value_from: str) -> str | None:
        if ":secretsmanager:" in value_from:
            return self._secrets_manager_problem(value_from)
        name = value_from.rsplit(":parameter", maxsplit=1)[-1]
        try:
            self.client("ssm").get_parameter(Name=name, WithDecryption=True)
        except ClientError:
            return reasons.parameter_absent(name)
        return None

    def _secrets_manager_problem(self, value_from: str) -> str | None:
        parts = value_from.split(":")
        try:
            value = self.client("secretsmanager").get_secret_value(SecretId=":".join(parts[:7]))
        except ClientError:
            return reasons.secret_absent(value_from)
        key = parts[7] if len(parts) > 7 else ""
        if not key:
            return None
        try:
            document = json.loads(value.get("SecretString", ""))
        except ValueError:
            return reasons.secret_not_json(value_from)
        return None if key in document else reasons.secret_key_absent(key)

    def role_exists(self, arn: str) -> bool:
        """Whether IAM has a role."""
        return self._once(self._role_exists, arn)

    def _role_exists(self, arn: str) -> bool:
        try:
            self.client("iam").get_role(RoleName=arn.rpartition("/")[2])
        except ClientError:
            return False
        return True

    def log_group_exists(self, name: str) -> bool:
        """Whether CloudWatch Logs has a log group."""
        return self._once(self._log_group_exists, name)

    def _log_group_exists(self, name: str) -> bool:
        groups = self.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return any(group["logGroupName"] == name for group in groups)

    def create_log_group(self, name: str) -> None:
        """Create a log group, as the awslogs driver does with awslogs-create-group."""
        self.client("logs").create_log_group(logGroupName=name)
        if self._memory is not None:
            self._memory[self._log_group_exists.__name__, name] = True

    def create_log_stream(self, group: str, stream: str) -> None:
        """Create the log stream of a container."""
        self.client("logs").create_log_stream(logGroupName=group, logStreamName=stream)

    def put_log_lines(self, group: str, stream: str, lines: list[tuple[float, str]]) -> None:
        """Write lines with their times (seconds since the epoch) into a log stream.

        A log group that somebody deletes takes the lines with it, as it does on AWS.
        """
        events = [{"timestamp": int(at * 1000), "message": text} for at, text in lines]
        try:
            for start in range(0, len(events), _BATCH):
                batch = events[start : start + _BATCH]
                self.client("logs").put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise

    def alarms(self, names: Sequence[str]) -> dict[str, Alarm]:
        """Return the alarms of those names that CloudWatch has."""
        return self._once(self._alarms, json.dumps(list(names))) if names else {}

    def _alarms(self, names: str) -> dict[str, Alarm]:
        kinds = ["MetricAlarm", "CompositeAlarm"]
        found = self.client("cloudwatch").describe_alarms(AlarmNames=json.loads(names), AlarmTypes=kinds)
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

    def deregistration_delay(self, arn: str) -> int:
        """Return how long a target group drains a target, in seconds."""
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
        path=found.get("HealthCheckPath") or "/",
        port=int(port) if port.isdigit() else None,
        interval=int(found.get("HealthCheckIntervalSeconds") or 30),
        healthy_threshold=int(found.get("HealthyThresholdCount") or 5),
        unhealthy_threshold=int(found.get("UnhealthyThresholdCount") or 2),
        codes=_codes((found.get("Matcher") or {}).get("HttpCode") or "200"),
        balancers=tuple(found.get("LoadBalancerArns") or ()),
    )


def _codes(matcher: str) -> tuple[tuple[int, int], ...]:
    """Read a matcher such as ``200,301-399``."""
    spans = (part.partition("-") for part in matcher.split(","))
    return tuple((int(low), int(high or low)) for low, _, high in spans)
