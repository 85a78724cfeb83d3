"""What ECS says of tasks that run, of placement and of deployments: in events, stopped reasons and target health."""

from __future__ import annotations

from collections.abc import Iterator

from runbook_lib.diagnosis.messages.signs import Table, row, table, words_of

# The credentials of whoever called, which no role of the service has to do with.
CALLER = frozenset((
    "webidentity", "with oidc", "with saml", "sso session", "expiredtoken", "unrecognizedclient",
    "invalidclienttoken", "invalidsignature",
))  # fmt: skip

# What decides before anything else in the message does.
DECISIVE: Table = table(
    row(
        "out-of-memory", "outofmemory", "out of memory", "oom-killed", "oom killed", "oomkilled",
        "due to memory usage", "oom-kill", "due to oom", "memory limit too low", "cannot allocate memory",
    ),
    row("secret-env-duplicate", "secret name must be unique", ("secret", "environment", "must be unique")),
    row(
        "invalid-service-parameters", "continueservicedeployment", "stopservicedeployment", "continuing a service",
        "stopping a service", "hook id", "hookid", "invalid lifecycle stage", "lifecycle stages",
        "all loadbalancers must", "provided loadbalancers", "required for all loadbalancers",
    ),
    row(
        "infrastructure-role-denied", "infrastructure role", "infrastructurerole", "elb resources due to missing",
        ("launch instance", "unauthorizedoperation"), ("launch instance", "not authorized"),
    ),
    row(
        "blue-green-hook-failed", "lifecycle hook", "lifecycle event", "deployment hook", "status callback",
        "pause hook", "hook target", "hookstatus", "hook execution", "hook(s) failed", "invoke hook",
        "hook timed out", "hook failed", "hook invocation",
    ),
    row(
        "blue-green-network-invalid", "invalid networking configuration", "listener rule", "listenerrule",
        "alternate target group", "alternatetargetgroup", "production listener", "productionlistener",
        "test listener", "prod listener", "both target groups", "two target groups", "rules not found", "rule arn",
        "must be behind listener", "rule not found", ("target groups", "same load balancer"),
        ("target group", "weight"), ("target groups", "blue/green"),
    ),
    row(
        "service-linked-role", "service linked role", "service-linked role", "awsserviceroleforecs",
        "assume role and validate", "permissions policies have been misconfigured", "servicelinkedrole",
        "ecs service role",
    ),
    row(
        "execution-role-unassumable", "unable to assume", "role credentials", "could not assume role",
        "trust relationship", "role is not valid", "cannot assume role", "cannot be assumed", "assume the task role",
        "not assume the", "assume the execution role", "assumerole", "execution role is invalid",
        "role provided is invalid", ("taskrolearn", "invalid"), ("executionrolearn", "not valid"),
        ("role", "cannot be found"), "invalid iam role", ("role with name", "cannot"), ("role", "is invalid"),
    ),
    row("invalid-task-definition", "requires a task role"),
    row("api-throttled", "requestlimitexceeded"),
    row("vcpu-quota", "maxspotinstancecount", "limit on the number of", "vcpulimitexceeded"),
    row("deployment-superseded", "scaling activity initiated", "scheduler initiated"),
    row(
        "spot-interruption", "spot task was interrupted", "spot interruption", "spotinterruption",
        "spot instance was", "spot instance interruption", "spot task", "spot reclaim", "spot capacity was",
    ),
    row(
        "alarm-triggered-rollback", "alarm detected", "alarms detected", "deployment alarm", "alarms were",
        ("rolled back", "alarm"), ("deployment failed", "alarm"), ("rollback", "alarm"),
    ),
    row("container-runtime-error", "looking up volume plugin", "no such volume"),
)  # fmt: skip

