"""What a task definition's execution role has to be allowed before a task starts, and what IAM says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runbook_lib.diagnosis.model import Cite
from runbook_lib.evidence.first_look import EcrImage, ecr_image
from runbook_lib.evidence.model import Evidence, Request, request

LABELS = ("image-pull-auth", "secret-access-denied", "log-driver-misconfigured")
PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
# A policy of the resource can grant the role none of these: what its own policies refuse is refused.
OWN = frozenset({"ecr:GetAuthorizationToken", "logs:CreateLogStream", "ssm:GetParameters"})
_READ = {"secretsmanager": "secretsmanager:GetSecretValue", "ssm": "ssm:GetParameters"}
# AWS adds six random characters to a secret's name. An ARN may be written without them, and then IAM judges another.
_WHOLE_SECRET = re.compile(r":secret:.+-(?=[A-Za-z0-9]*[A-Z])[A-Za-z0-9]{6}$")
_NO_TASK = "0" * 32  # stands for the task's id in the name of a log stream


@dataclass(frozen=True)
class Grant:
    """Actions that are needed on some resources. Without ``actions`` no task starts; ``besides`` may fail later."""

    label: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    besides: tuple[str, ...] = ()

    def request(self, role: str) -> Request:
        """The reading that tells whether a role is granted it."""
        actions, resources = ",".join(self.actions + self.besides), ",".join(self.resources)
        return request("role_permissions", role_arn=role, actions=actions, resources=resources)


@dataclass(frozen=True)
class Refusal:
    """What is refused: the actions on the resources, and where that is said."""

    label: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    cite: Cite


def needed(evidence: Evidence, definition: dict[str, Any]) -> tuple[Grant, ...]:
    """The grants of a task definition, in the order in which ECS uses them: secrets, registry, log, image."""
    containers: list[dict[str, Any]] = definition.get("containerDefinitions") or []
    partition = _partition(definition)
    ecr = [repository_arn(definition, image) for image in repositories(definition)]
    logs = list(_log_streams(evidence, containers, partition))
    secrets = [_secret(evidence, name, partition) for name in _secret_names(containers)]
    found = [
        *(_grant("secret-access-denied", (_READ[kind],), _of_kind(secrets, kind)) for kind in _READ),
        _grant("image-pull-auth", ("ecr:GetAuthorizationToken",), ["*"] if ecr else []),
        _grant("log-driver-misconfigured", ("logs:CreateLogStream",), logs, ("logs:PutLogEvents",)),
        _grant("image-pull-auth", PULL, ecr, ("ecr:BatchCheckLayerAvailability",)),
    ]
    return tuple(grant for grant in found if grant.resources)


def is_unclear(definition: dict[str, Any]) -> bool:
    """Whether a secret is named by an ARN that may lack its last characters, so that IAM cannot be asked about it."""
    names = _secret_names(definition.get("containerDefinitions") or [])
    return any(":secretsmanager:" in name and not is_whole(name) for name in names)


def repositories(definition: dict[str, Any]) -> list[EcrImage]:
    """The ECR repositories that the images come from, each once."""
    found = (ecr_image(str(c.get("image", ""))) for c in definition.get("containerDefinitions") or [])
    return list({(image.registry, image.region, image.repository): image for image in found if image}.values())


def repository_arn(definition: dict[str, Any], image: EcrImage) -> str:
    """The ARN of an image's repository, in the partition of the task definition."""
    return f"arn:{_partition(definition)}:ecr:{image.region}:{image.registry}:repository/{image.repository}"


def refusals(evidence: Evidence, role: str, grants: tuple[Grant, ...]) -> tuple[Refusal, ...]:
    """The grants that IAM refuses. A decision for want of a condition's value is none."""
    return tuple(refusal for grant in grants for refusal in _refused(evidence, role, grant))


def is_unread(evidence: Evidence, role: str, grants: tuple[Grant, ...]) -> bool:
    """Whether a grant was not asked for, or had no answer, or not all of it."""
    read = {reading.request for reading in evidence.all("role_permissions") if not reading.partial}
    return any(grant.request(role) not in read for grant in grants)


