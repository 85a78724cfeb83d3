"""The guide's incident as evidence, made by hand: what a first look finds 18 minutes after revision 2 was deployed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from runbook_lib.evidence.model import Call, Evidence, Reading, Target, Unread, request

ACCOUNT, REGION = "123456789012", "ap-northeast-2"
CLUSTER, SERVICE, FAMILY = "momentir-cx-llm-cluster", "momentir-cx-llm-service", "momentir-cx-llm"
ECS, ELB = f"arn:aws:ecs:{REGION}:{ACCOUNT}", f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
GROUP = f"{ELB}:targetgroup/{FAMILY}-tg/886b2c16aff8c1db"
BALANCER = f"{ELB}:loadbalancer/app/{FAMILY}-alb/50dc6c495c0c9188"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{FAMILY}"
TAG = "bfea2cf646ba4eb2b4f0e07661b6de2fef444f75"
OLDER = ("5d0a1c7be2f94b6c83a1d0f7e4b2c9a86f13570e", "91c1f6f0a45c2d5c0c2b7c34d3c1b1f4e8a90d27")
NOW = datetime(2026, 11, 23, 7, 20, 12, 481000, tzinfo=UTC)
FIRST, SECOND, THIRD = ("9742514861359412280", "1193249058817264011", "6710824031775290046")
PULL = (
    "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref "
    f"{REPOSITORY}:latest: {REPOSITORY}:latest: not found"
)


def moment(clock: str) -> str:
    """A time of the day of the incident, UTC, as readings hold it."""
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return NOW.replace(hour=hours, minute=minutes, second=seconds, microsecond=128000).isoformat()


def definition(number: int) -> str:
    """The ARN of a revision."""
    return f"{ECS}:task-definition/{FAMILY}:{number}"


def identity(*parts: object) -> str:
    """32 hexadecimal digits, always the same for the same parts."""
    return hashlib.md5(repr(parts).encode(), usedforsecurity=False).hexdigest()


def task(revision: int, times: dict[str, str], **more: Any) -> dict[str, Any]:
    """A task of DescribeTasks. ``times`` are clock times by AWS's field (``createdAt`` ...)."""
    number = {1: FIRST, 2: SECOND, 3: THIRD}[revision]
    return {
        "taskArn": f"{ECS}:task/{CLUSTER}/{identity(revision, times)}",
        "taskDefinitionArn": definition(revision),
        "startedBy": f"ecs-svc/{number}",
        "group": f"service:{SERVICE}",
        "lastStatus": "STOPPED" if "stoppedAt" in times else "RUNNING",
        "desiredStatus": "STOPPED" if "stoppedAt" in times else "RUNNING",
        "healthStatus": "UNKNOWN",
        "launchType": "FARGATE",
        "containers": [{"name": "app", "lastStatus": "RUNNING", "healthStatus": "UNKNOWN"}],
        **{field: moment(clock) for field, clock in times.items()},
        **more,
    }


def unhealthy_task(created: str, started: str, stopping: str, stopped: str) -> dict[str, Any]:
    """A task of revision 2 that ECS replaced."""
    times = {"createdAt": created, "startedAt": started, "stoppingAt": stopping, "stoppedAt": stopped}
    containers = [{"name": "app", "lastStatus": "STOPPED", "healthStatus": "UNHEALTHY", "exitCode": 137}]
    reason = "Task failed container health checks"
    return task(
        2,
        times,
        stoppedReason=reason,
        stopCode="ServiceSchedulerInitiated",
        healthStatus="UNHEALTHY",
        containers=containers,
    )


def unpulled_task(created: str, stopped: str) -> dict[str, Any]:
    """A task of revision 3 that never started."""
    times = {"createdAt": created, "stoppingAt": stopped, "stoppedAt": stopped}
    containers = [{"name": "app", "lastStatus": "STOPPED", "reason": PULL, "healthStatus": "UNKNOWN"}]
    return task(3, times, stoppedReason=PULL, stopCode="TaskFailedToStart", containers=containers)


