"""IAM SimulatePrincipalPolicy, which moto does not have: what a role's policies allow, by the lab's own evaluation.

Of the caller's own principal it answers from the policy that is in force for clients: without one, all is allowed.

As the API's model describes it: a result for each action with its decision over all resources, and within it one for
each resource that was named. The policies of resources are not looked at, as on AWS where the request holds none.
"""

import re
import uuid
from collections.abc import Iterator
from typing import Any, Protocol

from runbook_lib.lab import guard, identity, reply, wire
from runbook_lib.lab.call import Call
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.policy import Context, Decision, Policy
from runbook_lib.lab.region import Region
from runbook_lib.lab.reply import Reply

OPERATION = ("iam", "SimulatePrincipalPolicy")
_MOST = 100  # results of a page, where the request does not say
_MARKER = "after-"
_ENTITY = re.compile(r"arn:[a-z-]+:iam::\d{12}:(user|group|role)/.+")
_TAKEN = ("Action", "Version", "PolicySourceArn", "MaxItems", "Marker")
_LISTS = ("ActionNames", "ResourceArns", "ContextEntries")
_ALLOWED, _IMPLICIT, _EXPLICIT = "allowed", "implicitDeny", "explicitDeny"
_DECISIONS = {
    Decision.ALLOWED: _ALLOWED,
    Decision.FORBIDDEN: _EXPLICIT,
    Decision.FORBIDDEN_BY_BOUNDARY: _EXPLICIT,
}
_WORST_FIRST = (_EXPLICIT, _IMPLICIT, _ALLOWED)
# What a result names for its action: the form of the ARN of the action's resources, where it has any.
_FORMS = {
    "ecr:batchchecklayeravailability": "ecr:${Region}:${Account}:repository/${RepositoryName}",
    "ecr:batchgetimage": "ecr:${Region}:${Account}:repository/${RepositoryName}",
    "ecr:getdownloadurlforlayer": "ecr:${Region}:${Account}:repository/${RepositoryName}",
    "logs:createlogstream": "logs:${Region}:${Account}:log-group:${LogGroupName}",
    "logs:putlogevents": "logs:${Region}:${Account}:log-group:${LogGroupName}:log-stream:${LogStreamName}",
    "secretsmanager:getsecretvalue": "secretsmanager:${Region}:${Account}:secret:${SecretId}",
    "ecs:registertaskdefinition": (
        "ecs:${Region}:${Account}:task-definition/${TaskDefinitionFamilyName}:${TaskDefinitionRevisionNumber}"
    ),
    "ecs:updateservice": "ecs:${Region}:${Account}:service/${ClusterName}/${ServiceName}",
    "ecs:stoptask": "ecs:${Region}:${Account}:task/${ClusterName}/${TaskId}",
    "elasticloadbalancing:modifytargetgroup": (
        "elasticloadbalancing:${Region}:${Account}:targetgroup/${TargetGroupName}/${TargetGroupId}"
    ),
    "iam:passrole": "iam::${Account}:role/${RoleNameWithPath}",
    "logs:createloggroup": "logs:${Region}:${Account}:log-group:${LogGroupName}",
    "logs:deleteloggroup": "logs:${Region}:${Account}:log-group:${LogGroupName}",
    "ssm:getparameters": "ssm:${Region}:${Account}:parameter/${ParameterNameWithoutLeadingSlash}",
}


class Judge(Protocol):
    """Knows what a principal (a user or role, by ARN) may do, and which condition keys lack a value."""

    def decide(self, arn: str, action: str, resource: str, of_call: Context | None = None) -> Decision:
        """Decide one action on one resource."""

    def missing(self, arn: str, action: str, resource: str, of_call: Context) -> list[str]:
        """Return the condition keys that decide and have no value."""


class Permitted:
    """What clients may do by the policy in force for them."""

    def __init__(self, policy: Policy | None) -> None:
        self._policy = policy

    def decide(self, _arn: str, action: str, resource: str, of_call: Context | None = None) -> Decision:
        """Decide one action on one resource."""
        return self._policy.decide(action, resource, of_call or {}) if self._policy else Decision.ALLOWED

    def missing(self, _arn: str, action: str, resource: str, of_call: Context) -> list[str]:
        """Return the condition keys that decide and have no value."""
        return sorted(self._policy.missing(action, resource, of_call)) if self._policy else []


