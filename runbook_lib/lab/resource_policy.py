"""Policies of resources, such as who may assume a role and who may pull from an ECR repository.

Unlike an identity policy, a statement of these names its principals (IAM User Guide, "AWS JSON policy elements:
Principal") and, in trust and repository policies, no resource.
"""

from dataclasses import dataclass
from typing import Any

from runbook_lib.lab import policy
from runbook_lib.lab.policy import Context, Decision

_OWN_MEMBERS = ("Principal", "NotPrincipal", "Resource", "NotResource")


@dataclass(frozen=True)
class Principal:
    """Who asks: the kind in which a policy names them (``AWS``, ``Service``), and the names that are theirs."""

    kind: str
    names: frozenset[str]


def decide(document: Any, principal: Principal, action: str, context: Context) -> Decision:
    """Decide one action of a principal on the resource that a policy is attached to."""
    given = document.get("Statement", []) if isinstance(document, dict) else [None]
    statements = given if isinstance(given, list) else [given]
    if not all(isinstance(each, dict) for each in statements):  # neither IAM nor ECR would have taken it
        return Decision.FORBIDDEN
    about = [_of_identity(each) for each in statements if _names(each, principal)]
    return policy.stored({**document, "Statement": about}).decide(action, "*", context)


def _of_identity(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement as an identity policy would have it."""
    return {key: value for key, value in statement.items() if key not in _OWN_MEMBERS} | {"Resource": "*"}


def _names(statement: dict[str, Any], principal: Principal) -> bool:
    """Whether a statement is about a principal. One with NotPrincipal is taken to deny all and to allow nobody."""
    given = statement.get("Principal")
    if given is None:
        return statement.get("Effect") == "Deny"
    if given == "*":
        return principal.kind == "AWS" or statement.get("Effect") == "Deny"
    listed = given.get(principal.kind, []) if isinstance(given, dict) else []
    return any(name in principal.names for name in (listed if isinstance(listed, list) else [listed]))
