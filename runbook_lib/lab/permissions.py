"""Which IAM action a call needs, on which resources, and how AWS words the denial.

The tables follow the Service Authorization Reference (pages "Amazon Elastic Container Service", "Elastic Load
Balancing V2", "Amazon Elastic Container Registry", "Amazon CloudWatch Logs", "AWS Identity and Access Management",
"AWS Secrets Manager"): an action without resource types is judged on ``*``, an action on several resources must be
allowed on each. Of services that are not here every action is judged on ``*``. A call that passes roles to tasks needs
``iam:PassRole`` for each of them too (`passing`).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runbook_lib.lab import passing, reply
from runbook_lib.lab.call import Call
from runbook_lib.lab.passing import Definition
from runbook_lib.lab.policy import Context, Decision, Policy
from runbook_lib.lab.reply import Reply

_PREFIXES = {"elbv2": "elasticloadbalancing"}
_ALWAYS = ("sts:GetCallerIdentity",)  # needs no permission, and no policy can deny it
# ECS action: kind of resource, and the parameter that names it. ListTasks is about a container instance in the
# reference, but is judged on ``*`` where the call names none.
_ECS = {
    "CreateCluster": ("cluster", "clusterName"),
    "DescribeClusters": ("cluster", "clusters"),
    "CreateService": ("service", "serviceName"),
    "DescribeServices": ("service", "services"),
    "UpdateService": ("service", "service"),
    "DeleteService": ("service", "service"),
    "ListServiceDeployments": ("service", "service"),
    "DescribeServiceDeployments": ("service-deployment", "serviceDeploymentArns"),
    "StopServiceDeployment": ("service-deployment", "serviceDeploymentArn"),
    "DescribeServiceRevisions": ("service-revision", "serviceRevisionArns"),
    "DescribeTasks": ("task", "tasks"),
    "StopTask": ("task", "task"),
    "ListTasks": ("container-instance", "containerInstance"),
    "RegisterTaskDefinition": ("task-definition", "family"),
    "RunTask": ("task-definition", "taskDefinition"),
    "TagResource": ("", "resourceArn"),
    "UntagResource": ("", "resourceArn"),
    "ListTagsForResource": ("", "resourceArn"),
}
_WITHOUT_CLUSTER = ("cluster", "")  # kinds whose actions do not have the condition key ecs:cluster
_KINDLESS_WITH_CLUSTER = ("ListServices",)
_IN_CLUSTER = ("service", "task", "container-instance")
_OF_SERVICE = ("service-deployment", "service-revision")
_NAMES_DEFINITION = ("UpdateService", "CreateService")
_OF_STREAM = ("GetLogEvents", "PutLogEvents", "DeleteLogStream")
_OF_GROUP = ("CreateLogGroup", "DeleteLogGroup")  # denied on the group's streams, as seen
_BALANCING = ("TargetGroupArn", "LoadBalancerArn", "ListenerArn")

_REFUSALS = {
    "json": ("AccessDeniedException", 400),
    "rest-json": ("AccessDeniedException", 403),
    "ec2": ("UnauthorizedOperation", 403),
}


@dataclass(frozen=True)
class Denial:
    """A call that a policy does not allow: the IAM action, the resource it failed on, and how it was decided."""

    action: str
    resource: str
    decision: Decision

    def words(self, caller: str) -> str:
        """AWS's sentence. Elastic Load Balancing and other query services name no resource where it would be ``*``."""
        service = self.action.partition(":")[0]
        named = self.resource != "*" or service != "elasticloadbalancing"
        resource = f" on resource: {self.resource}" if named else ""
        reason = "" if self.action == "sts:AssumeRole" else f" {self.decision.value.format(action=self.action)}"
        return f"User: {caller} is not authorized to perform: {self.action}{resource}{reason}"


@dataclass(frozen=True)
class Need:
    """What a call must be allowed: an IAM action on a resource (an ARN or ``*``), with the condition keys of both."""

    action: str
    resource: str
    context: Context


def denial(policy: Policy, asked: Call, definition: Definition) -> Denial | None:
    """Return what a policy has against a call, or None where it allows the call."""
    if _iam_action(asked) in _ALWAYS:
        return None
    for need in needs(asked, definition):
        decision = policy.decide(need.action, need.resource, need.context)
        if decision is not Decision.ALLOWED:
            return Denial(need.action, need.resource, decision)
    return None


def needs(asked: Call, definition: Definition) -> Iterator[Need]:
    """What a call must be allowed, in the order in which it is asked for."""
    resources, cluster = _about(asked)
    context = {"ecs:cluster": cluster} if cluster else {}
    if asked.service == "ecs" and asked.action in _NAMES_DEFINITION:
        context |= _definition_key(asked, definition)
    for resource in resources or ["*"]:
        yield Need(_iam_action(asked), resource, context | _service_key(resource))
    if asked.service == "ecs":
        for role in passing.roles(asked, _json(asked), definition):
            yield Need(passing.ACTION, role, passing.CONTEXT)


