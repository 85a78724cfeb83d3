"""What the placeholders in the catalogue's commands stand for, as far as evidence knows one value for each."""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import deployments, silent_starts, tasks
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.evidence.first_look import ecr_image, target_group_arns
from runbook_lib.evidence.model import Evidence

Document = dict[str, Any]


def placeholders(verdict: Verdict, evidence: Evidence) -> dict[str, str]:
    """The values by placeholder. What could be one of several stays open: a wrong name is worse than none."""
    target, facts = evidence.target, verdict.facts
    revision = str(facts.get("revision") or deployments.newest_revision(evidence))
    known = {
        "CLUSTER": target.cluster,
        "SERVICE": target.service,
        "REGION": target.region,
        "FAMILY": revision.partition(":")[0],
        "REVISION": revision.partition(":")[2],
        "ROLE_NAME": str(facts.get("role") or "").rpartition("/")[2],
        **_of_containers(evidence, facts.get("image"), facts.get("log_group")),
        "TARGET_GROUP_ARN": str(facts.get("target_group_arn") or _only(target_group_arns(evidence.service))),
        **_of_tasks(evidence),
        **_of_network(evidence),
    }
    return {name: value for name, value in known.items() if value}


def _of_containers(evidence: Evidence, image: Any, log_group: Any) -> dict[str, str]:
    containers: list[Document] = deployments.newest_definition(evidence).get("containerDefinitions") or []
    images = [str(container.get("image", "")) for container in containers]
    options = [(c.get("logConfiguration") or {}).get("options") or {} for c in containers]
    one = str(image or _only(images))
    found = ecr_image(one)
    return {
        "IMAGE": one,
        "LOG_GROUP": str(log_group or _only([str(o["awslogs-group"]) for o in options if o.get("awslogs-group")])),
        "REPOSITORY": found.repository if found else "",
        "TAG": found.asked if found and not found.asked.startswith("sha256:") else "",
    }


def _of_tasks(evidence: Evidence) -> dict[str, str]:
    """The newest task that failed, and the container instance that it was placed on."""
    mine = tasks.of(evidence, deployments.newest(evidence))
    failed = next((task for task in mine if task.get("stopCode") in tasks.FAILURES), {})
    instances = (str(task.get("containerInstanceArn", "")).rpartition("/")[2] for task in mine)
    return {
        "TASK_ID": str(failed.get("taskArn", "")).rpartition("/")[2],
        "INSTANCE_ID": next(filter(None, instances), ""),
    }


def _of_network(evidence: Evidence) -> dict[str, str]:
    """The subnet of the newest failed task, else the service's if it has one; its only security group."""
    network = silent_starts.configuration(evidence)
    failed = (
        task for task in tasks.of(evidence, deployments.newest(evidence)) if task.get("stopCode") in tasks.FAILURES
    )
    used = next(filter(None, map(silent_starts.subnet, failed)), "")
    return {
        "SUBNET_ID": used or _only(network.get("subnets") or []),
        "TASK_SG": _only(network.get("securityGroups") or []),
        "VPC_ID": _only([str(s["VpcId"]) for reading in evidence.all("subnets") for s in reading.data]),
    }


def _only(values: list[str]) -> str:
    """The one value that all are, or ``""``."""
    different = set(values)
    return next(iter(different)) if len(different) == 1 else ""