def is_undecided(evidence: Evidence, role: str, grants: tuple[Grant, ...]) -> bool:
    """Whether a decision is wanting, or hangs on a condition's value that is not known."""
    return any(len(_decided(evidence, role, g)) < len(g.actions) * len(g.resources) for g in grants)


def _refused(evidence: Evidence, role: str, grant: Grant) -> Iterator[Refusal]:
    denied = [one for one in _decided(evidence, role, grant) if one["EvalDecision"] != "allowed"]
    if denied:
        actions, resources = (
            dict.fromkeys(one[f"Eval{part}Name"] for one in denied) for part in ("Action", "Resource")
        )
        decision = min(one["EvalDecision"] for one in denied)  # explicitDeny before implicitDeny
        cite = Cite(
            "iam:SimulatePrincipalPolicy", "EvaluationResults[].EvalDecision", f"{decision} {', '.join(actions)}"
        )
        yield Refusal(grant.label, tuple(actions), tuple(resources), cite)


def _decided(evidence: Evidence, role: str, grant: Grant) -> list[dict[str, Any]]:
    asked = grant.request(role)
    found = (one for r in evidence.all("role_permissions") if r.request == asked for one in r.data)
    return [one for one in found if one["EvalActionName"] in grant.actions and not one["MissingContextValues"]]


def besides(evidence: Evidence, role: str, grants: tuple[Grant, ...]) -> list[str]:
    """Actions that IAM refuses and without which a task may start all the same."""
    asked = {grant.request(role): grant for grant in grants}
    found = ((asked.get(r.request), one) for r in evidence.all("role_permissions") for one in r.data)
    denied = (one for grant, one in found if grant and one["EvalActionName"] in grant.besides)
    return sorted({one["EvalActionName"] for one in denied if one["EvalDecision"] != "allowed"})


def _grant(label: str, actions: tuple[str, ...], resources: list[str], besides: tuple[str, ...] = ()) -> Grant:
    return Grant(label, actions, tuple(sorted(set(resources))), besides)


def _log_streams(evidence: Evidence, containers: list[dict[str, Any]], partition: str) -> Iterator[str]:
    for container in containers:
        log = container.get("logConfiguration") or {}
        options = log.get("options") or {}
        if log.get("logDriver") == "awslogs" and options.get("awslogs-group"):
            region = options.get("awslogs-region") or evidence.target.region
            stream = f"{options.get('awslogs-stream-prefix', 'ecs')}/{container.get('name', '')}/{_NO_TASK}"
            group = f"arn:{partition}:logs:{region}:{evidence.target.account}:log-group:{options['awslogs-group']}"
            yield f"{group}:log-stream:{stream}"


def _secret_names(containers: list[dict[str, Any]]) -> list[str]:
    logs = (c.get("logConfiguration") or {} for c in containers)
    listed = [entry for c in containers for entry in c.get("secrets") or []]
    listed += [entry for log in logs for entry in log.get("secretOptions") or []]
    return [str(entry.get("valueFrom", "")) for entry in listed]


def _secret(evidence: Evidence, name: str, partition: str) -> str:
    """The ARN of a secret without JSON key and version, or of a parameter, which may be given by its name."""
    if ":secretsmanager:" in name:
        return ":".join(name.split(":")[:7]) if is_whole(name) else ""
    if name.startswith("arn:"):
        return name
    return f"arn:{partition}:ssm:{evidence.target.region}:{evidence.target.account}:parameter/{name.removeprefix('/')}"


def is_whole(name: str) -> bool:
    """Whether a secret's ARN has the six characters at its end that AWS has added to the name."""
    return bool(_WHOLE_SECRET.search(":".join(name.split(":")[:7])))


def _of_kind(arns: list[str], service: str) -> list[str]:
    return [arn for arn in arns if f":{service}:" in arn]


def _partition(definition: dict[str, Any]) -> str:
    return next(iter(str(definition.get("taskDefinitionArn", "")).split(":")[1:2]), "aws")
