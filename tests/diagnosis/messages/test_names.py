"""Commands get the names that a message holds, and nothing that a shell would read."""

import pytest

from runbook_lib.diagnosis.messages import names

TASK = "0123456789abcdef0123456789abcdef"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/api/0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"(service api) (task {TASK}) (port 80) is", {"SERVICE": "api", "TASK_ID": TASK, "PORT": "80"}),
        ("service api-1 was unable to place a task", {"SERVICE": "api-1"}),
        ("service call has been retried 1 time(s)", {}),
        (f"in (target-group {GROUP}) due", {"TARGET_GROUP_ARN": GROUP, "REGION": "eu-west-1"}),
        (
            "ref 123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/team/api:v1.2: not found",
            {
                "IMAGE": "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/team/api:v1.2",
                "REGION": "ap-northeast-2",
                "REPOSITORY": "team/api",
                "TAG": "v1.2",
            },
        ),
        (
            "ref 123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu/api:1: not found",
            {
                "IMAGE": "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu/api:1",
                "REGION": "eusc-de-east-1",
                "REPOSITORY": "api",
                "TAG": "1",
            },
        ),
        ("arn:aws-eusc:ecs:eusc-de-east-1:123456789012:cluster/prod", {"CLUSTER": "prod", "REGION": "eusc-de-east-1"}),
        ("failed to resolve ref docker.io/library/nginx:1: x", {"IMAGE": "docker.io/library/nginx:1"}),
        ("secret arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf.",
         {"SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf", "REGION": "eu-west-1"}),
        ("arn:aws:sts::123456789012:assumed-role/ecsExec/abc is not", {"ROLE_NAME": "ecsExec"}),
        ("role 'arn:aws:iam::123456789012:role/ecsExec' that", {"ROLE_NAME": "ecsExec"}),
        ("on arn:aws:ecs:eu-west-1:123456789012:service/prod/api", {"CLUSTER": "prod", "REGION": "eu-west-1"}),
        ("(service $(reboot)) (task `id`) x", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_the_names(text, found):
    assert names(text) == found
