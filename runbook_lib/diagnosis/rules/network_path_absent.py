"""Tasks do not start, and from their subnet there is no way to what they need for it.

What it looks for
    A way over port 443 from the subnets of failed starts to ECR, S3, Secrets Manager, SSM, CloudWatch Logs, registries.
Why it breaks a rollout
    Nothing answers, so the task never starts; each attempt takes minutes.
Blind spots
    Beyond transit gateways, peerings, NAT instances, firewalls; endpoint policies, DNS settings, shared subnets, IPv6.
Readings
    service, tasks, task_definition; subnets, route_tables, vpc_endpoints, security_groups, network_acls, nat_gateways.
Fix
    Give the subnet what it lacks.
Guide section
    Diagnosis 3 and 4; checklist 6.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/verify-connectivity.html
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import deployments, silent_starts, tasks
from runbook_lib.diagnosis.firewalls import Passage
from runbook_lib.diagnosis.model import Finding, Outcome, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.network_needs import IMAGE, LABELS
from runbook_lib.diagnosis.network_readings import DECISIVE, KINDS, needed, wants
from runbook_lib.diagnosis.reach import Blocked, Reach, blocked, concerned, groups, reaches
from runbook_lib.diagnosis.silent_starts import Start
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence


def check(evidence: Evidence) -> Finding:
    """FAIL where a subnet in which tasks failed to start, or will, has no way to what a start needs."""
    if not tasks.seen(evidence):
        return unseen(evidence, tasks.KINDS)
    starts = silent_starts.found(evidence)
    if not starts:
        started = any(map(tasks.has_started, tasks.of(evidence, deployments.newest(evidence))))
        name = deployments.newest_revision(evidence)
        return passed(revision=name) if started else _ahead(evidence)
    if not all(start.fargate for start in starts):
        return not_applicable(reason="not-fargate")
    return _unread(evidence) or _judged(evidence, starts)


def _ahead(evidence: Evidence) -> Finding:
    """FAIL where the first task is on its way into a subnet that certainly has no way out; else nothing is said yet."""
    starts = silent_starts.expected(evidence)
    if not starts or not all(start.fargate for start in starts) or _unread(evidence):
        return not_applicable(reason="no-silent-start")
    found = _judged(evidence, starts)
    return found if found.outcome is Outcome.FAIL else not_applicable(reason="no-silent-start")


def _unread(evidence: Evidence) -> Finding | None:
    """What is wanting to judge at all, if anything is."""
    if not needed(evidence):
        return unseen(evidence, ("task_definition",))
    if not silent_starts.configuration(evidence):
        return unseen(evidence, ("service_revisions",))
    whole = all(evidence.all(kind) and not any(r.partial for r in evidence.all(kind)) for kind in DECISIVE)
    return None if whole else unseen(evidence, DECISIVE)


def _judged(evidence: Evidence, starts: tuple[Start, ...]) -> Finding:
    every = reaches(evidence)
    here = concerned(every, starts)
    if found := blocked(here, starts):
        first = min(found, key=lambda each: each.told is None)
        cites = tuple(cite for cite in (first.way.cite, first.told.cite if first.told else None) if cite)
        known = _facts(evidence, every, first)
        return failed("confirmed" if first.told else "likely", cites, label=first.need.label, **known)
    seen = {"revision": deployments.newest_revision(evidence), "subnets": [reach.subnet for reach in here]}
    if not here or any(reach.passage is not Passage.YES for reach in here):
        return unseen(evidence, KINDS) if evidence.unread(*KINDS) else unknown("path-unsure", **seen)
    if any(start.told for start in starts):
        return unknown("path-there", **seen)
    lacking = [reach.subnet for reach in every if reach.passage is Passage.NO]
    return unknown("path-elsewhere", **{**seen, "subnets": lacking}) if lacking else passed(**seen)


def _facts(evidence: Evidence, every: tuple[Reach, ...], first: Blocked) -> dict[str, Any]:
    ended, network = silent_starts.found(evidence), silent_starts.configuration(evidence)
    given = {name: network.get(name) or [] for name in ("subnets", "securityGroups")}
    return {
        "revision": deployments.newest_revision(evidence),
        "subnet": first.reach.subnet,
        "subnets": [each.subnet for each in every if each.passage is Passage.NO] or [first.reach.subnet],
        "lacks": first.way.lacks.partition(":")[0],
        "unreachable": first.need.service,
        "also": [n.service for n, w in first.reach.ways if w.lacks and n is not first.need],
        "endpoint": first.way.state,
        "where": first.way.where.split(","),
        **({"count": len(ended), "last_at": ended[0].ended.isoformat()} if ended else {}),
        "groups": list(groups(evidence)),
        "network": ",".join(f"{name}=[{','.join(ids)}]" for name, ids in given.items() if ids),
    }


RULE = Rule(
    id="network_path_absent",
    label=IMAGE,
    role="cause",
    needs=("service",),
    guide="diagnosis 3, 4",
    severity=9,
    check=check,
    stopped=True,
    labels=LABELS,
    explains=("image_pull_failed",),
    wants=wants,
    deeper=KINDS,
)
