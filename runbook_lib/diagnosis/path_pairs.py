"""A container's health check beside a target group's: whether they differ, and whether one alone fails for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runbook_lib.diagnosis import access_logs, deployments, sides
from runbook_lib.diagnosis.model import Cite, Confidence, Finding, failed, passed, unknown
from runbook_lib.diagnosis.probes import ContainerProbe, TargetProbe, container_probes, target_probes
from runbook_lib.diagnosis.sides import Answer, Side
from runbook_lib.evidence.model import Evidence, Request, once


@dataclass(frozen=True)
class Pair:
    """The two checks of one task definition that concern the same container, or the same port of the task."""

    definition: str
    probe: ContainerProbe
    target: TargetProbe

    @property
    def same(self) -> bool:
        """Whether both ask the same path and, as far as the command tells its port, the same port."""
        ports = (self.probe.port, self.target.port)
        return self.probe.path == self.target.path and (None in ports or ports[0] == ports[1])


def pairs_of(evidence: Evidence, definition: str) -> tuple[Pair, ...]:
    """The pairs of a task definition. Of several requests in one command, one that agrees is enough."""
    probes = container_probes(evidence.task_definitions().get(definition, {}))
    return tuple(dict.fromkeys(_pairs(evidence, definition, probes)))


def _pairs(evidence: Evidence, definition: str, probes: tuple[ContainerProbe, ...]) -> Iterator[Pair]:
    for target in target_probes(evidence):
        for name in dict.fromkeys(probe.container for probe in probes):
            mine = [Pair(definition, p, target) for p in probes if p.container == name and _comparable(p, target)]
            yield from sorted(mine, key=lambda pair: not pair.same)[:1]


def _comparable(probe: ContainerProbe, target: TargetProbe) -> bool:
    """A side-car's check of its own port has nothing to do with the load balancer's container."""
    return probe.container == target.container or (probe.port is not None and probe.port == target.port)


def why_none(evidence: Evidence, definition: str) -> str:
    """Why there is nothing to compare: a reason of NOT_APPLICABLE."""
    if not evidence.all("target_groups"):
        return "no-target-group"
    if not target_probes(evidence):
        return "no-http-target-group"
    probes = container_probes(evidence.task_definitions().get(definition, {}))
    return "different-containers" if probes else "no-http-container-check"


def judgements(evidence: Evidence, definition: str) -> tuple[tuple[Pair, Finding], ...]:
    """The pairs of a task definition that was read, each with its finding."""
    return _all_judgements(evidence).get(definition, ())


@once
def _all_judgements(evidence: Evidence) -> dict[str, tuple[tuple[Pair, Finding], ...]]:
    known = evidence.task_definitions()
    return {arn: tuple((pair, judge_pair(evidence, pair)) for pair in pairs_of(evidence, arn)) for arn in known}


def judge_pair(evidence: Evidence, pair: Pair) -> Finding:
    """FAIL only where the two differ and exactly one side fails while the other is seen to answer."""
    container = sides.container_side(evidence, pair.definition, pair.probe.container)
    target = sides.target_side(evidence, pair.definition, pair.target.arn)
    if pair.same:
        return passed(**_facts(evidence, pair), differ=False)
    if container.failing and target.failing:
        return unknown("both-failing", **_facts(evidence, pair))
    if container.failing:
        return _container_fails(evidence, pair, target)
    if target.failing:
        return _target_fails(evidence, pair, container, target)
    if container.passing and target.passing:
        return passed(**_facts(evidence, pair), differ=True)
    return unknown("not-observed", **_facts(evidence, pair))


def log_requests(evidence: Evidence, pair: Pair) -> tuple[Request, ...]:
    """The log tails that would show how the application answers both paths; none where one side does not fail."""
    if pair.probe.path == pair.target.path:
        return ()
    container = sides.container_side(evidence, pair.definition, pair.probe.container)
    target = sides.target_side(evidence, pair.definition, pair.target.arn)
    if container.failing == target.failing:
        return ()
    return access_logs.tails(evidence, pair.definition, pair.probe.container, (pair.probe.path, pair.target.path))


def _container_fails(evidence: Evidence, pair: Pair, target: Side) -> Finding:
    own, other = _answers(evidence, pair)
    facts = _facts(evidence, pair, side="container", code=own.status if own.bad else "")
    if own.good and not own.bad:
        return passed(**facts | {"side": ""}, differ=True, answered=True)
    if not (target.passing or other.good):
        return unknown("not-observed", **facts)
    cites = [_container_cite(pair), _target_cite(pair)]
    if own.bad:
        cites.append(Cite("logs:GetLogEvents", f"GET {pair.probe.path}", own.status))
    return failed(_sure(own.status if own.bad else ""), tuple(cites), **facts)


def _target_fails(evidence: Evidence, pair: Pair, container: Side, target: Side) -> Finding:
    own, other = _answers(evidence, pair)
    code = ", ".join(target.codes) or (other.status if other.bad else "")
    facts = _facts(evidence, pair, side="target_group", code=code)
    if not (container.passing or own.good):
        return unknown("not-observed", **facts)
    if target.unreachable and not code and pair.probe.port == pair.target.port:
        # No answer at all on the port where the container answers itself: the network is in question, not the path.
        return unknown("target-unreachable", **facts)
    if target.codes and all(status.startswith("2") for status in target.codes):
        return passed(**facts | {"side": ""}, differ=True, answered=True)  # the path is there, the matcher is wrong
    cites = [_container_cite(pair), _target_cite(pair)]
    if target.codes and target.cite:
        cites.append(target.cite)
    return failed(_sure(code), tuple(cites), **facts)


def _sure(code: str) -> Confidence:
    """An answer says that the path is wrong, but for a 5xx: there the path exists, and what is behind it fails."""
    return "confirmed" if code and "5" not in {status[0] for status in code.split(", ")} else "likely"


def _answers(evidence: Evidence, pair: Pair) -> tuple[Answer, Answer]:
    """How the log shows the container's path and the target group's answered; one path cannot be told apart."""
    if pair.probe.path == pair.target.path:
        return Answer(), Answer()
    own = sides.logged(evidence, pair.definition, pair.probe.path)
    return own, sides.logged(evidence, pair.definition, pair.target.path)


def _facts(evidence: Evidence, pair: Pair, **more: Any) -> dict[str, Any]:
    return {
        "side": "",
        "code": "",
        "container": pair.probe.container,
        "container_path": pair.probe.path,
        "container_port": pair.probe.port,
        "target_group": pair.target.name,
        "target_group_arn": pair.target.arn,
        "target_path": pair.target.path,
        "target_port": pair.target.port,
        "matcher": pair.target.matcher,
        "revision": deployments.revision(pair.definition),
        "cluster": evidence.target.cluster,
        "service": evidence.target.service,
        **more,
    }


def _container_cite(pair: Pair) -> Cite:
    return Cite("ecs:DescribeTaskDefinition", "containerDefinitions[].healthCheck.command", pair.probe.path)


def _target_cite(pair: Pair) -> Cite:
    return Cite("elbv2:DescribeTargetGroups", "TargetGroups[].HealthCheckPath", pair.target.path)
