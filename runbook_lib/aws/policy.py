"""The least that IAM must allow for the reads and the changes of this product, as policy documents.

Resources and condition keys are those of the Service Authorization Reference, pages "Amazon Elastic Container
Service", "Elastic Load Balancing V2", "Amazon Elastic Container Registry", "Amazon CloudWatch Logs", "AWS Identity
and Access Management", "AWS Secrets Manager" and "AWS Systems Manager"
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from runbook_lib.aws.operations import CHANGES, FIX_READS, READS
from runbook_lib.evidence.model import Target

_SERVICE = "arn:{partition}:ecs:{region}:{account}:service/{cluster}/{service}"
_CLUSTER = "arn:{partition}:ecs:{region}:{account}:cluster/{cluster}"
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}


@dataclass(frozen=True)
class _Grant:
    """Actions on the same resources. ``in_cluster``: they know no such resource, but the condition ``ecs:cluster``.

    ``equal`` are condition keys with the value that each must have.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    in_cluster: bool = False
    equal: tuple[tuple[str, str], ...] = ()


_GRANTS = (
    _Grant("Service", ("ecs:DescribeServices", "ecs:ListServiceDeployments"), (_SERVICE,)),
    _Grant(
        "Revisions",  # the reference requires both resources
        ("ecs:DescribeServiceRevisions",),
        (_SERVICE, "arn:{partition}:ecs:{region}:{account}:service-revision/{cluster}/{service}/*"),
    ),
    _Grant("Tasks", ("ecs:DescribeTasks",), ("arn:{partition}:ecs:{region}:{account}:task/{cluster}/*",)),
    # The reference names a container instance for ListTasks; a call that names none is judged on "*"
    # (https://github.com/cdklabs/construct-hub/pull/1207).
    _Grant("Lists", ("ecs:ListTasks", "ecs:ListServices"), ("*",), in_cluster=True),
    _Grant(
        "Open",
        (
            "ecs:DescribeTaskDefinition",
            "ecs:ListClusters",
            "ec2:DescribeSubnets",
            "ec2:DescribeRouteTables",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeNetworkAcls",
            "ec2:DescribeNatGateways",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeRules",
            "ssm:DescribeParameters",
        ),
        ("*",),
    ),
    _Grant(
        "Images",
        ("ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetRepositoryPolicy"),
        ("arn:{partition}:ecr:*:*:repository/*",),
    ),
    _Grant("Logs", ("logs:GetLogEvents",), ("arn:{partition}:logs:*:*:log-group:*:log-stream:*",)),
    _Grant("Roles", ("iam:GetRole", "iam:SimulatePrincipalPolicy"), ("arn:{partition}:iam::{account}:role/*",)),
    _Grant("LogGroups", ("logs:DescribeLogGroups",), ("arn:{partition}:logs:*:*:log-group:*",)),
    _Grant("Secrets", ("secretsmanager:DescribeSecret",), ("arn:{partition}:secretsmanager:*:*:secret:*",)),
)

