"""Stopped reasons and failures in the words of ECS. Times and names are facts of the call; the wording is ECS's own."""

import hashlib
import uuid

USER_STOP = "Task stopped by user"
CONTAINER_CHECK = "Task failed container health checks"
ESSENTIAL_EXIT = "Essential container in task exited"
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
NO_CAPACITY = (
    "Capacity is unavailable at this time. Please try again later or in a different availability zone. "
    "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
)
_PULL_SECRETS = "ResourceInitializationError: unable to pull secrets or registry auth: "
_LOGGER = "ResourceInitializationError: failed to validate logger args: "
_RESOURCES = f"{_PULL_SECRETS}execution resource retrieval failed: "
_SECRET = f"{_RESOURCES}unable to retrieve secret from asm: "
_LOG_STREAM = f"{_LOGGER}create stream has been retried 1 times: failed to create Cloudwatch log stream: "
_ONCE_MORE = "service call has been retried 1 time(s): "
_MANIFEST = "CannotPullContainerError: pull image manifest has been retried "


def scaling(deployment_id: str) -> str:
    """Scale-in, and the normal replacement of a task by a rollout."""
    return f"Scaling activity initiated by (deployment {deployment_id})"


def target_check(group_arn: str) -> str:
    """A task whose target failed the load balancer's checks."""
    return f"Task failed ELB health checks in (target-group {group_arn})"


def image_absent(image: str) -> str:
    """A tag or digest that the registry does not have."""
    return f"{_MANIFEST}7 time(s): failed to resolve ref {image}: {image}: not found"


def platform_absent(image: str, platform: str) -> str:
    """An image index without an image for the task's platform."""
    return (
        f"{_MANIFEST}7 time(s): failed to resolve ref {image}: "
        f"image Manifest does not contain descriptor matching platform '{platform}'"
    )


def image_forbidden(image: str, path: str) -> str:
    """A registry that answers and refuses; `path` is what it was asked for."""
    return (
        f"{_MANIFEST}1 time(s): failed to resolve ref {image}: "
        f"unexpected status from HEAD request to {path}: 403 Forbidden"
    )


def registry_unreachable(image: str, path: str, address: str) -> str:
    """A registry that never answers; `path` is what it was asked for."""
    return (
        f"{_MANIFEST}5 time(s): failed to resolve ref {image}: failed to do request: "
        f'Head "{path}": dial tcp {address}: i/o timeout'
    )


def layers_unreachable(image: str, address: str) -> str:
    """An image (with its digest) whose layers lie in an S3 that never answers; its name stands where a URL would."""
    return (
        f"CannotPullContainerError: The task cannot pull {image} from the registry {image}. There is a connection "
        "issue between the task and the registry. Check your task network configuration. : failed to copy: "
        f"httpReadSeeker: failed open: failed to do request: Get {image}: dial tcp {address}: i/o timeout"
    )


def registry_login_unreachable(region: str, address: str) -> str:
    """ECR's API, which never answers the request for a login."""
    return (
        f"{_PULL_SECRETS}The task cannot pull registry auth from Amazon ECR: There is a connection issue between the "
        "task and Amazon ECR. Check your task network configuration. operation error ECR: GetAuthorizationToken, "
        "exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, "
        f'Post "https://api.ecr.{region}.amazonaws.com/": dial tcp {address}: i/o timeout'
    )


def registry_login_denied(denial: str) -> str:
    """An execution role that may not log in to ECR; `denial` is IAM's sentence."""
    return (
        f"{_RESOURCES}unable to retrieve ecr registry auth: {_ONCE_MORE}"
        f"{_refused('ECR', 'GetAuthorizationToken', denial)}api error AccessDeniedException: {denial}"
    )


def secret_absent(arn: str) -> str:
    """A secret that Secrets Manager does not have."""
    return (
        f"{_SECRET}{_ONCE_MORE}failed to fetch secret {arn} from secrets manager: "
        f"{_refused('Secrets Manager', 'GetSecretValue', arn)}"
        "ResourceNotFoundException: Secrets Manager can't find the specified secret."
    )


