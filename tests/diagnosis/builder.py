"""Evidence of the guide's incident, piece by piece, in AWS's own shapes; what a test is about it changes by keyword."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from runbook_lib.evidence.model import Evidence, Reading, Request, Target, Unread, request

NOW = datetime(2026, 11, 23, 7, 58, 28, 123000, tzinfo=UTC)
ACCOUNT, REGION = "123456789012", "ap-northeast-2"
CLUSTER, SERVICE, FAMILY = "momentir-cx-llm-cluster", "momentir-cx-llm-service", "momentir-cx-llm"
COMMIT = "bfea2cf646ba4eb2b4f0e07661b6de2fef444f75"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/momentir-cx-llm-tg/886b2c16aff8c1db"
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/momentir-cx-llm-alb/50dc6c495c0c9188"
LOG_GROUP = "/ecs/momentir-cx-llm"
CHECKED = "Task failed container health checks"
ELB_CHECKED = f"Task failed ELB health checks in (target-group {GROUP})"
SCALED = "Scaling activity initiated by (deployment ecs-svc/1193249058817264011)"
CODE_404 = ("Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]")
OPERATIONS = {
    "service": ("ecs:DescribeServices", "ecs:DescribeServices"),
    "task_arns": ("ecs:ListTasks", "ecs:ListTasks"),
    "tasks": ("ecs:DescribeTasks", "ecs:DescribeTasks"),
    "service_deployments": ("ecs:ListServiceDeployments", "ecs:ListServiceDeployments"),
    "service_deployment": ("ecs:DescribeServiceDeployments", "ecs:DescribeServiceDeployments"),
    "service_revisions": ("ecs:DescribeServiceRevisions", "ecs:DescribeServiceRevisions"),
    "task_definition": ("ecs:DescribeTaskDefinition", "ecs:DescribeTaskDefinition"),
    "compared_definition": ("ecs:DescribeTaskDefinition", "ecs:DescribeTaskDefinition"),
    "target_groups": ("elbv2:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroups"),
    "target_health": ("elbv2:DescribeTargetHealth", "elasticloadbalancing:DescribeTargetHealth"),
    "image_tags": ("ecr:BatchGetImage", "ecr:BatchGetImage"),
    "images": ("ecr:DescribeImages", "ecr:DescribeImages"),
    "log_tail": ("logs:GetLogEvents", "logs:GetLogEvents"),
    "role": ("iam:GetRole", "iam:GetRole"),
    "role_permissions": ("iam:SimulatePrincipalPolicy", "iam:SimulatePrincipalPolicy"),
    "repository_policy": ("ecr:GetRepositoryPolicy", "ecr:GetRepositoryPolicy"),
    "subnets": ("ec2:DescribeSubnets", "ec2:DescribeSubnets"),
    "route_tables": ("ec2:DescribeRouteTables", "ec2:DescribeRouteTables"),
    "vpc_endpoints": ("ec2:DescribeVpcEndpoints", "ec2:DescribeVpcEndpoints"),
    "security_groups": ("ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroups"),
    "network_acls": ("ec2:DescribeNetworkAcls", "ec2:DescribeNetworkAcls"),
    "nat_gateways": ("ec2:DescribeNatGateways", "ec2:DescribeNatGateways"),
    "load_balancers": ("elbv2:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"),
    "log_lines": ("logs:GetLogEvents", "logs:GetLogEvents"),
    "log_group": ("logs:DescribeLogGroups", "logs:DescribeLogGroups"),
    "secret": ("secretsmanager:DescribeSecret", "secretsmanager:DescribeSecret"),
    "parameter": ("ssm:DescribeParameters", "ssm:DescribeParameters"),
    "image_platforms": ("ecr:BatchGetImage", "ecr:BatchGetImage"),
    "task_definition_file": ("file", ""),
    "deploy_message": ("user", ""),
}


def ago(minutes: float) -> str:
    """A time so many minutes before the evidence was collected."""
    return (NOW - timedelta(minutes=minutes)).isoformat()


def definition_arn(revision: int) -> str:
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{FAMILY}:{revision}"


def deployment_id(revision: int) -> str:
    return f"ecs-svc/{1193249058817264000 + revision}"


def not_found(image: str) -> str:
    return (
        "CannotPullContainerError: pull image manifest has been retried 7 time(s): "
        f"failed to resolve ref {image}: {image}: not found"
    )


def image(tag: str) -> str:
    return f"{REGISTRY}/{FAMILY}:{tag}"


def asks(path: str = "/health", port: int = 8000) -> list[str]:
    """The guide's container health check."""
    code = f"import urllib.request; urllib.request.urlopen('http://localhost:{port}{path}').getcode() == 200"
    return ["CMD-SHELL", f'python -c "{code}" || exit 1']


