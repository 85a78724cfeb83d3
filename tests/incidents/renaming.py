"""Evidence of the same incident elsewhere: other names, ports, Region, partition and account, replaced in its JSON.

A name is replaced where its kind stands and nowhere else, because a scenario calls service, family, container,
repository and load balancer alike, and elsewhere each has a name of its own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from runbook_lib.evidence.first_look import ecr_image
from runbook_lib.evidence.model import Evidence
from runbook_lib.evidence.serialisation import dumps, loads

_OLD_REGION, _OLD_ACCOUNT, _OLD_PORT = "ap-northeast-2", "123456789012", "8000"
# What stands before a name of each kind, in AWS's own fields, in ARNs and in what ECS says.
_BEFORE = {
    "cluster": r'"cluster": "|:cluster/|:(?:service|task|service-deployment|service-revision)/',
    "service": r'"service(?:Name)?": "|"service:|\(service |:service(?:-deployment|-revision)?/[\w-]+/',
    "family": r'"family": "|"revision": "|:task-definition/',
    "container": r'"container(?:Name)?": "|"name": "|"ecs/|:log-stream:ecs/',
    "repository": r'"repository": "|:repository/|\.amazonaws\.com/(?:v2/)?',
    "target_group": r'"TargetGroupName": "|:targetgroup/|"target_group": "',
    "balancer": r":loadbalancer/(?:app|net)/",
    "log_group": r'"(?:log_|logG|awslogs-g|g)roup(?:Name)?": "|:log-group:',
    "role": r":role/|:assumed-role/",
    "secret": r":secret:",
}
_AFTER = {"secret": r"(?=-\w{6}\b)"}  # AWS adds six characters to a secret's name


@dataclass(frozen=True)
class Elsewhere:
    """The new names, one a kind; ``suffix`` is that of the partition's hosts."""

    cluster: str
    service: str
    family: str
    container: str
    repository: str
    target_group: str
    balancer: str
    log_group: str
    role: str
    secret: str
    region: str
    account: str
    port: str
    partition: str = "aws"
    suffix: str = "amazonaws.com"


def moved(found: Evidence, to: Elsewhere) -> Evidence:
    """The same evidence with every name replaced."""
    tree = json.loads(text_moved(dumps(found), names(found), to))
    for item in (*tree["readings"], *tree["unreads"]):
        if resources := item["request"]["args"].get("resources"):
            item["request"]["args"]["resources"] = ",".join(sorted(resources.split(",")))  # as the collector asks
    return loads(json.dumps(tree))


def text_moved(text: str, old: dict[str, set[str]], to: Elsewhere) -> str:
    """The text with these old names, by kind, replaced."""
    for kind, before in _BEFORE.items():
        for name in sorted(old[kind], key=len, reverse=True):
            end = _AFTER.get(kind, r"(?![\w-])")
            text = re.sub(rf"({before}){re.escape(name)}{end}", rf"\g<1>{getattr(to, kind)}", text)
    text = re.sub(rf"\b{_OLD_PORT}\b", to.port, text)
    text = re.sub(rf"({_OLD_REGION}(?:\.elb)?)\.amazonaws\.com", rf"\g<1>.{to.suffix}", text)
    text = text.replace(_OLD_REGION, to.region).replace(_OLD_ACCOUNT, to.account)
    return re.sub(r"\barn:aws:", f"arn:{to.partition}:", text)


def names(found: Evidence) -> dict[str, set[str]]:
    """The names in evidence, by kind."""
    definitions = list(found.task_definitions().values())
    containers = [c for d in definitions for c in d["containerDefinitions"]]
    logs = [(c.get("logConfiguration") or {}).get("options", {}) for c in containers]
    images = [image for c in containers if (image := ecr_image(c["image"]))]
    known = dumps(found)
    return {
        "cluster": {found.target.cluster},
        "service": {found.target.service},
        "family": {d["family"] for d in definitions},
        "container": {c["name"] for c in containers},
        "repository": {image.repository for image in images},
        "target_group": set(re.findall(r":targetgroup/([\w-]+)/", known)),
        "balancer": set(re.findall(r":loadbalancer/(?:app|net)/([\w-]+)/", known)),
        "log_group": {options["awslogs-group"] for options in logs if options},
        "role": set(re.findall(r":role/([\w-]+)", known)),
        "secret": set(re.findall(r":secret:([\w/-]+)-\w{6}\b", known)),
    }

