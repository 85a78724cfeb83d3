"""One remedy a rule: what to change about a fault. A rule that is not here is a person's to mend."""

from __future__ import annotations

from collections.abc import Callable

from runbook_lib.diagnosis.model import Verdict
from runbook_lib.plan.remedies import checks, definitions, images, services
from runbook_lib.plan.remedy import BY_HAND, Remedy
from runbook_lib.plan.situation import Situation

_REMEDIES: dict[str, Callable[[Verdict, Situation], Remedy]] = {
    "image_tag_absent": images.tag_absent,
    "image_platform_mismatch": images.platform,
    "secret_env_duplicate": definitions.duplicate,
    "log_group_absent": services.log_group,
    "network_path_absent": services.public_address,
    "deployment_deadlocked": services.room,
    "deployments_overlapping": services.leftovers,
    "nothing_desired": services.count,
    "health_check_path_mismatch": checks.path,
    "health_check_port": checks.port,
    "health_check_code": checks.code,
    "start_too_slow": checks.slow_start,
}


def remedy(verdict: Verdict, situation: Situation) -> Remedy:
    """What a verdict asks for."""
    found = _REMEDIES.get(verdict.rule)
    return found(verdict, situation) if found else BY_HAND
