"""Service events in ECS's own words; the newest 100 are kept, newest first."""

from collections.abc import Sequence

from runbook_lib.lab.ids import Ids
from runbook_lib.lab.state import Deployment, Plain, Service, Task

KEPT = 100
IMPAIRED = "is unable to consistently start tasks successfully."
STEADY = "has reached a steady state."
DEADLOCK = (
    "was unable to stop or start tasks during a deployment because of the service deployment configuration. "
    "Update the minimumHealthyPercent or maximumPercent value and try again."
)


def record(ids: Ids, service: Service, now: float, text: str, task_set: Deployment | None = None) -> None:
    """Add an event; events of one moment stand a millisecond apart, in their order."""
    at = max(now, service.events[0]["createdAt"] + 0.001) if service.events else now
    about = f"service {service.name}" + (f", taskSet {task_set.id}" if task_set else "")
    event = Plain(id=ids.uuid(), createdAt=round(at, 3), message=f"({about}) {text}")
    service.events.insert(0, event)
    del service.events[KEPT:]


def started(tasks: Sequence[Task], replaced: bool) -> str:
    """Tasks that the scheduler started in one go."""
    tail = f" Amazon ECS replaced {len(tasks)} tasks due to an unhealthy status." if replaced else ""
    return f"has started {len(tasks)} tasks: {_named(tasks)}.{tail}"


def stopped(tasks: Sequence[Task]) -> str:
    """RUNNING tasks that the scheduler stopped in one go."""
    return f"has stopped {len(tasks)} running tasks: {_named(tasks)}."


def stopped_pending(count: int) -> str:
    """Tasks that the scheduler stopped before they ran."""
    return f"stopped {count} pending tasks."


def registered(count: int, group_arn: str) -> str:
    """Targets that were registered."""
    return f"registered {count} targets in (target-group {group_arn})"


def deregistered(count: int, group_arn: str) -> str:
    """Targets that were deregistered."""
    return f"deregistered {count} targets in (target-group {group_arn})"


def draining(count: int) -> str:
    """Tasks whose connections drain."""
    return f"has begun draining connections on {count} tasks."


def target_unhealthy(task: Task, port: int, group_arn: str, description: str) -> str:
    """A target that fails the load balancer's checks."""
    return f"(task {task.id}) (port {port}) is unhealthy in (target-group {group_arn}) due to (reason {description})"


def container_unhealthy(task: Task) -> str:
    """A task that fails its container health checks."""
    return f"(task {task.id}) failed container health checks."


def not_placed(reason: str) -> str:
    """A task that failed to start: its stopped reason as a sentence."""
    return f"was unable to place a task. Reason: {reason.removesuffix('.')}."


def not_launched(error: str) -> str:
    """A task that was not even created."""
    return f"failed to launch a task with (error {error})."


def completed(deployment: Deployment) -> str:
    """A deployment that is done."""
    return f"(deployment {deployment.id}) deployment completed."


def failed(deployment: Deployment, cause: str) -> str:
    """A deployment that the circuit breaker, an alarm or a user ended; `cause` is a sentence."""
    return f"(deployment {deployment.id}) deployment failed: {cause}"


def rolling_back(deployment: Deployment) -> str:
    """The deployment that the service goes back to."""
    return f"rolling back to deployment {deployment.id}."


def held_in(deployment: Deployment, count: int) -> str:
    """A deployment that protected tasks keep from scaling in."""
    return (
        f"was unable to reach steady state because (taskSet {deployment.id}) was unable to scale in "
        f"due to (reason {count} tasks under protection)"
    )


def _named(tasks: Sequence[Task]) -> str:
    return " ".join(f"(task {task.id})" for task in tasks)
