"""The rules, one file each, named by the fault. A second rule of the same id is refused when this loads."""

from __future__ import annotations

from runbook_lib.diagnosis.model import Rule
from runbook_lib.diagnosis.rules import (
    alarm_failed_deployment,
    application_exited,
    check_cannot_fail,
    container_check_failing,
    deployment_deadlocked,
    deployments_overlapping,
    execution_role_denied,
    execution_role_unassumable,
    health_check_code,
    health_check_path_mismatch,
    health_check_port,
    health_check_timeout,
    health_check_unanswered,
    image_platform_mismatch,
    image_pull_failed,
    image_tag_absent,
    log_group_absent,
    network_path_absent,
    nothing_desired,
    rolled_back,
    secret_absent,
    secret_env_duplicate,
    start_too_slow,
    target_group_detached,
    target_group_foreign,
    task_start_failed,
    tasks_unhealthy,
)


def catalogue(*rules: Rule) -> tuple[Rule, ...]:
    """The rules as given.

    Raises
    ------
    ValueError
        Two rules have the same id: one of them would never be shown.
    """
    ids = [rule.id for rule in rules]
    if twice := sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1}):
        raise ValueError(f"rule ids used twice: {', '.join(twice)}")
    return rules


RULES: tuple[Rule, ...] = catalogue(
    image_tag_absent.RULE,
    execution_role_unassumable.RULE,
    network_path_absent.RULE,
    image_platform_mismatch.RULE,
    secret_absent.RULE,
    log_group_absent.RULE,
    task_start_failed.RULE,
    execution_role_denied.RULE,
    application_exited.RULE,
    target_group_detached.RULE,
    health_check_path_mismatch.RULE,
    health_check_port.RULE,
    health_check_code.RULE,
    health_check_timeout.RULE,
    start_too_slow.RULE,
    container_check_failing.RULE,
    deployments_overlapping.RULE,
    alarm_failed_deployment.RULE,
    deployment_deadlocked.RULE,
    secret_env_duplicate.RULE,
    rolled_back.RULE,
    image_pull_failed.RULE,
    tasks_unhealthy.RULE,
    health_check_unanswered.RULE,
    nothing_desired.RULE,
    target_group_foreign.RULE,
    check_cannot_fail.RULE,
)
