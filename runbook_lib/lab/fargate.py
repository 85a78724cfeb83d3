"""What Fargate does not have of what a task definition can ask for, and which platform versions it has."""

from collections.abc import Iterator

from runbook_lib.lab.errors import AwsError
from runbook_lib.lab.state import Document

PLATFORM_VERSIONS = ("LATEST", "1.3.0", "1.4.0")
LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
_STOP_TIMEOUT = range(2, 121)  # seconds


def problem(document: Document) -> str | None:
    """Return why a task definition for Fargate is refused, or None."""
    return next(_problems(document), None)


def _problems(document: Document) -> Iterator[str]:
    unsupported = "Fargate compatible task definitions do not support"
    if document.get("placementConstraints"):
        yield f"{unsupported} constraints"
    if any((volume.get("host") or {}).get("sourcePath") for volume in document.get("volumes", [])):
        yield f"{unsupported} sourcePath"
    for container in document["containerDefinitions"]:
        if container.get("privileged"):
            yield f"{unsupported} privileged"
        driver = (container.get("logConfiguration") or {}).get("logDriver")
        if driver and driver not in LOG_DRIVERS:
            yield f"{unsupported} log driver {driver}"
        if container.get("stopTimeout", 2) not in _STOP_TIMEOUT:
            yield f"Invalid 'stopTimeout' setting for container '{container['name']}'. It must be between 2 and 120."


def check_platform(params: Document) -> None:
    """Raise `AwsError` (PlatformUnknownException) for a platform version that Fargate does not have."""
    if (params.get("platformVersion") or "LATEST") not in PLATFORM_VERSIONS:
        raise AwsError("PlatformUnknownException", "The specified platform version does not exist.")