def tasks() -> list[dict[str, Any]]:
    """One living task of revision 2, five that were replaced, four of revision 3 that never started."""
    interface = {"privateIpv4Address": "10.0.1.17"}
    app = {"name": "app", "lastStatus": "RUNNING", "healthStatus": "UNHEALTHY", "networkInterfaces": [interface]}
    living = task(2, {"createdAt": "07:18:01", "startedAt": "07:18:31"}, healthStatus="UNHEALTHY", containers=[app])
    return [
        living,
        unhealthy_task("07:02:19", "07:02:49", "07:04:40", "07:05:10"),
        unhealthy_task("07:05:28", "07:05:58", "07:07:49", "07:08:19"),
        unhealthy_task("07:08:37", "07:09:07", "07:10:58", "07:11:28"),
        unhealthy_task("07:11:46", "07:12:16", "07:14:06", "07:14:36"),
        unhealthy_task("07:14:52", "07:15:22", "07:17:13", "07:17:43"),
        unpulled_task("07:11:42", "07:12:16"),
        unpulled_task("07:12:57", "07:13:31"),
        unpulled_task("07:14:01", "07:14:35"),
        unpulled_task("07:19:20", "07:19:54"),
    ]


def deployments() -> list[dict[str, Any]]:
    """The PRIMARY one of revision 3 and the one of revision 2 that it supersedes."""
    return [_deployment(THIRD, "PRIMARY", 3, "07:11:03", 4), _deployment(SECOND, "ACTIVE", 2, "07:02:05", 5)]


def _deployment(number: str, status: str, revision: int, created: str, failed: int) -> dict[str, Any]:
    return {
        "id": f"ecs-svc/{number}",
        "status": status,
        "taskDefinition": definition(revision),
        "desiredCount": 1,
        "runningCount": 0 if revision == 3 else 1,
        "pendingCount": 0,
        "failedTasks": failed,
        "createdAt": moment(created),
        "updatedAt": moment("07:19:54"),
        "launchType": "FARGATE",
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment ecs-svc/{number} in progress.",
    }


def events() -> list[dict[str, str]]:
    """Service events, newest first, in AWS's words."""
    found: list[tuple[str, str]] = [
        ("07:01:38", f"has stopped 1 running tasks: (task {identity('first')})."),
        ("06:21:36", "has reached a steady state."),
        ("06:21:36", f"(deployment ecs-svc/{FIRST}) deployment completed."),
    ]
    for one in tasks():
        name = one["taskArn"].rpartition("/")[2]
        found.append((_clock(one["createdAt"]), f"has started 1 tasks: (task {name})."))
        if one.get("stoppedReason") == PULL:
            found.append((_clock(one["stoppedAt"]), f"was unable to place a task. Reason: {PULL}."))
            continue
        found.append((_clock(one["startedAt"], 8), f"registered 1 targets in (target-group {GROUP})"))
        if one["lastStatus"] == "STOPPED":
            found.append((_clock(one["stoppingAt"], -10), f"(task {name}) failed container health checks."))
            found.append((_clock(one["stoppingAt"], 3), f"deregistered 1 targets in (target-group {GROUP})"))
    ordered = sorted(found, reverse=True)
    return [
        {"id": identity(*pair), "createdAt": moment(pair[0]), "message": f"(service {SERVICE}) {pair[1]}"}
        for pair in ordered
    ]


def _clock(iso: str, later: int = 0) -> str:
    return f"{datetime.fromisoformat(iso) + timedelta(seconds=later):%H:%M:%S}"


def service() -> dict[str, Any]:
    """The service of DescribeServices."""
    return {
        "serviceArn": f"{ECS}:service/{CLUSTER}/{SERVICE}",
        "serviceName": SERVICE,
        "clusterArn": f"{ECS}:cluster/{CLUSTER}",
        "status": "ACTIVE",
        "desiredCount": 1,
        "runningCount": 1,
        "pendingCount": 0,
        "launchType": "FARGATE",
        "taskDefinition": definition(3),
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": False, "rollback": False},
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
        },
        "deployments": deployments(),
        "events": events(),
        "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 8000}],
        "healthCheckGracePeriodSeconds": 0,
    }


