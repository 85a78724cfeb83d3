"""Stopped reasons and failures in the words of ECS. Times and names are facts of the call; the wording is ECS's own."""

USER_STOP = "Task stopped by user"
CONTAINER_CHECK = "Task failed container health checks"
ESSENTIAL_EXIT = "Essential container in task exited"
_PULL_SECRETS = "ResourceInitializationError: unable to pull secrets or registry auth: "


def scaling(deployment_id: str) -> str:
    """Scale-in, and the normal replacement of a task by a rollout."""
    return f"Scaling activity initiated by (deployment {deployment_id})"


def target_check(group_arn: str) -> str:
    """A task whose target failed the load balancer's checks."""
    return f"Task failed ELB health checks in (target-group {group_arn})"


def image_absent(image: str) -> str:
    """A tag or digest that the registry does not have."""
    return (
        "CannotPullContainerError: pull image manifest has been retried 7 time(s): "
        f"failed to resolve ref {image}: {image}: not found"
    )


def secret_absent(value_from: str) -> str:
    """A secret that Secrets Manager does not have."""
    return (
        f"{_PULL_SECRETS}execution resource retrieval failed: unable to retrieve secret from asm: "
        f"service call has been retried 1 time(s): failed to fetch secret {value_from} from secrets manager: "
        "ResourceNotFoundException: Secrets Manager can't find the specified secret."
    )


def secret_not_json(value_from: str) -> str:
    """A secret of which a JSON key is wanted, and whose value is no JSON."""
    return (
        f"{_PULL_SECRETS}execution resource retrieval failed: unable to retrieve secret from asm: "
        f"failed to parse the value of {value_from} as JSON: invalid character in literal"
    )


def secret_key_absent(key: str) -> str:
    """A secret whose JSON value lacks the wanted key."""
    return (
        f"{_PULL_SECRETS}execution resource retrieval failed: unable to retrieve secret from asm: "
        f"service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key {key}"
    )


def parameter_absent(name: str) -> str:
    """A parameter that Systems Manager does not have."""
    return (
        f"{_PULL_SECRETS}unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
        f"invalid ssm parameters: {name}"
    )


def log_group_absent(group: str) -> str:
    """A log group that CloudWatch Logs does not have."""
    return (
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
        "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. "
        f"({group}) : exit status 1"
    )


def role_not_assumable(arn: str) -> str:
    """An execution or task role that ECS can not assume."""
    return (
        f"ECS was unable to assume the role '{arn}' that was provided for this task. Please verify that the role being "
        "passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this "
        "role."
    )