def secret_not_json(error: str) -> str:
    """A secret of which a JSON key is wanted, and whose value is no JSON; `error` is what the JSON parser says."""
    return f"{_SECRET}{_ONCE_MORE}{error}"


def secret_key_absent(key: str) -> str:
    """A secret whose JSON value lacks the wanted key."""
    return f"{_SECRET}{_ONCE_MORE}retrieved secret from Secrets Manager did not contain json key {key}"


def secret_denied(arn: str, denial: str) -> str:
    """An execution role that may not read a secret; `denial` is IAM's sentence."""
    return (
        f"{_SECRET}{_ONCE_MORE}failed to fetch secret {arn} from secrets manager: "
        f"{_refused('Secrets Manager', 'GetSecretValue', denial)}api error AccessDeniedException: {denial}"
    )


def secret_unreachable(arn: str) -> str:
    """Secrets Manager, which never answers."""
    return (
        f"{_PULL_SECRETS}unable to retrieve secret from asm: There is a connection issue between the task and AWS "
        f"Secrets Manager. Check your task network configuration. failed to fetch secret {arn} from secrets manager: "
        "operation error Secrets Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , canceled, "
        "context deadline exceeded"
    )


def parameter_absent(name: str) -> str:
    """A parameter that Systems Manager does not have."""
    return f"{_RESOURCES}unable to retrieve secrets from ssm: {_ONCE_MORE}invalid ssm parameters: {name}"


def parameter_denied(denial: str) -> str:
    """An execution role that may not read a parameter; `denial` is IAM's sentence."""
    return (
        f"{_RESOURCES}unable to retrieve secrets from ssm: {_ONCE_MORE}"
        f"AccessDeniedException: {denial} status code: 400, request id: {request_id(denial)}"
    )


PARAMETERS_UNREACHABLE = (
    f"{_PULL_SECRETS}unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There "
    "is a connection issue between the task and AWS Systems Manager Parameter Store. Check your task network "
    "configuration. RequestCanceled: request context canceled caused by: context deadline exceeded"
)
LOGS_UNREACHABLE = (
    f"{_LOGGER}The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a "
    "connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed"
)


def log_group_absent(group: str) -> str:
    """A log group that CloudWatch Logs does not have; the text does not name it."""
    return (
        f"{_LOG_STREAM}{_refused('CloudWatch Logs', 'CreateLogStream', group)}"
        "ResourceNotFoundException: The specified log group does not exist. : exit status 1"
    )


def log_stream_denied(denial: str) -> str:
    """An execution role that may not write to a log group; `denial` is IAM's sentence."""
    return (
        f"{_LOG_STREAM}{_refused('CloudWatch Logs', 'CreateLogStream', denial)}"
        f"api error AccessDeniedException: {denial} : exit status 1"
    )


def log_group_denied(denial: str) -> str:
    """An execution role that may not create the log group; `denial` is IAM's sentence."""
    return (
        f"{_LOGGER}create stream has been retried 1 times: failed to create Cloudwatch log group: "
        f"AccessDeniedException: {denial} : exit status 1"
    )


def role_not_assumable(arn: str) -> str:
    """An execution or task role that ECS can not assume."""
    return (
        f"ECS was unable to assume the role '{arn}' that was provided for this task. Please verify that the role being "
        "passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this "
        "role."
    )


def _refused(service: str, operation: str, about: str) -> str:
    """Return how the AWS SDK for Go begins the report of an answer that refuses."""
    asked = f"operation error {service}: {operation}"
    return f"{asked}, https response error StatusCode: 400, RequestID: {request_id(about)}, "


def request_id(about: str) -> str:
    """Return a request id: the same in every run, other for every question."""
    return str(uuid.UUID(hex=hashlib.sha256(about.encode()).hexdigest()[:32], version=4))