def task_definition(revision: int) -> dict[str, Any]:
    """A registered task definition; values are masked as redaction leaves them."""
    check = "python -c \"import urllib.request; urllib.request.urlopen('http://localhost:8000/health')\" || exit 1"
    container = {
        "name": "app",
        "image": f"{REPOSITORY}:{'latest' if revision == 3 else TAG}",
        "essential": True,
        "portMappings": [{"containerPort": 8000, "protocol": "tcp"}],
        "environment": [{"name": "OPENAI_API_TYPE", "value": "***"}],
        "secrets": [
            {"name": "LANGSMITH_TRACING", "valueFrom": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:llm"}
        ],
        "healthCheck": {"command": ["CMD-SHELL", check], "interval": 30, "timeout": 5, "retries": 3, "startPeriod": 0},
    }
    return {
        "taskDefinitionArn": definition(revision),
        "family": FAMILY,
        "revision": revision,
        "containerDefinitions": [container],
    }


def local_file() -> dict[str, Any]:
    """The file of the repository: one name both in environment and in secrets."""
    found = task_definition(3)
    found["containerDefinitions"][0]["environment"].append({"name": "LANGSMITH_TRACING", "value": "***"})
    return {"path": "aws/task-definition.json", "task_definition": found}


def images() -> list[dict[str, Any]]:
    """Images of the repository, newest first; none is tagged ``latest``."""
    pushed = ("2026-11-23T06:58:31", "2026-11-20T06:40:07", "2026-11-18T02:11:45")
    return [
        {"imageTags": [tag], "imageDigest": f"sha256:{identity(tag) * 2}", "imagePushedAt": f"{time}.000000+00:00"}
        for tag, time in zip((TAG, *OLDER), pushed, strict=True)
    ]


def service_deployments() -> list[dict[str, Any]]:
    """Brief service deployments: revision 1 completed about an hour ago."""
    revision = f"{ECS}:service-revision/{CLUSTER}/{SERVICE}"
    rows = [(THIRD, "IN_PROGRESS", "07:11:03", None), (SECOND, "STOP_REQUESTED", "07:02:05", None)]
    rows.append((FIRST, "SUCCESSFUL", "06:18:10", "06:21:36"))
    return [
        {
            "serviceDeploymentArn": f"{ECS}:service-deployment/{CLUSTER}/{SERVICE}/{number}",
            "targetServiceRevisionArn": f"{revision}/{number}",
            "status": status,
            "createdAt": moment(created),
            "startedAt": moment(created),
            **({"finishedAt": moment(finished)} if finished else {}),
        }
        for number, status, created, finished in rows
    ]


def completed_definition() -> dict[str, Any]:
    """Revision 1, which completed: an older image, less memory, and one secret fewer than what was deployed last."""
    found = task_definition(2)
    [container] = found["containerDefinitions"]
    container |= {"image": f"{REPOSITORY}:{OLDER[0]}", "secrets": []}
    return {**found, "taskDefinitionArn": definition(1), "revision": 1, "memory": "512"}


def service_revisions() -> list[dict[str, Any]]:
    """The revision that completed and the one deployed last, which has lost its public address."""
    root = f"{ECS}:service-revision/{CLUSTER}/{SERVICE}"
    return [
        {
            "serviceRevisionArn": f"{root}/{number}",
            "taskDefinition": definition(revision),
            "launchType": "FARGATE",
            "platformVersion": "1.4.0",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": public}},
        }
        for number, revision, public in ((FIRST, 1, "ENABLED"), (THIRD, 3, "DISABLED"))
    ]


def target_groups() -> list[dict[str, Any]]:
    """The target group, whose path the application answers."""
    group = {"TargetGroupArn": GROUP, "TargetGroupName": f"{FAMILY}-tg", "LoadBalancerArns": [BALANCER], "Port": 8000}
    check = {"HealthCheckPath": "/", "HealthCheckPort": "traffic-port", "HealthCheckProtocol": "HTTP"}
    return [{**group, **check, "Matcher": {"HttpCode": "200"}, "TargetType": "ip", "Protocol": "HTTP"}]


def target_health() -> list[dict[str, Any]]:
    """The living task as target: healthy, though its container is not."""
    return [{"Target": {"Id": "10.0.1.17", "Port": 8000}, "TargetHealth": {"State": "healthy"}}]


def log_tail() -> dict[str, Any]:
    """What the application answered: 404 to the container's check, 200 to the target group's."""
    paths = [("07:18:41", "/health", 404, "127.0.0.1"), ("07:18:45", "/", 200, "10.0.0.9")] * 2
    return {
        "requests": [
            {"at": moment(clock), "client": client, "method": "GET", "path": path, "status": status}
            for clock, path, status, client in paths
        ],
        "lines": 9,
    }


def readings() -> tuple[Reading, ...]:
    """Every reading of a first look and the deeper one after it."""
    ecr = {"registry": ACCOUNT, "region": REGION, "repository": FAMILY}
    asked = {"images": [{"imageTag": TAG, "imageDigest": f"sha256:{identity(TAG) * 2}"}]}
    absent = {
        "imageId": {"imageTag": "latest"},
        "failureCode": "ImageNotFound",
        "failureReason": "Requested image not found",
    }
    arns = {
        status: [t["taskArn"] for t in tasks() if t["desiredStatus"] == status] for status in ("RUNNING", "STOPPED")
    }
    stream = f"ecs/app/{tasks()[0]['taskArn'].rpartition('/')[2]}"
    log = request("log_tail", group="/ecs/momentir-cx-llm", stream=stream, region=REGION, paths="/health,/")
    revisions = request("service_revisions", arns=",".join(r["serviceRevisionArn"] for r in service_revisions()))
    return (
        Reading(request("service"), "ecs:DescribeServices", service()),
        *(Reading(request("task_arns", desired_status=s), "ecs:ListTasks", found) for s, found in arns.items()),
        Reading(request("service_deployments"), "ecs:ListServiceDeployments", service_deployments()),
        Reading(
            request("tasks", arns=",".join(arn for found in arns.values() for arn in found)),
            "ecs:DescribeTasks",
            tasks(),
        ),
        *(
            Reading(request("task_definition", arn=definition(n)), "ecs:DescribeTaskDefinition", task_definition(n))
            for n in (3, 2)
        ),
        Reading(request("target_groups", arns=GROUP), "elbv2:DescribeTargetGroups", target_groups()),
        Reading(
            request("target_health", target_group_arn=GROUP),
            "elbv2:DescribeTargetHealth",
            target_health(),
        ),
        Reading(
            request("image_tags", tags=f"latest,{TAG}", **ecr), "ecr:BatchGetImage", {**asked, "failures": [absent]}
        ),
        Reading(request("images", **ecr), "ecr:DescribeImages", images()),
        Reading(request("task_definition_file", path="aws/task-definition.json"), "file", local_file()),
        Reading(log, "logs:GetLogEvents", log_tail()),
        Reading(revisions, "ecs:DescribeServiceRevisions", service_revisions()),
        Reading(
            request("compared_definition", arn=definition(1)), "ecs:DescribeTaskDefinition", completed_definition()
        ),
    )


def calls() -> tuple[Call, ...]:
    """The calls of those readings."""
    operations = [reading.operation for reading in readings() if reading.operation != "file"]
    return tuple(Call(o, 1 + n // 4, 38.4 + 17.3 * (n % 5)) for n, o in enumerate(operations))


def guide() -> Evidence:
    """The guide's incident."""
    return Evidence(Target(CLUSTER, SERVICE, REGION, ACCOUNT), NOW, readings(), (), calls(), 4, 0.9)


def denied(*kinds: str) -> Evidence:
    """The same where readings of these kinds were refused."""
    whole = guide()
    kept = tuple(r for r in whole.readings if r.request.kind not in kinds)
    refused = tuple(
        Unread(r.request, r.operation, r.operation, "access-denied", "AccessDeniedException", "not authorized")
        for r in whole.readings
        if r.request.kind in kinds
    )
    return Evidence(whole.target, NOW, kept, refused, whole.calls, 4, 0.9)


def healthy() -> Evidence:
    """One completed deployment, one healthy task, nothing wrong."""
    times = {"createdAt": "05:02:19", "startedAt": "05:02:49"}
    interface = {"privateIpv4Address": "10.0.1.17"}
    app = {"name": "app", "lastStatus": "RUNNING", "healthStatus": "HEALTHY", "networkInterfaces": [interface]}
    living = task(2, times, healthStatus="HEALTHY", containers=[app])
    done = {"rolloutState": "COMPLETED", "status": "PRIMARY", "createdAt": moment("05:02:05"), "failedTasks": 0}
    deployment = {**_deployment(SECOND, "PRIMARY", 2, "05:02:05", 0), **done, "updatedAt": moment("05:04:31")}
    news = [{"id": "1", "createdAt": moment("05:04:31"), "message": f"(service {SERVICE}) has reached a steady state."}]
    read = {**service(), "deployments": [deployment], "events": news, "taskDefinition": definition(2)}
    good = task_definition(2)
    good["containerDefinitions"][0]["healthCheck"]["command"][1] = "curl -f http://localhost:8000/ || exit 1"
    replaced = {
        "service": read,
        "tasks": [living],
        "task_definition": good,
        "service_deployments": [],
        "image_tags": {"images": [{"imageTag": TAG, "imageDigest": f"sha256:{identity(TAG) * 2}"}], "failures": []},
    }
    kinds = ("deploy_message", "log_tail", "task_definition_file", "service_revisions", "compared_definition")
    kept = {r.request.kind: r for r in readings() if r.request.kind not in kinds}
    found = tuple(Reading(r.request, r.operation, replaced.get(k, r.data)) for k, r in kept.items())
    return Evidence(Target(CLUSTER, SERVICE, REGION, ACCOUNT), NOW, found, (), calls(), 3, 0.6)
