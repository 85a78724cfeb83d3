"""The health checks that fail, of the deployments that count: the target groups', and the containers' own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runbook_lib.diagnosis import access_logs, deployments, sides, slow_starts, tasks
from runbook_lib.diagnosis.model import Finding, Outcome, not_applicable
from runbook_lib.diagnosis.path_pairs import judgements
from runbook_lib.diagnosis.probes import ContainerProbe, container_probes, matches, plain_path
from runbook_lib.diagnosis.sides import Side
from runbook_lib.diagnosis.state import comes_along_well
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.first_look import target_group_arns
from runbook_lib.evidence.model import Evidence, Request, once

OBSERVED = (*tasks.KINDS, "target_health")


@dataclass(frozen=True)
class Target:
    """A target group's check of the tasks of one definition. ``port`` is the one asked, None where it is dynamic."""

    definition: str
    arn: str
    name: str
    container: str
    path: str
    port: int | None
    matcher: str
    over_http: bool
    side: Side

    @property
    def revision(self) -> str:
        """``family:42``."""
        return deployments.revision(self.definition)

    @property
    def facts(self) -> dict[str, str]:
        """Which check it is: what every fault of it tells besides its own."""
        return {
            "container": self.container,
            "path": self.path,
            "port": str(self.port or ""),
            "target_group": self.name,
            "target_group_arn": self.arn,
            "revision": self.revision,
        }


@dataclass(frozen=True)
class Check:
    """A container's own check in one definition. ``asked`` is its first HTTP request, None where it is none."""

    definition: str
    container: dict[str, Any]
    asked: ContainerProbe | None
    side: Side

    @property
    def name(self) -> str:
        """The container's name."""
        return str(self.container.get("name", ""))


@once
def revisions(evidence: Evidence) -> list[str]:
    """The task definitions of the deployments that count and were read, newest deployment first.

    What a deployment that comes along well is replacing is on its way out, with whatever was wrong with it.
    """
    leading = (deployments.primary(evidence),) if comes_along_well(evidence) else deployments.judged(evidence)
    arns = (d.get("taskDefinition", "") for d in leading)
    return [arn for arn in dict.fromkeys(arns) if arn in evidence.task_definitions()]


@once
def targets(evidence: Evidence) -> tuple[Target, ...]:
    """The checks of the service's target groups, newest deployment first."""
    return tuple(_targets(evidence, revisions(evidence)))


@once
def replaced_targets(evidence: Evidence) -> tuple[Target, ...]:
    """The same of the revisions that a deployment which comes along well is replacing."""
    arns = dict.fromkeys(str(d.get("taskDefinition", "")) for d in deployments.judged(evidence))
    known = evidence.task_definitions().keys() - set(revisions(evidence))
    return tuple(_targets(evidence, [arn for arn in arns if arn in known]))


@once
def checks(evidence: Evidence) -> tuple[Check, ...]:
    """The containers' own checks, newest deployment first."""
    return tuple(_checks(evidence))


def _targets(evidence: Evidence, definitions: list[str]) -> Iterator[Target]:
    groups = {g.get("TargetGroupArn"): g for reading in evidence.all("target_groups") for g in reading.data}
    for definition in definitions:
        for balancer in evidence.service.get("loadBalancers") or []:
            if group := groups.get(balancer.get("targetGroupArn")):
                yield _target(evidence, definition, balancer, group)


def _checks(evidence: Evidence) -> Iterator[Check]:
    for definition in revisions(evidence):
        known = evidence.task_definitions()[definition]
        asked = {probe.container: probe for probe in reversed(container_probes(known))}
        for container in known.get("containerDefinitions") or []:
            if command(container):
                name = str(container.get("name", ""))
                side = sides.container_side(evidence, definition, name)
                yield Check(definition, container, asked.get(name), side)


def command(container: dict[str, Any]) -> list[str]:
    """The command of a container's check; none where it has no check, or one that is switched off."""
    found: list[str] = (container.get("healthCheck") or {}).get("command") or []
    return [] if found[:1] == ["NONE"] else found


def codes(evidence: Evidence, target: Target) -> tuple[tuple[str, ...], bool]:
    """The codes outside of the matcher that a target answers with, and whether they are ELB's own words.

    Where ELB says that it waits in vain, what the log shows was answered before that.
    """
    if target.side.codes or target.side.unreachable or not target.over_http:
        return target.side.codes, True
    return refused(evidence, target), False