def really_asks(path: str = "/", port: int = 8000) -> list[str]:
    """A container health check whose exit status depends on the answer."""
    return ["CMD-SHELL", f"curl -fsS -o /dev/null http://localhost:{port}{path} || exit 1"]


def container(name: str = "app", tag: str = COMMIT, **changes: Any) -> dict[str, Any]:
    """One entry of containerDefinitions, environment values masked as the collector masks them."""
    options = {"awslogs-group": LOG_GROUP, "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"}
    return {
        "name": name,
        "image": image(tag),
        "cpu": 0,
        "portMappings": [{"containerPort": 8000, "hostPort": 8000, "protocol": "tcp"}],
        "essential": True,
        "environment": [{"name": "OPENAI_API_TYPE", "value": "***"}],
        "secrets": [
            {
                "name": "LANGSMITH_TRACING",
                "valueFrom": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:langsmith-Ab12Cd",
            }
        ],
        "healthCheck": {"command": asks(), "interval": 30, "timeout": 5, "retries": 3, "startPeriod": 60},
        "logConfiguration": {"logDriver": "awslogs", "options": options},
        **changes,
    }


def definition(revision: int, *containers: dict[str, Any]) -> dict[str, Any]:
    return {
        "taskDefinitionArn": definition_arn(revision),
        "family": FAMILY,
        "revision": revision,
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/ecsTaskExecutionRole",
        "networkMode": "awsvpc",
        "status": "ACTIVE",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": list(containers) or [container()],
    }


def deployment(revision: int, minutes: float, **changes: Any) -> dict[str, Any]:
    rollout = changes.get("rolloutState", "IN_PROGRESS")
    return {
        "id": deployment_id(revision),
        "status": "PRIMARY",
        "taskDefinition": definition_arn(revision),
        "desiredCount": 1,
        "pendingCount": 0,
        "runningCount": 0,
        "failedTasks": 0,
        "createdAt": ago(minutes),
        "updatedAt": ago(0.5),
        "launchType": "FARGATE",
        "rolloutState": rollout,
        "rolloutStateReason": f"ECS deployment {deployment_id(revision)} {rollout.lower().replace('_', ' ')}.",
        **changes,
    }


def task(number: int, revision: int, started: float | None, **changes: Any) -> dict[str, Any]:
    """A task of a revision; ``started`` minutes ago, or None where it never ran. RUNNING and HEALTHY unless changed."""
    identity = f"{number:032x}"
    address = f"10.0.1.{number}"
    health = changes.get("healthStatus", "HEALTHY" if started is not None else "UNKNOWN")
    began = {"startedAt": ago(started), "pullStoppedAt": ago(started + 0.3)} if started is not None else {}
    made = changes.pop("created", (started or 0) + 1)
    return {
        "taskArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/{CLUSTER}/{identity}",
        "taskDefinitionArn": definition_arn(revision),
        "startedBy": deployment_id(revision),
        "group": f"service:{SERVICE}",
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "healthStatus": health,
        "createdAt": ago(made),
        **began,
        "attachments": [
            {
                "id": "a1",
                "type": "ElasticNetworkInterface",
                "status": "ATTACHED",
                "details": [{"name": "privateIPv4Address", "value": address}],
            }
        ],
        "containers": [{"name": "app", "lastStatus": "RUNNING", "healthStatus": health, "networkInterfaces": []}],
        **changes,
    }


