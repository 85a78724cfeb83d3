"""What a task needs to start and cannot have: its image, secrets, log, file system, network and command."""

from __future__ import annotations

from collections.abc import Iterator

from runbook_lib.diagnosis.messages.signs import Table, row, table, words_of

# What a registry or service answered, whatever had been asked for.
ANSWERS: Table = table(
    row(
        "limited", "toomanyrequests", "pull rate limit", "429 too many", "too many requests", "rate exceeded",
        "throttlingexception", "throttled", "throttling:",
    ),
    row(
        "full", "no space left on device", "failed to register layer", "disk quota exceeded", "not enough space",
        "thin pool", "dm_task_run", "devicecreate", ("failed to extract layer", ": write /"),
    ),
    row(
        "platform", "descriptor matching platform", "descriptor for platform", "match for platform",
        "no matching manifest for", "match the specified platform", "match the detected host platform",
        "image operating system", "cannot be used on this platform", "provide the specified platform",
        "no child with platform", "no image found in manifest list for architecture", "unsupported platform",
    ),
    row(
        "network", "i/o timeout", "statuscode: 0", "context canceled", "context cancelled",
        "context deadline exceeded", "request canceled", "requestcanceled", "client.timeout", "no such host",
        "connection refused", "connection reset", "connection issue", "handshake timeout", "network is unreachable",
        "no route to host", "send request failed", "dial tcp", "server misbehaving", "timeout exceeded while",
        "connection timed out", "could not resolve", "name resolution", "deadline exceeded", "unexpected eof",
        ": eof", "net/http:", "timeout awaiting", "proxyconnect", "check your task network", "check your network",
        "could not connect", "unable to connect", "x509:", "failed to do request", "requesterror", "broken pipe",
        "request timed out", "stream error", "cannot reach", "unable to reach", "could not reach",
        "pulling image conf", ("pull command", "panic"), "error during connect", "connect: connection",
        ("error ecr", "signal: killed"), ("logger args", "signal: killed"), ("pull command", "signal: killed"),
    ),
    row(
        "denied", "403 forbidden", "401 unauthorized", "status: 401", "status: 403", "statuscode: 403",
        "statuscode: 401", "status code: 403", "no basic auth", "401/403", "accessdenied", "access denied exception",
        "not authorized", "unauthorized", "authorization token has expired", "expiredtoken", "token is expired",
        "is forbidden", "authentication required", "authorization failed", "insufficient_scope",
        "access to the requested", "requested access to", "no valid providers", "nocredentialproviders",
        "invalidsignature", "unrecognizedclient", "access is denied", "access denied", "ciphertext refers to",
        "access to kms", "explicit deny", "denied:", "incorrect username or password", "unauthorizedoperation",
        "failed to refresh cached credentials", "permissions to pull", "has the permissions", "check that the role",
        "security token included in the request is",
    ),
    row(
        "absent", "validation error", "not found", "manifest unknown", "name unknown", "does not exist", "notfound",
        "cannot find", "could not find", "check whether", "no processor for media-type", "exists in the",
        "did not contain json key", "invalid character '", "unexpected end of json", "invalid ssm parameters",
        "invalid parameters", "marked for deletion", "was marked for", "marked deleted", "no such",
        "invalid reference format", "no longer exists", "name_unknown", "manifest_unknown", "unable to find",
        "invalid json", "json key", "archived", "marked as deleted", "scheduled for deletion",
        "unexpected arn format", "invalid arn", "validationexception", "not a valid arn", "404 ", "(404)",
    ),
)  # fmt: skip

# Whom the message was about: the log, a file system, a secret or an image.
SUBJECTS: Table = table(
    row(
        "log", "logger args", "logging driver", "log driver", "awslogs", "log group", "log stream", "logs:create",
        "cloudwatch logs", "logs:putlog", "log router", "log-driver", "log configuration", "logdriver", "loggroup",
        "logstream",
    ),
    row(
        "efs", "efs utils", " efs ", "efs volume", "efsvolume", ".efs.", "mount.nfs", "mount.efs",
        "elasticfilesystem", "arn:elasticfilesystem", "amazon-ecs-volume-plugin", "mounting volume failed",
        "elastic file system", "efs-utils", "stunnel", "access point",
    ),
    row(
        "secret", "secret from asm", "secrets from ssm", "secrets manager", "secretsmanager", "from ssm", "from asm",
        "parameter store", "getsecretvalue", "getparameters", "json key", "asm:", "kms:decrypt", "fetch secret",
        "invalid ssm parameters", "retrieved secret", "ssm parameter", "ssm: ", "asm fetching", "fetching secret",
        "env files", "environment file", "retrieve secret", "pull secrets from", "secret value", "arn:ssm",
        "systems manager", "parameternotfound", "env file", "specified secret", "on the secret", "secret does not",
        "secret not found", "missing secret", "kms key", "with kms", "secret arn", "retrieve private registry",
        "invalid character '", "unexpected end of json",
    ),
    row(
        "pull", "cannotpull", "registry auth", "error ecr", "ecr:", "pull access denied", "failed to resolve ref",
        "pull rate limit", "toomanyrequests", "imagenotfoundexception", "repositorynotfoundexception",
        "repository with name", "image with imageid", "pull image", "pulling image", "image pull",
        "from the amazon ecr", "task cannot pull", "registry endpoint", "pulling image conf", "docker.io/",
        "no basic auth", "manifest for", "manifest unknown", "image manifest", "descriptor matching platform",
        "descriptor for platform", "match for platform", "matching manifest", "pull command", "ref pull",
        "requested image", "image not found", "failed to pull", "while pulling", "pull-command", "host platform",
        "image index", "image requested does not exist", "no such image", "pull the image", "unable to pull",
        "name unknown", "failed to extract layer", "pull failed", "pull secrets", "copy image", "container image",
        "registry.", "registry-1", "requested access to", "401 unauthorized", "getauthorizationtoken",
        "manifest list", "authorization token has expired", "cannot pull the image", ".dkr.ecr",
    ),
)  # fmt: skip

