"""How ECS refuses a request, as data (see ``signs``): named refusals, then the request's own fields."""

from __future__ import annotations

from collections.abc import Iterator

from runbook_lib.diagnosis.messages.signs import Table, row, table, words_of

# What shows that an API refused a request, or that a tool refused to send it.
MARKS = frozenset((
    "registertaskdefinition", "register task definition", "clientexception", "invalidparameter",
    "parameter validation", "validationexception", "unexpected key", "unknown parameter",
    "unexpected value at params", "invalidrequest", "unsupportedfeature", "platformunknown",
    "platformtaskdefinition", "clustercontains", "namespacenotfound", "unexpectedparameter", "invalid request",
    "status code: 400", "invalidconfiguration", "field is required",
))  # fmt: skip

# A refusal is not what stopped a task: these head the reasons of tasks, which quote refusals too.
STARTS = frozenset((
    "cannotpull", "cannotstart", "cannotcreate", "resourceinitialization", "logging driver", "unable to place",
    "taskfailedtostart",
))  # fmt: skip

REQUEST: Table = table(
    row(
        "aws-internal-error", "serverexception", "internalfailure", "service unavailable", "serviceunavailable",
        "internal server error", "internal service error",
    ),
    row(
        "invalid-task-definition", ("unknown parameter", "containerdefinitions"), "unexpected key",
        "container_definitions", "unexpectedparameter", "execution role arn to support", "dependency container",
        "container ordering dependency",
    ),
    row(
        "aws-internal-error", "blockedexception", "currently blocked", "currently being verified",
        "account is blocked",
    ),
    row("invalid-service-parameters", ("security group", " vpc"), ("subnet", "same vpc")),
    row(
        "invalid-service-parameters", "only valid for services", "unknown parameter in deploymentconfiguration",
        "unknown parameter in loadbalancers", "unknown parameter in networkconfiguration",
        "unknown parameter in serviceconnect", "execute command", "taskdefinition must be blank",
        "gradual traffic routing", "does not exist in the task definition", "task definition must be blank",
    ),
    row(
        "task-definition-inactive", "taskdefinition is inactive", "task definition is inactive",
        "unable to describe task definition", "taskdefinition not found", "task definition not found",
        "task definition does not exist", ("task definition", "does not exist"), "taskdefinition does not exist",
        "inactive task definition", ("task definition", "status is inactive"), ("taskdefinition", "inactive"),
        "inactive taskdefinition", ("specified task definition", "exist"), ("task definition", "was not found"),
    ),
    row(
        "api-throttled", "throttl", "operation_throttled", "rate exceeded", "cannot be updated more than",
        "too many concurrent", "toomanyrequests", "too many requests", "requestlimitexceeded", "slow down",
    ),
    row(
        "quota-exceeded", "active deployments exist", "deployments exist on the service", "maximum limit",
        "limitexceeded", "exceeds the limit", "exceed the limit", "exceeds limit", "limit exceeded",
        "provisioning state", "quota", "limit reached", "limit of", "maximum number of", "at most 10 ",
        "have been exceeded",
    ),
    row(
        "cluster-or-service-not-found", "clusternotfound", "cluster not found", "servicenotfound",
        "service not found", "servicenotactive", "service was not active", "cluster was inactive",
        "cluster was not active", "cluster is inactive", '"reason":"missing"', "reason: missing", 'path: "missing"',
        "is missing", "(missing)", "status: missing", "servicedeploymentnotfound", "tasksetnotfound",
        "service deployment does not exist", "task was not found", "task set does not exist", "targetnotfound",
        "service is not active", "cluster does not exist", "service does not exist", "cannot find service",
        '"reason":"inactive"', "no such service", "no such cluster", "still draining", "service is inactive",
        'path: "inactive"', 'path: "draining"', "is not active", "could not find resource", "service is draining",
        "service was not found", "cluster was not found", "cluster could not be found",
        "specified service could not", "status: inactive", "could not find service", "could not find cluster",
        "unable to find service", "unable to find cluster", "not idempotent: missing", ("cluster", "not found"),
        ("service", "not found"), ("cluster", "was not found"), 'reason: "missing"', "no active ecs service",
        "no active service",
    ),
    row(
        "target-group-misconfigured", "does not have an associated load balancer", "targetgroupnotfound",
        "target group not found", ("target group", "does not exist"), ("target group", "not found"),
        ("target groups", "not found"), "availability zone that is not enabled", "duplicatetargetgroup",
        "duplicate targetgroup", ("target group", "already exists"), "invalidconfigurationrequest", "same vpc",
        ("target type", "target group"), ("targetgroup", "associated"), ("target group", "associated"),
        ("target group", "in use"), ("target type", "awsvpc"), "dependencyerror",
    ),
    row(
        "port-mapping-invalid", "'containerport'", "container port", "hostport", "host port", "portmapping",
        "port mapping", "port name", "containerport",
    ),
    row("log-driver-misconfigured", "requires options", ("log driver", "option")),
)  # fmt: skip

