"""AWS's own managed policies, which moto has but takes in all at once or not at all.

All 1,582 cost 0.13 s and 20 MB an account, so one becomes known to moto with the first call that names it.
"""

import json
import re
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data as published
from moto.iam.models import AWSManagedPolicy, IAMBackend, iam_backends

from runbook_lib.lab.call import Call

_ARN = re.compile(r"arn:aws:iam::aws:policy/(?:[\w+=,.@/-]+/)?([\w+=,.@-]+)")
_PARTITION = "aws"


def make_known(asked: Call) -> None:
    """Let moto know the managed policies of AWS that a call to IAM names, and all of them where it lists AWS's."""
    if asked.service != "iam":
        return
    if asked.action == "ListPolicies" and asked.query.get("Scope") != "Local":
        _add(iam_backends[asked.account][_PARTITION], json.loads(published))
    for value in asked.query.values():
        make_one_known(asked.account, value)


def make_one_known(account: str, arn: str) -> None:
    """Let moto know a managed policy of AWS; what is no ARN of one does nothing."""
    backend, named = iam_backends[account][_PARTITION], _ARN.fullmatch(arn)
    if named and arn not in backend.managed_policies:
        _add(backend, _one(named.group(1)))


def _one(name: str) -> dict[str, Any]:
    """One policy by its name, or none; the text of 4.7 MB is not parsed for it, nor gone through line by line."""
    at = published.find(f'\n "{name}":')
    return {} if at < 0 else {name: json.JSONDecoder().raw_decode(published, published.index("{", at))[0]}


def _add(backend: IAMBackend, policies: dict[str, Any]) -> None:
    for name, data in policies.items():
        policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
        backend.managed_policies.setdefault(policy.arn, policy)