INTERRUPTED: Table = table(
    row(
        "host-terminated", "deregistration forced", "forced by", "host ec2", "host has been", "host is being",
        "instance was terminated", "instance terminated", "underlying infrastructure", "task retirement",
        "infrastructure maintenance", "instance deregistered", "deregistered container instance",
        "instance is being terminated", "terminationnotice", "infrastructurehealth", "instance is draining",
        "instance draining", "instance is terminated", "decommission", "target.invalidstate",
        "target is in the stopped", "target is in the terminated", "container instance was deregistered",
        "underlying host",
    ),
    row(
        "stopped-by-user", "stopped by user", "userinitiated", "stopped by a user", "user initiated", "by the user",
        "stopped manually", "by user request", "stopped by the user", "stopped via", "manually stopped",
    ),
)  # fmt: skip

HEALTH: Table = table(
    row("container-health-check-failed", "container health check", "unhealthy status", "container is unhealthy"),
    row("lb-health-check-code-mismatch", "with these codes", "responsecodemismatch", "response code mismatch"),
    row("aws-internal-error", "elb.internalerror", ("health check", "internal error")),
    row(
        "target-group-misconfigured", "notregistered", "notinuse", "not in use", "not registered",
        "not enabled for the load balancer", "not configured to receive traffic", "ipunusable", "ip unusable",
        "target is not found", "target group is not found", "cannot be used as a target",
        "not in the target group vpc", "failed to register targets", "failed to register instances",
        "failed to deregister targets", "invalidtarget",
    ),
    row(
        "lb-health-check-timeout", "request timed out", "target.timeout", ("health check", "timed out"),
        ("health check", "timeout"), "connection to target timed out",
    ),
    row(
        "load-balancer-health-check-failed", "target_unhealthy", "instance_unhealthy", "elb health check",
        "elb healthcheck", "health checks failed", "failed health check", "failedhealthchecks", "unhealthy in",
        "unhealthythreshold", "healthythreshold", "load balancer health check", "targets are unhealthy",
        "unhealthy target", "not healthy in", "unhealthy hosts", "failing health check", "target is unhealthy",
    ),
)  # fmt: skip

PLACEMENT: Table = table(
    row(
        "placement-agent-disconnected", "error 'agent'", 'error "agent"', '"reason":"agent"', "agent connected",
        "agent disconnected", "agent is not connected", "agent is disconnected", "agent not connected",
        "agentdisconnected", "agent did not", "agent never", "agent to start", "reason: agent", "agent error",
        "agent disconnect", "(agent)", "waiting for agent", "agent connection", "agent timed out", "agentconnected",
    ),
    row(
        "placement-no-capacity-cpu", "insufficient cpu", "enough cpu", "resource:cpu", "not enough cpu",
        "error 'cpu'", 'error "resource:cpu',
    ),
    row(
        "placement-no-capacity-memory", "insufficient memory", "enough memory", "resource:memory",
        "not enough memory",
    ),
    row("placement-no-capacity-port", "resource:port", "using a port", "insufficient ports"),
    row(
        "vcpu-quota", "above your limit", "reached the limit on the number of", "vcpu limit", "vcpu capacity",
        "limit on the number of tasks", "concurrent vcpu", "vcpus you can run", "vcpu quota",
    ),
    row("quota-exceeded", "provisioning capacity limit", "provisioning state", "tasks provisioning"),
    row(
        "placement-no-capacity-attribute", "constraint_violated", "missing an attribute", "missing attribute",
        "error 'attribute'", 'error "attribute', '"reason":"attribute', '"reason":"location', "memberof",
        "placement constraint", "different availability zone than", "resource:attribute", "reason: attribute",
        "distinctinstance", "reason: location", "attributes required", "(attribute)", "constraint unsatisfied",
        "compute strategy",
    ),
    row(
        "fargate-capacity-unavailable", "capacity is unavailable", "resource:fargate", "fargate capacity",
        "no fargate capacity", "spot capacity",
    ),
    row(
        "placement-no-capacity-instances", "placement_failure", "no container instance",
        "container instances were found", "empty capacity provider", "no active instances", "no active container",
        "resource:gpu", "insufficient gpu", "insufficientinstancecapacity", "launch instance", "no instances",
        "no registered container", "unfulfillablecapacity", "could not launch", "insufficient capacity",
        "empty cluster",
    ),
    row("fargate-capacity-unavailable", "place a task in"),
    row("aws-internal-error", ("place a task", "internal error"), "az is not supported", "zone is not supported"),
)  # fmt: skip

