"""Evidence of the same incident elsewhere: other names, ports, Region, partition and account, replaced in its JSON.

A name is replaced where its kind stands and nowhere else, because a scenario calls service, family, container,
repository and load balancer alike, and elsewhere each has a name of its own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from runbook_lib.evidence.first_look import ecr_image
from runbook_lib.evidence.model import Evidence
from runbook_lib.evidence.serialisation import dumps, loads

_REGION, _ACCOUNT, _PORT = "ap-northeast-2", "123456789012", "8000"  # of every scenario of the lab
# What stands before a name of each kind: in AWS's own fields, in ARNs, in what ECS says.
_BEFORE = {
    "cluster": r'"cluster": "|:cluster/|:(?:service|task|container|service-deployment|service-revision)/',
    "service": r'"service(?:Name)?": "|"service:|\(service |:service(?:-deployment|-revision)?/[\w-]+/',
    "family": r'"family": "|:task-definition/',
    "container": r'"containerName": "|"name": "|"ecs/|:log-stream:ecs/',
    "repository": r'"repository": "|:repository/|\.amazonaws\.com/(?:v2/)?',
    "target_group": r'"TargetGroupName": "|:targetgroup/',
    "balancer": r":loadbalancer/(?:app|net)/",
    "log_group": r'"(?:logG|awslogs-g|g)roup(?:Name)?": "|:log-group:',
    "role": r":role/|:assumed-role/",
    "secret": r":secret:",
}
_END = r"(?![\w-])"
_AFTER = {"secret": r"(?=-\w{6}\b)"}  # AWS adds six characters to the name of a secret
_FOUND = {
    "target_group": re.compile(r":targetgroup/([\w-]+)/"),
    "balancer": re.compile(r":loadbalancer/(?:app|net)/([\w-]+)/"),
    "role": re.compile(r":role/([\w-]+)"),
    "secret": re.compile(r":secret:([\w/-]+)-\w{6}\b"),
}


@dataclass(frozen=True)
class Elsewhere:
    """The new names, one a kind; ``suffix`` is that of the hosts of the partition."""

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


@dataclass(frozen=True)
class Move:
    """One evidence on its way to another place."""

    found: Evidence
    to: Elsewhere

    @cached_property
    def evidence(self) -> Evidence:
        """The same evidence with every name replaced."""
        tree = json.loads(self.text(dumps(self.found)))
        for item in (*tree["readings"], *tree["unreads"]):
            if resources := item["request"]["args"].get("resources"):  # which the rule that asks for them sorts
                item["request"]["args"]["resources"] = ",".join(sorted(resources.split(",")))
        return loads(json.dumps(tree))

    @cached_property
    def names(self) -> dict[str, set[str]]:
        """The old names, by kind."""
        text, definitions = dumps(self.found), list(self.found.task_definitions().values())
        containers = [c for d in definitions for c in d["containerDefinitions"]]
        logs = [(c.get("logConfiguration") or {}).get("options", {}) for c in containers]
        return {
            "cluster": {self.found.target.cluster},
            "service": {self.found.target.service},
            "family": {d["family"] for d in definitions},
            "container": {c["name"] for c in containers},
            "repository": {image.repository for c in containers if (image := ecr_image(c["image"]))},
            "log_group": {options["awslogs-group"] for options in logs if options},
            **{kind: set(pattern.findall(text)) for kind, pattern in _FOUND.items()},
        }

    def text(self, text: str) -> str:
        """The text with what stands in it in the place of a name replaced."""
        for kind, before in _BEFORE.items():
            for name in self.names[kind]:
                where = rf"({before}){re.escape(name)}{_AFTER.get(kind, _END)}"
                text = re.sub(where, lambda at, kind=kind: at[1] + getattr(self.to, kind), text)
        text = re.sub(rf"\b{_PORT}\b", self.to.port, text)
        text = re.sub(rf"({_REGION}(?:\.elb)?)\.amazonaws\.com", rf"\g<1>.{self.to.suffix}", text)
        text = text.replace(_REGION, self.to.region).replace(_ACCOUNT, self.to.account)
        return text.replace("arn:aws:", f"arn:{self.to.partition}:")

    def fits(self, old: Any, new: Any) -> bool:
        """Whether a fact of the moved evidence is the old one, but for names."""
        if isinstance(old, dict):
            return old.keys() == new.keys() and all(self.fits(old[key], new[key]) for key in old)
        if isinstance(old, list | tuple):
            return len(old) == len(new) and all(map(self.fits, old, new))
        return str(new) in self._becomes(str(old))

    def _becomes(self, old: str) -> set[str]:
        """What may become of a value: its text with names replaced, or where it is a name, that name's new ones."""
        family, _, revision = old.partition(":")
        whole = {getattr(self.to, kind) for kind, names in self.names.items() if old in names}
        numbered = {f"{self.to.family}:{revision}"} if revision.isdigit() and family in self.names["family"] else set()
        return whole | numbered | {self.text(old)}