_ROLES = "arn:{partition}:iam::{account}:role/*"
# What checking and applying an approved plan needs beside the reads.
_FIX_GRANTS = (
    _Grant("Service", ("ecs:UpdateService",), (_SERVICE,)),
    _Grant(
        "ServiceDeployments",  # the reference requires both resources
        ("ecs:StopServiceDeployment",),
        (_SERVICE, "arn:{partition}:ecs:{region}:{account}:service-deployment/{cluster}/{service}/*"),
    ),
    _Grant("Tasks", ("ecs:StopTask",), ("arn:{partition}:ecs:{region}:{account}:task/{cluster}/*",)),
    _Grant(
        "Revisions", ("ecs:RegisterTaskDefinition",), ("arn:{partition}:ecs:{region}:{account}:task-definition/*:*",)
    ),
    _Grant("WithoutResources", ("ecs:DeregisterTaskDefinition", "sts:GetCallerIdentity"), ("*",)),
    _Grant("RolesOfTasks", ("iam:PassRole",), (_ROLES,), equal=(("iam:PassedToService", "ecs-tasks.amazonaws.com"),)),
    _Grant(
        "TargetGroups",
        ("elasticloadbalancing:ModifyTargetGroup",),
        ("arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/*/*",),
    ),
    _Grant("LogGroups", ("logs:CreateLogGroup",), ("arn:{partition}:logs:{region}:{account}:log-group:*",)),
    _Grant("RoleOfTheCaller", ("iam:GetRole",), (_ROLES,)),
    _Grant("Check", ("iam:SimulatePrincipalPolicy",), (_ROLES, "arn:{partition}:iam::{account}:user/*")),
)
_TO_CHECK = ("iam:GetRole", "iam:SimulatePrincipalPolicy")  # reads that ask of the caller what it may do
_PASSED = ("iam:PassRole",)  # no operation: RegisterTaskDefinition and UpdateService pass the roles of tasks on


def read_policy(target: Target | None = None) -> dict[str, Any]:
    """An identity policy that allows the operations of ``READS`` and nothing else.

    Parameters
    ----------
    target
        What the policy is narrowed to: Region, account, cluster and service, as far as they are known. What is empty
        is ``*``; without a cluster there is no condition on it.

    Returns
    -------
    dict
        ``{"Version", "Statement"}`` with one statement for each kind of resource, always in the same order. The
        partition is the Region's. Task definitions, target groups, lists of clusters and what is in a VPC have no
        resources that IAM could tell apart (``*``). Repositories, log streams and roles stay ``*`` because they are
        known only from the task definitions that a look reads, and the first two may be in another account or Region:
        narrow them by hand.
    """
    return _policy(_GRANTS, READS.values(), target)


def fix_policy(target: Target | None = None) -> dict[str, Any]:
    """An identity policy that allows the operations of ``CHANGES``, and what is asked before the first of them.

    It goes beside :func:`read_policy`, without which no plan is made, and is narrowed in the same way. Task
    definitions, target groups, log groups and the roles of tasks stay ``*``, because they are known only from what a
    look reads: narrow them by hand. Roles may be passed to ECS tasks alone.
    """
    actions = (*CHANGES.values(), *FIX_READS.values(), *_TO_CHECK, *_PASSED)
    return _policy(_FIX_GRANTS, actions, target)


def _policy(grants: tuple[_Grant, ...], actions: Collection[str], target: Target | None) -> dict[str, Any]:
    known = target or Target("", "", "")
    names = {
        "partition": partition(known.region),
        "region": known.region or "*",
        "account": known.account or "*",
        "cluster": _name(known.cluster),
        "service": _name(known.service),
    }
    statements = [_statement(grant, names, actions) for grant in grants]
    return {"Version": "2012-10-17", "Statement": [statement for statement in statements if statement["Action"]]}


def _statement(grant: _Grant, names: Mapping[str, str], actions: Collection[str]) -> dict[str, Any]:
    resources = [template.format(**names) for template in grant.resources]
    found: dict[str, Any] = {
        "Sid": grant.sid,
        "Effect": "Allow",
        "Action": [action for action in grant.actions if action in actions],
        "Resource": resources if len(resources) > 1 else resources[0],
    }
    if grant.in_cluster and names["cluster"] != "*":
        found["Condition"] = {"ArnLike": {"ecs:cluster": _CLUSTER.format(**names)}}
    if grant.equal:
        found["Condition"] = {"StringEquals": dict(grant.equal)}
    return found


def partition(region: str) -> str:
    """The partition of a Region: ``aws`` but for China and GovCloud."""
    return next((partition for start, partition in _PARTITIONS.items() if region.startswith(start)), "aws")


def _name(reference: str) -> str:
    """The name in a name or an ARN; ``*`` where there is none."""
    return reference.rpartition("/")[2] or "*"
