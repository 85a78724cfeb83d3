"""What the tests of fixing ask of a lab."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import yaml

from runbook_lib import fixing
from runbook_lib.lab.hosting import Lab
from runbook_lib.parameters import Parameters, from_file, layered
from tests import warm

EXPECTED = Path(__file__).parent / "plan" / "scenarios.yaml"
PLANS: dict[str, dict[str, Any]] = yaml.safe_load(EXPECTED.read_text("utf-8"))
Start = Callable[[str], Lab]


def given(lab: Lab, **asked: object) -> Parameters:
    """The lab's own parameters, with every suggestion taken."""
    answers = PLANS.get(lab.scenario.name, {}).get("answers", {})
    chosen = {"suggested": True, "choose": ",".join(f"{name}={value}" for name, value in answers.items()), **asked}
    return layered([from_file(lab.params), {name: (value, "test") for name, value in chosen.items()}])


def apply() -> None:
    """Applies a plan in a process of its own; its words are the parameters file and the digest."""
    fixing.apply(layered([from_file(Path(sys.argv[1]))]), sys.argv[2])


def applying(lab: Lab, digest: str) -> Any:
    """Such a process, begun."""
    words = ("apply", str(lab.params), digest)
    with open(os.devnull, "w+", encoding="utf-8") as nothing:
        return warm.start("tests.lab_fixing:apply", words, (nothing.fileno(), 1, 2), Path.cwd(), os.environ)


def kinds(planned: fixing.Planned) -> list[str]:
    """The kinds of a plan's changes, in order."""
    return [change.kind for change in planned.plan.changes]


def changing(lab: Lab) -> list[str]:
    """The calls that changed something, in order."""
    return [call["action"] for call in lab.changes() if not call["error"] and call["status"]]


def client(lab: Lab, name: str) -> Any:
    """A client of the lab."""
    keys = {"aws_access_key_id": "lab", "aws_secret_access_key": "lab"}
    return boto3.client(name, endpoint_url=lab.endpoint_url, region_name=lab.region, **keys)


def service(lab: Lab) -> dict[str, Any]:
    """The scenario's service."""
    with closing(client(lab, "ecs")) as ecs:
        found = ecs.describe_services(cluster=lab.scenario.cluster, services=[lab.scenario.service])
    return dict(found["services"][0])


def revisions(lab: Lab) -> list[str]:
    """The ACTIVE revisions, as ``family:42``."""
    with closing(client(lab, "ecs")) as ecs:
        arns = ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"]
    return [arn.rpartition("/")[2] for arn in arns]


def target_groups(lab: Lab) -> list[dict[str, Any]]:
    """All target groups."""
    with closing(client(lab, "elbv2")) as elb:
        return list(elb.describe_target_groups()["TargetGroups"])


def settled(lab: Lab, seconds: int = 1500) -> bool:
    """Whether one completed deployment runs all that is desired, within so many simulated seconds."""
    for _ in range(seconds // 60):
        lab.advance(60)
        found = service(lab)
        states = [deployment["rolloutState"] for deployment in found["deployments"]]
        if states == ["COMPLETED"] and found["runningCount"] == found["desiredCount"] > 0:
            return True
    return False
