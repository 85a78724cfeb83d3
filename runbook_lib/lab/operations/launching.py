"""What a request to launch tasks cannot ask for on Fargate, which is all that the lab has to launch them on."""

from runbook_lib.lab import fargate
from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.guard import ABSENT
from runbook_lib.lab.state import Document


def check_run(params: Document, definition: Document) -> None:
    """Raise `AwsError` for a task that RunTask cannot place: the lab's clusters have no instances."""
    if params.get("launchType", "FARGATE") != "FARGATE":
        _refuse("No Container Instances were found in your cluster.")
    _check_launch(params, definition)


def check_new_service(params: Document, definition: Document) -> None:
    """Raise `AwsError` for what a new service cannot have on Fargate, or in the lab."""
    if params.get("launchType", "FARGATE") != "FARGATE":
        raise _lacking(f"the launch type {params['launchType']}")
    if params.get("schedulingStrategy") == "DAEMON":
        _check_daemon(params)
    elif "desiredCount" not in params:
        _refuse("desiredCount must be specified with the REPLICA scheduling strategy.")
    if params.get("role") and definition.get("networkMode") == "awsvpc":
        _refuse("You cannot specify an IAM role for services that require a service linked role.")
    check_service(params, definition, params.get("loadBalancers", []))


def check_service(params: Document, definition: Document, balancers: list[Document]) -> None:
    """Raise `AwsError` for what no service can have on Fargate, or in the lab; `balancers` are those it will have."""
    controller = (params.get("deploymentController") or {}).get("type", "ECS")
    if controller != "ECS":
        raise _lacking(f"the deployment controller {controller}")
    _check_launch(params, definition)
    if "healthCheckGracePeriodSeconds" in params and not balancers:
        _refuse("Health check grace period is only valid for services configured to use load balancers")


def _check_daemon(params: Document) -> None:
    if params.get("capacityProviderStrategy"):
        _refuse(
            "Specifying a capacity provider strategy is not supported when you create a service using the DAEMON "
            "scheduling strategy."
        )
    _refuse("The daemon scheduling strategy is not supported with FARGATE launch type.")


def _check_launch(params: Document, definition: Document) -> None:
    if "FARGATE" not in definition["compatibilities"]:
        _refuse("Task definition does not support launch_type FARGATE.")
    if params.get("placementConstraints"):
        _refuse("Placement constraints are not supported with FARGATE launch type.")
    if params.get("placementStrategy"):
        _refuse("Placement strategies are not supported with FARGATE launch type.")
    fargate.check_platform(params)


def _refuse(message: str) -> None:
    raise AwsError("InvalidParameterException", message)


def _lacking(what: str) -> AwsError:
    return AwsError(ABSENT, f"The lab does not have {what}; see docs/lab.md for what it has.")
