"""What keeps tasks from starting besides roles and secrets: logs, platform, capacity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from runbook_lib.diagnosis import deployments, platforms, silent_starts, zones
from runbook_lib.diagnosis.denials import Denial
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.evidence.model import Evidence
from runbook_lib.report.remedies import registries, roles
from runbook_lib.report.remedies.model import Facts, Todo, partition, redeploy

_NO_GROUP = re.compile("log group does not exist")
_GROUPS = re.compile(r"logs:CreateLogGroup")
_DENIED = re.compile(r"AccessDenied|not authorized to perform: logs:")
_ARCHITECTURES = {"linux/amd64": "ARM64", "linux/arm64": "X86_64"}  # the other one of each


def logs(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """A log group that is not there, or a role that may not write to it, as the message tells."""
    message = str(verdict.facts.get("message", ""))
    role = str(deployments.newest_definition(evidence).get("executionRoleArn") or "")
    groups = _groups(evidence)
    if _GROUPS.search(message) and role:
        arns = [f"arn:{partition(evidence)}:logs:{r}:{evidence.target.account}:log-group:{g}:*" for g, r in groups]
        yield from roles.granted(evidence, role, [Denial("logs:CreateLogGroup", arn) for arn in arns])
    elif _DENIED.search(message) and role:
        yield roles.attach(evidence, role, [Denial("logs:CreateLogStream", "*"), Denial("logs:PutLogEvents", "*")])
    elif _NO_GROUP.search(message):
        for group, region in groups:
            create = ("logs", "create-log-group", "--log-group-name", group, "--region", region)
            yield Todo("remedies.logs.create", create, {"log_group": group, "region": region})
    else:
        return
    yield from redeploy(evidence)


def _groups(evidence: Evidence) -> list[tuple[str, str]]:
    """The log groups of the newest task definition, each with its Region."""
    containers: list[dict[str, Any]] = deployments.newest_definition(evidence).get("containerDefinitions") or []
    options = ((c.get("logConfiguration") or {}).get("options") or {} for c in containers)
    found = ((o.get("awslogs-group"), o.get("awslogs-region") or evidence.target.region) for o in options)
    return list(dict.fromkeys((str(group), str(region)) for group, region in found if group))


def platform(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """An image that cannot run where the tasks run: build it for there, or run the tasks where it can."""
    revision = str(verdict.facts.get("revision", ""))
    known = evidence.task_definitions().items()
    definition = next((found for arn, found in known if deployments.revision(arn) == revision), {})
    wanted = platforms.wanted(definition)
    image = str(verdict.facts.get("image") or next(iter(registries.named(evidence, str(verdict.facts))), ""))
    if wanted not in _ARCHITECTURES or not image:
        return
    build = ("docker", "buildx", "build", "--platform", wanted, "--tag", image, "--push", ".")
    yield Todo("remedies.platform.build", build, {"platform": wanted})
    yield from redeploy(evidence, "image")
    yield Todo("remedies.platform.move", (), {"architecture": _ARCHITECTURES[wanted]})
    if verdict.label == "container-exec-format":
        yield Todo("causes.container-exec-format.fix.3")


def capacity(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """Which zones are used, which others could be, and On-Demand where Spot alone is asked for."""
    target, network = evidence.target, silent_starts.configuration(evidence)
    service = ("--cluster", target.cluster, "--service", target.service)
    query = ("--query", "services[0].events[:10].message")
    look = ("ecs", "describe-services", "--cluster", target.cluster, "--services", target.service, *query)
    yield Todo("remedies.capacity.look", look)
    if network:
        yield from _more_zones(zones.of(evidence), network, service)
    if strategy := _on_demand(evidence):
        yield Todo("remedies.capacity.on-demand", ("ecs", "update-service", *service, *strategy, _FORCE))


_FORCE = "--force-new-deployment"


def _more_zones(found: zones.Zones, network: dict[str, Any], service: tuple[str, ...]) -> Iterator[Todo]:
    """Without a subnet that is known to do, its id stays to be filled in."""
    facts: Facts = {"zones": tuple(sorted(set(found.used.values()))), "others": tuple(sorted(found.others.values()))}
    more = list(found.others) or ["SUBNET_ID"]
    groups = network.get("securityGroups") or []
    settings = [
        f"subnets=[{','.join([*network.get('subnets', []), *more])}]",
        *([f"securityGroups=[{','.join(groups)}]"] if groups else []),
        f"assignPublicIp={network.get('assignPublicIp') or 'DISABLED'}",
    ]
    given = ("--network-configuration", f"awsvpcConfiguration={{{','.join(settings)}}}")
    key = "zones" if found.others else ("zones-unknown" if found.used else "zones-unread")
    yield Todo(f"remedies.capacity.{key}", ("ecs", "update-service", *service, *given), facts)


def _on_demand(evidence: Evidence) -> tuple[str, ...]:
    """A strategy with FARGATE beside FARGATE_SPOT, where the service has the latter alone."""
    given = evidence.service.get("capacityProviderStrategy") or []
    if [each.get("capacityProvider") for each in given] != ["FARGATE_SPOT"]:
        return ()
    weights = ("capacityProvider=FARGATE,weight=1", f"capacityProvider=FARGATE_SPOT,weight={given[0].get('weight', 1)}")
    return ("--capacity-provider-strategy", *weights)