# Subject and answer together give the label.
ANSWERED: dict[str, dict[str, str]] = {
    "pull": {
        "limited": "image-pull-rate-limit",
        "full": "disk-full",
        "platform": "image-platform-mismatch",
        "network": "image-pull-network",
        "denied": "image-pull-auth",
        "absent": "image-not-found",
    },
    "secret": {
        "limited": "api-throttled",
        "full": "disk-full",
        "network": "secret-network",
        "denied": "secret-access-denied",
        "absent": "secret-not-found",
    },
    "log": {"network": "log-network", "limited": "api-throttled", "full": "disk-full"},
}

# The service of the action that was refused. Any other was refused to a deployer.
DENIED: dict[str, str] = {
    "ecr": "image-pull-auth",
    "ecr-public": "image-pull-auth",
    "secretsmanager": "secret-access-denied",
    "ssm": "secret-access-denied",
    "kms": "secret-access-denied",
    "s3": "secret-access-denied",
    "logs": "log-driver-misconfigured",
    "elasticfilesystem": "efs-mount-failed",
    "lambda": "blue-green-hook-failed",
    "sts": "execution-role-unassumable",
}

# A task's own start: its network, its container, its command.
TASKS: Table = table(
    row(
        "eni-provisioning-failed", "configure eni", "setup regular eni", "network interface", "netplugin",
        "eni attachment", "attach eni", "freeaddresses", "free addresses", "not enough ip", "available ip",
        "ephemeralstorage provisioning", "ephemeral storage provisioning", "ebs volume", "volume attachment",
        "attach volume", "resource:eni", "eni trunk", "trunk eni", "eni provisioning", "volume creation",
        "attachvolume", "managedebs", "pause container", "eni failed", " eni ", "networkinterface", "set up network",
        "setup network namespace", " ebs ", "tag policy",
    ),
    row("container-exec-format", "exec format error"),
    row(
        "placement-no-capacity-port", "port is already allocated", "address already in use", "resource:port",
        "using a port", "port already in use", "port is already in use", "bind for 0.0.0.0",
    ),
    row(
        "container-entrypoint-missing", "executable file not found", "no command specified", "not found in $path",
        "entrypoint not found", ("exec:", "no such file"), ("exec:", "permission denied"),
        ("exec user process", "no such file"), ("exec user process", "permission denied"),
        ("container process", "no such file"), ("container process", "permission denied"),
        ("container process", "is a directory"), ("container process", "exec:"), ("entrypoint", "not found"),
        ("exec /", "no such file"), ("exec /", "permission denied"), ("container command", "not found"),
        ("entrypoint", "no such file"),
    ),
    row(
        "disk-full", "no space left on device", "failed to register layer", "disk is full", "dm_task_run",
        "devicecreate", "thin pool",
    ),
    row(
        "container-runtime-error", "cgrouperror", "platform resources", "dockerclienterror", "nosuchcontainer",
        "cannotremove", "cannotlist", "transitionerror", "dependencyerror", "cannotstart", "cannotstop",
        "cannotcreate", "containerruntime", "dockertimeout", "docker state", "dockerstateerror", "oci runtime",
        "saved id found", "matching saved id", "runc create", "hostconfigerror", "containernetworkingerror",
        "cannotdescribe", "shim task", "could not transition to", "cannotresolve", "containerd:", "containerd-",
        "error response from daemon", "container runtime", "container init caused",
    ),
    row("aws-internal-error", "cannotinspect"),
    row("container-exited", "bin/bash: ", "bin/sh: "),
)  # fmt: skip


def words() -> Iterator[str]:
    """Every word of this module."""
    yield from words_of(ANSWERS, SUBJECTS, TASKS)
