"""One collector a kind of reading: which operation it is, and how AWS's answer becomes the reading's redacted data."""

from __future__ import annotations

from typing import Any

from runbook_lib.aws import balancer_collectors, need_collectors, role_collectors
from runbook_lib.aws.collector import Collector, Data, pages
from runbook_lib.aws.network_collectors import COLLECTORS as NETWORK
from runbook_lib.aws.reader import CallFailedError, Failure, Reader
from runbook_lib.evidence import redaction
from runbook_lib.evidence.model import Request, Target
from runbook_lib.evidence.serialisation import plain

# Pages read of one list; more is said to be partial rather than waited for.
_TASK_PAGES = 3
_IMAGE_PAGES = 2
_NEWEST_IMAGES = 20
_LOG_EVENTS = 200


def _service(reader: Reader, target: Target, wish: Request) -> Data:
    answer = reader.call("ecs", "DescribeServices", "services", cluster=target.cluster, services=[target.service])
    found = answer["services"]
    if found and found[0]["serviceName"] != target.service:
        raise ValueError("serviceName")  # an answer about something else
    if not found or found[0].get("status") == "INACTIVE":
        raise CallFailedError("ecs:DescribeServices", Failure("absent", "INACTIVE" if found else "MISSING", ""))
    return plain(found[0]), False


def _task_arns(reader: Reader, target: Target, wish: Request) -> Data:
    asked = {"cluster": target.cluster, "serviceName": target.service, "desiredStatus": wish["desired_status"]}
    return pages(reader, ("ecs", "ListTasks"), "taskArns", _TASK_PAGES, **asked)


def _tasks(reader: Reader, target: Target, wish: Request) -> Data:
    answer = reader.call("ecs", "DescribeTasks", "tasks", cluster=target.cluster, tasks=wish["arns"].split(","))
    return [task for task in plain(answer["tasks"]) if task["taskArn"]], False


def _task_definition(reader: Reader, target: Target, wish: Request) -> Data:
    answer = reader.call("ecs", "DescribeTaskDefinition", "taskDefinition", taskDefinition=wish["arn"])
    definition = answer["taskDefinition"]
    if not definition["taskDefinitionArn"] or not definition["containerDefinitions"]:
        raise ValueError("containerDefinitions")  # ECS registers none without
    return redaction.task_definition(plain(definition)), False


def _service_deployments(reader: Reader, target: Target, wish: Request) -> Data:
    answer = reader.call(
        "ecs", "ListServiceDeployments", "serviceDeployments", cluster=target.cluster, service=target.service
    )
    # More pages only reach further into the past: the newest 20 are what a look asks for.
    return plain(answer["serviceDeployments"]), False


def _service_revisions(reader: Reader, target: Target, wish: Request) -> Data:
    answer = reader.call(
        "ecs", "DescribeServiceRevisions", "serviceRevisions", serviceRevisionArns=wish["arns"].split(",")
    )
    return plain(answer["serviceRevisions"]), False


def _target_groups(reader: Reader, target: Target, wish: Request) -> Data:
    answer = reader.call("elbv2", "DescribeTargetGroups", "TargetGroups", TargetGroupArns=wish["arns"].split(","))
    groups = plain(answer["TargetGroups"])
    if {group["TargetGroupArn"] for group in groups} < set(wish["arns"].split(",")):
        raise KeyError("TargetGroupArn")  # of one that does not exist AWS answers with an error
    return groups, False


def _target_health(reader: Reader, target: Target, wish: Request) -> Data:
    answer = reader.call(
        "elbv2", "DescribeTargetHealth", "TargetHealthDescriptions", TargetGroupArn=wish["target_group_arn"]
    )
    return plain(answer["TargetHealthDescriptions"]), False


def _image_tags(reader: Reader, target: Target, wish: Request) -> Data:
    ids = [{"imageDigest" if "sha256:" in ref else "imageTag": ref} for ref in wish["tags"].split(",")]
    answer = reader.call("ecr", "BatchGetImage", "images", "failures", imageIds=ids, **_repository(wish))
    # The manifest is not needed here, and it is the bulk of the answer.
    return {"images": [image["imageId"] for image in answer["images"]], "failures": plain(answer["failures"])}, False


def _images(reader: Reader, target: Target, wish: Request) -> Data:
    paging: dict[str, Any] = {"maxResults": 1000, **_repository(wish)}
    details, partial = pages(reader, ("ecr", "DescribeImages"), "imageDetails", _IMAGE_PAGES, **paging)
    newest = sorted(details, key=lambda d: str(d.get("imagePushedAt", "")), reverse=True)[:_NEWEST_IMAGES]
    kept = ("imageTags", "imageDigest", "imagePushedAt", "imageStatus")
    return [{k: d[k] for k in kept if k in d} for d in newest], partial


def _log_tail(reader: Reader, target: Target, wish: Request) -> Data:
    where = {"logGroupName": wish["group"], "logStreamName": wish["stream"], "limit": _LOG_EVENTS}
    events = reader.call("logs", "GetLogEvents", "events", region=wish["region"], **where)["events"]
    paths = tuple(wish["paths"].split(","))
    requests, others = redaction.access_requests(events, paths), redaction.other_requests(events, paths)
    tail = {"requests": requests, "others": others, "lines": len(events), "cut": len(events) >= _LOG_EVENTS}
    return tail | redaction.readiness(events), False


def _repository(wish: Request) -> dict[str, str]:
    return {"registryId": wish["registry"], "repositoryName": wish["repository"], "region": wish["region"]}


COLLECTORS: dict[str, Collector] = {
    "service": Collector("ecs:DescribeServices", _service),
    "task_arns": Collector("ecs:ListTasks", _task_arns),
    "tasks": Collector("ecs:DescribeTasks", _tasks),
    "task_definition": Collector("ecs:DescribeTaskDefinition", _task_definition),
    "compared_definition": Collector("ecs:DescribeTaskDefinition", _task_definition),
    "service_deployments": Collector("ecs:ListServiceDeployments", _service_deployments),
    "service_revisions": Collector("ecs:DescribeServiceRevisions", _service_revisions),
    "target_groups": Collector("elbv2:DescribeTargetGroups", _target_groups),
    "target_health": Collector("elbv2:DescribeTargetHealth", _target_health),
    "image_tags": Collector("ecr:BatchGetImage", _image_tags),
    "images": Collector("ecr:DescribeImages", _images),
    "log_tail": Collector("logs:GetLogEvents", _log_tail),
    **role_collectors.COLLECTORS,
    **NETWORK,
    **balancer_collectors.COLLECTORS,
    **need_collectors.COLLECTORS,
}


def collector_of(kind: str) -> Collector:
    """The collector of a kind of reading.

    Raises
    ------
    LookupError
        There is none: a rule has asked for something that nobody can read.
    """
    if kind not in COLLECTORS:
        raise LookupError(f"no collector reads the kind {kind!r}; there are {', '.join(sorted(COLLECTORS))}")
    return COLLECTORS[kind]