# RunTask's reasons where they stand alone.
CODES = {
    "agent": "placement-agent-disconnected",
    "attribute": "placement-no-capacity-attribute",
    "location": "placement-no-capacity-attribute",
    "cpu": "placement-no-capacity-cpu",
    "memory": "placement-no-capacity-memory",
    "missing": "cluster-or-service-not-found",
    "inactive": "cluster-or-service-not-found",
}
SYMPTOMS: Table = table(
    row(
        "circuit-breaker-triggered", "deployment_failed", "rolloutstate: failed", '"rolloutstate":"failed"',
        "circuit breaker", "tasks failed to start", "circuitbreaker",
    ),
    row("start-impaired", "task_start_impaired", "unable to consistently start", "start_impaired", "start impaired"),
    row(
        "deployment-blocked", "unable to stop or start tasks", "unable to scale in", "under protection",
        "protected task", "task protection", "protected from scale", "because it is protected", "protected tasks",
    ),
    row("rolled-back", "rolling back", "rolled back", "no rollback candidate", "rollback"),
    row("wait-timeout", ("deployment failed", "timeout"), ("deployment failed", "timed out")),
)  # fmt: skip

# The waiter's or the stack's patience, which any program may lose.
LATE: Table = table(
    row("circuit-breaker-triggered", "deployment failed"),
    row(
        "wait-timeout", "not in the state", ("waiter", "fail"), ("waiter", "timed out"), ("waiter", "timeout"),
        ("waiter", "exceed"), ("waiter", "error"), ("waiter", "not reach"), ("waiter", "unstable"),
        ("servicesstable", "fail"), ("servicesstable", "timed out"), ("servicesstable", "timeout"),
        ("servicesstable", "exceed"), ("servicesstable", "error"), ("servicesstable", "not reach"),
        ("servicesstable", "unstable"), ("services-stable", "fail"), ("services-stable", "timed out"),
        ("services-stable", "timeout"), ("services-stable", "exceed"), ("services-stable", "error"),
        ("services-stable", "not reach"), ("services-stable", "unstable"), ("services_stable", "fail"),
        ("services_stable", "timed out"), ("services_stable", "timeout"), ("services_stable", "exceed"),
        ("services_stable", "error"), ("services_stable", "not reach"), ("services_stable", "unstable"),
        ("tasks-stopped", "fail"), ("tasks-stopped", "timed out"), ("tasks-stopped", "timeout"),
        ("tasks-stopped", "exceed"), ("tasks-stopped", "error"), ("tasks-stopped", "not reach"),
        ("tasks-stopped", "unstable"), ("tasksstopped", "fail"), ("tasksstopped", "timed out"),
        ("tasksstopped", "timeout"), ("tasksstopped", "exceed"), ("tasksstopped", "error"),
        ("tasksstopped", "not reach"), ("tasksstopped", "unstable"), ("tasks-running", "fail"),
        ("tasks-running", "timed out"), ("tasks-running", "timeout"), ("tasks-running", "exceed"),
        ("tasks-running", "error"), ("tasks-running", "not reach"), ("tasks-running", "unstable"),
        ("tasksrunning", "fail"), ("tasksrunning", "timed out"), ("tasksrunning", "timeout"),
        ("tasksrunning", "exceed"), ("tasksrunning", "error"), ("tasksrunning", "not reach"),
        ("tasksrunning", "unstable"), "resourcenotready", "failed waiting", "has not changed", "has not completed",
        "not completed", "not complete", "took too long", "gave up waiting", "not finish", '"timeout"',
        "did not stabilize", "notstabilized", "not stabilize", "timed out", "timeout", "time-out",
        "exceeded attempts", "max attempts", "exceeded wait", "did not become stable", "not stable", "to stabilize",
        "not reach steady", "not reached a steady", "stabilization", "not reach a steady", "time limit",
        ("waiting for service", "fail"), ("waiting for service", "error"), "retries exceeded", "timetout",
    ),
)  # fmt: skip