def stopped(number: int, revision: int, minutes: float, reason: str, **changes: Any) -> dict[str, Any]:
    """A task that stopped so many minutes ago, by the scheduler unless changed."""
    ran = changes.pop("ran", True)
    health = changes.pop("health", "UNHEALTHY")
    exit_code = changes.pop("exit_code", 143)
    ended = {"stoppingAt": ago(minutes + 0.5), "stoppedAt": ago(minutes), "stoppedReason": reason}
    whole = task(number, revision, minutes + 2 if ran else None, created=minutes + 3, healthStatus=health)
    containers = [
        {"name": "app", "lastStatus": "STOPPED", "healthStatus": health, "exitCode": exit_code if ran else None}
    ]
    code = {"stopCode": "ServiceSchedulerInitiated" if ran else "TaskFailedToStart"}
    state = {"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "containers": containers}
    return {**whole, **state, **ended, **code, **changes}


def target(number: int, state: str, reason: tuple[str, str] = ("", "")) -> dict[str, Any]:
    """The target of task ``number``. A healthy one has neither Reason nor Description."""
    health = {"State": state}
    if reason[0]:
        health |= {"Reason": reason[0], "Description": reason[1]}
    return {"Target": {"Id": f"10.0.1.{number}", "Port": 8000}, "HealthCheckPort": "8000", "TargetHealth": health}


def target_group(path: str = "/", **changes: Any) -> dict[str, Any]:
    return {
        "TargetGroupArn": GROUP,
        "TargetGroupName": "momentir-cx-llm-tg",
        "Protocol": "HTTP",
        "ProtocolVersion": "HTTP1",
        "Port": 8000,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True,
        "HealthCheckPath": path,
        "Matcher": {"HttpCode": "200"},
        "HealthCheckIntervalSeconds": 30,
        "UnhealthyThresholdCount": 2,
        "LoadBalancerArns": [BALANCER],
        "TargetType": "ip",
        **changes,
    }


def event(minutes: float, text: str) -> dict[str, Any]:
    return {"id": f"e{minutes}", "createdAt": ago(minutes), "message": f"(service {SERVICE}) {text}"}


def service(*deployments: dict[str, Any], **changes: Any) -> dict[str, Any]:
    balancer = {"targetGroupArn": GROUP, "containerName": "app", "containerPort": 8000}
    return {
        "serviceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{CLUSTER}/{SERVICE}",
        "serviceName": SERVICE,
        "status": "ACTIVE",
        "desiredCount": 1,
        "runningCount": sum(d["runningCount"] for d in deployments),
        "pendingCount": sum(d["pendingCount"] for d in deployments),
        "taskDefinition": next((d["taskDefinition"] for d in deployments if d["status"] == "PRIMARY"), ""),
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100},
        "deployments": list(deployments),
        "events": [],
        "loadBalancers": [balancer],
        **changes,
    }


def brief(
    revision: int, status: str, minutes: float, finished: float | None = None, reason: str = ""
) -> dict[str, Any]:
    """One entry of ListServiceDeployments."""
    number = deployment_id(revision).rpartition("/")[2]
    root = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service"
    done = {"finishedAt": ago(finished)} if finished is not None else {}
    return {
        "serviceDeploymentArn": f"{root}-deployment/{CLUSTER}/{SERVICE}/sd{revision}",
        "targetServiceRevisionArn": f"{root}-revision/{CLUSTER}/{SERVICE}/{number}",
        "status": status,
        "createdAt": ago(minutes),
        **done,
        **({"statusReason": reason} if reason else {}),
    }


