"""What an IAM role may do, from the roles and policies that moto has.

IAM User Guide, "Policy evaluation logic": the role's inline and attached policies together, within its permissions
boundary if it has one. Session, resource and service control policies are not looked at.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from runbook_lib.lab import policy, resource_policy
from runbook_lib.lab.permissions import Denial
from runbook_lib.lab.policy import Context, Decision, Policy
from runbook_lib.lab.resource_policy import Principal

TASKS = "ecs-tasks.amazonaws.com"
_PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_WITHIN = {
    Decision.NOT_ALLOWED: Decision.OUT_OF_BOUNDS,
    Decision.FORBIDDEN: Decision.FORBIDDEN_BY_BOUNDARY,
}


@dataclass(frozen=True)
class _Role:
    trust: Any
    identity: Policy
    boundary: Policy | None


class Roles:
    """The roles of an account.

    What it has read it keeps: an object is good for as long as nobody can change IAM, such as one sync.
    """

    def __init__(self, client: Callable[[str], Any], account: str, region: str = "") -> None:
        self._client = client
        self._account = account
        self._region = region  # of the tasks; without one, what is allowed in one Region alone is not allowed
        self._known: dict[str, _Role | None] = {}

    @cached_property
    def _iam(self) -> Any:
        return self._client("iam")

    def assumable(self, arn: str, service: str = TASKS) -> bool:
        """Whether a role exists and its trust policy lets an AWS service assume it.

        ECS asks with the account and ``arn:aws:ecs:REGION:ACCOUNT:*`` as `aws:SourceAccount` and `aws:SourceArn`.
        """
        role = self._role(arn)
        if role is None:
            return False
        tasks = f"arn:aws:ecs:{self._region}:{self._account}:*"
        source = {"aws:sourceaccount": self._account, "aws:sourcearn": tasks}
        principal = Principal("Service", frozenset({service}))
        return resource_policy.decide(role.trust, principal, "sts:AssumeRole", source) is Decision.ALLOWED

    def denial(self, arn: str, session: str, action: str, resource: str) -> str | None:
        """Return IAM's sentence to a session of a role that may not do something; None where it may.

        `action` is written as policies write it (``ecr:GetAuthorizationToken``), `resource` is an ARN or ``*``.
        """
        decision = self.decide(arn, action, resource)
        if decision is Decision.ALLOWED:
            return None
        caller = f"arn:aws:sts::{self._account}:assumed-role/{_name(arn)}/{session}"
        return Denial(action, resource, decision).words(caller)

    def exists(self, arn: str) -> bool:
        """Whether the account has a role of exactly this ARN."""
        return self._role(arn) is not None

    def decide(self, arn: str, action: str, resource: str, of_call: Context | None = None) -> Decision:
        """Decide by a role's own policies and its permissions boundary; a role that is not there may do nothing.

        `of_call` are the condition keys of the call itself (in lower case): where not given, those of a call by HTTPS
        in the Region of the tasks.
        """
        role = self._role(arn)
        if role is None:
            return Decision.NOT_ALLOWED
        context = self._context(arn, of_call)
        decision = role.identity.decide(action, resource, context)
        if decision is not Decision.ALLOWED or role.boundary is None:
            return decision
        within = role.boundary.decide(action, resource, context)
        return _WITHIN.get(within, within)

    def missing(self, arn: str, action: str, resource: str, of_call: Context) -> list[str]:
        """Return the condition keys by which a role's policies decide an action, and which have no value."""
        role, context = self._role(arn), self._context(arn, of_call)
        policies = [each for each in (role.identity, role.boundary) if each] if role else []
        return sorted({key for each in policies for key in each.missing(action, resource, context)})

    def _context(self, arn: str, of_call: Context | None) -> Context:
        principal = {
            "aws:principalarn": arn,
            "aws:principalaccount": self._account,
            "aws:principaltype": "AssumedRole",
        }
        usual = {"aws:requestedregion": self._region, "aws:securetransport": "true"}
        return principal | (usual if of_call is None else of_call)

    def _role(self, arn: str) -> _Role | None:
        if arn not in self._known:
            self._known[arn] = self._read(arn)
        return self._known[arn]

    def _read(self, arn: str) -> _Role | None:
        try:
            found = self._iam.get_role(RoleName=_name(arn))["Role"]
        except ClientError:
            return None
        if found["Arn"] != arn:  # another path, or another account: ECS wants a role of its own account
            return None
        boundary = (found.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        return _Role(
            _document(found["AssumeRolePolicyDocument"]),
            _joined(self._policies(_name(arn))),
            _joined(iter([self._managed(boundary)])) if boundary else None,
        )

    def _policies(self, name: str) -> Iterator[Any]:
        """The documents of a role's inline and attached policies."""
        for inline in self._all("list_role_policies", "PolicyNames", name):
            yield _document(self._iam.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"])
        for attached in self._all("list_attached_role_policies", "AttachedPolicies", name):
            yield self._managed(attached["PolicyArn"])

    def _all(self, operation: str, member: str, name: str) -> Iterator[Any]:
        """What an operation lists of a role, page by page."""
        marker: dict[str, str] = {}
        while True:
            page = getattr(self._iam, operation)(RoleName=name, **marker)
            yield from page[member]
            if not page.get("IsTruncated"):
                return
            marker = {"Marker": page["Marker"]}

    def _managed(self, arn: str) -> Any:
        version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return _document(self._iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def _document(given: Any) -> Any:
    """A policy document, which IAM sends as quoted JSON; boto3 has read it already."""
    return json.loads(unquote(given)) if isinstance(given, str) else given


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _joined(documents: Iterator[Any]) -> Policy:
    """Several policies as one: a Deny of any counts, and so does an Allow of any."""
    return Policy({}, tuple(each for document in documents for each in policy.stored(document).statements))


def repository_decision(
    policy_document: str | None, principal_arn: str, account: str, actions: Sequence[str] = _PULL
) -> Decision:
    """Decide by a repository's policy whether a principal of an account may take some actions, all of them at once."""
    if not policy_document:
        return Decision.NOT_ALLOWED
    names = frozenset({"*", account, f"arn:aws:iam::{account}:root", principal_arn})
    context = {"aws:principalarn": principal_arn, "aws:principalaccount": account, "aws:securetransport": "true"}
    document = json.loads(policy_document)
    said = [resource_policy.decide(document, Principal("AWS", names), action, context) for action in actions]
    if Decision.FORBIDDEN in said:
        return Decision.FORBIDDEN
    return Decision.ALLOWED if set(said) == {Decision.ALLOWED} else Decision.NOT_ALLOWED


def repository_allows(policy_document: str | None, principal_arn: str, account: str) -> bool:
    """Whether a repository's policy lets a role of an account pull images.

    `policy_document` is the `policyText` of ECR's GetRepositoryPolicy, None where the repository has none;
    `principal_arn` is the role's ARN (not the session's) and `account` its account. A role of the repository's own
    account needs no such policy, one of another account needs it and its own identity policy too.
    """
    return repository_decision(policy_document, principal_arn, account) is Decision.ALLOWED


def repository_forbids(policy_document: str | None, principal_arn: str, account: str) -> bool:
    """Whether a repository's policy denies a role the pull, whatever its own policy says; see `repository_allows`."""
    return repository_decision(policy_document, principal_arn, account) is Decision.FORBIDDEN
