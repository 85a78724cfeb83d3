"""Whether the ECR repositories of other accounts let the execution role pull: their own policy decides too."""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import grants, resource_policies
from runbook_lib.diagnosis.grants import Refusal
from runbook_lib.diagnosis.model import Cite
from runbook_lib.diagnosis.resource_policies import Asker, Said
from runbook_lib.evidence.first_look import EcrImage
from runbook_lib.evidence.model import Evidence, Request, request

_NO_POLICY = "RepositoryPolicyNotFoundException"
Definition = dict[str, Any]


def requests(evidence: Evidence, definition: Definition) -> tuple[Request, ...]:
    """The policies of the repositories of other accounts that a task definition's images come from."""
    return tuple(_request(image) for image in _foreign(evidence, definition))


def refusals(evidence: Evidence, definition: Definition) -> tuple[Refusal, ...]:
    """The repositories whose policy does not let the role pull, or that have none."""
    found = [(image, _said(evidence, definition, image)) for image in _foreign(evidence, definition)]
    arns = (grants.repository_arn(definition, image) for image, said in found if said is False)
    cite = Cite("ecr:GetRepositoryPolicy", "policyText")
    return tuple(Refusal("image-pull-auth", grants.PULL, (arn,), cite) for arn in arns)


def is_unread(evidence: Evidence, definition: Definition) -> bool:
    """Whether a policy could not be read: only who is let in may read it, so that says nothing."""
    return any(_policy(evidence, image) is None for image in _foreign(evidence, definition))


def is_undecided(evidence: Evidence, definition: Definition) -> bool:
    """Whether a policy was read and hangs on a condition that is not known here."""
    return any(_said(evidence, definition, image) is None for image in _foreign(evidence, definition))


def _foreign(evidence: Evidence, definition: Definition) -> list[EcrImage]:
    own = evidence.target.account
    return [image for image in grants.repositories(definition) if own and image.registry != own]


def _request(image: EcrImage) -> Request:
    where = {"registry": image.registry, "region": image.region, "repository": image.repository}
    return request("repository_policy", **where)


def _policy(evidence: Evidence, image: EcrImage) -> Any:
    """The policy's document, an empty one where the repository has none, None where it could not be read."""
    asked = _request(image)
    if any(lost.request == asked and lost.code == _NO_POLICY for lost in evidence.unread("repository_policy")):
        return {}
    return next((r.data for r in evidence.all("repository_policy") if r.request == asked), None)


def _said(evidence: Evidence, definition: Definition, image: EcrImage) -> Said:
    """Whether the policy allows every action of a pull to the execution role."""
    policy = _policy(evidence, image)
    if policy is None:
        return None
    said = {resource_policies.admits(policy, _role(evidence, definition), action) for action in grants.PULL}
    return False if False in said else (None if None in said else True)


def _role(evidence: Evidence, definition: Definition) -> Asker:
    role, account = str(definition.get("executionRoleArn", "")), evidence.target.account
    partition = next(iter(role.split(":")[1:2]), "aws")
    context = {"aws:principalarn": role, "aws:principalaccount": account, "aws:securetransport": "true"}
    return Asker("AWS", frozenset({account, f"arn:{partition}:iam::{account}:root", role}), context)