def looked_up(*tags: str, present: Iterable[str] = (COMMIT,)) -> tuple[Request, dict[str, Any]]:
    """The image_tags reading for these tags."""
    asked = request(
        "image_tags", registry=ACCOUNT, region=REGION, repository=FAMILY, tags=",".join(sorted(tags or (COMMIT,)))
    )
    known = set(present)
    key = {tag: "imageDigest" if tag.startswith("sha256:") else "imageTag" for tag in tags}
    found = [{key[tag]: tag} for tag in tags if tag in known]
    missing = [
        {"imageId": {key[tag]: tag}, "failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
        for tag in tags
        if tag not in known
    ]
    return asked, {"images": found, "failures": missing}


def reading(kind: str, data: Any, *, partial: bool = False, **args: str) -> Reading:
    return Reading(request(kind, **args), OPERATIONS[kind][0], data, partial)


def unread(kind: str, reason: str = "access-denied", code: str = "AccessDeniedException", **args: str) -> Unread:
    operation, action = OPERATIONS[kind]
    return Unread(request(kind, **args), operation, action, reason, code, "not authorized")


def logged(number: int, *answers: tuple[str, int], path: str = "/", other: str = "/health") -> Reading:
    """The access log of task ``number``: path and status of each request."""
    requests = [
        {"at": 1795416900000 + n, "client": "127.0.0.1", "method": "GET", "path": asked, "status": status}
        for n, (asked, status) in enumerate(answers)
    ]
    where = {"group": LOG_GROUP, "stream": f"ecs/app/{number:032x}", "region": REGION, "paths": f"{other},{path}"}
    return reading("log_tail", {"requests": requests, "lines": 40}, **where)


def evidence(*readings: Reading, unreads: tuple[Unread, ...] = ()) -> Evidence:
    return Evidence(Target(CLUSTER, SERVICE, REGION, ACCOUNT), NOW, readings, unreads)


def whole(
    described: dict[str, Any],
    tasks: list[dict[str, Any]],
    definitions: list[dict[str, Any]],
    *,
    targets: list[dict[str, Any]] | None = None,
    group: dict[str, Any] | None = None,
    tags: tuple[str, ...] = (COMMIT,),
    briefs: list[dict[str, Any]] | None = None,
    more: tuple[Reading, ...] = (),
) -> Evidence:
    """A first look as the collector leaves it; ``group`` {} is a service without a target group."""
    arns = [t["taskArn"] for t in tasks]
    asked, found = looked_up(*tags)
    balanced = group != {}
    pushed = [
        {"imageTags": [tag], "imageDigest": "sha256:" + digit * 64, "imagePushedAt": ago(20 + n)}
        for n, (tag, digit) in enumerate([(COMMIT, "a"), ("5d0a1c7be2f94b6c83a1d0f7e4b2c9a86f13570e", "b")])
    ]
    repository = {"registry": ACCOUNT, "region": REGION, "repository": FAMILY}
    return evidence(
        reading("service", described if balanced else {**described, "loadBalancers": []}),
        reading("task_arns", arns, desired_status="RUNNING"),
        reading("task_arns", [], desired_status="STOPPED"),
        reading("service_deployments", briefs or []),
        *([reading("tasks", tasks, arns=",".join(arns))] if tasks else []),
        *(reading("task_definition", d, arn=d["taskDefinitionArn"]) for d in definitions),
        *([reading("target_groups", [group or target_group()], arns=GROUP)] if balanced else []),
        *([reading("target_health", targets or [], target_group_arn=GROUP)] if balanced else []),
        Reading(asked, "ecr:BatchGetImage", found),
        reading("images", pushed, **repository),
        *more,
    )


def guide_tasks() -> list[dict[str, Any]]:
    """Revision 2 runs and fails its own check; revision 3 never starts."""
    latest = not_found(image("latest"))
    return [
        task(1, 2, 3, healthStatus="UNHEALTHY"),
        stopped(2, 2, 5, CHECKED),
        stopped(3, 2, 9, CHECKED),
        *(stopped(n, 3, n - 10, latest, ran=False) for n in (12, 14, 16)),
    ]


def guide(**changes: Any) -> Evidence:
    """The guide's incident, container side; keywords replace arguments of :func:`whole`."""
    given: dict[str, Any] = {
        "described": service(
            deployment(3, 10, failedTasks=3, pendingCount=1),
            deployment(2, 18, status="ACTIVE", runningCount=1, failedTasks=2),
        ),
        "tasks": guide_tasks(),
        "definitions": [definition(3, container(tag="latest")), definition(2)],
        "targets": [target(1, "healthy")],
        "tags": (COMMIT, "latest"),
        "briefs": [brief(3, "IN_PROGRESS", 10), brief(2, "STOPPED", 18, 10), brief(1, "SUCCESSFUL", 70, 60)],
    }
    return whole(**given | changes)


def guide_target_group(**changes: Any) -> Evidence:
    """The mirror: the container's check passes, the target group's path answers 404."""
    tasks = [
        task(1, 2, 3),
        stopped(2, 2, 5, ELB_CHECKED, health="HEALTHY"),
        *(stopped(n, 3, n - 10, not_found(image("latest")), ran=False) for n in (12, 14, 16)),
    ]
    return guide(**{"tasks": tasks, "targets": [target(1, "unhealthy", CODE_404)]} | changes)


def healthy(**changes: Any) -> Evidence:
    """Right after a normal rollout: one COMPLETED deployment, the old task stopped by the scheduler."""
    done = event(2, f"(deployment {deployment_id(2)}) deployment completed.")
    given: dict[str, Any] = {
        "described": service(deployment(2, 6, rolloutState="COMPLETED", runningCount=1), events=[done]),
        "tasks": [task(1, 2, 5), stopped(2, 1, 3, SCALED, health="HEALTHY", exit_code=143)],
        "definitions": [definition(2, container(healthCheck={"command": really_asks("/")}))],
        "targets": [target(1, "healthy")],
        "briefs": [brief(2, "SUCCESSFUL", 6, 2)],
    }
    return whole(**given | changes)


def without(found: Evidence, kind: str, reason: str = "access-denied") -> Evidence:
    """The same evidence with every reading of a kind turned into an Unread."""
    lost = tuple(
        Unread(r.request, *OPERATIONS[kind], reason, "AccessDeniedException", "not authorized") for r in found.all(kind)
    )
    return replace(found, readings=tuple(r for r in found.readings if r.request.kind != kind), unreads=lost)


def file(*containers: dict[str, Any], path: str = "aws/task-definition.json") -> Reading:
    """The local task definition file."""
    tree = {"family": FAMILY, "containerDefinitions": list(containers)}
    return reading("task_definition_file", {"path": path, "task_definition": tree}, path=path)


def doubled(name: str = "LANGSMITH_TRACING") -> dict[str, Any]:
    """The guide's container with a name in both lists."""
    return container(environment=[{"name": name, "value": "***"}], secrets=[{"name": name, "valueFrom": "arn:aws:s"}])