def _definition_key(asked: Call, definition: Definition) -> Context:
    """The ARN of the task definition that a call names, where there is such a one."""
    named = _json(asked).get("taskDefinition")
    found = definition(asked, str(named)) if named else None
    return {"ecs:task-definition": found["taskDefinitionArn"]} if found else {}


def _service_key(resource: str) -> Context:
    """The ARN of the service of a deployment or revision, which has that key; a service itself does not."""
    for kind in _OF_SERVICE:
        if f":{kind}/" in resource:
            return {"ecs:service": _service_of(kind, resource)}
    return {}


def _service_of(kind: str, arn: str) -> str:
    return arn.replace(f":{kind}/", ":service/", 1).rpartition("/")[0]


def lacking(asked: Call) -> Denial:
    """Return the denial of a call that no policy allows, whatever the policy in force says."""
    resources, _ = _about(asked)
    return Denial(_iam_action(asked), (resources or ["*"])[0], Decision.NOT_ALLOWED)


def _iam_action(asked: Call) -> str:
    return f"{_PREFIXES.get(asked.service, asked.service)}:{asked.action}"


def refusal(denied: Denial, asked: Call, caller: str) -> Reply:
    """Return the answer to a denied call, in the code and protocol of its service."""
    code, status = _REFUSALS.get(asked.protocol, ("AccessDenied", 403))
    before = "You are not authorized to perform this operation. " if asked.protocol == "ec2" else ""
    return reply.error(asked.protocol, code, before + denied.words(caller), status)


def _about(asked: Call) -> tuple[list[str], str]:
    """The ARNs that a call is judged on, none for ``*``; and for ECS the ARN of its cluster, if it has that key."""
    if asked.service == "ecs":
        return _ecs(asked, _json(asked))
    if named := _NAMED.get(asked.service):
        return named(asked, _json(asked)), ""
    if asked.service == "elbv2" and not asked.action.startswith("Describe"):
        return [asked.query[name] for name in _BALANCING if name in asked.query][:1], ""
    return [asked.query["RoleArn"]] if asked.service == "sts" and "RoleArn" in asked.query else [], ""


def _ecs(asked: Call, params: dict[str, Any]) -> tuple[list[str], str]:
    kind, parameter = _ECS.get(asked.action, ("", ""))
    given = params.get(parameter) or []
    references = [str(one) for one in (given if isinstance(given, list) else [given])]
    cluster = str(params.get("cluster") or "default").rpartition("/")[2]
    if kind in _OF_SERVICE and references:
        cluster = references[0].split("/")[1:2][0] if "/" in references[0] else cluster
    arns = [arn for one in references for arn in _ecs_arns(asked, kind, cluster, one)]
    has_cluster = asked.action in _KINDLESS_WITH_CLUSTER or kind not in _WITHOUT_CLUSTER
    return arns, _arn(asked, "ecs", f"cluster/{cluster}") if has_cluster else ""


def _ecs_arns(asked: Call, kind: str, cluster: str, reference: str) -> Iterator[str]:
    """A resource by ARN or name; a service's deployment or revision is judged together with its service."""
    if reference.startswith("arn:"):
        if kind in _OF_SERVICE:
            yield _service_of(kind, reference)
        yield reference
        return
    revision = ":*" if asked.action == "RegisterTaskDefinition" else ""
    yield _arn(asked, "ecs", f"{kind}/{cluster + '/' if kind in _IN_CLUSTER else ''}{reference}{revision}")


def _ecr(asked: Call, params: dict[str, Any]) -> list[str]:
    name, registry = params.get("repositoryName"), params.get("registryId") or asked.account
    return [f"arn:aws:ecr:{asked.region}:{registry}:repository/{name}"] if name else []


def _logs(asked: Call, params: dict[str, Any]) -> list[str]:
    group, stream = params.get("logGroupName"), params.get("logStreamName")
    if asked.action == "DescribeLogGroups":
        return [_arn(asked, "logs", f"log-group:{params.get('logGroupNamePrefix', '')}:log-stream:")]
    if not group:
        return []
    tail = f":log-stream:{stream}" if asked.action in _OF_STREAM else ":log-stream:" * (asked.action in _OF_GROUP)
    return [_arn(asked, "logs", f"log-group:{group}{tail}")]


def _iam(asked: Call, _: dict[str, Any]) -> list[str]:
    """The role that a call names; by its name alone its path is not known."""
    query = asked.query
    if "RoleName" in query:
        return [f"arn:aws:iam::{asked.account}:role/{query['RoleName']}"]
    return [query["PolicySourceArn"]] if "PolicySourceArn" in query else []


def _secret(asked: Call, params: dict[str, Any]) -> list[str]:
    """A secret by ARN or name; of what names none the action is judged on ``*``."""
    given = str(params.get("SecretId") or "")
    return [given if given.startswith("arn:") else _arn(asked, "secretsmanager", f"secret:{given}")] if given else []


_NAMED = {"ecr": _ecr, "logs": _logs, "iam": _iam, "secretsmanager": _secret}


def _arn(asked: Call, service: str, resource: str) -> str:
    return f"arn:aws:{service}:{asked.region}:{asked.account}:{resource}"


def _json(asked: Call) -> dict[str, Any]:
    try:
        found = json.loads(asked.body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