def answer(region: Region, asked: Call, caller: str, policy: Policy | None) -> Reply:
    """Answer a request from the account's roles as they are now, of the caller's own principal from a policy."""
    try:
        _check(asked.query, caller)
        arn = asked.query["PolicySourceArn"]
        own = identity.is_own(arn, caller)
        if not own and not region.world.roles.exists(arn):
            raise AwsError("NoSuchEntity", f"The role with name {arn.rpartition('/')[2]} cannot be found.", 404)
        result = _simulated(Permitted(policy) if own else region.world.roles, asked.query)
    except AwsError as error:
        return reply.error(asked.protocol, error.code, error.message, error.status)
    return reply.xml(200, wire.render_xml(*OPERATION, result, str(uuid.uuid4())))


def _simulated(judge: Judge, query: dict[str, str]) -> dict[str, Any]:
    arn, actions, resources = query["PolicySourceArn"], _members(query, "ActionNames"), _members(query, "ResourceArns")
    first, most = _page(query)
    context = _context(query)
    page = [_result(judge, context, arn, action, resources) for action in actions[first : first + most]]
    more = first + most < len(actions)
    marker = {"Marker": f"{_MARKER}{first + most}"} if more else {}
    return {"EvaluationResults": page, "IsTruncated": more, **marker}


def _check(query: dict[str, str], caller: str) -> None:
    """Refuse what AWS refuses, and what the lab does not simulate."""
    for member, given in (
        ("policySourceArn", query.get("PolicySourceArn")),
        ("actionNames", _members(query, _LISTS[0])),
    ):
        if not given:
            problem = f"Value null at '{member}' failed to satisfy constraint: Member must not be null"
            raise AwsError("ValidationError", f"1 validation error detected: {problem}")
    wrong = next((action for action in _members(query, _LISTS[0]) if not all(action.partition(":"))), None)
    if wrong:
        raise AwsError("InvalidInput", f"Invalid Entity Action: {wrong}")
    arn = query["PolicySourceArn"]
    if not _ENTITY.fullmatch(arn):
        raise AwsError("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    others = {name.partition(".")[0] for name in query} - {*_TAKEN, *_LISTS}
    if others or not (":role/" in arn or identity.is_own(arn, caller)):
        raise guard.absent(*OPERATION)


def _page(query: dict[str, str]) -> tuple[int, int]:
    start, most = query.get("Marker", f"{_MARKER}0").removeprefix(_MARKER), query.get("MaxItems", str(_MOST))
    if not (start.isdecimal() and most.isdecimal() and 1 <= int(most) <= 1000):
        raise AwsError("InvalidInput", "Invalid Marker or MaxItems.")
    return int(start), int(most)


def _members(query: dict[str, str], name: str) -> list[str]:
    """Read ``NAME.member.N`` in the order of the numbers."""
    found = {key.rpartition(".")[2]: value for key, value in query.items() if key.startswith(f"{name}.member.")}
    return [found[number] for number in sorted(found, key=lambda text: (len(text), text))]


def _context(query: dict[str, str]) -> Context:
    """Read ``ContextEntries.member.N``; of several values of a key the first."""
    entry = re.compile(r"ContextEntries\.member\.(\d+)\.ContextKeyName")
    found = ((match[1], value) for name, value in query.items() if (match := entry.fullmatch(name)))
    value = "ContextEntries.member.{}.ContextKeyValues.member.1"
    return {name.lower(): query.get(value.format(number), "") for number, name in found}


def _result(judge: Judge, context: Context, arn: str, action: str, resources: list[str]) -> dict[str, Any]:
    each = list(_by_resource(judge, context, arn, action, resources or ["*"]))
    form = _FORMS.get(action.lower())
    named = {"ResourceSpecificResults": each} if set(resources) - {"*"} else {}
    return {
        "EvalActionName": action,
        "EvalResourceName": f"arn:${{Partition}}:{form}" if form else "*",
        "EvalDecision": min((one["EvalResourceDecision"] for one in each), key=_WORST_FIRST.index),
        "MissingContextValues": sorted({key for one in each for key in one["MissingContextValues"]}),
        **named,
    }


def _by_resource(
    judge: Judge, context: Context, arn: str, action: str, resources: list[str]
) -> Iterator[dict[str, Any]]:
    for resource in resources:
        yield {
            "EvalResourceName": resource,
            "EvalResourceDecision": _DECISIONS.get(judge.decide(arn, action, resource, context), _IMPLICIT),
            "MissingContextValues": judge.missing(arn, action, resource, context),
        }
