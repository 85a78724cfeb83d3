"""What becomes of a task follows from configuration: of its image, secrets, roles, network, memory and checks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.lab.conftest import CLUSTER, FAMILY, OLD, Bench, MakeBench

CAUSES = Path(__file__).with_name("causes.yaml")
MANAGED = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
PULLS = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
SECRET, PARAMETER = "SECRET", "/app/key"  # the secret's ARN is known once the lab is there
ARM = {"runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}}


def check(command: str, timeout: int = 5) -> dict[str, Any]:
    shell = ["CMD-SHELL", f"{command} http://localhost:8000/health || exit 1"]
    return {"healthCheck": {"command": shell, "interval": 30, "timeout": timeout, "retries": 1}}


@dataclass(frozen=True)
class Case:
    """A task to run: what differs from the healthy one, and a part of its stopped reason (none for one that runs)."""

    words: str | None
    tag: str = OLD
    container: dict[str, Any] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)
    subnets: str = "public"
    public_ip: str = "ENABLED"
    allowed: tuple[str, ...] | None = None  # None: all that a good execution role has
    health: str = "UNKNOWN"
    exit_code: int | None = None
    reason: str | None = None


NO_CHECK: dict[str, Any] = {"secrets": [], "healthCheck": {"command": ["NONE"]}}
CASES = {
    "all is well": Case(None, health="HEALTHY"),
    "tag absent": Case("failed to resolve ref {image}: {image}: not found", tag="gone"),
    "index without the platform": Case("does not contain descriptor matching platform 'linux/amd64'", tag="arm-index"),
    "index with the platform": Case(None, tag="both", task=ARM, container=NO_CHECK),
    "single image of another platform": Case("Essential container in task exited", tag="arm", exit_code=1),
    "single image of the platform": Case(None, tag="arm", task=ARM, container=NO_CHECK),
    "more memory than the task has": Case(
        "Essential container in task exited",
        tag="hungry",
        exit_code=137,
        reason="OutOfMemoryError: Container killed due to memory usage",
    ),
    "enough memory": Case(None, tag="hungry", task={"memory": "2048"}, container=NO_CHECK),
    "variable absent": Case("Essential container in task exited", tag="needy", exit_code=1),
    "variable given": Case(
        None, tag="needy", container={**NO_CHECK, "environment": [{"name": "DATABASE_URL", "value": "x"}]}
    ),
    "check's program absent": Case(None, tag="bare", container=check("curl -f"), health="UNHEALTHY"),
    "check's program there": Case(None, tag="bare", container=check("wget -q"), health="HEALTHY"),
    "check slower than its time-out": Case(None, tag="slow", container=check("curl -f"), health="UNHEALTHY"),
    "check within its time-out": Case(None, tag="slow", container=check("curl -f", 10), health="HEALTHY"),
    "no public address": Case(
        "GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error StatusCode: 0, "
        'RequestID: , request send failed, Post "https://api.ecr.ap-northeast-2.amazonaws.com/": dial tcp ',
        public_ip="DISABLED",
        container=NO_CHECK,
    ),
    "private subnet without a way out": Case("dial tcp ", subnets="private", container=NO_CHECK),
    "secret out of reach": Case(
        "There is a connection issue between the task and AWS Secrets Manager", subnets="private"
    ),
    "parameter out of reach": Case(
        "connection issue between the task and AWS Systems Manager Parameter Store",
        subnets="private",
        container={"secrets": [{"name": "X", "valueFrom": PARAMETER}]},
    ),
    "other registry out of reach": Case(
        "docker.io/library/nginx:1: failed to do request: "
        'Head "https://registry-1.docker.io/v2/library/nginx/manifests/1": dial tcp ',
        subnets="private",
        container={**NO_CHECK, "image": "nginx:1", "logConfiguration": {"logDriver": "splunk"}},
    ),
    "login denied": Case("StatusCode: 400, RequestID: ", allowed=("logs:CreateLogStream",), container=NO_CHECK),
    "pull denied": Case(
        "unexpected status from HEAD request to https://{account}.dkr.ecr.ap-northeast-2.amazonaws.com/v2/"
        f"{FAMILY}/manifests/{OLD}: 403 Forbidden",
        allowed=("ecr:GetAuthorizationToken", "logs:CreateLogStream"),
        container=NO_CHECK,
    ),
    "log stream denied": Case(
        "is not authorized to perform: logs:CreateLogStream on resource: arn:aws:logs:ap-northeast-2:",
        allowed=tuple(PULLS),
        container=NO_CHECK,
    ),
    "secret denied": Case(
        "is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:",
        allowed=(*PULLS, "logs:CreateLogStream"),
    ),
    "parameter denied": Case(
        "is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:ap-northeast-2:{account}:"
        "parameter/app/key because no identity-based policy allows the ssm:GetParameters action",
        allowed=(*PULLS, "logs:CreateLogStream"),
        container={"secrets": [{"name": "X", "valueFrom": PARAMETER}]},
    ),
    "repository of an account that does not share": Case(
        "999988887777.dkr.ecr.ap-northeast-2.amazonaws.com/v2/theirs/manifests/v1: 403 Forbidden",
        container={**NO_CHECK, "image": "999988887777.dkr.ecr.ap-northeast-2.amazonaws.com/theirs:v1"},
    ),
    "secret that is no object": Case(
        "did not contain json key key",
        container={"secrets": [{"name": "X", "valueFrom": f"{SECRET}:key::"}]},
    ),
}


def role(bench: Bench, number: int, allowed: tuple[str, ...]) -> str:
    iam, name = bench.client("iam"), f"role-{number}"
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": list(allowed), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=name, PolicyName="given", PolicyDocument=document)
    return str(arn)


def subnets(bench: Bench, kind: str) -> list[str]:
    blocks = {"public": ("10.0.0.", "10.0.1."), "private": ("10.0.128.", "10.0.129.")}[kind]
    found = bench.client("ec2").describe_subnets()["Subnets"]
    return [subnet["SubnetId"] for subnet in found if subnet["CidrBlock"].startswith(blocks)]


def run(bench: Bench, number: int, case: Case) -> None:
    secret = bench.client("secretsmanager").list_secrets()["SecretList"][0]["ARN"]
    container = json.loads(json.dumps(case.container).replace(SECRET, secret))
    task = {**case.task, **({"executionRoleArn": role(bench, number, case.allowed)} if case.allowed else {})}
    tag = None if "image" in container else case.tag
    revision = bench.revise(1, tag, task, **container)
    network = bench.service()["networkConfiguration"]["awsvpcConfiguration"]
    given = {**network, "assignPublicIp": case.public_ip, "subnets": subnets(bench, case.subnets)}
    bench.ecs.run_task(
        cluster=CLUSTER,
        taskDefinition=f"{FAMILY}:{revision}",
        networkConfiguration={"awsvpcConfiguration": given},
        startedBy=f"case {number}",
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A lab in which all cases have run for six minutes: longer than the longest time-out."""
    with Bench(CAUSES, tmp_path_factory.mktemp("causes")) as made:
        made.client("ssm").put_parameter(Name=PARAMETER, Value="x", Type="SecureString")
        for number, case in enumerate(CASES.values()):
            run(made, number, case)
        made.lab.advance(360)
        yield made