# The request's own fields: the operation decides where it is named, else the field's words.
REGISTERING = frozenset((
    "registertaskdefinition", "register task definition", "create taskdefinition", "task_configuration_failure",
    "creating ecs task definition",
))  # fmt: skip
SERVICE_OPERATIONS = (
    "createservice", "updateservice", "runtask", "createtaskset", "startservice", "createcapacityprovider",
    "putclustercapacityproviders", "deleteservice", "deletecluster", "createcluster", "starttask", "executecommand",
    "updatecapacityprovider", "updatecluster", "ecs service", "task set", "capacity provider", "ecs cluster",
)  # fmt: skip
FIELDS: Table = table(
    row("invalid-service-parameters", ("unknown parameter", "servicename")),
    row("invalid-task-definition", "unknown parameter", "containerdefinitions", "registering"),
    row(
        "invalid-service-parameters", "network configuration", "networkconfiguration", "launch type",
        "capacity provider", "desired count", "deployment controller", "deployment configuration", "load balancer",
        "platform version", "scheduling strategy", "availability zone rebalancing", "service registr", "daemon",
        "running tasks value", "idempotent", "execute command", "platformtaskdefinition", "platformunknown",
        "namespace", "service connect", "serviceconnect", "grace period", "subnet", "security group",
        "placement strateg", "forcenewdeployment", "force a new deployment", "cluster cannot be deleted",
        "service cannot be", "advancedconfiguration", "gateway", "loadbalancers", "minimum healthy",
        "minimumhealthypercent", "maximumpercent", "assignpublicip", "assign_public_ip", "a role was passed",
        "target group", "bake time", "code_deploy", "deployment strategy", "enableexecutecommand", "container name",
        "does not exist in the task definition", "public ip", "stopped deployment", "terminal state",
        "task definition does not support", "task_not_valid", "deployment group", "propagatetags", "tags",
        "arn format", "is an invalid arn", "all of the following are missing", "service registries",
        "container overrides", "override", "creation of service", "containers named", "not in the list",
        "unable to update", "service deployment",
    ),
    row(
        "invalid-task-definition", "no fargate configuration", "fargate resource requirements", "invalid 'cpu'",
        "invalid 'memory'", "'cpu' be defined", "'memory' be defined", "network mode", "container list cannot",
        "invalid characters", "executionrolearn", "execution role arn", "memoryreservation", "sum of all container",
        "dependency container", "hostname is not", "task definition", "taskdefinition",
        "invalid setting for container", "essential", "family", "ephemeralstorage", "ephemeral storage", "volume",
        "runtimeplatform", "networkmode", "requirescompatib", "environment variable", "requires a task role",
        "healthcheck", "container.", "mount point", "mountpoint", "logconfiguration", "linuxparameters", "ulimits",
        "repositorycredentials", "valuefrom", "secrets", "placementconstraints", "cpu value", "memory value",
        "container name", "cpu units", " gpu", "invalid container", "container definition",
        ("container", "does not exist"), "image ", "depends on", "dependson", "circular",
    ),
    row(
        "invalid-service-parameters", "valid values", "must not be", "not supported", "is required", "not allowed",
        "must be",
    ),
)  # fmt: skip

# What finds fault with a field, where nothing says that it was a refusal.
DEMANDS = frozenset((
    "must", "invalid", "cannot", "not ", "require", "specify", "specified", "unable", "error", "no fargate", "fail",
    "duplicate", "exceed", "needs", "unexpected",
))  # fmt: skip

# Where nothing else is known, the class of the refusal.
REFUSED: Table = table(
    row(
        "aws-internal-error", "internalerror", "internal error", "status code: 500", "statuscode: 500",
        "statuscode: 503", "status code: 503", "(500)", "(503)", "internalserver",
    ),
    row(
        "pass-role-denied", "accessdenied", "not authorized", "unauthorized", "sufficient permissions",
        "permissionerror",
    ),
    row(
        "invalid-service-parameters", "invalidparameter", "parameter validation", "validationexception",
        "invalidrequest", "unsupportedfeature", "invalid request", "clustercontains",
    ),
    row("invalid-task-definition", "clientexception"),
)  # fmt: skip


def words() -> Iterator[str]:
    """Every word of this module."""
    yield from words_of(REQUEST, FIELDS, REFUSED)
    yield from MARKS | STARTS | DEMANDS | REGISTERING
