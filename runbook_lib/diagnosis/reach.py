"""What tasks reach from each subnet of their service, and the first thing out of reach where they failed to start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runbook_lib.diagnosis import silent_starts
from runbook_lib.diagnosis.firewalls import Passage
from runbook_lib.diagnosis.network_needs import LABELS, Need
from runbook_lib.diagnosis.network_path import Place, Way, way_to
from runbook_lib.diagnosis.network_readings import needed, vpc_id
from runbook_lib.diagnosis.silent_starts import Start
from runbook_lib.diagnosis.told import Told
from runbook_lib.diagnosis.vpc import Vpc
from runbook_lib.evidence.model import Evidence


@dataclass(frozen=True)
class Reach:
    """One subnet, and the way from it to each thing that a start needs, in the order in which it is asked for."""

    subnet: str
    ways: tuple[tuple[Need, Way], ...]

    @property
    def passage(self) -> Passage:
        """Whether all of it is reached."""
        return min((way.passage for _, way in self.ways), default=Passage.UNSURE)


@dataclass(frozen=True)
class Blocked:
    """The first thing that a start could not reach from a subnet; ``told`` are ECS's words where they say the same."""

    reach: Reach
    need: Need
    way: Way
    told: Told | None


def reaches(evidence: Evidence) -> tuple[Reach, ...]:
    """What is reached from each subnet of the deployment made last that EC2 has."""
    vpc, needs = Vpc.of(evidence, vpc_id(evidence)), needed(evidence)
    network = silent_starts.configuration(evidence)
    held, public = frozenset(groups(evidence)), network.get("assignPublicIp") == "ENABLED"
    places = [Place(subnet, held, public) for subnet in network.get("subnets") or [] if subnet in vpc.subnets]
    return tuple(Reach(p.subnet, tuple((need, way_to(vpc, p, need, needs)) for need in needs)) for p in places)


def groups(evidence: Evidence) -> tuple[str, ...]:
    """The security groups of the tasks: those that were given, else the VPC's default one."""
    given = silent_starts.configuration(evidence).get("securityGroups")
    return tuple(given or filter(None, [Vpc.of(evidence, vpc_id(evidence)).default_group()]))


def concerned(found: tuple[Reach, ...], starts: tuple[Start, ...]) -> tuple[Reach, ...]:
    """Those of the subnets in which tasks failed to start; all where ECS no longer tells which these were."""
    known = {start.subnet for start in starts}
    return tuple(reach for reach in found if reach.subnet in known) if "" not in known else found


def blocked(found: tuple[Reach, ...], starts: tuple[Start, ...]) -> tuple[Blocked, ...]:
    """What blocks the starts, a subnet each. Where it is not known in which subnet a start was, all must be blocked."""
    picked = [pick for reach in found if (pick := _pick(reach, _told(reach, starts)))]
    guessed = any(not start.subnet for start in starts) and len(picked) < len(found)
    return tuple(pick for pick in picked if pick.told or not guessed)


def _told(reach: Reach, starts: tuple[Start, ...]) -> Told | None:
    """What ECS says of starts in a subnet; of several reasons the newest certain one."""
    here = (s.told for s in starts if s.subnet in (reach.subnet, "") and s.told and s.told.judgement.label in LABELS)
    return min(here, key=lambda told: not told.judgement.certain, default=None)


def _pick(reach: Reach, told: Told | None) -> Blocked | None:
    """What ECS names first of all, even where it is but suspected; else the first that has no way."""
    label, certain = (told.judgement.label, told.judgement.certain) if told else ("", False)
    named = ((n, w) for n, w in _lacking(reach, suspected=certain) if n.label == label)
    need, way = next(named, None) or next(_lacking(reach, suspected=False), (None, None))
    if need is None or way is None:
        return None
    return Blocked(reach, need, way, told if certain and need.label == label else None)


def _lacking(reach: Reach, *, suspected: bool) -> Iterator[tuple[Need, Way]]:
    for need, way in reach.ways:
        if way.passage is Passage.NO or (suspected and way.passage is Passage.UNSURE and way.lacks):
            yield need, way
