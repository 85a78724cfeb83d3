"""Readings of IAM: who may assume a task's roles, what they may do, and whom another account's repository lets in."""

from __future__ import annotations

import json
from typing import Any

from runbook_lib.aws.collector import Collector, Data
from runbook_lib.aws.reader import Reader
from runbook_lib.evidence.model import Request, Target

_PAGES = 3  # of 100 results each
# Whose refusal it is, and where IAM says so: a result holds the organization's for all of its resources.
_LIMITS = {
    "RefusedByBoundary": ("PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary"),
    "RefusedByOrganization": ("OrganizationsDecisionDetail", "AllowedByOrganizations"),
}
_OF_ALL = ("OrganizationsDecisionDetail", "PermissionsBoundaryDecisionDetail", "MatchedStatements")


def _role(reader: Reader, target: Target, wish: Request) -> Data:
    """A role by the name in an ARN; the ARN that AWS has for it may be of another path."""
    role = reader.call("iam", "GetRole", "Role", RoleName=wish["role_arn"].rpartition("/")[2])["Role"]
    return {"Arn": role["Arn"], "AssumeRolePolicyDocument": _document(role["AssumeRolePolicyDocument"])}, False


def _role_permissions(reader: Reader, target: Target, wish: Request) -> Data:
    """A decision for each action on each resource, and the condition keys for want of which it may be another one."""
    asked: dict[str, Any] = {
        "PolicySourceArn": wish["role_arn"],
        "ActionNames": wish["actions"].split(","),
        "ResourceArns": wish["resources"].split(","),
        "ContextEntries": [
            _context("aws:RequestedRegion", "string", target.region),
            _context("aws:SecureTransport", "boolean", "true"),
        ],
    }
    found: list[dict[str, Any]] = []
    for _ in range(_PAGES):
        answer = reader.call("iam", "SimulatePrincipalPolicy", "EvaluationResults", **asked)
        found += [one for result in answer["EvaluationResults"] for one in _decisions(result, asked["ResourceArns"])]
        if not answer.get("IsTruncated"):
            return found, False
        asked["Marker"] = answer["Marker"]
    return found, True


def _repository_policy(reader: Reader, target: Target, wish: Request) -> Data:
    where = {"registryId": wish["registry"], "repositoryName": wish["repository"], "region": wish["region"]}
    return _document(reader.call("ecr", "GetRepositoryPolicy", "policyText", **where)["policyText"]), False


def _context(name: str, kind: str, value: str) -> dict[str, Any]:
    return {"ContextKeyName": name, "ContextKeyType": kind, "ContextKeyValues": [value]}


def _decisions(result: dict[str, Any], resources: list[str]) -> list[dict[str, Any]]:
    """One entry a resource. The result itself names no resource; its own decision is that of all of them."""
    each = result.get("ResourceSpecificResults") or []
    if not each and len(resources) > 1:
        raise KeyError("ResourceSpecificResults")
    whole = {"EvalResourceName": resources[0], "EvalResourceDecision": result["EvalDecision"]}
    return [
        {
            "EvalActionName": result["EvalActionName"],
            "EvalResourceName": one["EvalResourceName"],
            "EvalDecision": one["EvalResourceDecision"],
            "MissingContextValues": one.get("MissingContextValues", result.get("MissingContextValues", [])),
            **_told_apart(one | {name: result[name] for name in _OF_ALL if name in result and name not in one}),
        }
        for one in each or [whole]
    ]


def _told_apart(one: dict[str, Any]) -> dict[str, Any]:
    """What else than a want of permission refuses: a boundary, the organization, a policy that denies; where told."""
    limits = [name for name, (detail, allowed) in _LIMITS.items() if (one.get(detail) or {}).get(allowed) is False]
    matched = {str(s["SourcePolicyId"]) for s in one.get("MatchedStatements") or [] if s.get("SourcePolicyId")}
    denied = one["EvalResourceDecision"] == "explicitDeny"
    return dict.fromkeys(limits, True) | ({"DeniedBy": sorted(matched)} if denied and matched else {})


def _document(policy: Any) -> Any:
    return json.loads(policy) if isinstance(policy, str) else policy


COLLECTORS: dict[str, Collector] = {
    "role": Collector("iam:GetRole", _role),
    "role_permissions": Collector("iam:SimulatePrincipalPolicy", _role_permissions),
    "repository_policy": Collector("ecr:GetRepositoryPolicy", _repository_policy),
}