def refused(evidence: Evidence, target: Target) -> tuple[str, ...]:
    """The statuses outside of the matcher with which the log shows that the load balancer was answered."""
    answered = sides.logged(evidence, target.definition, target.path, "remote").statuses
    return tuple(status for status in answered if not matches(target.matcher, status))


def is_of_another_path(evidence: Evidence, target: Target, found: tuple[str, ...]) -> bool:
    """Whether codes of past events answer another path than the group asks now, as the failed tasks' logs show.

    They hold such answers, and not one request for this path: the group has been changed since. A server error may be
    the answer to anybody's request for anything.
    """
    if target.side.now or any(code.startswith("5") for code in found):
        return False
    if sides.logged(evidence, target.definition, target.path, "remote").status:
        return False
    mine = sides.tasks_of(evidence, target.definition)
    others = [reading.data.get("others") or {} for task in mine for reading in access_logs.read(evidence, task)]
    return any(code in answered for answered in others for code in found)


def ports(definition: dict[str, Any]) -> frozenset[int]:
    """Every container and host port of a task definition, ranges taken apart."""
    found: set[int] = set()
    for mapping in (m for c in definition.get("containerDefinitions") or [] for m in c.get("portMappings") or []):
        found |= {mapping[name] for name in ("containerPort", "hostPort") if mapping.get(name)}
        low, _, high = str(mapping.get("containerPortRange", "")).partition("-")
        found |= set(range(int(low), int(high) + 1)) if low.isdigit() and high.isdigit() else set()
    return frozenset(found)


def blind(evidence: Evidence) -> Finding | None:
    """UNKNOWN where the service has target groups that were not read: a mismatch of paths could not be seen."""
    if target_group_arns(evidence.service) and not evidence.all("target_groups"):
        return unseen(evidence, ("target_groups",))
    return None


def untold(evidence: Evidence) -> Finding | None:
    """The finding about the service's target groups where they were not read, or where it has none."""
    if target_group_arns(evidence.service):
        return blind(evidence)
    return not_applicable(reason="no-target-group")


def explained(evidence: Evidence, definition: str, side: str, of: str) -> Finding | None:
    """Why a failing check is not judged by itself: paths that differ are why, or may be; or the start is too slow.

    ``side`` is ``container`` (``of`` its name) or ``target_group`` (``of`` its ARN).
    """
    found = judgements(evidence, definition)
    judged = [f for pair, f in found if of == (pair.probe.container if side == "container" else pair.target.arn)]
    if any(f.outcome is Outcome.FAIL and f.facts["side"] == side for f in judged):
        return not_applicable(reason="path-mismatch")
    if any(f.outcome is Outcome.UNKNOWN for f in judged) and evidence.unread(*OBSERVED):
        return unseen(evidence, OBSERVED)
    return not_applicable(reason="slow-start") if slow_starts.found(evidence, definition, side) else None


def paths_open(evidence: Evidence, definition: str, container: str) -> bool:
    """Whether a container's path differs from a target group's, and it is not known yet which of them answers."""
    mine = (found for pair, found in judgements(evidence, definition) if pair.probe.container == container)
    return any(found.facts.get("reason") == "not-observed" for found in mine)


def log_wishes(evidence: Evidence, definition: str, container: str) -> tuple[Request, ...]:
    """The log tails that would show how a container answers the checks of both sides; the same for every rule."""
    own = [p.path for p in container_probes(evidence.task_definitions()[definition]) if p.container == container]
    theirs = [t.path for t in targets(evidence) if (t.definition, t.container) == (definition, container) and t.path]
    return access_logs.tails(evidence, definition, container, (*own, *theirs))


def _target(evidence: Evidence, definition: str, balancer: dict[str, Any], group: dict[str, Any]) -> Target:
    arn = str(group["TargetGroupArn"])
    port = str(group.get("HealthCheckPort", "traffic-port"))
    over_http = group.get("HealthCheckProtocol", group.get("Protocol")) in ("HTTP", "HTTPS")
    return Target(
        definition=definition,
        arn=arn,
        name=str(group.get("TargetGroupName") or arn.split("/")[-2]),
        container=str(balancer.get("containerName", "")),
        path=plain_path(group.get("HealthCheckPath") or "/") if over_http else "",
        port=int(port) if port.isdigit() else balancer.get("containerPort"),
        matcher=str((group.get("Matcher") or {}).get("HttpCode", "")),
        over_http=over_http and group.get("ProtocolVersion") != "GRPC",
        side=sides.target_side(evidence, definition, arn),
    )
