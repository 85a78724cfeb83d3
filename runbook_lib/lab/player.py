"""Plays a scenario: sets up its resources in moto, then makes its calls on the simulated clock, up to now."""

import copy
import hashlib
import json
import re
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from runbook_lib.lab.application import Application
from runbook_lib.lab.errors import LabError
from runbook_lib.lab.front import Front
from runbook_lib.lab.scenario import Image, Listener, Scenario, Step, TargetGroup
from runbook_lib.lab.transport import Clients

_REFERENCE = re.compile(r"\$\{([^}]+)\}")
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


class Player:
    """Plays one scenario on a lab.

    `known` holds what ``${...}`` stands for in request bodies: ``account``, ``region``, ``subnets``,
    ``security_group``, ``role:NAME``, ``secret:NAME``, ``target_group:NAME``.
    """

    def __init__(self, front: Front, scenario: Scenario) -> None:
        self._front = front
        self._scenario = scenario
        self._clients = Clients(front)
        self.known: dict[str, Any] = {"account": front.account, "region": scenario.region}

    def play(self, folder: Path) -> dict[str, Path]:
        """Set up, make the calls, and write the scenario's files under `folder`.

        At the end the simulated time is the real time. Returns the files by their name in the scenario.
        """
        self._set_up()
        self._front.clock.set_time(time.time() - self._scenario.length)
        self.take(self._scenario.steps)
        return {name: self._write(folder / name, body) for name, body in self._scenario.files.items()}

    def take(self, steps: tuple[Step, ...]) -> None:
        """Make the calls of some steps, with their pauses."""
        for step in steps:
            if step.pause is not None:
                self._front.advance(step.pause)
            elif step.call is not None:
                self._call(step)

    def _call(self, step: Step) -> None:
        service, _, method = str(step.call).partition(".")
        body = self.body(step.body) if step.body else {}
        client = self._clients.get(service, self._front.account, self._scenario.region)
        try:
            getattr(client, method)(**{**body, **self._resolve(step.parameters)})
        except (ClientError, AttributeError, KeyError) as error:
            problem = f"{step.call}: {error}"
            if isinstance(error, ClientError):
                problem += f" ({error.response['Error']['Code']})"
            raise LabError("bad-scenario", file=self._scenario.name, line=1, problem=problem) from error

    def body(self, name: str) -> dict[str, Any]:
        """Return a request body of the scenario, with its base, its changes and its references resolved."""
        resolved: dict[str, Any] = self._resolve(self._merged(name))
        return resolved

    def _merged(self, name: str) -> dict[str, Any]:
        found = self._scenario.bodies[name]
        document = copy.deepcopy({**(self._merged(found.base) if found.base else {}), **found.body})
        for pointer, value in found.set.items():
            _set(document, pointer, value)
        return document

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolve(item) for item in value]
        if not isinstance(value, str):
            return value
        whole = _REFERENCE.fullmatch(value)
        if whole:
            return self.known[whole.group(1)]
        return _REFERENCE.sub(lambda found: str(self.known[found.group(1)]), value)

    def _write(self, path: Path, body: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.body(body), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return path

    def _client(self, service: str) -> Any:
        """Return a client for the set-up, during which no simulated time passes."""
        return self._front.others.get(service, self._front.account, self._scenario.region)

    def _set_up(self) -> None:
        vpc = self._set_up_network()
        for name in self._scenario.roles:
            role = self._client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]
            self.known[f"role:{name}"] = role["Arn"]
        for name, value in self._scenario.secrets.items():
            secret = self._client("secretsmanager").create_secret(Name=name, SecretString=value)
            self.known[f"secret:{name}"] = secret["ARN"]
        for name in self._scenario.log_groups:
            self._client("logs").create_log_group(logGroupName=name)
        for name, group in self._scenario.target_groups.items():
            self.known[f"target_group:{name}"] = self._set_up_target_group(name, group, vpc)
        for name, listeners in self._scenario.load_balancers.items():
            self._set_up_balancer(name, listeners)
        for name, images in self._scenario.repositories.items():
            self._client("ecr").create_repository(repositoryName=name)
            for image in images:
                self._push(name, image)

    def _set_up_network(self) -> str:
        ec2, network = self._client("ec2"), self._scenario.network
        vpc = ec2.create_vpc(CidrBlock=network.cidr)["Vpc"]["VpcId"]
        first, second = network.cidr.split(".")[:2]
        self.known["subnets"] = [
            ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"{first}.{second}.{number}.0/24", AvailabilityZone=self._scenario.region + zone
            )["Subnet"]["SubnetId"]
            for number, zone in enumerate(network.zones)
        ]
        group = ec2.create_security_group(GroupName=self._scenario.service, Description="Tasks", VpcId=vpc)
        self.known["security_group"] = group["GroupId"]
        return str(vpc)

    def _set_up_target_group(self, name: str, group: TargetGroup, vpc: str) -> str:
        elb = self._client("elbv2")
        arn = elb.create_target_group(
            Name=name,
            Protocol=group.protocol,
            Port=group.port,
            VpcId=vpc,
            TargetType="ip",
            HealthCheckPath=group.path,
            HealthCheckIntervalSeconds=group.interval,
            HealthCheckTimeoutSeconds=group.timeout,
            HealthyThresholdCount=group.healthy_threshold,
            UnhealthyThresholdCount=group.unhealthy_threshold,
            Matcher={"HttpCode": group.matcher},
        )["TargetGroups"][0]["TargetGroupArn"]
        delay = {"Key": "deregistration_delay.timeout_seconds", "Value": str(group.deregistration_delay)}
        elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[delay])
        return str(arn)

    def _set_up_balancer(self, name: str, listeners: tuple[Listener, ...]) -> None:
        elb = self._client("elbv2")
        made = elb.create_load_balancer(
            Name=name, Subnets=self.known["subnets"], SecurityGroups=[self.known["security_group"]]
        )["LoadBalancers"][0]
        for listener in listeners:
            action = {"Type": "forward", "TargetGroupArn": self.known[f"target_group:{listener.target_group}"]}
            elb.create_listener(
                LoadBalancerArn=made["LoadBalancerArn"],
                Protocol=listener.protocol,
                Port=listener.port,
                DefaultActions=[action],
            )

    def _push(self, repository: str, image: Image) -> None:
        """Push an image; its application is known by digest, so another tag of the same image behaves alike."""
        manifest = _manifest(repository, image)
        digest = _digest(manifest)
        for tag in image.tags:
            self._client("ecr").put_image(
                repositoryName=repository, imageTag=tag, imageManifest=manifest, imageDigest=digest
            )
            app = self._scenario.applications.get(tag)
            if app:
                self._front.applications[digest] = self._front.applications[tag] = Application(**app.model_dump())
        self._front.pushed[digest] = time.time() - image.pushed * 60


def _manifest(repository: str, image: Image) -> str:
    """Return a manifest as docker pushes it; it differs from image to image."""
    config = _digest(f"{repository}/{image.tags[0]}")
    layers = [
        {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": size, "digest": _digest(str(size))}
        for size in (29_126_484, 3_508_872, 61_204_117)
    ]
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 7023, "digest": config},
            "layers": layers,
        }
    )


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _set(document: Any, pointer: str, value: Any) -> None:
    """Set a value at a JSON pointer (RFC 6901); ``-`` appends to a list."""
    *parents, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    for part in parents:
        document = document[int(part)] if isinstance(document, list) else document[part]
    if isinstance(document, list) and last == "-":
        document.append(copy.deepcopy(value))
    else:
        document[int(last) if isinstance(document, list) else last] = copy.deepcopy(value)