HEALTHY: Table = table(
    row(
        "steady-state", "reached a steady state", "reached steady state", "reached a stable state",
        "reached stable state", "steady_state", "in a steady state",
    ),
    row("deployment-superseded", "scheduler initiated", "scaling activity initiated", "superseded"),
    row(
        "normal-progress", ("started", "task"), ("stopped", "running task"), ("stopped", "pending task"),
        "computed desired", "computeddesiredcount", "desiredcount for", "begun draining", "deregistered",
        "registered", "deployment completed", "in progress", "in_progress", "deployment_completed", "tasks_stopped",
        "count_updated", "[completed]", "az balanced", "az rebalanc", "desired count to", "draining connections",
        "initialhealthchecking", "initial health check", "deregistration is", '"state":"healthy"',
        "health status: healthy", "registrationinprogress", "is healthy", "laststatus=pending", "laststatus=running",
        "completed", "successful", "still registering", "registration is in", "desired count", "healthcheckdisabled",
    ),
)  # fmt: skip

# What of normal life is told by what is not so yet ("is not AZ balanced").
NOT_YET = frozenset((
    "az balanced", "registrationinprogress", "initialhealthchecking",
))  # fmt: skip

# What no message of normal life says: with one of these, an event that reads well is not called healthy.
TROUBLE = frozenset((
    "fail", "unable", "error", "cannot", "denied", "invalid", "unhealthy", "exceed", "could not", "timed out",
    "exception", "refus", "must ", " not ", "stuck", "misconfigured", "impaired", "ecs replaced", "not healthy",
    "killed", "forced",
))  # fmt: skip

# What shows that a text is about ECS at all. Without one of these, words that every program prints say nothing.
ECS = frozenset((
    "(service)", "(task)", "ecs ", "ecs-", "ecs.", "ecs:", "ecs_", "ecs/", "arn:ecs", "amazonecs", "fargate",
    "cannotpull", "cannotstart", "cannotcreate", "cannotstop", "cannotinspect", "resourceinitialization",
    "taskfailedtostart", "task failed", "outofmemory", "essential container", "stoppedreason", "elb health",
    "container health", "rollout", "eventname", "essentialcontainer", "codedeploy", "tasks: task", "being throttled",
    "az rebalanc", "container port", "portmapping", "task role", "forcenewdeployment", "waiter tasks", "(elb)",
    "tasks failed to start", "consistently start", "start_impaired", "rollback candidate", "under protection",
    "circuit breaker", "scaling activity", "task definition", "taskdefinition", "task set", "taskset", "runtask",
    "container exited", "updateservice", "createservice", "servicesstable", "services-stable", "services_stable",
    "clientexception", "invalidparameter", "servicenot", "clusternot", "spot task", "host ec2", "target group",
    "target-group", "targetgroup", "target.", "elb.", "capacity provider", "place a task", "container instance",
    "registry auth", "stabiliz", "passrole", "secret name", "deployment circuit", "rolling back to deployment",
    "service deployment", "health checks", "lifecycle hook", "deregistered", "draining", "desired count",
    "steady state", "az balanced", "load balancer", "containerport", "serviceregistries", "availability zone",
    "running tasks", "pending tasks", "resource handler", "service scheduler", "cluster", "task stopped",
    "stopped task", "ecr ", ".ecr.", "task failed to start", "task was", "stopcode", "serverexception",
    "active deployments", "waiter has timed out", "target registration", "target deregistration", "volume", "awsvpc",
))  # fmt: skip


def words() -> Iterator[str]:
    """Every word of this module."""
    yield from words_of(DECISIVE, INTERRUPTED, HEALTH, PLACEMENT, SYMPTOMS, LATE, HEALTHY)
    yield from TROUBLE | ECS | CALLER