def found(bench: Bench, number: int) -> dict[str, Any]:
    for status in ("RUNNING", "STOPPED"):
        arns = bench.ecs.list_tasks(cluster=CLUSTER, startedBy=f"case {number}", desiredStatus=status)["taskArns"]
        if arns:
            task: dict[str, Any] = bench.ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"][0]
            return task
    raise AssertionError("no task")


@pytest.mark.parametrize(("number", "name"), list(enumerate(CASES)), ids=list(CASES))
def test_a_task_starts_fails_or_stays_as_its_configuration_has_it(played: Bench, number: int, name: str) -> None:
    case, task = CASES[name], found(played, number)
    container = task["containers"][0]
    if case.words is None:
        assert (task["lastStatus"], task["healthStatus"]) == ("RUNNING", case.health), task.get("stoppedReason")
        return
    assert task["lastStatus"] == "STOPPED"
    words = case.words.replace("{image}", container["image"]).replace("{account}", played.lab.account)
    assert words in task["stoppedReason"]
    assert container.get("exitCode") == case.exit_code
    assert case.reason in (None, container.get("reason"))
    assert task["stopCode"] == ("TaskFailedToStart" if case.exit_code is None else "EssentialContainerExited")


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("no public address", 270, 330),
        ("login denied", 30, 90),
        ("secret out of reach", 270, 330),
        ("tag absent", 30, 90),
    ],
)
def test_silence_takes_minutes_and_refusal_seconds(played: Bench, name: str, low: int, high: int) -> None:
    task = found(played, list(CASES).index(name))
    assert low <= (task["stoppedAt"] - task["createdAt"]).total_seconds() <= high


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("single image of another platform", "exec /usr/local/bin/python: exec format error"),
        ("variable absent", "KeyError: 'DATABASE_URL'"),
    ],
)
def test_what_the_application_says_at_its_end_is_in_its_log(played: Bench, name: str, line: str) -> None:
    task = found(played, list(CASES).index(name))
    stream = f"ecs/{FAMILY}/{task['taskArn'].rpartition('/')[2]}"
    logs = played.client("logs").get_log_events(logGroupName="/ecs/momentir-cx-llm", logStreamName=stream)["events"]
    assert [event["message"] for event in logs] == [line]


