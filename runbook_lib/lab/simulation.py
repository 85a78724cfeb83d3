"""IAM SimulatePrincipalPolicy, which moto does not have: what a role's policies allow, by the lab's own evaluation.

As the API's model describes it: a result for each action with its decision over all resources, and within it one for
each resource that was named. The policies of resources are not looked at, as on AWS where the request holds none.
"""

import re
import uuid
from collections.abc import Iterator
from typing import Any

from runbook_lib.lab import guard, reply, wire
from runbook_lib.lab.call import Call
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.policy import Context, Decision
from runbook_lib.lab.region import Region
from runbook_lib.lab.reply import Reply
from runbook_lib.lab.roles import Roles

OPERATION = ("iam", "SimulatePrincipalPolicy")
_MOST = 100  # results of a page, where the request does not say
_MARKER = "after-"
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
    "ssm:getparameters": "ssm:${Region}:${Account}:parameter/${ParameterNameWithoutLeadingSlash}",
}


def answer(region: Region, asked: Call) -> Reply:
    """Answer a request from the account's roles as they are now."""
    try:
        result = _simulated(region.world.roles, asked.query)
    except AwsError as error:
        return reply.error(asked.protocol, error.code, error.message, error.status)
    return reply.xml(200, wire.render_xml(*OPERATION, result, str(uuid.uuid4())))


def _simulated(roles: Roles, query: dict[str, str]) -> dict[str, Any]:
    _check(query)
    arn, actions = query.get("PolicySourceArn", ""), _members(query, "ActionNames")
    if ":role/" in arn and not roles.exists(arn):
        raise AwsError("NoSuchEntity", f"The role with name {arn.rpartition('/')[2]} cannot be found.", 404)
    resources = _members(query, "ResourceArns")
    first, most = _page(query)
    context = _context(query)
    page = [_result(roles, context, arn, action, resources) for action in actions[first : first + most]]
    more = first + most < len(actions)
    marker = {"Marker": f"{_MARKER}{first + most}"} if more else {}
    return {"EvaluationResults": page, "IsTruncated": more, **marker}


def _check(query: dict[str, str]) -> None:
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
    others = {name.partition(".")[0] for name in query} - {*_TAKEN, *_LISTS}
    if others or ":role/" not in query["PolicySourceArn"]:
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


def _result(roles: Roles, context: Context, arn: str, action: str, resources: list[str]) -> dict[str, Any]:
    each = list(_by_resource(roles, context, arn, action, resources or ["*"]))
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
    roles: Roles, context: Context, arn: str, action: str, resources: list[str]
) -> Iterator[dict[str, Any]]:
    for resource in resources:
        yield {
            "EvalResourceName": resource,
            "EvalResourceDecision": _DECISIONS.get(roles.decide(arn, action, resource, context), _IMPLICIT),
            "MissingContextValues": roles.missing(arn, action, resource, context),
        }
