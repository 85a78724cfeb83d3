"""The reads that this product makes: an explicit table of operations, each with the IAM action it needs.

A read session sends nothing that is not in this table. Reads of secret values are not in it: existence is enough.
"""

from __future__ import annotations

# botocore's service name and operation -> IAM action (the service prefix of IAM may differ from botocore's name).
READS: dict[tuple[str, str], str] = {
    ("ecs", "DescribeServices"): "ecs:DescribeServices",
    ("ecs", "ListTasks"): "ecs:ListTasks",
    ("ecs", "DescribeTasks"): "ecs:DescribeTasks",
    ("ecs", "DescribeTaskDefinition"): "ecs:DescribeTaskDefinition",
    ("ecs", "ListServiceDeployments"): "ecs:ListServiceDeployments",
    ("ecs", "DescribeServiceDeployments"): "ecs:DescribeServiceDeployments",
    ("ecs", "DescribeServiceRevisions"): "ecs:DescribeServiceRevisions",
    ("elbv2", "DescribeTargetGroups"): "elasticloadbalancing:DescribeTargetGroups",
    ("elbv2", "DescribeTargetHealth"): "elasticloadbalancing:DescribeTargetHealth",
    ("elbv2", "DescribeLoadBalancers"): "elasticloadbalancing:DescribeLoadBalancers",
    # Which requests a load balancer sends to the service: asked by `verify` alone.
    ("elbv2", "DescribeListeners"): "elasticloadbalancing:DescribeListeners",
    ("elbv2", "DescribeRules"): "elasticloadbalancing:DescribeRules",
    ("ec2", "DescribeSecurityGroups"): "ec2:DescribeSecurityGroups",
    ("ecr", "BatchGetImage"): "ecr:BatchGetImage",
    ("ecr", "DescribeImages"): "ecr:DescribeImages",
    ("ecr", "GetRepositoryPolicy"): "ecr:GetRepositoryPolicy",
    ("logs", "GetLogEvents"): "logs:GetLogEvents",
    ("iam", "GetRole"): "iam:GetRole",
    ("iam", "SimulatePrincipalPolicy"): "iam:SimulatePrincipalPolicy",
    # The network path of Fargate tasks that do not start.
    ("ec2", "DescribeSubnets"): "ec2:DescribeSubnets",
    ("ec2", "DescribeRouteTables"): "ec2:DescribeRouteTables",
    ("ec2", "DescribeVpcEndpoints"): "ec2:DescribeVpcEndpoints",
    ("ec2", "DescribeNetworkAcls"): "ec2:DescribeNetworkAcls",
    ("ec2", "DescribeNatGateways"): "ec2:DescribeNatGateways",
    # What a task needs to start: whether it exists, never its value.
    ("secretsmanager", "DescribeSecret"): "secretsmanager:DescribeSecret",
    ("ssm", "DescribeParameters"): "ssm:DescribeParameters",
    ("logs", "DescribeLogGroups"): "logs:DescribeLogGroups",
    # Where a name was not found, to say which one is nearest; and for somebody who is choosing a service.
    ("ecs", "ListClusters"): "ecs:ListClusters",
    ("ecs", "ListServices"): "ecs:ListServices",
}

# Only to check and carry out an approved plan.
FIX_READS: dict[tuple[str, str], str] = {
    ("sts", "GetCallerIdentity"): "sts:GetCallerIdentity",
}

# The changes that an approved plan may make. A change session sends nothing else, and no read.
CHANGES: dict[tuple[str, str], str] = {
    ("ecs", "RegisterTaskDefinition"): "ecs:RegisterTaskDefinition",
    ("ecs", "DeregisterTaskDefinition"): "ecs:DeregisterTaskDefinition",
    ("ecs", "UpdateService"): "ecs:UpdateService",
    ("ecs", "StopServiceDeployment"): "ecs:StopServiceDeployment",
    ("ecs", "StopTask"): "ecs:StopTask",
    ("elbv2", "ModifyTargetGroup"): "elasticloadbalancing:ModifyTargetGroup",
    ("logs", "CreateLogGroup"): "logs:CreateLogGroup",
}

# Calls that botocore makes by itself to get credentials; they change nothing and must pass the guard.
CREDENTIAL_CALLS = frozenset(
    {
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithWebIdentity"),
        ("sso", "GetRoleCredentials"),
        ("sso-oidc", "CreateToken"),
        ("signin", "CreateOAuth2Token"),
    }
)


def name(service: str, operation: str) -> str:
    """``ecs:DescribeServices``: how an operation is written in evidence, pages and errors."""
    return f"{service}:{operation}"