def test_an_application_without_ears_is_killed_after_the_stop_time_out(bench: MakeBench) -> None:
    lab = bench(CAUSES)
    revision = lab.revise(1, "deaf", **NO_CHECK, stopTimeout=60)
    network = lab.service()["networkConfiguration"]
    ran = lab.ecs.run_task(cluster=CLUSTER, taskDefinition=f"{FAMILY}:{revision}", networkConfiguration=network)
    arn = ran["tasks"][0]["taskArn"]
    lab.lab.advance(90)
    lab.ecs.stop_task(cluster=CLUSTER, task=arn)
    lab.lab.advance(60)
    assert lab.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0]["lastStatus"] == "STOPPING"
    lab.lab.advance(60)
    task = lab.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0]
    assert (task["lastStatus"], task["containers"][0]["exitCode"]) == ("STOPPED", 137)
    assert "reason" not in task["containers"][0], "137 alone is not a lack of memory"


def test_a_closed_security_group_times_the_load_balancer_out(bench: MakeBench) -> None:
    lab = bench()
    ec2 = lab.client("ec2")
    group = lab.service()["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"][0]
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rules)
    lab.lab.advance(75)
    assert any(health.get("Reason") == "Target.Timeout" for health in lab.target_health())
    assert lab.play_until(lambda: "due to (reason Request timed out)" in str(lab.messages()), 120)
    assert lab.browse("/health")[0] == 504
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
    assert lab.play_until(lambda: lab.target_health() == [{"State": "healthy"}], 600)


def test_a_target_group_without_a_listener_is_not_in_use(bench: MakeBench) -> None:
    lab = bench()
    elb = lab.client("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    for listener in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]:
        elb.delete_listener(ListenerArn=listener["ListenerArn"])
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    lab.update(forceNewDeployment=True)
    lab.lab.advance(120)
    assert {"unused"} == {health["State"] for health in lab.target_health() if health["State"] != "draining"}
    assert not lab.completed()


def test_another_accounts_repository_shows_what_its_policy_shares(tmp_path: Path) -> None:
    about = {"registryId": "366590864501", "repositoryName": "bedrock-proxy-api-ecs"}
    with Bench("registry-forbidden", tmp_path) as lab:
        ecr, tag = lab.client("ecr"), [{"imageTag": "latest"}]
        with pytest.raises(ecr.exceptions.ClientError) as refused:
            ecr.batch_get_image(**about, imageIds=tag)
        error = refused.value.response["Error"]
        assert error["Code"] == "AccessDeniedException"
        assert error["Message"].endswith(
            "is not authorized to perform: ecr:BatchGetImage on resource: "
            "arn:aws:ecr:ap-northeast-2:366590864501:repository/bedrock-proxy-api-ecs "
            "because no resource-based policy allows the ecr:BatchGetImage action"
        )
        statement = {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        keys = {"aws_access_key_id": "366590864501", "aws_secret_access_key": "x"}
        where = {"endpoint_url": lab.lab.endpoint_url, "region_name": lab.lab.region}
        owner = boto3.client("ecr", **where, **keys)
        owner.set_repository_policy(repositoryName=about["repositoryName"], policyText=policy)
        owner.close()
        assert len(ecr.batch_get_image(**about, imageIds=tag)["images"]) == 1
        with pytest.raises(ecr.exceptions.ClientError, match="ecr:DescribeImages"):
            ecr.describe_images(**about)
